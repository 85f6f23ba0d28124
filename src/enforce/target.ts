/** What /proc tells of a task whose filters are asked for: whether there is anything to read, and why it cannot be read. */
import { readdirSync, readFileSync } from "node:fs";
import { type Issue, SeccatError } from "../abi/error.ts";
import { parseStatus, statusField, type ThreadStatus } from "./threads.ts";

/** A task, which is a process's main thread or another of its threads, as /proc shows it. */
export interface Target extends ThreadStatus {
  /** The process that it belongs to. */
  readonly pid: number;
  readonly parent: number;
  /** The thread that traces it; 0 for none. */
  readonly tracer: number;
  /** `R` running, `S` sleeping, `D` where no signal reaches it, `T` stopped, `t` stopped by a tracer, `Z` ended, `X` gone. */
  readonly state: string;
}

/** CAP_SYS_ADMIN in the masks of /proc/PID/status. */
const CAP_SYS_ADMIN = 21n;

/** The task `tid`. Throws SeccatError "usage" when there is none, "host" when /proc does not tell. */
export function lookAt(tid: number): Target {
  const text = Number.isSafeInteger(tid) && tid > 0 ? statusOf(tid) : undefined;
  if (text === undefined) throw new SeccatError(isThere(tid) ? hidden(tid) : noSuch(tid));
  const status = parseStatus(tid, text);
  if (!status)
    throw new SeccatError({
      code: "host",
      message: `/proc/${tid}/status says nothing of seccomp`,
      expected: "Linux 3.8 or later, built with CONFIG_SECCOMP",
    });
  const number = (name: string) => Number(statusField(text, name));
  return {
    ...status,
    pid: number("Tgid"),
    parent: number("PPid"),
    tracer: number("TracerPid"),
    state: statusField(text, "State")?.[0] ?? "?",
  };
}

/** The other threads of a process, as far as they can be seen. */
export function siblingsOf({ pid, tid }: Target): ThreadStatus[] {
  return tasksOf(pid).flatMap((task) => {
    const text = task === tid ? undefined : statusOf(task);
    const status = text === undefined ? undefined : parseStatus(task, text);
    return status ? [status] : [];
  });
}

/** Whether a task has ended, its status taken or not. */
export function hasEnded(tid: number): boolean {
  const text = statusOf(tid);
  return text === undefined || /^[ZXx]/.test(statusField(text, "State") ?? "");
}

/** `process 7`, or `thread 8 of process 7`. */
export function taskText({ tid, pid }: Target): string {
  return tid === pid ? `process ${pid}` : `thread ${tid} of process ${pid}`;
}

/** Why the filters of a task cannot be read, as far as that is known before it is touched. */
export function whyUnreadable(target: Target): Issue | undefined {
  const { pid, tid, state, tracer } = target;
  const name = taskText(target);
  if (pid === process.pid)
    return {
      code: "usage",
      message: "a process cannot read the filters of its own threads",
      fix: `another one can, as root: seccat disasm pid:${tid}`,
    };
  if (/[ZXx]/.test(state)) return ended(target, name);
  if (tracer !== 0)
    return {
      code: "host",
      message: `${name} is traced already, by ${tracerText(tracer)}, and there is one tracer at a time`,
      fix: "end that tracer first",
    };
  return whyNoRight();
}

/** Why this process may read no filter of any other; undefined when nothing is known against it. */
export function whyNoRight(): Issue | undefined {
  const own = statusOf("thread-self") ?? statusOf("self");
  if (own === undefined) return undefined;
  const capabilities = BigInt(`0x${statusField(own, "CapEff") ?? "0"}`);
  if (((capabilities >> CAP_SYS_ADMIN) & 1n) === 0n)
    return {
      code: "host",
      message: "the kernel shows filters to CAP_SYS_ADMIN only, and this process does not have it",
      fix:
        process.getuid?.() === 0
          ? "root of this container lacks it: read from the host, or give the container CAP_SYS_ADMIN"
          : "read as root: sudo",
    };
  if (Number(statusField(own, "Seccomp")) !== 0)
    return {
      code: "host",
      message: "the kernel shows filters only to processes that are under none, and this one is under some",
      fix: "read from outside the container or service whose filter it is",
    };
  return undefined;
}

function ended({ pid, tid }: Target, name: string): Issue {
  const others = tid === pid ? tasksOf(pid).filter((task) => task !== tid && !hasEnded(task)) : [];
  const [one] = others;
  return {
    code: "usage",
    message: `${name} has ended and holds no filters any more`,
    ...(one === undefined ? {} : { fix: `its thread ${one} goes on: pid:${one}` }),
  };
}

function noSuch(tid: number): Issue {
  return {
    code: "usage",
    message: `there is no process or thread ${tid}`,
    expected: "the number of a running one, as ps shows it",
    fix: `for a file of that name, ./pid:${tid}`,
  };
}

function hidden(tid: number): Issue {
  return {
    code: "host",
    message: `/proc/${tid}/status cannot be read, though there is a process ${tid}`,
    fix: "mount /proc, and read as root",
  };
}

function isThere(tid: number): boolean {
  if (!Number.isSafeInteger(tid) || tid <= 0 || tid > 0x7fffffff) return false;
  try {
    return process.kill(tid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function tracerText(tracer: number): string {
  const text = statusOf(tracer);
  const name = text === undefined ? undefined : statusField(text, "Name");
  return name === undefined ? `process ${tracer}` : `process ${tracer} (${name})`;
}

function statusOf(task: number | string): string | undefined {
  try {
    return readFileSync(`/proc/${task}/status`, "latin1");
  } catch {
    return undefined;
  }
}

function tasksOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}
