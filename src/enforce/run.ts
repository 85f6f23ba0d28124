/** A command in place of this process, as `env` and `timeout` run one: same terminal, same signals, same ending. */
import { closeSync } from "node:fs";
import { constants } from "node:os";
import { SeccatError } from "../abi/error.ts";
import type { Program } from "../bpf/program.ts";
import type { Text } from "./command.ts";
import { failureOf } from "./failure.ts";
import type { Started } from "./launch.ts";
import { statFields } from "./live/look.ts";
import { originalOpenFiles } from "./openfiles.ts";
import {
  type NotStarted,
  notEnforced,
  type Prepared,
  prepare,
  type SpawnOptions,
  unsupervised,
} from "./prepare.ts";
import { orAsScript } from "./script.ts";
import { type Exit, exitOf, readProgress, startLauncher } from "./start.ts";
import { memoryFile, removePlace } from "./temporary.ts";
import { programList } from "./verdict.ts";

/** How a command came out. */
export type RunResult =
  | NotStarted
  | {
      readonly kind: "ended";
      /** What a wrapper ends with: the command's own status, or 128 plus the signal that ended it. */
      readonly status: number;
      readonly signal: NodeJS.Signals | undefined;
      /** The command's process id, which may be another's by now. */
      readonly pid: number;
    };

/** How to run a command. */
export interface RunOptions extends SpawnOptions {
  /** Hears that the command has ended while its supervisor outlasts it. */
  readonly onOutlasted?: () => void;
}

/** Signals that are passed on to the command while it runs. */
const forwarded: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];

/** Those that a terminal's keys send to the command as well when it is in the foreground. */
const fromKeys: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];

/**
 * Runs `argv` under `programs` with this process's own stdin, stdout and stderr, passes signals on to it, and resolves when
 * it has ended, and so has a supervisor that outlasts it, which a signal closes then. Never ends this process itself. If this
 * process is killed, the command goes on, under its filters.
 * Throws SeccatError "usage" or "schema" when called wrongly; every other failure is a result of kind `not-started`.
 */
export async function run(
  programs: Program | readonly Program[],
  argv: readonly Text[],
  { onOutlasted, ...options }: RunOptions = {},
): Promise<RunResult> {
  const limit = options.openFiles ?? originalOpenFiles();
  const early = new Set<NodeJS.Signals>();
  const keep = (signal: NodeJS.Signals): void => void early.add(signal);
  let deliver = keep;
  const onSignal = (signal: NodeJS.Signals) => deliver(signal);
  let onChild = (): void => {};
  const onStop = () => onChild();
  for (const signal of forwarded) process.on(signal, onSignal);
  process.on("SIGCHLD", onStop);
  const spawning: SpawnOptions = {
    stdio: "inherit",
    ...options,
    ...(limit ? { openFiles: limit } : {}),
  };
  const attempt = async (words: readonly Text[]): Promise<RunResult> => {
    const launched = await begin(programs, words, spawning);
    if (launched.kind === "not-started") return launched;
    const { child, pid, supervisor } = launched;
    deliver = (signal) => {
      if (launched.kind === "begun" && !launched.isCommand()) {
        setTimeout(() => deliver(signal), 1); // it would end the launcher
        return;
      }
      const sentAlready = fromKeys.includes(signal) && !options.detached && inForeground();
      if (!sentAlready) child.kill(signal);
    };
    for (const signal of early) deliver(signal);
    early.clear();
    if (!options.detached) onChild = () => stopWith(pid);
    onChild(); // it may have stopped already
    const exit = await launched.exited;
    deliver = keep;
    const failure = launched.kind === "begun" ? await launched.failure() : undefined;
    if (failure) return failure;
    if (supervisor?.outlasts) {
      deliver = () => supervisor.close();
      onOutlasted?.();
    } else supervisor?.close(); // processes that it left behind are denied from now on by ENOSYS
    await supervisor?.done;
    return endedAs(exit, pid);
  };
  try {
    return await orAsScript(argv, attempt);
  } finally {
    for (const signal of forwarded) process.off(signal, onSignal);
    process.off("SIGCHLD", onStop);
  }
}

/** A launcher that is about to become the command. */
interface Begun extends Omit<Started, "kind"> {
  readonly kind: "begun";
  /** Whether it has become the command, or does so by the call that it is in. */
  isCommand(): boolean;
  /** Once it has ended: why it never was the command. */
  failure(): Promise<NotStarted | undefined>;
}

/**
 * Starts `argv`. Who waits for its end anyway need not be told when it begins to run, and not have a socket for that,
 * which takes Node a tenth of its own start: then the launcher reads what to do from memory.
 */
async function begin(
  programs: Program | readonly Program[],
  argv: readonly Text[],
  options: SpawnOptions,
): Promise<Begun | Started | NotStarted> {
  const { onCall, onDenied, onListener, killOnParentExit } = options;
  if (!(onCall ?? onDenied ?? onListener ?? killOnParentExit)) {
    const prepared = prepare(programList(programs), argv, options, unsupervised);
    if (prepared.kind === "not-started") return prepared;
    const block = prepared.launcher && memoryFile(prepared.block.bytes);
    if (block !== undefined) return await beginFrom(block, prepared, options);
  }
  if (onCall ?? onDenied ?? onListener) (await import("./pipes.ts")).setUpPipes();
  const { launch } = await import("./launch.ts");
  return launch(programs, argv, options);
}

async function beginFrom(
  block: number,
  prepared: Prepared,
  options: SpawnOptions,
): Promise<Begun | NotStarted> {
  try {
    const { child, pid, status, directory } = await startLauncher(prepared, options, block);
    const exited = exitOf(child);
    const last = prepared.block.steps.length - 1;
    return {
      kind: "begun",
      pid,
      child,
      exited,
      isCommand: () => readProgress(status).done === last,
      async failure() {
        const failed = failureOf(prepared, readProgress(status), exited);
        closeSync(status);
        if (failed && directory !== undefined) removePlace(directory); // it may have ended before it could
        return failed;
      },
    };
  } catch (error) {
    if (error instanceof SeccatError) return notEnforced(error);
    throw error;
  } finally {
    closeSync(block);
  }
}

/** How a wrapper tells that a command has ended. */
export function endedAs(
  { status, signal }: Exit,
  pid: number,
): Extract<RunResult, { readonly kind: "ended" }> {
  return { kind: "ended", status: signal ? 128 + constants.signals[signal] : (status ?? 0), signal, pid };
}

/** Whether a terminal's signals reach this process group, and so the command as well. */
export function inForeground(): boolean {
  const [, , group, , terminal, foreground] = statFields("self");
  return group !== undefined && terminal !== "0" && group === foreground;
}

/** A command that a shell continues may still be seen stopped for so long, in milliseconds. */
const SETTLED = 20;

/**
 * Stops this process when the command has stopped itself (`suspend`, ssh's ~^Z), for the shell to get its terminal back; the
 * shell continues both. By SIGTSTP, which the kernel leaves out where there is no such shell.
 */
function stopWith(pid: number): void {
  const isStopped = () => statFields(pid)[0] === "T" && inForeground();
  if (!isStopped()) return;
  setTimeout(() => {
    if (isStopped()) process.kill(process.pid, "SIGTSTP");
  }, SETTLED).unref();
}
