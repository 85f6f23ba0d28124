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

/** All threads of this process as /proc shows them, or why they cannot be seen. Threads that end meanwhile are left out. */
export function ownThreads(
  shim: Shim,
  programs: readonly Program[],
): ThreadStatus[] | { readonly why: string } {
  const tids = listGuarded(shim, programs, "/proc/self/task");
  if (!Array.isArray(tids)) return { why: whyNot(tids) };
  const threads: ThreadStatus[] = [];
  for (const tid of tids) {
    const text = readGuarded(shim, programs, `/proc/self/task/${tid}/status`);
    if (typeof text === "string") {
      const status = parseStatus(Number(tid), text);
      if (!status) return { why: "/proc/self/status shows no Seccomp field" };
      threads.push(status);
    } else if (!("name" in text && (text.name === "ENOENT" || text.name === "ESRCH")))
      return { why: whyNot(text) };
  }
  return threads;
}

/** The calling thread as /proc shows it, or why it cannot be seen. */
export function ownThread(shim: Shim, programs: readonly Program[]): ThreadStatus | { readonly why: string } {
  const text = readGuarded(shim, programs, "/proc/thread-self/status");
  if (typeof text !== "string") return { why: whyNot(text) };
  const tid = Number(/^Pid:\s*(\d+)$/m.exec(text)?.[1]);
  return parseStatus(tid, text) ?? { why: "/proc/thread-self/status shows no Seccomp field" };
}

function whyNot(answer: Guarded): string {
  if ("denied" in answer) return `the filter denies ${answer.denied}`;
  return answer.ok ? "/proc answers nothing" : `/proc cannot be read (${answer.name})`;
}
