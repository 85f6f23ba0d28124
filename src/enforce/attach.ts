/** Finds the listener of a process and takes a copy of it. */
import { closeSync, existsSync, readdirSync } from "node:fs";
import { loadShim, type Shim } from "../../shim/index.ts";
import { SeccatError } from "../abi/error.ts";
import { linkOf } from "./fact.ts";
import { Listener } from "./listener.ts";
import { nr } from "./native.ts";

/** Where a process has its listener. */
export interface AttachOptions {
  /** The listener's descriptor in that process; looked for in /proc when absent. */
  readonly listener?: number;
  /** How long to look for a listener that is not there yet, in milliseconds; 0 when absent. */
  readonly wait?: number;
}

/**
 * A copy, in this process, of the listener that process `pid` holds. Throws SeccatError "enforce" when there is none or it
 * cannot be taken, and "host" where the kernel has no pidfd_getfd (Linux 5.6) or no user notifications.
 */
export async function takeListener(pid: number, options: AttachOptions = {}): Promise<Listener> {
  const shim = loopShim();
  const descriptor = options.listener ?? (await findListener(pid, options.wait ?? 0));
  return new Listener(shim, takeDescriptor(shim, pid, descriptor));
}

/** koffi where it loads, since a call through it takes a fourteenth of the time; SECCAT_FFI decides otherwise. */
export function loopShim(): Shim {
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
    const found = openDescriptors(pid).find((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === LINK);
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
    if (code === "ENOENT" && !existsSync("/proc/self"))
      throw new SeccatError({
        code: "host",
        message: "there is no /proc, so the listener of a process cannot be looked for",
        fix: "mount /proc, or give the number of the listener's descriptor in that process",
      });
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
