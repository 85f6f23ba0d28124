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
import { type Keeper, startKeeper } from "../keeper/index.ts";
import type { Listener } from "../listener.ts";
import { startLoop } from "../loop.ts";
import { native } from "../native.ts";
import type { SpawnOptions } from "../prepare.ts";
import { type RunResult, run } from "../run.ts";
import type { Supervisor } from "../serve.ts";
import { Bell, bellMemory } from "./bell.ts";
import { type Account, isFromReceiver, newMailbox, putMark, type ReceiverOrder } from "./message.ts";

/** What to record. */
export interface RecordingOptions extends PhaseOptions {
  /** Gets each process once it has ended. */
  readonly each: (process: WatchedProcess) => void;
}

/** How to record a command. */
export interface RecordOptions extends Pick<SpawnOptions, "cwd" | "env" | "stdio">, RecordingOptions {}

/** How a recorded command came out, and the account of its recording. */
export type Recorded = RunResult & { readonly account: Account };

/** A recording that begins when a command is launched under notifyAll() with this `onListener`. */
export interface Recording {
  readonly onListener: (listener: Listener) => Supervisor;
  /** What it came to, once the supervisor is done. */
  account(): Account;
  /** Begins the phase of a mark in every process; false while the last mark has not been taken yet. */
  mark(name: string): boolean;
}

/** The program that hands every call over. */
export function notifyAll(): Program {
  return check([{ code: 0x06, jt: 0, jf: 0, k: actionValues.user_notif }], native().endian);
}

/** Makes ready to record a command that is yet to be launched. */
export function newRecording({ each, ...phases }: RecordingOptions): Recording {
  let account: Account = { calls: 0, listeners: 0, restarted: 0 };
  const mailbox = newMailbox();
  const onMessage = (message: unknown) => {
    if (!isFromReceiver(message)) return;
    if (message.kind === "process") each(message.process);
    else if (message.kind === "account") account = message.account;
  };
  return {
    account: () => account,
    mark: (name) => putMark(mailbox, name),
    onListener: (listener) => {
      const keeper = startKeeper(listener);
      const order: ReceiverOrder = {
        native: native().abi,
        phases: plain(phases),
        view: false,
        mailbox,
        bell: bellMemory(),
        page: keeper?.page,
      };
      return startReceiver(listener, order, keeper, onMessage);
    },
  };
}

/** The options that go to another thread; the others may not be able to. */
function plain({ after, until, phases, markFd }: PhaseOptions): PhaseOptions {
  return {
    ...(after === undefined ? {} : { after }),
    ...(until === undefined ? {} : { until }),
    ...(phases === undefined ? {} : { phases }),
    ...(markFd === undefined ? {} : { markFd }),
  };
}

function startReceiver(
  listener: Listener,
  order: ReceiverOrder,
  keeper: Keeper | undefined,
  onMessage: (message: unknown) => void,
): Supervisor {
  const bell = new Bell(order.bell, listener.shim);
  const leave = () => bell.leave();
  process.once("exit", leave); // before the loop's own, which waits for its thread
  const loop = startLoop({
    listener,
    module: new URL(`./handler.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url),
    data: order,
    onMessage,
  });
  const done = loop.done
    .then(() => {})
    .finally(() => {
      bell.stop();
      process.off("exit", leave);
      keeper?.release();
      listener.close();
    });
  done.catch(() => {}); // whoever awaits it hears of it
  const close = () => {
    loop.stop();
    bell.leave();
  };
  return { done, close };
}

/**
 * Runs `argv` as run() does, and resolves when it and all that it started have ended. Throws SeccatError "usage" when
 * called wrongly; where calls cannot be recorded, the result is of kind `not-started`, and nothing of the command ran.
 */
export async function record(argv: readonly Text[], options: RecordOptions): Promise<Recorded> {
  const { cwd, env, stdio } = options;
  const { onListener, account } = newRecording(options);
  const result = await run([notifyAll()], argv, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(stdio === undefined ? {} : { stdio }),
    onListener,
  });
  return { ...result, account: account() };
}
