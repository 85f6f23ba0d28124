/**
 * Runs a command and records every system call of it and of all that it starts, without root and without strace: its
 * filter hands every call over (SECCOMP_RET_USER_NOTIF), a thread of this process counts it and lets it go on.
 *
 * Not seen: what the vDSO answers without a system call, operations given to io_uring, and calls that a filter of the
 * program's own denies. The command runs with no_new_privs, so set-user-ID programs do not get their owner's rights, and
 * no program in it can open a listener of its own (EBUSY). What a signal does to a call that waits: see restart.ts.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { actionValues } from "../../abi/action.ts";
import { check } from "../../bpf/check.ts";
import type { Program } from "../../bpf/program.ts";
import type { PhaseOptions } from "../../trace/phase.ts";
import type { WatchedProcess } from "../../trace/watched.ts";
import type { Text } from "../command.ts";
import { type Keeper, startKeeper } from "../keeper/index.ts";
import { launch } from "../launch.ts";
import type { Listener } from "../listener.ts";
import { startLoop } from "../loop.ts";
import { native } from "../native.ts";
import { originalOpenFiles } from "../openfiles.ts";
import type { SpawnOptions } from "../prepare.ts";
import { endedAs, type RunResult, run } from "../run.ts";
import type { Supervisor } from "../serve.ts";
import type { Exit } from "../start.ts";
import { Bell, bellMemory } from "./bell.ts";
import {
  type Account,
  askForViews,
  type FromReceiver,
  isFromReceiver,
  isMailboxEmpty,
  newMailbox,
  putMark,
  type ReceiverOrder,
} from "./message.ts";
import type { Viewed } from "./recorder.ts";

/** How often the mailbox is looked at, in milliseconds. */
const MAIL = 5;
/** Processes that end within so many milliseconds behind the command are no news. */
const SETTLE = 1000;

/** What to record. */
export interface RecordingOptions extends PhaseOptions {
  /** Whether to tell calls apart by the arguments that conditions are learned for. */
  readonly args?: boolean;
  /** Gets each process once it has ended. */
  readonly each: (process: WatchedProcess) => void;
  /** Hears several times a second who is alive, and of each call that is made for the first time. */
  readonly onView?: (view: LiveView) => void;
  /** Hears once who is still waited for, when the command itself ended a second ago. */
  readonly onRemaining?: (remaining: readonly Viewed[]) => void;
}

/** What a view is told. */
export type LiveView = Extract<FromReceiver, { readonly kind: "view" | "new" }>;

/** How to record a command. */
export interface RecordOptions extends Pick<SpawnOptions, "cwd" | "env" | "stdio">, RecordingOptions {
  /**
   * Starts the command in a session of its own, out of reach of this terminal's keys; when this is aborted, the recording
   * ends, and the command goes on, whatever becomes of this process.
   */
  readonly leave?: AbortSignal;
  /** Gets the recording when the command is about to start. */
  readonly onRecording?: (recording: Recording) => void;
}

/** How a recorded command came out, and the account of its recording. */
export type Recorded = (RunResult | Left) & { readonly account: Account };

/** A command that goes on unrecorded. */
export interface Left {
  readonly kind: "left";
  readonly pid: number;
}

/** A recording that begins when a command is launched under notifyAll() with this `onListener`. */
export interface Recording {
  readonly onListener: (listener: Listener) => Supervisor;
  /** What it came to, once the supervisor is done. */
  account(): Account;
  /** Tells it that the command itself has ended. */
  commandEnded(): void;
  /** Begins the phase of a mark in every process; resolves when it has begun. */
  mark(name: string): Promise<void>;
}

/** The program that hands every call over. */
export function notifyAll(): Program {
  return check([{ code: 0x06, jt: 0, jf: 0, k: actionValues.user_notif }], native().endian);
}

/** Makes ready to record a command that is yet to be launched. */
export function newRecording(options: RecordingOptions): Recording {
  const { each, onView, onRemaining, args = false, ...phases } = options;
  let account: Account = { calls: 0, listeners: 0, restarted: 0, backend: undefined, left: [] };
  let settledAt = Number.POSITIVE_INFINITY;
  const mailbox = newMailbox();
  const onMessage = (message: unknown) => {
    if (!isFromReceiver(message)) return;
    if (message.kind === "process") each(message.process);
    else if (message.kind === "account") account = message.account;
    else onView?.(message);
    if (message.kind !== "view" || message.processes.length === 0 || performance.now() < settledAt) return;
    settledAt = Number.POSITIVE_INFINITY;
    onRemaining?.(message.processes);
  };
  return {
    account: () => account,
    commandEnded() {
      if (onRemaining) askForViews(mailbox);
      settledAt = performance.now() + SETTLE;
    },
    async mark(name) {
      while (!putMark(mailbox, name)) await sleep(MAIL);
      while (!isMailboxEmpty(mailbox)) await sleep(MAIL);
    },
    onListener: (listener) => {
      const keeper = startKeeper(listener);
      const order: ReceiverOrder = {
        native: native().abi,
        phases: plain(phases),
        args,
        view: onView !== undefined,
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
  return { done, close, outlasts: true };
}

/**
 * Runs `argv` as run() does, and resolves when it and all that it started have ended, or `leave` was aborted. Throws
 * SeccatError "usage" when called wrongly; where calls cannot be recorded, the result is of kind `not-started`, and
 * nothing of the command ran.
 */
export async function record(argv: readonly Text[], options: RecordOptions): Promise<Recorded> {
  const { cwd, env, stdio, leave, onRecording } = options;
  const recording = newRecording(options);
  onRecording?.(recording);
  const spawning: SpawnOptions = {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(stdio === undefined ? {} : { stdio }),
    onListener: recording.onListener,
  };
  const result = leave
    ? await runApart(argv, { stdio: "inherit", ...spawning, detached: true }, leave, recording)
    : await run([notifyAll()], argv, { ...spawning, onOutlasted: recording.commandEnded });
  return { ...result, account: recording.account() };
}

/** Signals that reach a command in a session of its own only when they are passed on. */
const passed: readonly NodeJS.Signals[] = ["SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];

/** Runs a command that can be left. */
async function runApart(
  argv: readonly Text[],
  options: SpawnOptions,
  leave: AbortSignal,
  recording: Recording,
): Promise<RunResult | Left> {
  const limit = originalOpenFiles();
  const launched = await launch([notifyAll()], argv, { ...options, ...(limit ? { openFiles: limit } : {}) });
  if (launched.kind === "not-started") return launched;
  const { child, pid, exited, supervisor } = launched;
  let exit: Exit | undefined;
  void exited.then((how) => {
    exit = how;
    recording.commandEnded();
  });
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  for (const signal of passed) process.on(signal, pass);
  const stop = () => supervisor?.close();
  try {
    if (leave.aborted) stop();
    leave.addEventListener("abort", stop);
    await supervisor?.done;
    if (leave.aborted && exit === undefined) {
      child.unref();
      return { kind: "left", pid };
    }
    return endedAs(await exited, pid);
  } finally {
    leave.removeEventListener("abort", stop);
    for (const signal of passed) process.off(signal, pass);
  }
}
