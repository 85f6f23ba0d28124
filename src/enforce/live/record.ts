/**
 * Runs a command and records every system call of it and of all that it starts, without root and without strace: its
 * filter hands every call over (SECCOMP_RET_USER_NOTIF), a thread of this process counts it and lets it go on.
 *
 * Not seen: what the vDSO answers without a system call, operations given to io_uring, and calls that a filter of the
 * program's own denies. The command runs with no_new_privs, so set-user-ID programs do not get their owner's rights, and
 * no program in it can open a listener of its own (EBUSY). What a signal does to a call that waits: see restart.ts.
 */
import { actionValues } from "../../abi/action.ts";
import { check } from "../../bpf/check.ts";
import type { Program } from "../../bpf/program.ts";
import type { PhaseOptions } from "../../trace/phase.ts";
import type { WatchedProcess } from "../../trace/watched.ts";
import type { Text } from "../command.ts";
import type { Listener } from "../listener.ts";
import { startLoop } from "../loop.ts";
import { native } from "../native.ts";
import type { SpawnOptions } from "../prepare.ts";
import { type RunResult, run } from "../run.ts";
import type { Supervisor } from "../serve.ts";
import { Bell, bellMemory } from "./bell.ts";
import { type Account, isFromReceiver, newMailbox, type ReceiverOrder } from "./message.ts";

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
  let account: Account = { calls: 0, listeners: 0, restarted: 0 };
  const mailbox = newMailbox();
  const onListener = (listener: Listener): Supervisor => {
    const memory = bellMemory();
    const data: ReceiverOrder = { native: native().abi, phases, view: false, mailbox, bell: memory };
    const bell = new Bell(memory, listener.shim);
    const leave = () => bell.leave();
    process.once("exit", leave); // before the loop's own, which waits for its thread
    const loop = startLoop({
      listener,
      module: new URL(`./handler.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url),
      data,
      onMessage: (message) => {
        if (!isFromReceiver(message)) return;
        if (message.kind === "process") each(message.process);
        else if (message.kind === "account") account = message.account;
      },
    });
    const done = loop.done
      .then(() => {})
      .finally(() => {
        bell.stop();
        process.off("exit", leave);
        listener.close();
      });
    done.catch(() => {}); // whoever awaits it hears of it
    const close = () => {
      loop.stop();
      bell.leave();
    };
    return { done, close };
  };
  const result = await run([notifyAll()], argv, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(stdio === undefined ? {} : { stdio }),
    onListener,
  });
  return { ...result, account };
}
