// A libc changes the calls behind its functions; a policy learned from one libc kills the same program on
// another. Versions are those of the libc's release notes; where a call is as good as gone, none is given.

import { type AbiName, abi, type SyscallName, syscallNr } from "../../arch/index.ts";

/** A call of older libcs, and what newer ones call for the same purpose. */
interface Successor {
  readonly old: SyscallName;
  /** Any of them, the first that the ABI has being the likeliest. */
  readonly now: readonly SyscallName[];
  readonly since: string;
  /** Only on ABIs of this word size. */
  readonly bits?: 32 | 64;
  /** Only when some such call had this text among its arguments, which is these bits of a register. */
  readonly args?: string;
  readonly register?: { readonly register: number; readonly bits: number };
}

const successors: readonly Successor[] = [
  { old: "open", now: ["openat"], since: "glibc calls it for open() since 2.26" },
  {
    old: "stat",
    now: ["newfstatat", "statx"],
    since: "glibc since 2.33; Node, Rust and coreutils call statx",
  },
  {
    old: "lstat",
    now: ["newfstatat", "statx"],
    since: "glibc since 2.33; Node, Rust and coreutils call statx",
  },
  { old: "fstat", now: ["newfstatat", "statx"], since: "glibc 2.33 to 2.38; fstat again since 2.39" },
  {
    old: "newfstatat",
    now: ["fstat"],
    since: "glibc calls it for fstat() since 2.39",
    args: "AT_EMPTY_PATH",
    register: { register: 3, bits: 0x1000 },
  },
  { old: "stat64", now: ["statx", "fstatat64"], since: "glibc since 2.33, musl since 1.2.0" },
  { old: "lstat64", now: ["statx", "fstatat64"], since: "glibc since 2.33, musl since 1.2.0" },
  { old: "fstat64", now: ["statx", "fstatat64"], since: "glibc since 2.33, musl since 1.2.0" },
  { old: "getdents", now: ["getdents64"], since: "glibc since about 2.28, and musl" },
  {
    old: "faccessat",
    now: ["faccessat2"],
    since: "glibc tries it first since 2.33, musl since 1.2.2 for flags",
  },
  { old: "fork", now: ["clone"], since: "glibc's fork() has called it for decades" },
  { old: "clone", now: ["clone3"], since: "glibc's pthread_create and posix_spawn try it first since 2.34" },
  { old: "select", now: ["pselect6"], since: "glibc calls it for select() since 2.34" },
  {
    old: "_newselect",
    now: ["pselect6_time64", "pselect6"],
    since: "glibc calls it for select() since 2.34",
  },
  { old: "nanosleep", now: ["clock_nanosleep"], since: "glibc calls it for nanosleep() since 2.31" },
  { old: "settimeofday", now: ["clock_settime"], since: "glibc since 2.31" },
  { old: "getrlimit", now: ["prlimit64"], since: "glibc everywhere since 2.28, and musl" },
  { old: "setrlimit", now: ["prlimit64"], since: "glibc everywhere since 2.28, and musl" },
  { old: "ugetrlimit", now: ["prlimit64"], since: "glibc everywhere since 2.28, and musl" },
  { old: "mknod", now: ["mknodat"], since: "glibc since 2.33" },
  { old: "eventfd", now: ["eventfd2"], since: "glibc and musl" },
  { old: "signalfd", now: ["signalfd4"], since: "glibc and musl" },
  { old: "sigaction", now: ["rt_sigaction"], since: "glibc and musl" },
  { old: "sigprocmask", now: ["rt_sigprocmask"], since: "glibc and musl" },
  { old: "waitpid", now: ["wait4", "waitid"], since: "glibc and musl" },
  { old: "utime", now: ["utimensat"], since: "glibc and musl" },
  { old: "utimes", now: ["utimensat"], since: "glibc and musl" },
  { old: "futimesat", now: ["utimensat"], since: "glibc and musl" },
  { old: "clock_gettime", now: ["clock_gettime64"], since: "glibc since 2.31, musl since 1.2.0", bits: 32 },
  {
    old: "clock_nanosleep",
    now: ["clock_nanosleep_time64"],
    since: "glibc since 2.31, musl since 1.2.0",
    bits: 32,
  },
  { old: "futex", now: ["futex_time64"], since: "glibc since 2.33, musl since 1.2.0", bits: 32 },
  { old: "ppoll", now: ["ppoll_time64"], since: "glibc since 2.31, musl since 1.2.0", bits: 32 },
  { old: "utimensat", now: ["utimensat_time64"], since: "glibc since 2.31, musl since 1.2.0", bits: 32 },
  { old: "recvmmsg", now: ["recvmmsg_time64"], since: "glibc since 2.34, musl since 1.2.0", bits: 32 },
];

/** A call in a trace that another libc makes differently. */
export interface SuccessorNote {
  readonly old: SyscallName;
  /** The calls that the ABI has instead, likeliest first. */
  readonly now: readonly SyscallName[];
  /** Whether the trace has one of them already. */
  readonly seen: boolean;
  readonly since: string;
}

/** Arguments that decide whether a successor is worth a word, by call. */
export const telling: ReadonlyMap<string, string> = new Map(
  successors.flatMap(({ old, args }) => (args === undefined ? [] : [[old, args]])),
);

/** The same as registers have them, by call. */
export const tellingRegisters: ReadonlyMap<string, { readonly register: number; readonly bits: number }> =
  new Map(successors.flatMap(({ old, register }) => (register === undefined ? [] : [[old, register]])));

/** What other libcs call instead of the calls in `seen`; `told` are those that had their telling argument. */
export function successorsOf(
  name: AbiName,
  seen: ReadonlySet<string>,
  told: ReadonlySet<string>,
): readonly SuccessorNote[] {
  return successors.flatMap(({ old, now, since, bits, args }) => {
    if (!seen.has(old) || (bits !== undefined && abi(name).wordBits !== bits)) return [];
    if (args !== undefined && !told.has(old)) return [];
    const here = now.filter((call) => syscallNr(name, call) !== undefined);
    return here.length === 0 ? [] : [{ old, now: here, seen: here.some((call) => seen.has(call)), since }];
  });
}
