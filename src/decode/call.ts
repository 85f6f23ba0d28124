/** A whole call in words, as far as its ABI's tables and the caller's memory tell. */
import {
  type AbiName,
  abi as abiFacts,
  abiOf,
  argsByRegister,
  constant,
  type SyscallName,
  syscallName,
} from "../../arch/index.ts";
import type { SeccompData } from "../abi/data.ts";
import { type DecodedArg, decodeArg, type Scene } from "./argument.ts";
import { type Caller, unseen } from "./caller.ts";
import { hex } from "./structure.ts";

/** A call with its arguments in words. */
export interface DecodedCall {
  /** Absent when no ABI in the tables has its arch. */
  readonly abi?: AbiName;
  readonly syscall?: SyscallName;
  readonly args: readonly DecodedArg[];
  /** `openat(dirfd=AT_FDCWD</tmp>, pathname="d"</tmp/d>, flags=O_RDONLY)`. */
  readonly text: string;
}

/**
 * `data` in words, with what its pointers point to as far as `caller` tells. Registers that the call does not use are
 * left out; of a call that is not in the tables, all up to the last that is not 0 are told.
 */
export function decodeCall(data: SeccompData, caller: Caller = unseen): DecodedCall {
  const abi = abiOf(data.arch, data.nr);
  const syscall = abi && syscallName(abi, data.nr);
  if (!abi || !syscall) {
    const args = rawArgs(data.args);
    const name = `syscall ${data.nr}`;
    return { ...(abi ? { abi } : {}), args, text: abi || args.length > 0 ? textOf(name, args) : name };
  }
  const facts = abiFacts(abi);
  const scene: Scene = {
    abi,
    call: syscall,
    args: argsByRegister(abi, syscall),
    registers: data.args,
    caller,
    layout: { little: facts.endian === "little", wordBytes: facts.wordBits === 64 ? 8 : 4 },
  };
  const args = scene.args.flatMap((arg, index) =>
    arg && isUsed(scene, index) ? [decodeArg(scene, index, arg)] : [],
  );
  return { abi, syscall, args, text: textOf(syscall, args) };
}

function textOf(name: string, args: readonly DecodedArg[]): string {
  return `${name}(${args.map((arg) => `${arg.name}=${arg.text}`).join(", ")})`;
}

function rawArgs(registers: readonly bigint[]): DecodedArg[] {
  const last = registers.findLastIndex((value) => value !== 0n);
  return registers.slice(0, last + 1).map((value, i) => ({ name: `arg${i}`, value, text: hex(value) }));
}

/** Whether the kernel looks at an argument: the mode of `open` means something only where a file may be made. */
function isUsed({ abi, call, args, registers }: Scene, index: number): boolean {
  if (args[index]?.kind !== "mode" || (call !== "open" && call !== "openat")) return true;
  const flags = registers[index - 1] ?? 0n;
  return ["O_CREAT", "__O_TMPFILE"].some((name) => (flags & (constant(abi, name) ?? 0n)) !== 0n);
}
