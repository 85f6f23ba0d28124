import type { More } from "./piece.ts";

/** A way of calling Linux that strace announces: `[ Process PID=12 runs in 32 bit mode. ]`. */
export type Mode = "64" | "32" | "x32";

/**
 * One system call, told once its end is known or known to be missing.
 *
 * Text fields are slices of the chunk that was read: copy what you keep for long.
 */
export interface CallEvent {
  readonly kind: "call";
  /** 1-based line where the call was entered. */
  readonly line: number;
  /** Undefined where strace printed none: it follows, or follows again, a single process. */
  readonly pid: number | undefined;
  /** As strace spells it; `syscall_0x1d9` when strace did not know the number. */
  readonly name: string;
  /** As `-n` shows it. */
  readonly nr: number | undefined;
  /** What stands between the parentheses, unparsed; both halves joined when the call was interrupted. */
  readonly args: string;
  /** What stands after `= `, without the time of `-T`: `3</etc/passwd>`, `-1 ENOENT (No such file or directory)`. */
  readonly result: string | undefined;
  /** `returned` has a result, if only `?`; `unfinished` was never resumed; `missing` has a line without result. */
  readonly end: CallEnd;
  /** Calls like this one, by the same process in the same phase, that are told with it. */
  readonly more?: More;
}

/** How the log ends a call. */
export type CallEnd = "returned" | "unfinished" | "missing";

/** A call was entered and strace turned to another process; its CallEvent follows later, with the same line. */
export interface BeginEvent {
  readonly kind: "begin";
  readonly line: number;
  readonly pid: number | undefined;
  readonly name: string;
  /** The arguments as far as they were printed. */
  readonly args: string;
}

/** `--- SIGCHLD {si_signo=SIGCHLD, ...} ---`. */
export interface SignalEvent {
  readonly kind: "signal";
  readonly line: number;
  readonly pid: number | undefined;
  /** What stands between the dashes. */
  readonly text: string;
}

/** `+++ exited with 0 +++` and its kin. */
export interface ExitEvent {
  readonly kind: "exit";
  readonly line: number;
  readonly pid: number | undefined;
  readonly how: "exited" | "killed" | "superseded";
  /** The status, the signal's name, or the pid of the thread that called execve. */
  readonly by: string;
}

/** The process now calls Linux in another mode. */
export interface ModeEvent {
  readonly kind: "mode";
  readonly line: number;
  /** The pid that the message names. */
  readonly pid: number;
  readonly mode: Mode;
}

/** `strace: Process 12 attached`, or detached. */
export interface AttachEvent {
  readonly kind: "attach" | "detach";
  readonly line: number;
  readonly pid: number;
}

/**
 * A line that is no event of a process: strace's stack frames, data dumps, messages and summaries, and, as
 * `unreadable`, whatever strace does not print.
 */
export interface NoiseEvent {
  readonly kind: "noise";
  readonly line: number;
  readonly what: "stack" | "dump" | "message" | "summary" | "unreadable";
  /** Why it could not be read; "" unless unreadable. */
  readonly reason: string;
  readonly text: string;
}

/** A line of the log with what is odd about it. */
export interface LineNote {
  readonly line: number;
  readonly reason: string;
  /** The line, cut after 120 characters. */
  readonly text: string;
}

/** How many lines a log has: lines = read + blank + unreadable. */
export interface LineCounts {
  readonly lines: number;
  /** Lines that strace prints, calls and others. */
  readonly read: number;
  readonly blank: number;
  readonly unreadable: number;
  /** Repairs and guesses about the lines read; a line may have two. */
  readonly doubtful: number;
  /** Of those read, rows of a `strace -c` summary. */
  readonly summary: number;
}

/** Who wrote a log: strace, the kernel's audit, `perf trace`, or the kernel's tracer. */
export type Format = "strace" | "audit" | "perf trace" | "ftrace";

/** Comes last, once. */
export interface EndEvent {
  readonly kind: "end";
  readonly line: number;
  readonly format: Format;
  readonly counts: LineCounts;
  /** The first few lines that could not be read. */
  readonly unreadable: readonly LineNote[];
  /** The first few that were read with a doubt. */
  readonly doubtful: readonly LineNote[];
  /** Whether the next log tells of the same run, as the files that `strace -ff` writes do. */
  readonly continues?: boolean;
}

/** What a strace log tells, in the order of its lines, calls at their end. */
export type StraceEvent =
  | CallEvent
  | BeginEvent
  | SignalEvent
  | ExitEvent
  | ModeEvent
  | AttachEvent
  | NoiseEvent
  | EndEvent;
