/** Runs a command under one of the engines that see its calls, and learns from what they see. */
import { constants } from "node:os";
import { SeccatError } from "../abi/error.ts";
import { inheritedWords } from "../enforce/command.ts";
import { proc } from "../enforce/live/look.ts";
import type { Account } from "../enforce/live/message.ts";
import { type LiveView, type Recorded, type Recording, record } from "../enforce/live/record.ts";
import { inForeground } from "../enforce/run.ts";
import { type Learned, type Learner, type LearnOptions, newLearner } from "../trace/index.ts";
import { recordStrace } from "../trace/record.ts";
import { usage } from "./args.ts";
import { View } from "./liveview.ts";
import { listenForMarks } from "./marks.ts";
import { errStyle, printIssue, say } from "./output.ts";
import { type Remaining, sayWhoRemains } from "./remaining.ts";
import { StraceCounts } from "./straceview.ts";

/** What sees the calls of a command. */
export type Engine = "notify" | "strace";

/** The engines, the better first. */
export const engines: readonly Engine[] = Object.freeze(["notify", "strace"]);

/** How to watch a command. */
export interface WatchOptions {
  /** The first that works here when undefined. */
  readonly engine: Engine | undefined;
  readonly learn: LearnOptions;
  /** Whether something else is written to standard output, so that the command's goes to standard error. */
  readonly stdoutTaken: boolean;
  /** Let the command go on when this process is interrupted; takes the notify engine. */
  readonly detach: boolean;
  /** Show what is going on. */
  readonly view: boolean;
}

/** A command that was watched to its end. */
export interface Watched {
  readonly learned: Learned;
  /** What the command ended with, 128 plus the number of a signal; 0 when it goes on. */
  readonly status: number;
  /** The processes that go on unwatched, and the command's own pid where it may be one of them. */
  readonly left: readonly Remaining[];
  readonly pid?: number;
}

/**
 * Runs `command` and learns from its calls. When there is no such command, says so and gives the exit code of that: 127,
 * or 126 for one that cannot be executed. Throws SeccatError "host" or "enforce" where no engine works here.
 */
export async function watchCommand(
  command: readonly string[],
  options: WatchOptions,
): Promise<Watched | number> {
  if (options.engine === "strace" && options.detach)
    throw usage("--detach-on-interrupt and --engine strace exclude each other", {
      fix: "strace takes what it traces with it; --engine notify does not",
    });
  if (options.engine === "strace") return watchWithStrace(command, options);
  const watched = await watchByListener(command, options);
  if (!(watched instanceof SeccatError)) return watched;
  if (options.engine === "notify") throw watched;
  say(`${errStyle().cyan("note")}: traced with strace, as ${watched.message}`);
  return watchWithStrace(command, options);
}

/** An error when calls cannot be handed over here; the command did not start then. */
async function watchByListener(
  command: readonly string[],
  options: WatchOptions,
): Promise<Watched | number | SeccatError> {
  const { learn, stdoutTaken } = options;
  const learner = newLearner(learn);
  const view = options.view ? new View() : undefined;
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  let recording: Recording | undefined;
  const marks = await listenForMarks((name) => recording?.mark(name));
  if (options.detach) process.on("SIGINT", onInterrupt);
  try {
    const result = await record(inheritedWords(command), {
      ...learn,
      each: (process) => {
        if (!marks?.tellers.has(process.pid)) learner.take(process);
      },
      stdio: ["inherit", stdoutTaken ? 2 : "inherit", "inherit"],
      onRecording: (begun) => {
        recording = begun;
      },
      onRemaining: (remaining) => {
        view?.end();
        sayWhoRemains(remaining);
      },
      ...(view ? { onView: (told: LiveView) => view.see(told) } : {}),
      ...(options.detach ? { leave: interrupt.signal } : {}),
    });
    view?.end();
    return outcome(result, learner);
  } finally {
    process.off("SIGINT", onInterrupt);
    marks?.close();
  }
}

function outcome(result: Recorded, learner: Learner): Watched | number | SeccatError {
  if (result.kind === "not-started") {
    if (result.status === 125) return result.error;
    for (const issue of result.error.issues) printIssue(issue);
    return result.status;
  }
  sayWhatIsMissing(result.account);
  const learned = learner.finish();
  const { left } = result.account;
  return result.kind === "left"
    ? { learned, status: 0, left, pid: result.pid }
    : { learned, status: result.status, left };
}

function sayWhatIsMissing({ listeners, backend }: Account): void {
  if (backend === "ffi-napi")
    say(
      `${errStyle().cyan("note")}: the calls went through ffi-napi, which is some ten times slower than koffi: npm install koffi`,
    );
  if (listeners > 0)
    say(
      `${errStyle().yellow("warning")}: the command asked for a seccomp listener of its own, which it cannot get while it is watched (EBUSY): --engine strace does not stand in its way`,
    );
}

function named(pid: number): Remaining {
  return { pid, comm: proc.image(pid).comm };
}

async function watchWithStrace(
  command: readonly string[],
  { learn, stdoutTaken, view: shows }: WatchOptions,
): Promise<Watched | number> {
  const learner = newLearner(learn);
  const view = shows ? new View() : undefined;
  const counts = view && new StraceCounts((told) => view.see(told));
  const marks = await listenForMarks((name) => learner.mark(name));
  try {
    const { code, signal, left } = await recordStrace(command, {
      each: (event) => {
        counts?.see(event);
        learner.see(event);
      },
      stdio: ["inherit", stdoutTaken ? 2 : "inherit", "inherit"],
      descriptors: learn.phases?.includes("read") ?? false,
      areKeysShared: inForeground,
      onRemaining: (pids) => {
        view?.end();
        sayWhoRemains(pids.map(named));
      },
    });
    view?.end();
    const status = signal ? 128 + constants.signals[signal] : (code ?? 0);
    return { learned: learner.finish(), status, left: left.map(named) };
  } catch (error) {
    if (!(error instanceof SeccatError) || error.code !== "file") throw error;
    for (const issue of error.issues) printIssue(issue);
    return error.received === "ENOENT" ? 127 : 126;
  } finally {
    counts?.end();
    marks?.close();
  }
}
