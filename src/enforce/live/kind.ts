/** What a recorder has to know about each system call, looked up by what the kernel tells of one. */
import {
  type AbiName,
  abi,
  abiOf,
  constant,
  isConstantName,
  type SyscallName,
  syscallArgs,
  syscallName,
  telling,
  X32_BIT,
} from "../../../arch/index.ts";
import type { Mode } from "../../trace/event.ts";

/** What a call does to the processes that are watched. */
export type Effect =
  | "make"
  | "exec"
  | "exit"
  | "exit_group"
  | "listen"
  | "filter"
  | "sigaction"
  | "sigreturn";

/** One system call of one ABI. */
export interface Kind {
  readonly name: string;
  /** As strace -n shows it. */
  readonly nr: number;
  /** Undefined for the machine's own. */
  readonly mode: Mode | undefined;
  readonly effect: Effect | undefined;
  /** The argument, and its bits, that arch/twin.ts asks about. */
  readonly telling: { readonly register: number; readonly bits: number } | undefined;
  /** Of a kind by its arguments, what tells it apart; "" otherwise. */
  readonly mark: string;
}

const effects: Readonly<Record<string, Effect>> = {
  fork: "make",
  vfork: "make",
  clone: "make",
  clone3: "make",
  execve: "exec",
  execveat: "exec",
  exit: "exit",
  exit_group: "exit_group",
  listen: "listen",
  seccomp: "filter",
  rt_sigaction: "sigaction",
  rt_sigreturn: "sigreturn",
};

/** The call of a seccomp_data's arch and nr, on a machine whose own ABI is `native`. */
export function kindOf(native: AbiName, arch: number, nr: number): Kind {
  const own = abiOf(arch, nr);
  const name = own && syscallName(own, nr);
  const bare = own === "x32" ? (nr & ~X32_BIT) >>> 0 : nr >>> 0;
  return {
    name: name ?? `syscall_0x${bare.toString(16)}`,
    nr: bare,
    mode: own === undefined || own === native ? undefined : modeOf(own),
    effect: name && effects[name],
    mark: "",
    telling: own && name ? tellingOf(own, name) : undefined,
  };
}

/** Where the constant that arch/twin.ts asks about is found: in the call's flags. */
function tellingOf(own: AbiName, name: SyscallName): Kind["telling"] {
  const sign = telling.get(name);
  const register = syscallArgs(own, name)?.findIndex((arg) => /^flags?$/.test(arg.name)) ?? -1;
  if (sign === undefined || register < 0 || !isConstantName(sign)) return undefined;
  return { register, bits: Number(BigInt.asUintN(32, constant(own, sign) ?? 0n)) };
}

function modeOf(name: AbiName): Mode {
  if (name === "x32" || /n32$/.test(name)) return "x32";
  return abi(name).wordBits === 64 ? "64" : "32";
}
