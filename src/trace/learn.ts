// Learns a policy from what a trace tells: the calls, in the order in which they were first made. It adds
// nothing by itself; what other libcs would call, and what may be missing, is said in the report.

import { type AbiName, isAbiName } from "../../arch/index.ts";
import { isFields, wrongValue } from "../abi/fields.ts";
import type { Policy, PolicyAction, Rule } from "../policy/types.ts";
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
import { argNotes, argsOf, type Counted, ruleOf } from "./condition.ts";
import type { CallEvent, EndEvent, Format, LineCounts, LineNote, Mode, StraceEvent } from "./event.ts";
import { successorsOf } from "./families.ts";
import { LogPhases, mark } from "./logphase.ts";
import { resolveShown } from "./name.ts";
import type { PhaseOptions } from "./phase.ts";
import { follow, isFull, newProcesses, type Processes, taskOf } from "./process.ts";
import { checkCallName, noCalls, noneKnown, nothingTaken } from "./refusal.ts";
import { Repeats } from "./repeat.ts";
import type { Group, LearnedCall, LearnReport, ReadReport, WatchCounts } from "./report.ts";
import { addCounts, joinReports } from "./report.ts";
import { ScalarMarks } from "./scalar.ts";
import { addTally, callsIn, count, type Tallied, type Tally, tallyOfCalls } from "./tally.ts";
import type { WatchedProcess } from "./watched.ts";

/** What to learn from, and of which processes and phases. */
export interface LearnOptions extends ChoiceOptions, PhaseOptions {
  /** The ABI of the machine that was traced; logs do not name it, only switches from it. */
  readonly native: AbiName;
  /** Where the log comes from, for the policy's name. */
  readonly name?: string;
  /** For calls that were not seen; kill_process when absent. */
  readonly default?: PolicyAction;
  /** Learn conditions for arguments whose values have names. */
  readonly args?: boolean;
  /** Tells calls of one name apart: those of each text are counted by themselves. */
  readonly mark?: (event: CallEvent, mode: Mode | undefined) => string;
}

/** A policy, and what is known about it. */
export interface Learned {
  readonly policy: Policy;
  readonly report: LearnReport;
  /** With `split`: the policy of each process, program or phase, in the order in which they began. */
  readonly parts: readonly Part[];
  /** What all that was learned from. */
  readonly taken: Taken;
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

/** The calls of the processes that were taken, as they were seen. */
export interface Taken {
  readonly calls: readonly Tallied[];
  /** With `split`: those of each process, program or phase. */
  readonly parts: ReadonlyMap<string, readonly Tallied[]>;
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
  /** Undefined where a process's calls are told apart by when they are made. */
  readonly repeats: Repeats | undefined;
  readonly formats: Set<Format>;
  readonly mark: LearnOptions["mark"];
  /** Of the last event. */
  order: number;
  runs: number;
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

function close(state: State, event: EndEvent): void {
  state.runs++;
  state.formats.add(event.format);
  state.counts = addCounts(state.counts, event.counts);
  state.unreadable.push(...event.unreadable);
  state.doubtful.push(...event.doubtful);
}

function takenFrom(state: State): Taken {
  const { choice, table, watched, counts, unreadable } = state;
  if (!table.begun && !watched) throw noCalls(counts, unreadable);
  settleAll(choice);
  const calls = inOrder(choice.taken.tally);
  if (calls.length === 0) throw nothingTaken(choice, watched !== undefined);
  const parts = new Map([...choice.taken.parts].map(([name, tally]) => [name, inOrder(tally)]));
  return { calls, parts, report: readReport(state) };
}

function inOrder(tally: Tally): Tallied[] {
  return [...tally.values()].sort((a, b) => a.first - b.first);
}

/** What was learned of calls that were taken. Throws SeccatError "trace" when a policy can hold none of them. */
export function learnTaken(taken: Taken, options: LearnOptions): Learned {
  const resolved = resolveAll(taken.calls, options);
  const syscalls = listCalls(resolved, options);
  if (syscalls.length === 0) throw noneKnown(resolved[0]?.warning);
  const policy = policyOf(options, resolved, syscalls);
  const parts = [...taken.parts]
    .map(([name, calls]) => partOf(options, name, calls))
    .filter((part) => part.syscalls.length > 0)
    .sort((a, b) => (a.syscalls[0]?.line ?? 0) - (b.syscalls[0]?.line ?? 0));
  const phases = options.split === "phase" ? parts.map(({ name }) => name) : [];
  const report = reportOn(taken.report, options, { resolved, syscalls, arches: policy.arches, phases });
  return { policy, report, parts, taken };
}

/** The calls of several runs of one command, the later ones behind the earlier. */
export function joinTaken(first: Taken, second: Taken): Taken {
  const before = first.report.watched?.calls ?? first.report.counts.lines;
  const join = (a: readonly Tallied[], b: readonly Tallied[]) => {
    const tally = tallyOfCalls(a, 0);
    addTally(tally, tallyOfCalls(b, before));
    return inOrder(tally);
  };
  const names = [...new Set([...first.parts.keys(), ...second.parts.keys()])];
  const parts = names.map((name): [string, Tallied[]] => {
    return [name, join(first.parts.get(name) ?? [], second.parts.get(name) ?? [])];
  });
  return {
    calls: join(first.calls, second.calls),
    parts: new Map(parts),
    report: joinReports(first.report, second.report),
  };
}

function resolveAll(entries: readonly Tallied[], options: LearnOptions): Counted[] {
  return entries.map((entry) => ({ entry, ...resolveShown(entry, options.native) }));
}

function partOf(options: LearnOptions, part: string, entries: readonly Tallied[]): Part {
  const resolved = resolveAll(entries, options);
  const syscalls = listCalls(resolved, options);
  const name = options.name === undefined ? part : `${options.name}: ${part}`;
  return { name: part, policy: policyOf({ ...options, name }, resolved, syscalls), syscalls };
}

function policyOf(
  options: LearnOptions,
  resolved: readonly Counted[],
  syscalls: readonly LearnedCall[],
): Policy {
  return {
    ...(options.name === undefined ? {} : { name: options.name }),
    arches: archesOf(options, resolved),
    default: options.default ?? { kind: "kill_process" },
    rules: rulesOf(syscalls),
  };
}

function archesOf({ native }: LearnOptions, resolved: readonly Counted[]): readonly AbiName[] {
  return [...new Set([native, ...resolved.filter(({ call }) => call !== undefined).map(({ abi }) => abi)])];
}

/** Calls without a condition in one rule, each of the others in its own. */
function rulesOf(syscalls: readonly LearnedCall[]): readonly Rule[] {
  const plain = syscalls.filter((learned) => !ruleOf(learned)).map(({ call }) => call);
  const conditioned = syscalls.flatMap((learned) => ruleOf(learned) ?? []);
  return plain.length === 0 ? conditioned : [{ action: { kind: "allow" }, syscalls: plain }, ...conditioned];
}

function listCalls(resolved: readonly Counted[], options: LearnOptions): LearnedCall[] {
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
  if (!options.args) return [...found.values()];
  const arches = archesOf(options, resolved);
  return [...found.values()].map((learned) => {
    const entries = resolved.filter(({ call }) => call === learned.call);
    return { ...learned, args: argsOf(learned.call, entries, arches) };
  });
}

/** What a report is made of besides how the log was read. */
interface Findings {
  readonly resolved: readonly Counted[];
  readonly syscalls: readonly LearnedCall[];
  readonly arches: readonly AbiName[];
  readonly phases: readonly string[];
}

function reportOn(
  read: ReadReport,
  options: LearnOptions,
  { resolved, syscalls, arches, phases }: Findings,
): LearnReport {
  const warnings = [...new Set(resolved.flatMap(({ warning }) => (warning === "" ? [] : [warning])))];
  const others = arches.filter((name) => name !== options.native);
  if (others.length > 0)
    warnings.push(
      `calls were made in the mode of ${others.join(" and ")}: the policy lists that architecture too, and its one rule allows every call on each`,
    );
  return {
    ...read,
    unfinished: resolved.reduce((sum, { entry }) => sum + entry.unfinished, 0),
    phases,
    once: syscalls.filter(({ count }) => count === 1).map(({ call }) => call),
    syscalls,
    arches,
    warnings,
    notes: [...libcNotes(options.native, resolved), ...argNotes(read.runs, syscalls)],
  };
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

/** What today's libcs call instead of the calls in the trace. */
function libcNotes(native: AbiName, resolved: readonly Counted[]): string[] {
  const names = new Set(resolved.map(({ call }) => String(call)));
  const told = new Set(resolved.filter(({ entry }) => entry.told).map(({ call }) => String(call)));
  return successorsOf(native, names, told).map(({ old, now, seen, since }) => {
    const has = seen ? " (the policy has it)" : "";
    return `${old}: other libcs call ${now.join(" or ")} instead${has}: ${since}`;
  });
}
