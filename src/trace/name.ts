import {
  type AbiName,
  abi,
  abiNames,
  isSyscallName,
  type SyscallName,
  syscallAlias,
  syscallName,
  syscallNames,
  syscallNr,
  X32_BIT,
} from "../../arch/index.ts";
import { didYouMean } from "../abi/nearest.ts";
import type { Mode } from "./event.ts";

/** A call as strace shows it. */
export interface Shown {
  readonly name: string;
  /** From `-n`. */
  readonly nr: number | undefined;
  /** Undefined where the log announced none. */
  readonly mode: Mode | undefined;
}

/** A call as a policy names it. */
export interface Resolved {
  readonly abi: AbiName;
  /** Undefined when a policy cannot name it. */
  readonly call: SyscallName | number | undefined;
  /** What the user has to know about it; "" when nothing. */
  readonly warning: string;
}

/** Which ABIs one kernel offers: 64-bit, 32-bit, and the third where there is one. */
const siblings: readonly (readonly AbiName[])[] = [
  ["x86_64", "x86", "x32"],
  ["aarch64", "arm"],
  ["mips64", "mips", "mips64n32"],
  ["mipsel64", "mipsel", "mipsel64n32"],
  ["parisc64", "parisc"],
  ["ppc64", "ppc"],
  ["riscv64", "riscv32"],
  ["s390x", "s390"],
];

// strace shows the sub-calls of these two by name, whatever way the program went.
const socketcalls: ReadonlySet<string> = new Set(
  (
    "socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown " +
    "setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg"
  ).split(" "),
);
const ipcs: ReadonlySet<string> = new Set(
  "semop semget semctl semtimedop msgsnd msgrcv msgget msgctl shmat shmdt shmget shmctl".split(" "),
);

/** How straces before 4.8 spell some calls. */
const formerly: ReadonlyMap<string, SyscallName> = new Map([
  ["_exit", "exit"],
  ["old_mmap", "mmap"],
  ["old_select", "select"],
]);

/** Whether a name in front of `(` can be a system call's, as strace spells them. */
export function isShownName(name: string): boolean {
  return (
    isSyscallName(name) ||
    syscallAlias(name) !== undefined ||
    formerly.has(name) ||
    rawNumber(name) !== undefined
  );
}

/** The number in `syscall_0x1d9`, or `SYS_318` of straces before 4.8; undefined in other names. */
function rawNumber(name: string): number | undefined {
  const digits = /^syscall_(0x[0-9a-f]{1,16})$/.exec(name)?.[1] ?? /^SYS_([0-9]{1,10})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(BigInt.asUintN(32, BigInt(digits)));
}

/** The ABI of calls made in `mode` on a machine whose own ABI is `native`; undefined when it has no such. */
export function abiOfMode(native: AbiName, mode: Mode | undefined): AbiName | undefined {
  if (mode === undefined) return native;
  const family = siblings.find((names) => names.includes(native)) ?? [native];
  if (mode === "x32") return family.find((name) => name === "x32");
  if (family.length > 1) return family[mode === "64" ? 0 : 1];
  return abi(native).wordBits === Number(mode) ? native : undefined;
}

/** The policy's name for a call that strace shows, on a machine whose own ABI is `native`. */
export function resolveShown(shown: Shown, native: AbiName): Resolved {
  const stated = abiOfMode(native, shown.mode);
  const own = stated ?? native;
  const lost = stated ? "" : `${native} has no ${shown.mode}-bit mode; its calls were taken for ${native}'s`;
  // Without a word about the mode (strace -o prints none), the number that -n shows tells it.
  const abis = shown.mode !== undefined || shown.nr === undefined ? [own] : possible(native);
  const byNumber = shown.nr === undefined ? undefined : resolveNumber(shown.name, shown.nr, abis);
  const found = byNumber ?? resolveName(shown, own);
  return lost === "" || found.warning !== "" ? found : { ...found, warning: lost };
}

function possible(native: AbiName): readonly AbiName[] {
  const family = siblings.find((names) => names.includes(native)) ?? [];
  return [native, ...family.filter((name) => name !== native)];
}

/** The call by its number, which says for certain what a filter saw. */
function resolveNumber(name: string, shownNr: number, abis: readonly AbiName[]): Resolved | undefined {
  for (const abiName of abis) {
    const nr = abiName === "x32" ? (shownNr | X32_BIT) >>> 0 : shownNr;
    const call = syscallName(abiName, nr);
    if (call !== undefined && (call === name || call === syscallAlias(name, abiName)))
      return { abi: abiName, call, warning: "" };
  }
  for (const abiName of abis) {
    const { socketcall, ipc } = abi(abiName).multiplexers;
    if (shownNr === socketcall && socketcalls.has(name))
      return { abi: abiName, call: "socketcall", warning: "" };
    if (shownNr === ipc && ipcs.has(name)) return { abi: abiName, call: "ipc", warning: "" };
  }
  return undefined;
}

function resolveName(shown: Shown, own: AbiName): Resolved {
  const raw = rawNumber(shown.name);
  if (raw !== undefined) return resolveRaw(shown.name, raw, own);
  const name = formerly.get(shown.name) ?? shown.name;
  if (isSyscallName(name) && syscallNr(own, name) !== undefined)
    return { abi: own, call: name, warning: doubtOf(shown, name, own) };
  const alias = syscallAlias(name, own);
  if (alias !== undefined && syscallNr(own, alias) !== undefined)
    return { abi: own, call: alias, warning: "" };
  const { socketcall, ipc } = abi(own).multiplexers;
  if (socketcall !== undefined && socketcalls.has(name)) return { abi: own, call: "socketcall", warning: "" };
  if (ipc !== undefined && ipcs.has(name)) return { abi: own, call: "ipc", warning: "" };
  if (shown.nr !== undefined) return numbered(name, shown.nr, own);
  return { abi: own, call: undefined, warning: strange(name, own) };
}

/** What may be wrong with a name that the ABI has. */
function doubtOf(shown: Shown, name: SyscallName, own: AbiName): string {
  if (shown.nr !== undefined && shown.nr !== syscallNr(own, name))
    return `the log gives ${name} the number ${shown.nr}, which is not ${own}'s: is the log from another architecture?`;
  const { socketcall, ipc } = abi(own).multiplexers;
  if (shown.nr !== undefined) return "";
  const through = socketcall !== undefined && socketcalls.has(name) ? "socketcall" : "ipc";
  if (through === "ipc" && (ipc === undefined || !ipcs.has(name))) return "";
  return `${name} on ${own} may have gone through ${through}, which strace does not show: record with strace -n, or allow ${through} as well`;
}

/** A call that strace has no name for. */
function resolveRaw(name: string, value: number, own: AbiName): Resolved {
  if (value === 0xffffffff)
    return {
      abi: own,
      call: undefined,
      warning: `${name} is the number -1, which no kernel answers, and was left out`,
    };
  const nr = own === "x32" ? (value | X32_BIT) >>> 0 : value;
  const call = syscallName(own, nr);
  return call === undefined ? numbered(name, nr, own) : { abi: own, call, warning: "" };
}

function numbered(name: string, nr: number, own: AbiName): Resolved {
  const warning = `${name} has no name in Seccat's tables for ${own}: the policy allows the number ${nr}, on every architecture that it lists`;
  return { abi: own, call: nr, warning };
}

function strange(name: string, own: AbiName): string {
  if (name === "__libc_start_main")
    return "the log looks like one of ltrace, which shows functions of libraries, not what the kernel is asked for";
  const having = isSyscallName(name) ? abiNames.filter((other) => syscallNr(other, name) !== undefined) : [];
  if (having.length > 0) {
    const some = having.slice(0, 3).join(", ");
    return `${name} is no call of ${own} and was left out (${some}${having.length > 3 ? " and others have" : " has"} it): is the log from another architecture?`;
  }
  const near = didYouMean(name, syscallNames);
  return `${name} is a call of no architecture and was left out${near === undefined ? "" : `: ${near}`}`;
}
