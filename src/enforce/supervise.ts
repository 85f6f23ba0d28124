/**
 * Answers the calls of another process that its filter hands over (SECCOMP_RET_USER_NOTIF).
 *
 * One call at a time is taken from the listener, without blocking the event loop; answers may come later and in
 * any order. Everything fails closed: a handler that throws denies its call, and when the supervisor is gone
 * the kernel answers every such call with ENOSYS.
 */
import { closeSync, readdirSync, readlinkSync } from "node:fs";
import { loadShim, type Shim } from "../../shim/index.ts";
import { SeccatError } from "../abi/error.ts";
import { Listener } from "./listener.ts";
import { drain, give } from "./loop.ts";
import { nr } from "./native.ts";
import type { Answer, Call } from "./notify.ts";
import { unwatch, watch } from "./watch.ts";

/** Decides about one call. A handler that throws or rejects denies it with EPERM. */
export type CallHandler = (call: Call) => Answer | Promise<Answer>;

/** How to attach to a process. */
export interface SuperviseOptions {
  /** The listener's descriptor in that process; looked for in /proc when absent. */
  readonly listener?: number;
  /** How long to look for a listener that is not there yet, in milliseconds; 0 when absent. */
  readonly wait?: number;
}

/** A listener being served. */
export interface Supervisor {
  /**
   * Resolves when no process is left under the filter, or after close(). Rejects then with what a handler
   * threw first; await it to hear of that.
   */
  readonly done: Promise<void>;
  /** Stops serving; the kernel answers further calls with ENOSYS. */
  close(): void;
}

/**
 * Serves the listener that process `pid` holds. Throws SeccatError "enforce" when there is none or it cannot be
 * taken, and "host" where the kernel has no pidfd_getfd (Linux 5.6) or no user notifications.
 */
export async function supervise(
  pid: number,
  onCall: CallHandler,
  options: SuperviseOptions = {},
): Promise<Supervisor> {
  const shim = loopShim();
  const listener = options.listener ?? (await findListener(pid, options.wait ?? 0));
  return serve(shim, takeDescriptor(shim, pid, listener), onCall);
}

/** koffi where it loads, since a call through it takes a fourteenth of the time; SECCAT_FFI decides otherwise. */
function loopShim(): Shim {
  if (process.env.SECCAT_FFI) return loadShim();
  try {
    return loadShim("koffi");
  } catch {
    return loadShim();
  }
}

const LINK = "anon_inode:seccomp notify";

async function findListener(pid: number, wait: number): Promise<number> {
  const deadline = performance.now() + wait;
  for (;;) {
    const found = openDescriptors(pid).find((fd) => linkOf(pid, fd) === LINK);
    if (found !== undefined) return Number(found);
    if (performance.now() >= deadline)
      throw new SeccatError({
        code: "enforce",
        message: `process ${pid} has no seccomp listener`,
        fix: "install its filter with the listener option",
      });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function openDescriptors(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "EIO";
    throw new SeccatError({
      code: "enforce",
      message:
        code === "ENOENT"
          ? `there is no process ${pid}`
          : `the descriptors of process ${pid} cannot be seen (${code})`,
      ...(code === "ENOENT" ? {} : { fix: "supervise as the same user, or as root" }),
    });
  }
}

function linkOf(pid: number, fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return undefined; // closed meanwhile
  }
}

/** A copy, here, of descriptor `fd` of process `pid`. */
function takeDescriptor(shim: Shim, pid: number, fd: number): number {
  const pidfd = shim.syscall(nr("pidfd_open"), pid, 0);
  if (!pidfd.ok) throw notTaken(pid, "pidfd_open", pidfd.name);
  const copy = shim.syscall(nr("pidfd_getfd"), pidfd.value, fd, 0);
  closeSync(pidfd.value);
  if (!copy.ok) throw notTaken(pid, "pidfd_getfd", copy.name);
  return copy.value;
}

function notTaken(pid: number, call: string, errno: string): SeccatError {
  const fixes: Readonly<Record<string, string>> = {
    ENOSYS: "Linux 5.6 or later is needed",
    EPERM:
      "supervise a child of this process, or as root; /proc/sys/kernel/yama/ptrace_scope must be below 3",
  };
  const fix = fixes[errno];
  return new SeccatError({
    code: errno === "ENOSYS" ? "host" : "enforce",
    message: `the listener of process ${pid} cannot be taken: ${call} answers ${errno}`,
    ...(fix === undefined ? {} : { fix }),
  });
}

/** Serves the listener `descriptor` of this process, and closes it in the end. */
export function serve(shim: Shim, descriptor: number, onCall: CallHandler): Supervisor {
  const session = new Session(new Listener(shim, descriptor), onCall);
  return { done: session.done, close: () => session.close() };
}

/**
 * How long this thread waits for the next call after it answered one, and how long it does nothing but answer, in
 * microseconds. A caller that was answered is running again at once, and its next call costs a turn of the event loop
 * unless it finds this thread waiting.
 */
const BURST = { patience: 50, budget: 4000 };

class Session {
  readonly #listener: Listener;
  readonly #onCall: CallHandler;
  readonly #open = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];
  #finish: () => void = () => {};
  readonly done: Promise<void>;

  constructor(listener: Listener, onCall: CallHandler) {
    this.#listener = listener;
    this.#onCall = onCall;
    const closed = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    this.done = closed.then(() => {
      if (this.#failures.length > 0) throw this.#failures[0];
    });
    this.done.catch(() => {}); // whoever awaits it later hears of it; it is no unhandled rejection until then
    listener.syncWakeUp();
    watch(listener.shim, listener.descriptor, () => this.#receive());
  }

  close(): void {
    if (this.#listener.closed) return;
    unwatch(this.#listener.shim, this.#listener.descriptor);
    this.#listener.close();
    this.#finish();
  }

  #receive(): void {
    try {
      const burst = drain(
        this.#listener,
        (call) => this.#handle(call),
        (error) => this.#failures.push(error),
        BURST,
      );
      if (burst === "ended") this.#end();
    } catch (error) {
      this.#failures.push(error);
      this.close();
    }
  }

  /** Nobody is left under the filter. */
  #end(): void {
    unwatch(this.#listener.shim, this.#listener.descriptor);
    void Promise.all(this.#open).then(() => this.close());
  }

  #handle(call: Call): Answer | undefined {
    const answer = this.#onCall(call);
    if (!(answer instanceof Promise)) return answer;
    const answered = this.#answerLater(call, answer);
    this.#open.add(answered);
    void answered.then(() => this.#open.delete(answered));
    return undefined;
  }

  async #answerLater(call: Call, answer: Promise<Answer>): Promise<void> {
    try {
      give(this.#listener, call, await answer);
    } catch (error) {
      this.#listener.answer(call.id, { errno: "EPERM" });
      this.#failures.push(error);
    }
  }
}
