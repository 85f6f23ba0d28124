// Which processes a policy is learned from. A process is a child
//   1. if a fork, vfork or clone in the log returned its pid, or strace announced it while following others;
//   2. if it is not the first, where the first is certain: the log begins with lines that have no pid, or with
//      the execve of the lowest pid, which is how strace begins to follow a command;
//   3. if the log says neither of anybody: if its pid is not the lowest, as pids are handed out in order.
// Threads belong to the process that made them.

import { leaderOf, type Processes, type Task } from "./process.ts";
import { addTally, callsIn, type Tally } from "./tally.ts";

/** What to take. */
export interface ChoiceOptions {
  readonly pids?: readonly number[];
  readonly only?: "child" | "all";
  readonly after?: string;
}

/** The calls of processes that have the same fate. */
export interface Bucket {
  readonly tally: Tally;
  readonly pids: Set<number>;
  unnamed: boolean;
}

/** The calls of one task: all, and those in the phase, if one is asked for. */
export interface Tallies {
  readonly all: Tally;
  readonly after: Tally | undefined;
}

/** The processes of a log, being sorted. */
export interface Choice {
  readonly options: ChoiceOptions;
  readonly table: Processes;
  readonly wanted: ReadonlySet<number> | undefined;
  readonly tallies: Map<Task, Tallies>;
  /** Where a process made the call that the phase begins after. */
  readonly reached: WeakMap<Task, number>;
  readonly fates: WeakMap<Task, Bucket>;
  readonly taken: Bucket;
  readonly left: Bucket;
  /** Gone, and neither known to be made by another nor the first. */
  readonly orphans: Bucket;
  /** Whether the log says of some process who made it. */
  told: boolean;
}

/** Nothing sorted yet. */
export function newChoice(options: ChoiceOptions, table: Processes): Choice {
  return {
    options,
    table,
    wanted: options.pids && new Set(options.pids),
    tallies: new Map(),
    reached: new WeakMap(),
    fates: new WeakMap(),
    taken: newBucket(),
    left: newBucket(),
    orphans: newBucket(),
    told: false,
  };
}

function newBucket(): Bucket {
  return { tally: new Map(), pids: new Set(), unnamed: false };
}

/** Where the calls of a task are counted. */
export function talliesOf(choice: Choice, task: Task): Tallies {
  const had = choice.tallies.get(task);
  if (had) return had;
  const after: Tally | undefined = choice.options.after === undefined ? undefined : new Map();
  const made: Tallies = { all: new Map(), after };
  choice.tallies.set(task, made);
  return made;
}

/** Sorts a task of which the log says no more. */
export function settle(choice: Choice, task: Task): void {
  if (leaderOf(task).made) choice.told = true;
  place(choice, task, fateOf(choice, task));
}

/** Sorts what is left at the end. */
export function settleAll(choice: Choice): void {
  const { table, taken, left, orphans } = choice;
  for (const task of choice.tallies.keys()) if (leaderOf(task).made) choice.told = true;
  for (const task of [...choice.tallies.keys()]) {
    const fate = fateOf(choice, task);
    place(choice, task, fate === orphans ? (isChild(choice, task) ? taken : left) : fate);
  }
  const descended = isFirstSure(table) || !choice.told;
  pour(orphans, descended ? taken : left);
}

/** Undefined for a thread whose process is not sorted yet. */
function fateOf(choice: Choice, task: Task): Bucket | undefined {
  const { wanted, options, taken, left, orphans } = choice;
  const leader = leaderOf(task);
  if (wanted && !isWanted(wanted, task) && !isWanted(wanted, leader)) return left;
  if (options.only !== "child" || leader.made) return taken;
  return task === leader ? orphans : choice.fates.get(leader);
}

function isWanted(wanted: ReadonlySet<number>, task: Task): boolean {
  return task.pid !== undefined && wanted.has(task.pid);
}

/** The rules at the head of this file, for a process that nobody is known to have made. */
function isChild(choice: Choice, task: Task): boolean {
  const { table, told } = choice;
  if (isFirstSure(table)) return leaderOf(task) !== table.first;
  return !told && task.pid !== table.lowest;
}

/** Whether the log's first call is by the process that strace started. */
export function isFirstSure(table: Processes): boolean {
  const { first } = table;
  return first !== undefined && (table.firstAlone || first.pid === table.lowest);
}

function place(choice: Choice, task: Task, fate: Bucket | undefined): void {
  const tallies = choice.tallies.get(task);
  choice.tallies.delete(task);
  if (!fate) {
    if (tallies) mergeTallies(talliesOf(choice, leaderOf(task)), tallies);
    return;
  }
  choice.fates.set(task, fate);
  if (!tallies) return;
  const { pid } = leaderOf(task);
  if (pid === undefined) fate.unnamed = true;
  else fate.pids.add(pid);
  addTally(fate.tally, tallies.after && !startedBeyond(choice, task) ? tallies.after : tallies.all);
}

function mergeTallies(into: Tallies, from: Tallies): void {
  addTally(into.all, from.all);
  if (into.after && from.after) addTally(into.after, from.after);
}

/** Whether some process that a task comes from had reached the phase when it made the next. */
function startedBeyond(choice: Choice, task: Task): boolean {
  const seen = new Set<Task>();
  let child = leaderOf(task);
  while (child.parent && !seen.has(child)) {
    seen.add(child);
    const parent = leaderOf(child.parent);
    const reached = choice.reached.get(parent);
    if (reached !== undefined && reached < child.bornAt) return true;
    child = parent;
  }
  return false;
}

function pour(from: Bucket, into: Bucket): void {
  addTally(into.tally, from.tally);
  for (const pid of from.pids) into.pids.add(pid);
  if (from.unnamed) into.unnamed = true;
}

/** A sentence on what was taken, and by which rule. */
export function explainChoice(choice: Choice): string {
  const { options, table, told, taken } = choice;
  if (options.only !== "child")
    return options.pids ? `took the processes asked for: ${options.pids.join(", ")}` : "took every process";
  const some = options.pids ? " that were asked for" : "";
  if (isFirstSure(table)) {
    const who =
      table.first?.pid === undefined ? "the first process" : `the first process, ${table.first.pid}`;
    return `took the children${some}: every process but ${who}, with which the log begins`;
  }
  if (told)
    return `took the children${some}: their pids were returned by fork, vfork or clone, or announced by strace`;
  const lowest = Number.isFinite(table.lowest) ? `${table.lowest}` : "none";
  const few = callsIn(taken.tally) === 0 ? "" : " (no line tells who made whom)";
  return `took the children${some}: every process but the one with the lowest pid, ${lowest}${few}`;
}
