/**
 * Answers the calls of another process that its filter hands over (SECCOMP_RET_USER_NOTIF).
 *
 * One call at a time is taken from the listener, without blocking the event loop; answers may come later and in
 * any order. Everything fails closed: a handler that throws denies its call, and when the supervisor is gone
 * the kernel answers every such call with ENOSYS.
 */
import { closeSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { loadShim, POLLIN, type Shim } from "../../shim/index.ts";
import type { Endian } from "../abi/data.ts";
import { SeccatError } from "../abi/error.ts";
import { native, nr } from "./native.ts";
import {
  type Answer,
  type Call,
  decodeNotif,
  encodeResponse,
  type NotifSizes,
  notifIoctls,
  notifSizes,
  SYNC_WAKE_UP,
} from "./notify.ts";
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

/** Serves `listener`, a descriptor of this process, which it closes in the end. */
export function serve(shim: Shim, listener: number, onCall: CallHandler): Supervisor {
  const session = new Session(shim, listener, onCall);
  return { done: session.done, close: () => session.close() };
}

class Session {
  readonly #shim: Shim;
  readonly #listener: number;
  readonly #onCall: CallHandler;
  readonly #endian: Endian;
  readonly #sizes: NotifSizes;
  readonly #ioctls = notifIoctls();
  readonly #open = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];
  #closed = false;
  #finish: () => void = () => {};
  readonly done: Promise<void>;

  constructor(shim: Shim, listener: number, onCall: CallHandler) {
    this.#shim = shim;
    this.#listener = listener;
    this.#onCall = onCall;
    this.#endian = native().endian;
    this.#sizes = notifSizes(shim);
    const closed = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    this.done = closed.then(() => {
      if (this.#failures.length > 0) throw this.#failures[0];
    });
    this.done.catch(() => {}); // whoever awaits it later hears of it; it is no unhandled rejection until then
    this.#ioctl(this.#ioctls.setFlags, SYNC_WAKE_UP); // faster where known, nothing where not
    watch(shim, listener, (events) => this.#onEvents(events));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    unwatch(this.#shim, this.#listener);
    closeSync(this.#listener);
    this.#finish();
  }

  #onEvents(events: number): void {
    if (events & POLLIN) this.#receive();
    else {
      unwatch(this.#shim, this.#listener); // nobody is left under the filter
      void Promise.all(this.#open).then(() => this.close());
    }
  }

  #ioctl(request: number, argument: number | Uint8Array) {
    return this.#shim.syscall(nr("ioctl"), this.#listener, request, argument);
  }

  #receive(): void {
    const notif = new Uint8Array(this.#sizes.notif);
    const answer = this.#ioctl(this.#ioctls.recv, notif);
    if (answer.ok) {
      const answered = this.#handle(decodeNotif(notif, this.#endian));
      this.#open.add(answered);
      void answered.then(() => this.#open.delete(answered));
    } else if (answer.name !== "ENOENT" && answer.name !== "EINTR") {
      // ENOENT: the caller died or was interrupted before its call was received
      const message = `the kernel does not hand over a call: ${answer.name}`;
      this.#failures.push(new SeccatError({ code: "enforce", message }));
      this.close();
    }
  }

  async #handle(call: Call): Promise<void> {
    try {
      const answer = await this.#onCall(call);
      if ("kill" in answer) this.#kill(call);
      this.#send(call, answer);
    } catch (error) {
      this.#failures.push(error);
      this.#send(call, { errno: "EPERM" });
    }
  }

  #send(call: Call, answer: Answer): void {
    const response = encodeResponse(call.id, answer, this.#sizes.response, this.#endian);
    if (this.#closed) return; // the listener's number may be another file's by now
    this.#ioctl(this.#ioctls.send, response); // ENOENT: the caller died or was interrupted meanwhile
  }

  /** Whether a call still waits; while it does, its thread id cannot have become another's. */
  #waits(call: Call): boolean {
    const id = new Uint8Array(8);
    new DataView(id.buffer).setBigUint64(0, call.id, this.#endian === "little");
    return !this.#closed && this.#ioctl(this.#ioctls.idValid, id).ok;
  }

  /** Ends the process of a call by SIGSYS, as the kernel would; by SIGKILL when the process has other plans with SIGSYS. */
  #kill(call: Call): void {
    const signal = (name: "SIGSYS" | "SIGKILL") => {
      if (call.pid === 0 || !this.#waits(call)) return;
      try {
        process.kill(call.pid, name);
      } catch {
        // gone, or not ours to end: the call is denied all the same
      }
    };
    if (dieOfSigsys(call.pid)) signal("SIGSYS");
    if (!dieOfSigsys(call.pid)) signal("SIGKILL");
  }
}

/** Whether SIGSYS would end the process of a thread: neither caught, nor ignored, nor blocked. */
function dieOfSigsys(tid: number): boolean {
  let status: string;
  try {
    status = readFileSync(`/proc/${tid}/status`, "utf8");
  } catch {
    return false;
  }
  const sigsys = 1n << BigInt(constants.signals.SIGSYS - 1);
  return ["SigBlk", "SigIgn", "SigCgt"].every((field) => {
    const mask = new RegExp(`^${field}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1];
    return mask !== undefined && (BigInt(`0x${mask}`) & sigsys) === 0n;
  });
}
