// Follows the events of logs, or takes what a live engine has counted, and says which calls were made by those that
// a policy is learned from; taken.ts makes the policy.

import { type AbiName, isAbiName } from "../../arch/index.ts";
import { isFields, wrongValue } from "../abi/fields.ts";
import {
  type Bucket,
  type Choice,
  explainChoice,
  newChoice,
  settle,
  settleRun,
  takeWatched,
  tallyOf,
} from "./choice.ts";

import type { EndEvent, Format, LineCounts, LineNote, StraceEvent } from "./event.ts";
import { LogPhases, mark } from "./logphase.ts";
import { follow, isFull, newProcesses, type Processes, taskOf } from "./process.ts";
import { checkCallName, noCalls, nothingTaken } from "./refusal.ts";
import { Repeats } from "./repeat.ts";
import { addCounts, type Group, type ReadReport, type WatchCounts } from "./report.ts";

import { ScalarMarks } from "./scalar.ts";
import { inOrder, type Learned, type LearnOptions, learnTaken, type Taken } from "./taken.ts";
import { callsIn, count, type Tallied } from "./tally.ts";
import type { WatchedProcess } from "./watched.ts";

export type { Learned, LearnOptions } from "./taken.ts";

/** Learns from events as they come. */
export interface Learner {
  /** One event of a log; after `end` the events of another log may follow, of another run unless `end` says otherwise. */
  readonly see: (event: StraceEvent) => void;
  /** A process that a live engine watched; its calls, not the lines of a log, are counted then. */
  take(process: WatchedProcess): void;
  /** The phase of a mark begins in every process that is alive, behind the events so far. */
  mark(name: string): void;
  /** What was learned. Throws SeccatError "trace" when nothing can be. */
  finish(): Learned;
  /** The calls that were taken, in the order in which they were first made; instead of finish. Throws as it does. */
  taken(): Taken;
}

/** Learns a policy from the events of one log, or of several in turn. */
export function learn(events: Iterable<StraceEvent>, options: LearnOptions): Learned {
  const learner = newLearner(options);
  for (const event of events) learner.see(event);
  return learner.finish();
}

interface State {
  readonly options: LearnOptions;
  readonly table: Processes;
  readonly choice: Choice;
  readonly phases: LogPhases;
  /** Undefined where a process's calls are told apart by when they are made. */
  readonly repeats: Repeats | undefined;
  readonly formats: Set<Format>;
  readonly mark: LearnOptions["mark"];
  /** Of the last event. */
  order: number;
  runs: number;
  /** Whether a run that has ended had calls. */
  begun: boolean;
  watched: WatchCounts | undefined;
  counts: LineCounts;
  readonly unreadable: LineNote[];
  readonly doubtful: LineNote[];
}

/** A learner that has seen nothing. Throws SeccatError "schema" without an arch, "name" when `after` is no call. */
export function newLearner(options: LearnOptions): Learner {
  if (!isFields(options) || !isAbiName(options.native))
    throw wrongValue("the log's arch is missing", "native: an arch such as x86_64", options?.native);
  checkCallName(options.after, "that the phase begins after");
  checkCallName(options.until, "that ends what is learned from");
  const table = newProcesses();
  const marked = options.args ? markerOf(options.native) : options.mark;
  const state: State = {
    options,
    table,
    choice: newChoice(options, table),
    phases: new LogPhases(options),
    repeats: isOneStretch(options) ? new Repeats(marked) : undefined,
    formats: new Set(),
    mark: marked,
    order: 0,
    runs: 0,
    begun: false,
    watched: undefined,
    counts: { lines: 0, read: 0, blank: 0, unreadable: 0, doubtful: 0, summary: 0 },
    unreadable: [],
    doubtful: [],
  };
  return {
    see: (event) => see(state, event),
    take: (process) => take(state, process),
    mark: (name) => mark(table, name, state.order + 1),
    finish: () => learnTaken(takenFrom(state), options),
    taken: () => takenFrom(state),
  };
}

/** Whether nothing is asked for that begins in the middle of a process. */
function isOneStretch({
  after,
  until,
  afterMark,
  untilMark,
  program,
  split,
  phases,
  markFd,
}: LearnOptions): boolean {
  return [after, until, afterMark, untilMark, program, split, phases, markFd].every(
    (one) => one === undefined,
  );
}

function markerOf(native: AbiName): LearnOptions["mark"] {
  const marks = new ScalarMarks(native);
  return (event, mode) => marks.mark(event, mode);
}

function see(state: State, event: StraceEvent): void {
  const { table, choice, repeats } = state;
  if (repeats && !isFull(table) && repeats.take(event, table.before)) return;
  let entry: Tallied | undefined;
  if (event.kind === "call" || event.kind === "begin") {
    const task = taskOf(table, event);
    const order = table.before + event.line;
    state.order = order;
    state.phases.see(table, event, task, order);
    if (event.kind === "call") {
      const text = state.mark?.(event, task.mode) ?? "";
      entry = count(tallyOf(choice, task, order), event, task.mode, order, text);
    }
  }
  if (event.kind === "end" && !event.continues) endRun(state);
  for (const task of follow(table, event)) settle(choice, task);
  repeats?.see(event, entry);
  if (event.kind === "end") close(state, event);
}

function take(state: State, process: WatchedProcess): void {
  const calls = takeWatched(state.choice, process);
  if (process.parent === undefined) state.runs++;
  const had = state.watched ?? { calls: 0, processes: 0, threads: 0 };
  state.watched = {
    calls: had.calls + calls,
    processes: had.processes + 1,
    threads: had.threads + process.tids.length,
  };
}

function endRun(state: State): void {
  state.runs++;
  state.begun ||= state.table.begun;
  settleRun(state.choice);
}

function close(state: State, event: EndEvent): void {
  state.formats.add(event.format);
  state.counts = addCounts(state.counts, event.counts);
  state.unreadable.push(...event.unreadable);
  state.doubtful.push(...event.doubtful);
}

function takenFrom(state: State): Taken {
  const { choice, table, watched, counts, unreadable } = state;
  if (!table.begun && !state.begun && !watched) throw noCalls(counts, unreadable);
  if (table.begun) endRun(state);
  else if (watched) settleRun(choice);
  const calls = inOrder(choice.taken.tally);
  if (calls.length === 0) throw nothingTaken(choice, watched !== undefined);
  const parts = new Map([...choice.taken.parts].map(([name, tally]) => [name, inOrder(tally)]));
  return { calls, parts, report: readReport(state) };
}

function readReport({ formats, runs, counts, unreadable, doubtful, choice, watched }: State): ReadReport {
  return {
    formats: [...formats],
    runs,
    counts,
    ...(watched ? { watched } : {}),
    unreadable,
    doubtful,
    chosen: explainChoice(choice),
    taken: groupOf(choice.taken),
    left: groupOf(choice.left),
  };
}

function groupOf(bucket: Bucket): Group {
  return {
    pids: [...bucket.pids].sort((a, b) => a - b),
    unnamed: bucket.unnamed,
    calls: callsIn(bucket.tally),
  };
}
