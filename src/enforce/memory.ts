/**
 * The memory of a process whose call waits for an answer.
 *
 * Every access looks before and after whether the call still waits. While it does, its thread id cannot have become
 * another's, so what was read belonged to that call; when it does not, the answer is `gone` and nothing that was read is
 * given away. Bytes go through process_vm_readv and process_vm_writev, and through /proc/PID/mem where a kernel or a
 * container refuses those. The same rights are needed as for ptrace: one's own children, or root.
 *
 * Not promised: that the bytes stay as they are. Other threads of that process, and whoever shares its memory, can
 * change them after they were read. To decide on them and then let the kernel make the call is no security decision.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import type { CallResult } from "../../shim/index.ts";
import { SeccatError } from "../abi/error.ts";
import { codeOf } from "./fact.ts";
import type { Listener } from "./listener.ts";
import { type Native, native, nr } from "./native.ts";
import type { Call } from "./notify.ts";

/**
 * What an access came to. `gone`: the call waits no more, because its maker died or was interrupted. `fault`: there is no
 * such memory, as the kernel says by EFAULT. `refused`: this process may not, and why.
 */
export type MemoryResult<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "gone" }
  | { readonly kind: "fault"; readonly address: bigint }
  | { readonly kind: "refused"; readonly errno: string };

/** A text in memory: its bytes without the NUL. */
export interface MemoryString {
  readonly bytes: Uint8Array;
  /** Whether its NUL was found; false when the limit came first. */
  readonly ended: boolean;
}

/** The longest access, in bytes: what a process asks for must not fill the memory of this one. */
export const MAX_ACCESS = 1 << 26;

/** No page of any architecture is smaller. */
const PAGE = 4096;

const GONE = Object.freeze({ kind: "gone" });

/** Bytes that were copied before the first that could not be; or why there are none. */
type Copied =
  | { readonly kind: "copied"; readonly count: number }
  | Exclude<MemoryResult<never>, { kind: "done" }>;

/** The memory that a call's arguments point into. */
export class CallMemory {
  readonly #listener: Listener;
  readonly #id: bigint;
  readonly #pid: number;
  readonly #here: Native = native();

  constructor(listener: Listener, { id, pid }: Pick<Call, "id" | "pid">) {
    this.#listener = listener;
    this.#id = id;
    this.#pid = pid;
  }

  /** `length` bytes from `address` on; `fault` unless all of them are there. Throws SeccatError "limit" above MAX_ACCESS. */
  read(address: bigint, length: number): MemoryResult<Uint8Array> {
    const found = this.readAvailable(address, length);
    if (found.kind !== "done" || found.value.length === length) return found;
    return { kind: "fault", address: address + BigInt(found.value.length) };
  }

  /** The bytes from `address` on, at most `length`, that come before the first one that is not there; `fault` when there are none. */
  readAvailable(address: bigint, length: number): MemoryResult<Uint8Array> {
    const bytes = new Uint8Array(checkedLength(length));
    const copied = this.#checked(() => this.#copy("read", address, bytes));
    return copied.kind === "copied" ? { kind: "done", value: bytes.subarray(0, copied.count) } : copied;
  }

  /**
   * The text at `address`, as C writes it: up to a NUL, or to `limit` bytes without one. `fault` when memory ends
   * before either. Never looks into a page that the text does not reach.
   */
  readString(address: bigint, limit: number): MemoryResult<MemoryString> {
    checkedLength(limit);
    return this.#checked(() => {
      const parts: Uint8Array[] = [];
      for (let length = 0; length < limit; ) {
        const at = address + BigInt(length);
        const part = new Uint8Array(Math.min(limit - length, PAGE - Number(at % BigInt(PAGE))));
        const copied = this.#copy("read", at, part);
        if (copied.kind !== "copied") return copied;
        const end = part.subarray(0, copied.count).indexOf(0);
        parts.push(part.subarray(0, end < 0 ? copied.count : end));
        if (end >= 0) return { kind: "done", value: { bytes: Buffer.concat(parts), ended: true } };
        length += copied.count;
      }
      return { kind: "done", value: { bytes: Buffer.concat(parts), ended: false } };
    });
  }

  /**
   * Writes `bytes` to `address`; `fault` when not all of them found a place, some then may have. Memory that the process
   * itself may not write is a fault too, where the kernel has process_vm_writev.
   */
  write(address: bigint, bytes: Uint8Array): MemoryResult<number> {
    checkedLength(bytes.length);
    const copied = this.#checked(() => this.#copy("write", address, bytes));
    if (copied.kind !== "copied") return copied;
    if (copied.count === bytes.length) return { kind: "done", value: copied.count };
    return { kind: "fault", address: address + BigInt(copied.count) };
  }

  /** What `access` gives, provided that the call waits before and after it. */
  #checked<T extends Copied | MemoryResult<unknown>>(access: () => T): T | typeof GONE {
    if (!this.#listener.isWaiting(this.#id)) return GONE;
    const result = access();
    return this.#listener.isWaiting(this.#id) ? result : GONE;
  }

  #copy(direction: "read" | "write", address: bigint, bytes: Uint8Array): Copied {
    if (this.#pid === 0) return { kind: "refused", errno: "ESRCH" }; // of another pid namespace
    if (address < 0n || address > Number.MAX_SAFE_INTEGER) return { kind: "fault", address }; // no user has memory there
    if (bytes.length === 0) return { kind: "copied", count: 0 };
    const answer = this.#transfer(direction, address, bytes);
    if (answer.ok && answer.value > 0) return { kind: "copied", count: answer.value };
    if (answer.ok || answer.name === "EFAULT") return { kind: "fault", address };
    if (answer.name === "ESRCH") return GONE;
    if (answer.name === "EPERM" || answer.name === "ENOSYS")
      return copyThroughProc(direction, this.#pid, address, bytes);
    return { kind: "refused", errno: answer.name };
  }

  /** process_vm_readv or process_vm_writev with one part on either side. */
  #transfer(direction: "read" | "write", address: bigint, bytes: Uint8Array): CallResult {
    const { shim } = this.#listener;
    const local = iovec(shim.address(bytes), bytes.length, this.#here);
    const remote = iovec(address, bytes.length, this.#here);
    const number = nr(direction === "read" ? "process_vm_readv" : "process_vm_writev", this.#here);
    held = bytes; // the kernel gets its address only, so the collector must not free it meanwhile
    const result = shim.syscall(number, this.#pid, local, 1, remote, 1, 0);
    if (held === bytes) held = undefined;
    return result;
  }
}

let held: Uint8Array | undefined;

/**
 *     64-bit:  0 iov_base u64   8 iov_len u64        32-bit:  0 iov_base u32   4 iov_len u32
 */
function iovec(base: bigint, length: number, { wordBytes, endian }: Native): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * wordBytes));
  const little = endian === "little";
  if (wordBytes === 8) {
    view.setBigUint64(0, base, little);
    view.setBigUint64(8, BigInt(length), little);
  } else {
    view.setUint32(0, Number(base), little);
    view.setUint32(4, length, little);
  }
  return new Uint8Array(view.buffer);
}

function copyThroughProc(
  direction: "read" | "write",
  pid: number,
  address: bigint,
  bytes: Uint8Array,
): Copied {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/mem`, direction === "read" ? "r" : "r+");
    const count =
      direction === "read"
        ? readSync(file, bytes, 0, bytes.length, address)
        : writeSync(file, bytes, 0, bytes.length, Number(address));
    return count > 0 ? { kind: "copied", count } : { kind: "fault", address };
  } catch (error) {
    const errno = codeOf(error);
    return errno === "EIO" || errno === "EFAULT" ? { kind: "fault", address } : { kind: "refused", errno };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function checkedLength(length: number): number {
  if (Number.isSafeInteger(length) && length >= 0 && length <= MAX_ACCESS) return length;
  throw new SeccatError({
    code: "limit",
    message: "this many bytes of another process are not read or written at once",
    expected: `0 to ${MAX_ACCESS}`,
    received: String(length),
  });
}
