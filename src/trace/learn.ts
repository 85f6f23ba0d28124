// Learns a policy from what a trace tells: the calls, in the order in which they were first made. It adds
// nothing by itself; what other libcs would call, and what may be missing, is said in the report.

import { type AbiName, isAbiName, isSyscallName, syscallAlias, syscallNames } from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { isFields, wrongValue } from "../abi/fields.ts";
import { didYouMean } from "../abi/nearest.ts";
import type { Policy, PolicyAction } from "../policy/types.ts";
import {
  type Bucket,
  type Choice,
  explainChoice,
  newChoice,
  settle,
  settleAll,
  talliesOf,
} from "./choice.ts";
import type { CallEvent, EndEvent, Format, LineCounts, LineNote, Mode, StraceEvent } from "./event.ts";
import { successorsOf } from "./families.ts";
import { type Resolved, resolveShown } from "./name.ts";
import { follow, isFull, leaderOf, newProcesses, type Processes, taskOf } from "./process.ts";
import { Repeats } from "./repeat.ts";
import type { Group, LearnedCall, LearnReport, ReadReport } from "./report.ts";
import { callsIn, count, type Tallied } from "./tally.ts";

/** What to learn from. */
export interface LearnOptions {
  /** The ABI of the machine that was traced; logs do not name it, only switches from it. */
  readonly native: AbiName;
  /** Where the log comes from, for the policy's name. */
  readonly name?: string;
  /** Only these processes (with their threads) or single threads. */
  readonly pids?: readonly number[];
  /** `child`: every process but the first one. */
  readonly only?: "child" | "all";
  /** Only calls that come, in their process, after the first of this name; a child of a process beyond it is so too. */
  readonly after?: string;
  /** For calls that were not seen; kill_process when absent. */
  readonly default?: PolicyAction;
  /** Tells calls of one name apart: those of each text are counted by themselves. */
  readonly mark?: (event: CallEvent, mode: Mode | undefined) => string;
}

/** A policy, and what is known about it. */
export interface Learned {
  readonly policy: Policy;
  readonly report: LearnReport;
}

/** Learns from events as they come. */
export interface Learner {
  /** One event of a log; after `end` the events of another log may follow. */
  see(event: StraceEvent): void;
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
  /** Undefined where calls of one name by one process are to be told apart. */
  readonly repeats: Repeats | undefined;
  readonly formats: Set<Format>;
  counts: LineCounts;
  readonly unreadable: LineNote[];
  readonly doubtful: LineNote[];
}

/** A learner that has seen nothing. Throws SeccatError "schema" without an arch, "name" when `after` is no call. */
export function newLearner(options: LearnOptions): Learner {
  if (!isFields(options) || !isAbiName(options.native))
    throw wrongValue("the log's arch is missing", "native: an arch such as x86_64", options?.native);
  checkAfter(options.after);
  const table = newProcesses();
  const state: State = {
    options,
    table,
    choice: newChoice(options, table),
    repeats: options.after === undefined ? new Repeats(options.mark) : undefined,
    formats: new Set(),
    counts: { lines: 0, read: 0, blank: 0, unreadable: 0, doubtful: 0, summary: 0 },
    unreadable: [],
    doubtful: [],
  };
  return {
    see: (event) => see(state, event),
    finish: () => finish(state),
    taken: () => ({ calls: takenCalls(state), report: readReport(state) }),
  };
}

function checkAfter(name: string | undefined): void {
  if (name === undefined || isSyscallName(name) || syscallAlias(name) !== undefined) return;
  const fix = didYouMean(name, syscallNames);
  throw new SeccatError({
    code: "name",
    message: "no system call has the name that the phase begins after",
    received: name,
    ...(fix === undefined ? {} : { fix }),
  });
}

function see(state: State, event: StraceEvent): void {
  const { table, choice, repeats } = state;
  if (repeats && !isFull(table) && repeats.take(event, table.before)) return;
  let entry: Tallied | undefined;
  if (event.kind === "call" || event.kind === "begin") {
    const task = taskOf(table, event);
    const order = table.before + event.line;
    if (event.name === state.options.after) {
      const leader = leaderOf(task);
      if (!choice.reached.has(leader)) choice.reached.set(leader, order);
    }
    if (event.kind === "call") {
      const tallies = talliesOf(choice, task);
      const mark = state.options.mark?.(event, task.mode) ?? "";
      entry = count(tallies.all, event, task.mode, order, mark);
      if (tallies.after && order > (choice.reached.get(leaderOf(task)) ?? Number.POSITIVE_INFINITY))
        count(tallies.after, event, task.mode, order, mark);
    }
  }
  for (const task of follow(table, event)) settle(choice, task);
  repeats?.see(event, entry);
  if (event.kind === "end") close(state, event);
}

function close(state: State, event: EndEvent): void {
  state.formats.add(event.format);
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
  const { choice, table } = state;
  if (!table.begun) throw noCalls(state);
  settleAll(choice);
  const entries = [...choice.taken.tally.values()].sort((a, b) => a.first - b.first);
  if (entries.length === 0) throw nothingTaken(state);
  return entries;
}

function finish(state: State): Learned {
  const { options } = state;
  const entries = takenCalls(state);
  const resolved = entries.map((entry) => ({ entry, ...resolveShown(entry, options.native) }));
  const syscalls = listCalls(resolved);
  if (syscalls.length === 0) throw noneKnown(resolved);
  const arches = [
    ...new Set([options.native, ...resolved.filter((call) => call.call !== undefined).map(({ abi }) => abi)]),
  ];
  const policy: Policy = {
    ...(options.name === undefined ? {} : { name: options.name }),
    arches,
    default: options.default ?? { kind: "kill_process" },
    rules: [{ action: { kind: "allow" }, syscalls: syscalls.map(({ call }) => call) }],
  };
  return { policy, report: reportOn(state, resolved, syscalls, arches) };
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
    notes: libcNotes(options.native, resolved),
  };
}

function readReport({ formats, counts, unreadable, doubtful, choice }: State): ReadReport {
  return {
    formats: [...formats],
    counts,
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

function noCalls(state: State): SeccatError {
  const { counts, unreadable } = state;
  const fix = "record one with: strace -f -o FILE -- COMMAND";
  if (counts.lines === counts.blank)
    return new SeccatError({ code: "trace", message: "the trace is empty", fix });
  if (counts.summary > 0) {
    const message = "this is a summary (strace -c), which tells neither the processes nor the order of calls";
    return new SeccatError({
      code: "trace",
      message,
      fix: "record again without -c: strace -f -o FILE -- COMMAND",
    });
  }
  const received = unreadable[0] && { received: unreadable[0].text, where: { line: unreadable[0].line } };
  return new SeccatError({
    code: "trace",
    message: "no line of the trace is a system call",
    ...received,
    fix,
  });
}

function nothingTaken(state: State): SeccatError {
  const { options, choice } = state;
  const pids = [...choice.left.pids].sort((a, b) => a - b);
  const received = `the log has ${pids.length === 0 ? "no pid" : `pid ${pids.slice(0, 20).join(", ")}`}`;
  if (options.pids) {
    const message = `no call of pid ${options.pids.join(", ")} is in the trace`;
    return new SeccatError({ code: "trace", message, received });
  }
  if (options.after !== undefined && (choice.taken.pids.size > 0 || choice.taken.unnamed)) {
    const message = `the processes taken never made a call after ${options.after}`;
    return new SeccatError({ code: "trace", message });
  }
  const message = "the trace has one process only, so no child to learn from";
  const fix = "record children with strace -f, or learn from all processes";
  return new SeccatError({ code: "trace", message, received, fix });
}

function noneKnown(resolved: readonly Counted[]): SeccatError {
  const [first] = resolved;
  const message = "no call in the trace has a name or number that a policy can hold";
  return new SeccatError({ code: "trace", message, ...(first ? { received: first.warning } : {}) });
}
