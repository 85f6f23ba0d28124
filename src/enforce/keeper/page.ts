import type { Shim } from "../../../shim/index.ts";
import { SeccatError } from "../../abi/error.ts";
import { nr } from "../native.ts";

/** Bytes that are mapped: a page of any machine. */
const SIZE = 0x10000;
const PROT_READ_WRITE = 3;
const MAP_SHARED_FIXED = 0x11;
const MAP_PRIVATE_FIXED_ANONYMOUS = 0x32;

/** The first page of a file, as bytes that every process sees which maps it. */
export interface SharedPage {
  readonly bytes: Uint8Array;
  /** Makes the bytes memory of this process alone again. */
  leave(): void;
}

/** Maps the file of `descriptor`. Throws SeccatError "enforce" when that cannot be. */
export function mapPage(shim: Shim, descriptor: number, length: number): SharedPage {
  // The mapping takes the place of a page inside of this array.
  const room = new Uint8Array(2 * SIZE);
  const start = Number(BigInt(SIZE) - (shim.address(room) % BigInt(SIZE))) % SIZE;
  const address = shim.address(room) + BigInt(start);
  const map = (flags: number, fd: number) =>
    shim.syscall(nr("mmap"), address, length, PROT_READ_WRITE, flags, fd, 0);
  const answer = map(MAP_SHARED_FIXED, descriptor);
  if (!answer.ok)
    throw new SeccatError({
      code: "enforce",
      message: `the keeper's page cannot be mapped: mmap answers ${answer.name}`,
    });
  return {
    bytes: room.subarray(start, start + length),
    leave: () => void map(MAP_PRIVATE_FIXED_ANONYMOUS, -1),
  };
}
