// Learns a policy from what a trace tells: the calls, in the order in which they were first made. It adds
// nothing by itself; what other libcs would call, and what may be missing, is said in the report.

import { type AbiName, isAbiName } from "../../arch/index.ts";
import { isFields, wrongValue } from "../abi/fields.ts";
import type { Policy, PolicyAction } from "../policy/types.ts";
import {
  type Bucket,
  type Choice,
  type ChoiceOptions,
  explainChoice,
  newChoice,
  settle,
  settleAll,
  takeWatched,
  tallyOf,
} from "./choice.ts";
import type { CallEvent, EndEvent, LineCounts, LineNote, Mode, StraceEvent } from "./event.ts";
import { successorsOf } from "./families.ts";
import { LogPhases, mark } from "./logphase.ts";
import { type Resolved, resolveShown } from "./name.ts";
import type { PhaseOptions } from "./phase.ts";
import { follow, newProcesses, type Processes, taskOf } from "./process.ts";
import { checkCallName, noCalls, noneKnown, nothingTaken } from "./refusal.ts";
import type { Group, LearnedCall, LearnReport, ReadReport, WatchCounts } from "./report.ts";
import { callsIn, count, type Tallied, type Tally } from "./tally.ts";
import type { WatchedProcess } from "./watched.ts";

/** What to learn from, and of which processes and phases. */
export interface LearnOptions extends ChoiceOptions, PhaseOptions {
  /** The ABI of the machine that was traced; logs do not name it, only switches from it. */
  readonly native: AbiName;
  /** Where the log comes from, for the policy's name. */
  readonly name?: string;
  /** For calls that were not seen; kill_process when absent. */
  readonly default?: PolicyAction;
  /** Tells calls of one name apart: those of each text are counted by themselves. */
  readonly mark?: (event: CallEvent, mode: Mode | undefined) => string;
}

/** A policy, and what is known about it. */
export interface Learned {
  readonly policy: Policy;
  readonly report: LearnReport;
  /** With `split`: the policy of each process, program or phase, in the order in which they began. */
  readonly parts: readonly Part[];
}

/** What was learned of one process, program or phase. */
export interface Part {
  /** A pid, the path of a program, or the name of a phase. */
  readonly name: string;
  readonly policy: Policy;
  readonly syscalls: readonly LearnedCall[];
}

/** Learns from events as they come. */
export interface Learner {
  /** One event of a log; after `end` the events of another log may follow. */
  see(event: StraceEvent): void;
  /** A process that a live engine watched; its calls, not the lines of a log, are counted then. */
  take(process: WatchedProcess): void;
  /** The phase of a mark begins in every process that is alive, behind the events so far. */
  mark(name: string): void;
  /** What was learned. Throws SeccatError "trace" when nothing can be. */
  finish(): Learned;
  /** The calls that were taken, in the order in which they were first made; instead of finish. Throws as it does. */
  taken(): Taken;
}

/** The calls of the processes that were taken, as the log shows them. */
export interface Taken {
  readonly calls: readonly Tallied[];
  readonly report: ReadReport;
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
  /** Of the last event. */
  order: number;
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
  const state: State = {
    options,
    table,
    choice: newChoice(options, table),
    phases: new LogPhases(options),
    order: 0,
    watched: undefined,
    counts: { lines: 0, read: 0, blank: 0, unreadable: 0, doubtful: 0, summary: 0 },
    unreadable: [],
    doubtful: [],
  };
  return {
    see: (event) => see(state, event),
    take: (process) => take(state, process),
    mark: (name) => mark(table, name, state.order + 1),
    finish: () => finish(state),
    taken: () => ({ calls: takenCalls(state), report: readReport(state) }),
  };
}

function see(state: State, event: StraceEvent): void {
  const { table, choice } = state;
  if (event.kind === "call" || event.kind === "begin") {
    const task = taskOf(table, event);
    const order = table.before + event.line;
    state.order = order;
    state.phases.see(table, event, task, order);
    if (event.kind === "call") {
      const text = state.options.mark?.(event, task.mode) ?? "";
      count(tallyOf(choice, task, order), event, task.mode, order, text);
    }
  }
  for (const task of follow(table, event)) settle(choice, task);
  if (event.kind === "end") close(state, event);
}

function take(state: State, process: WatchedProcess): void {
  const calls = takeWatched(state.choice, process);
  const had = state.watched ?? { calls: 0, processes: 0, threads: 0 };
  state.watched = {
    calls: had.calls + calls,
    processes: had.processes + 1,
    threads: had.threads + process.tids.length,
  };
}

function close(state: State, event: EndEvent): void {
  const { counts } = state;
  state.counts = {
    lines: counts.lines + event.counts.lines,
    read: counts.read + event.counts.read,
    blank: counts.blank + event.counts.blank,
    unreadable: counts.unreadable + event.counts.unreadable,
    doubtful: counts.doubtful + event.counts.doubtful,
    summary: counts.summary + event.counts.summary,
  };
  state.unreadable.push(...event.unreadable);
  state.doubtful.push(...event.doubtful);
}

function takenCalls(state: State): readonly Tallied[] {
  const { choice, table, watched, counts, unreadable } = state;
  if (!table.begun && !watched) throw noCalls(counts, unreadable);
  settleAll(choice);
  const entries = inOrder(choice.taken.tally);
  if (entries.length === 0) throw nothingTaken(choice, watched !== undefined);
  return entries;
}

function inOrder(tally: Tally): Tallied[] {
  return [...tally.values()].sort((a, b) => a.first - b.first);
}

function finish(state: State): Learned {
  const { options, choice } = state;
  const resolved = resolveAll(takenCalls(state), options);
  const syscalls = listCalls(resolved);
  if (syscalls.length === 0) throw noneKnown(resolved[0]?.warning);
  const policy = policyOf(options, resolved, syscalls);
  const parts = [...choice.taken.parts]
    .map(([name, tally]) => partOf(options, name, inOrder(tally)))
    .filter((part) => part.syscalls.length > 0)
    .sort((a, b) => (a.syscalls[0]?.line ?? 0) - (b.syscalls[0]?.line ?? 0));
  return { policy, report: reportOn(state, resolved, syscalls, policy.arches), parts };
}

function resolveAll(entries: readonly Tallied[], options: LearnOptions): Counted[] {
  return entries.map((entry) => ({ entry, ...resolveShown(entry, options.native) }));
}

function partOf(options: LearnOptions, part: string, entries: readonly Tallied[]): Part {
  const resolved = resolveAll(entries, options);
  const syscalls = listCalls(resolved);
  const name = options.name === undefined ? part : `${options.name}: ${part}`;
  return { name: part, policy: policyOf({ ...options, name }, resolved, syscalls), syscalls };
}

function policyOf(
  options: LearnOptions,
  resolved: readonly Counted[],
  syscalls: readonly LearnedCall[],
): Policy {
  const seen = resolved.filter(({ call }) => call !== undefined).map(({ abi }) => abi);
  return {
    ...(options.name === undefined ? {} : { name: options.name }),
    arches: [...new Set([options.native, ...seen])],
    default: options.default ?? { kind: "kill_process" },
    rules: [{ action: { kind: "allow" }, syscalls: syscalls.map(({ call }) => call) }],
  };
}

type Counted = Resolved & { readonly entry: Tallied };

function listCalls(resolved: readonly Counted[]): LearnedCall[] {
  const found = new Map<string | number, LearnedCall>();
  for (const { entry, call, abi } of resolved) {
    if (call === undefined) continue;
    const had = found.get(call);
    found.set(call, {
      call,
      count: entry.count + (had?.count ?? 0),
      failed: entry.failed + (had?.failed ?? 0),
      line: had?.line ?? entry.first,
      abis: [...new Set([...(had?.abis ?? []), abi])],
    });
  }
  return [...found.values()];
}

function reportOn(
  state: State,
  resolved: readonly Counted[],
  syscalls: readonly LearnedCall[],
  arches: readonly AbiName[],
): LearnReport {
  const { options } = state;
  const warnings = [...new Set(resolved.flatMap(({ warning }) => (warning === "" ? [] : [warning])))];
  const others = arches.filter((name) => name !== options.native);
  if (others.length > 0)
    warnings.push(
      `calls were made in the mode of ${others.join(" and ")}: the policy lists that architecture too, and its one rule allows every call on each`,
    );
  return {
    ...readReport(state),
    unfinished: resolved.reduce((sum, { entry }) => sum + entry.unfinished, 0),
    syscalls,
    arches,
    warnings,
    notes: [...libcNotes(options.native, resolved), ...blindNotes(syscalls)],
  };
}

function readReport({ counts, unreadable, doubtful, choice, watched }: State): ReadReport {
  return {
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

/** What no trace of system calls shows. */
function blindNotes(syscalls: readonly LearnedCall[]): string[] {
  if (!syscalls.some(({ call }) => call === "io_uring_enter" || call === "io_uring_setup")) return [];
  return ["io_uring: what is done through it makes no system calls, so neither a trace nor a filter sees it"];
}

/** What today's libcs call instead of the calls in the trace. */
function libcNotes(native: AbiName, resolved: readonly Counted[]): string[] {
  const names = new Set(resolved.map(({ call }) => String(call)));
  const told = new Set(resolved.filter(({ entry }) => entry.told).map(({ call }) => String(call)));
  return successorsOf(native, names, told).map(({ old, now, seen, since }) => {
    const has = seen ? " (the policy has it)" : "";
    return `${old}: other libcs call ${now.join(" or ")} instead${has}: ${since}`;
  });
}
