import type { Shim } from "../../shim/index.ts";
import type { Program } from "../bpf/program.ts";
import { type Guarded, listGuarded, readGuarded } from "./guard.ts";

/** What /proc says about one thread and seccomp. */
export interface ThreadStatus {
  readonly tid: number;
  /** The thread's name, as `ps -L` shows it. */
  readonly name: string;
  /** 0 none, 1 strict, 2 filter. */
  readonly mode: number;
  readonly noNewPrivs: boolean;
  /** How many filters it is under; undefined before Linux 5.9. */
  readonly filters: number | undefined;
}

/** One field of a /proc/PID/status text; undefined when the kernel does not show it. */
export function statusField(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(text)?.[1];
}

/** The fields of a /proc/PID/status text that concern seccomp; undefined when the kernel shows none. */
export function parseStatus(tid: number, text: string): ThreadStatus | undefined {
  const mode = statusField(text, "Seccomp");
  if (mode === undefined) return undefined;
  const filters = statusField(text, "Seccomp_filters");
  return {
    tid,
    name: statusField(text, "Name") ?? "",
    mode: Number(mode),
    noNewPrivs: statusField(text, "NoNewPrivs") === "1",
    filters: filters === undefined ? undefined : Number(filters),
  };
}

/**
 * Those of `threads` that are not under a filter, or under another number than `filters`, or without no_new_privs where
 * that is asked.
 */
export function uncovered(
  threads: readonly ThreadStatus[],
  filters: number | undefined,
  noNewPrivs: boolean,
): ThreadStatus[] {
  return threads.filter(
    (thread) =>
      thread.mode !== 2 ||
      (noNewPrivs && !thread.noNewPrivs) ||
      (filters !== undefined && thread.filters !== undefined && thread.filters !== filters),
  );
}

/** All threads of this process as /proc shows them, or why they cannot be seen. Threads that end meanwhile are left out. */
export function ownThreads(
  shim: Shim,
  programs: readonly Program[],
): ThreadStatus[] | { readonly why: string } {
  const tids = listGuarded(shim, programs, "/proc/self/task");
  if (!Array.isArray(tids)) return { why: whyNot(tids) };
  const threads: ThreadStatus[] = [];
  for (const tid of tids) {
    const status = ownThreadOf(shim, programs, Number(tid));
    if (status && "why" in status) return status;
    if (status) threads.push(status);
  }
  return threads;
}

/** One thread of this process as /proc shows it, or why it cannot be seen; undefined when it has ended. */
export function ownThreadOf(
  shim: Shim,
  programs: readonly Program[],
  tid: number,
): ThreadStatus | { readonly why: string } | undefined {
  const text = readGuarded(shim, programs, `/proc/self/task/${tid}/status`);
  if (typeof text !== "string")
    return "name" in text && (text.name === "ENOENT" || text.name === "ESRCH")
      ? undefined
      : { why: whyNot(text) };
  if (/^State:\s+[ZX]/m.test(text)) return undefined;
  return parseStatus(tid, text) ?? { why: "/proc/self/status shows no Seccomp field" };
}

/** The calling thread as /proc shows it, or why it cannot be seen. */
export function ownThread(shim: Shim, programs: readonly Program[]): ThreadStatus | { readonly why: string } {
  const text = readGuarded(shim, programs, "/proc/thread-self/status");
  if (typeof text !== "string") return { why: whyNot(text) };
  const tid = Number(/^Pid:\s*(\d+)$/m.exec(text)?.[1]);
  return parseStatus(tid, text) ?? { why: "/proc/thread-self/status shows no Seccomp field" };
}

/** Why something could not be read, in words. */
export function whyNot(answer: Guarded): string {
  if ("denied" in answer) return `the filter denies ${answer.denied}`;
  return answer.ok ? "/proc answers nothing" : `/proc cannot be read (${answer.name})`;
}
