/**
 * Runs a command and records every system call of it and of all that it starts, without root and without strace: its
 * filter hands every call over (SECCOMP_RET_USER_NOTIF), a thread of this process counts it and lets it go on.
 *
 * Not seen: what the vDSO answers without a system call, operations given to io_uring, and calls that a filter of the
 * program's own denies. The command runs with no_new_privs, so set-user-ID programs do not get their owner's rights, and
 * no program in it can open a listener of its own (EBUSY). A signal that arrives before a call is received interrupts the
 * call: it starts again, or fails with EINTR if the handler was installed without SA_RESTART.
 */
import { closeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { actionValues } from "../../abi/action.ts";
import { check } from "../../bpf/check.ts";
import type { Program } from "../../bpf/program.ts";
import type { PhaseOptions } from "../../trace/phase.ts";
import type { WatchedProcess } from "../../trace/watched.ts";
import type { Text } from "../command.ts";
import { native } from "../native.ts";
import type { SpawnOptions } from "../prepare.ts";
import { type RunResult, run } from "../run.ts";
import type { Supervisor } from "../supervise.ts";
import { loopShim } from "../supervise.ts";
import type { Account, FromReceiver, ReceiverSetup } from "./message.ts";

/** How to record a command. */
export interface RecordOptions extends Pick<SpawnOptions, "cwd" | "env" | "stdio">, PhaseOptions {
  /** Gets each process once it has ended. */
  readonly each: (process: WatchedProcess) => void;
}

/** How a recorded command came out, and the account of its recording. */
export type Recorded = RunResult & { readonly account: Account };

/** The program that hands every call over. */
export function notifyAll(): Program {
  return check([{ code: 0x06, jt: 0, jf: 0, k: actionValues.user_notif }], native().endian);
}

/**
 * Runs `argv` as run() does, and resolves when it and all that it started have ended. Throws SeccatError "usage" when
 * called wrongly; where calls cannot be recorded, the result is of kind `not-started`, and nothing of the command ran.
 */
export async function record(argv: readonly Text[], options: RecordOptions): Promise<Recorded> {
  const { each, cwd, env, stdio, ...phases } = options;
  let account: Account = { calls: 0, listeners: 0 };
  const onListener = (listener: number): Promise<Supervisor> =>
    startReceiver(listener, phases, (message) => {
      if (message.kind === "process") each(message.process);
      else if (message.kind === "end") account = message;
    });
  const result = await run([notifyAll()], argv, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(stdio === undefined ? {} : { stdio }),
    onListener,
  });
  return { ...result, account };
}

/** Starts the receiving thread; resolves when it is about to receive. */
function startReceiver(
  listener: number,
  phases: PhaseOptions,
  onMessage: (message: FromReceiver) => void,
): Promise<Supervisor> {
  const control = new SharedArrayBuffer(4);
  const shim = loopShim();
  const setup: ReceiverSetup = {
    listener,
    native: native().abi,
    phases,
    ffiNapi: shim.backend === "ffi-napi",
    viewEvery: undefined,
    control,
  };
  const file = `./thread${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
  const worker = new Worker(new URL(file, import.meta.url), { workerData: setup });
  return new Promise((resolve, reject) => {
    let end: () => void = () => {};
    let fail: (error: unknown) => void = reject;
    const done = new Promise<void>((ended, failed) => {
      end = ended;
      fail = failed;
    });
    done.catch(() => {});
    worker.on("message", (message: FromReceiver) => {
      onMessage(message);
      if (message.kind === "ready")
        resolve({ done, close: () => void Atomics.store(new Int32Array(control), 0, 1) });
    });
    worker.on("error", (error) => {
      reject(error);
      fail(error);
    });
    worker.on("exit", () => {
      closeSync(listener);
      end();
    });
  });
}
