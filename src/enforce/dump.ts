/**
 * The filters of a running process, read back from the kernel.
 *
 * The task is seized and stopped for as long as the reading takes (under a millisecond for a few filters), then let go
 * as it was found: running, or stopped by whoever had stopped it; a signal that came meanwhile is handed on. It is
 * never killed, and when this process dies in between, the kernel lets it go. A call in which it waited is begun
 * again; the few that are not (epoll_wait, see signal(7)) end with EINTR there, as under any tracer.
 */
import { readFileSync } from "node:fs";
import { type BackendName, loadShim, type Shim } from "../../shim/index.ts";
import { type Issue, SeccatError } from "../abi/error.ts";
import { readProgram } from "../bpf/codec.ts";
import type { Program } from "../bpf/program.ts";
import { native } from "./native.ts";
import {
  detach,
  type FilterAnswer,
  getFilter,
  getFlags,
  interrupt,
  reap,
  type Stop,
  seize,
  stopOf,
} from "./ptrace.ts";
import { type FilterFlag, filterFlagNames, filterFlags } from "./seccomp.ts";
import { hasEnded, lookAt, siblingsOf, type Target, taskText, whyUnreadable } from "./target.ts";

/** One filter of a running process. */
export interface InstalledFilter {
  /** 0 is the one that was installed first. */
  readonly index: number;
  readonly program: Program;
  /** What it was installed with, of which the kernel tells `log` alone; undefined before Linux 4.16. */
  readonly flags: readonly FilterFlag[] | undefined;
}

/** A thread whose filters are others, or as many others. */
export interface OtherThread {
  readonly tid: number;
  readonly name: string;
  /** How many filters it is under. */
  readonly filters: number;
}

/** What a process is under. */
export interface ProcessFilters {
  readonly pid: number;
  /** The thread that was asked; the process's main thread when `pid` was. */
  readonly tid: number;
  /** Its name, as `ps -L` shows it. */
  readonly name: string;
  /** `strict` allows read, write, exit and sigreturn without any filter. */
  readonly mode: "none" | "strict" | "filter";
  /** Oldest first; the kernel asks all of them about each call, and the strictest answer counts. */
  readonly filters: readonly InstalledFilter[];
  /** Threads of the same process that are under another number of filters (known since Linux 5.9). */
  readonly others: readonly OtherThread[];
}

/** How filters are read. */
export interface ReadFiltersOptions {
  /** Milliseconds that the process is given to stop; 2000 when absent. */
  readonly timeout?: number;
  /** The FFI backend; SECCAT_FFI or the best that loads when absent. */
  readonly ffi?: BackendName;
}

const modes = ["none", "strict", "filter"] as const;

/**
 * The filters that process or thread `pid` is under, oldest first; none for one that is under none, which is then
 * not touched. Needs CAP_SYS_ADMIN, and a caller that is under no filter itself. A child of this process is to be
 * read on the thread that started it: libuv, which waits for it there, takes a stop that it sees for the child's end.
 * Throws SeccatError "usage" when there is no such process, it has ended, or is this one; "host" when the kernel
 * refuses, or the process cannot be stopped in time.
 */
export function readFilters(pid: number, { timeout = 2000, ffi }: ReadFiltersOptions = {}): ProcessFilters {
  const target = lookAt(pid);
  const mode = modes[target.mode] ?? "none";
  const found = { pid: target.pid, tid: target.tid, name: target.name, mode };
  if (mode !== "filter") return { ...found, filters: [], others: othersOf(target) };
  const issue = whyUnreadable(target);
  if (issue) throw new SeccatError(issue);
  const shim = loadShim(ffi);
  const deadline = performance.now() + timeout;
  awaitReachable(target, deadline);
  const read = whileStopped(shim, target, deadline, () => readAll(shim, target));
  const { endian } = native();
  const filters = read.map(({ bytes, flags }, index) => ({
    index,
    program: readProgram(bytes, endian),
    flags: flags === undefined ? undefined : flagNames(flags),
  }));
  return { ...found, filters, others: othersOf(target) };
}

function othersOf(target: Target): OtherThread[] {
  const own = target.filters;
  if (own === undefined) return [];
  return siblingsOf(target).flatMap(({ tid, name, filters }) =>
    filters === undefined || filters === own ? [] : [{ tid, name, filters }],
  );
}

function flagNames(bits: bigint): FilterFlag[] {
  return filterFlagNames.filter((name) => (bits & BigInt(filterFlags[name].bit)) !== 0n);
}

/** Waits until a task is where a stop can reach it, before it is touched. */
function awaitReachable(target: Target, deadline: number): void {
  for (let { state } = target; state === "D"; { state } = lookAt(target.tid)) {
    if (performance.now() > deadline)
      throw new SeccatError({
        code: "host",
        message: `${taskText(target)} waits where the kernel cannot stop it (state D), as for a disk or for a vfork`,
        fix: "try again; it was not touched",
      });
    sleep(2);
  }
}

/**
 * What `work` returns, done while the task is stopped; it is let go whatever happens. Throws SeccatError "usage" when it
 * ends meanwhile, "host" when it cannot be traced or does not stop before `deadline` (as performance.now() counts).
 */
export function whileStopped<T>(shim: Shim, target: Target, deadline: number, work: () => T): T {
  const seized = seize(shim, target.tid);
  if (!seized.ok) throw new SeccatError(seizeRefused(target, seized.name));
  let stop: Stop | undefined;
  try {
    const asked = interrupt(shim, target.tid);
    if (!asked.ok) throw new SeccatError(endedMeanwhile(target));
    stop = awaitStop(shim, target, deadline);
    return work();
  } finally {
    letGo(shim, target, stop);
  }
}

function awaitStop(shim: Shim, target: Target, deadline: number): Stop {
  for (let turn = 0; ; turn++) {
    const stop = stopOf(shim, target.tid);
    if (stop) return stop;
    if (hasEnded(target.tid)) throw new SeccatError(endedMeanwhile(target));
    if (performance.now() > deadline)
      throw new SeccatError({
        code: "host",
        message: `${taskText(target)} did not stop in time, so its filters were not read`,
        fix: "try again; it goes on as before",
      });
    if (turn > 20) sleep(1);
  }
}

/**
 * Detaches. Only a stopped task can be detached from, so one that does not stop is asked again later, as long as
 * this thread lives; when it ends the kernel detaches.
 */
function letGo(shim: Shim, target: Target, known: Stop | undefined): void {
  const { tid } = target;
  const stop = known ?? stopOf(shim, tid);
  if (stop && detach(shim, tid, stop.signal).ok) return;
  if (!hasEnded(tid)) setTimeout(() => letGo(shim, target, undefined), 20).unref();
  else if (target.parent !== process.pid || tid !== target.pid) reap(shim, tid);
}

function readAll(shim: Shim, target: Target): { bytes: Uint8Array; flags: bigint | undefined }[] {
  const filters: { bytes: Uint8Array; flags: bigint | undefined }[] = [];
  for (;;) {
    const index = filters.length;
    const answer = getFilter(shim, target.tid, index);
    if (answer.ok) filters.push({ bytes: answer.bytes, flags: getFlags(shim, target.tid, index) });
    else if (answer.name === "ENOENT" && index > 0) return filters;
    else throw new SeccatError(filterNotShown(target, index, answer));
  }
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function endedMeanwhile(target: Target): Issue {
  return { code: "usage", message: `${taskText(target)} ended while its filters were read` };
}

/** Why a task cannot be attached to. */
function seizeRefused(target: Target, errno: string): Issue {
  if (errno === "ESRCH" || hasEnded(target.tid)) return endedMeanwhile(target);
  const known = whyUnreadable(lookAt(target.tid));
  if (known) return known;
  return {
    code: "host",
    message: `${taskText(target)} cannot be traced (${errno})`,
    fix:
      ptraceScope() === "3"
        ? "kernel.yama.ptrace_scope is 3: nothing can be traced until the next boot"
        : "the right to trace it is missing (CAP_SYS_PTRACE), or AppArmor or SELinux forbids it",
  };
}

/** kernel.yama.ptrace_scope: 0 the owner's processes, 1 own children, 2 CAP_SYS_PTRACE only, 3 none; undefined without yama. */
export function ptraceScope(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/yama/ptrace_scope", "latin1").trim();
  } catch {
    return undefined;
  }
}

/** Why the kernel does not show a filter of a stopped task. */
export function filterNotShown(
  target: Target,
  index: number,
  answer: Pick<FilterAnswer & { readonly ok: false }, "name">,
): Issue {
  const name = taskText(target);
  const refused = (reason: string, fix: string): Issue => ({
    code: "host",
    message: `the kernel does not show filter ${index} of ${name} (${answer.name}): ${reason}`,
    fix,
  });
  switch (answer.name) {
    case "ESRCH":
      return endedMeanwhile(target);
    case "EACCES":
      return refused(
        "it does so only for CAP_SYS_ADMIN of the first user namespace and for a caller under no filter",
        "read from the host, outside any container",
      );
    case "EINVAL":
      return refused(
        "it was built without CONFIG_CHECKPOINT_RESTORE",
        "a kernel with that option is needed, as most distributions' are",
      );
    case "EMEDIUMTYPE":
      return refused("it keeps no classic program of it", "read the program where it was installed from");
    case "EIO":
      return refused("it does not know the request", "a kernel of 4.4 or later is needed");
    case "ENOENT":
      return refused("it says that there is none", "try again");
    default:
      return refused("an error that ptrace(2) does not document", "try again");
  }
}
