/**
 * Calls that programs need and that a trace often misses: they are made in the moment that a thread ends, that a signal
 * comes, that memory runs short, that two threads want one lock. Written by hand; each with what calls it.
 */
import type { SyscallName } from "./syscall.ts";

/** Calls that are needed for one reason. */
export interface Needed {
  readonly calls: readonly SyscallName[];
  readonly why: string;
}

/** A set of calls that a trace can miss. */
export type NeededSet = "usual" | "end" | "signal" | "lock" | "memory" | "clock" | "loader";

const end: readonly Needed[] = [
  { calls: ["exit"], why: "a thread ends with it" },
  { calls: ["exit_group"], why: "a process ends with it" },
];
const signal: readonly Needed[] = [
  { calls: ["rt_sigreturn"], why: "every signal handler returns with it" },
  { calls: ["restart_syscall"], why: "the kernel makes it when a sleep or a wait goes on behind a stop" },
];
const lock: readonly Needed[] = [
  { calls: ["futex"], why: "a lock makes it only where two threads want it at once" },
  { calls: ["sched_yield"], why: "threads that spin on a lock give way with it" },
];
const memory: readonly Needed[] = [
  {
    calls: ["brk", "mmap", "munmap", "mremap", "madvise"],
    why: "malloc makes it when it needs more memory, or gives some back",
  },
];
const clock: readonly Needed[] = [
  {
    calls: ["clock_gettime", "clock_gettime64", "gettimeofday", "time", "clock_getres", "getcpu"],
    why: "answered without a call (vDSO) except where the machine's clock does not allow it, as in some virtual machines",
  },
];
const loader: readonly Needed[] = [
  { calls: ["execve"], why: "starts the program, when the filter is there before" },
  {
    calls: [
      "openat",
      "open",
      "read",
      "pread64",
      "close",
      "fstat",
      "newfstatat",
      "fstat64",
      "fstatat64",
      "statx",
      "access",
      "faccessat",
    ],
    why: "the loader finds and reads libraries with it",
  },
  {
    calls: ["mmap", "mmap2", "mprotect", "munmap", "brk"],
    why: "the loader puts libraries into memory with it",
  },
  {
    calls: ["arch_prctl", "set_thread_area", "set_tls", "set_tid_address", "set_robust_list", "rseq"],
    why: "libc makes the first thread with it",
  },
  {
    calls: [
      "prlimit64",
      "ugetrlimit",
      "getrandom",
      "uname",
      "readlink",
      "readlinkat",
      "fcntl",
      "fcntl64",
      "futex",
    ],
    why: "libc asks for it before main",
  },
];

/** The sets by name. */
export const neededSets: Readonly<Record<NeededSet, readonly Needed[]>> = Object.freeze({
  usual: [...end, ...signal, ...lock.filter(({ calls }) => calls.includes("sched_yield"))],
  end,
  signal,
  lock,
  memory,
  clock,
  loader,
});

/** The names of the sets. */
export const neededSetNames: readonly NeededSet[] = Object.freeze([
  "usual",
  "end",
  "signal",
  "lock",
  "memory",
  "clock",
  "loader",
]);

/** Why a call can be missed in a trace; undefined where nothing is known. */
export function neededFor(call: SyscallName): string | undefined {
  return neededSetNames.flatMap((name) => neededSets[name]).find(({ calls }) => calls.includes(call))?.why;
}
