// Which processes a policy is learned from. A process is a child
//   1. if a fork, vfork or clone in the log returned its pid, or strace announced it while following others;
//   2. if it is not the first, where the first is certain: the log begins with lines that have no pid, or with
//      the execve of the lowest pid, which is how strace begins to follow a command;
//   3. if the log says neither of anybody: if its pid is not the lowest, as pids are handed out in order.
// Threads belong to the process that made them.

import { leaderOf, type Processes, type Task } from "./process.ts";
import {
  firstStretch,
  isSelected,
  markPhase,
  nextStretch,
  partOf,
  type Stretch,
  type StretchOptions,
  stretchAt,
  UNTIL,
} from "./stretch.ts";
import { addTally, callsIn, type Tally, watchedTally } from "./tally.ts";
import type { Image, WatchedProcess } from "./watched.ts";

/** What to take. */
export interface ChoiceOptions extends StretchOptions {
  /** Only these processes (with their threads) or single threads. */
  readonly pids?: readonly number[];
  /** `child`: every process but the first one. */
  readonly only?: "child" | "all";
}

/** The calls of processes that have the same fate. */
export interface Bucket {
  readonly tally: Tally;
  /** The same by process, program or phase, when that is asked for. */
  readonly parts: Map<string, Tally>;
  readonly pids: Set<number>;
  unnamed: boolean;
  /** Whether there were calls that are not to be learned from. */
  skipped: boolean;
}

/** The calls of one task in one stretch of its process. */
interface Held {
  readonly stretch: Stretch;
  readonly tally: Tally;
}

/** The processes of a log, being sorted. */
export interface Choice {
  readonly options: ChoiceOptions;
  readonly table: Processes;
  readonly wanted: ReadonlySet<number> | undefined;
  readonly held: Map<Task, Held[]>;
  readonly fates: WeakMap<Task, Bucket>;
  readonly taken: Bucket;
  readonly left: Bucket;
  /** Gone, and neither known to be made by another nor the first. */
  readonly orphans: Bucket;
  /** Whether the log says of some process who made it. */
  told: boolean;
  /** The command's own process, where one was watched. */
  command: number | undefined;
  /** The phases that any process has reached. */
  readonly phases: Set<string>;
  /** By which rule the processes of each run were taken, as sentences. */
  readonly rules: Set<string>;
}

/** Nothing sorted yet. */
export function newChoice(options: ChoiceOptions, table: Processes): Choice {
  return {
    options,
    table,
    wanted: options.pids && new Set(options.pids),
    held: new Map(),
    fates: new WeakMap(),
    taken: newBucket(),
    left: newBucket(),
    orphans: newBucket(),
    told: false,
    command: undefined,
    phases: new Set(),
    rules: new Set(),
  };
}

function newBucket(): Bucket {
  return { tally: new Map(), parts: new Map(), pids: new Set(), unnamed: false, skipped: false };
}

/** Where a call of a task, entered at `order`, is counted. */
export function tallyOf(choice: Choice, task: Task, order: number): Tally {
  let held = choice.held.get(task);
  if (!held) {
    held = [];
    choice.held.set(task, held);
  }
  return tallyIn(held, stretchAt(leaderOf(task).stretches, order));
}

function tallyIn(held: Held[], stretch: Stretch): Tally {
  for (const had of held) if (had.stretch === stretch) return had.tally;
  const tally: Tally = new Map();
  held.push({ stretch, tally });
  return tally;
}

/** Sorts a task of which the log says no more. */
export function settle(choice: Choice, task: Task): void {
  if (leaderOf(task).made) choice.told = true;
  place(choice, task, fateOf(choice, task));
}

/** Sorts what is left at the end of a run; the table of its processes is needed no more then. */
export function settleRun(choice: Choice): void {
  const { table, taken, left, orphans } = choice;
  for (const task of choice.held.keys()) if (leaderOf(task).made) choice.told = true;
  for (const task of [...choice.held.keys()]) {
    const fate = fateOf(choice, task);
    place(choice, task, fate === orphans ? (isChild(choice, task) ? taken : left) : fate);
  }
  const descended = isFirstSure(table) || !choice.told;
  pour(orphans, descended ? taken : left);
  choice.rules.add(ruleOf(choice));
  choice.told = false;
}

/** Undefined for a thread whose process is not sorted yet. */
function fateOf(choice: Choice, task: Task): Bucket | undefined {
  const { wanted, options, table, taken, left, orphans } = choice;
  const leader = leaderOf(task);
  if (wanted && !isWanted(wanted, task) && !isWanted(wanted, leader)) return left;
  if (options.only !== "child" || leader.made) return taken;
  if (table.firstAlone && leader === table.first) return left;
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
  const held = choice.held.get(task);
  choice.held.delete(task);
  const leader = leaderOf(task);
  if (!fate) {
    for (const { stretch, tally } of held ?? []) {
      const more = choice.held.get(leader) ?? [];
      choice.held.set(leader, more);
      addTally(tallyIn(more, stretch), tally);
    }
    return;
  }
  choice.fates.set(task, fate);
  for (const phase of leader.stretches.at(-1)?.phases ?? []) choice.phases.add(phase);
  if (!held) return;
  const { phases, image } = beginningOf(leader);
  const start = isKnown(image) ? image : firstImage(leader.stretches);
  for (const { stretch, tally } of held)
    put(choice, fate, leader.pid, tally, [...phases, ...stretch.phases], stretch.image ?? start);
}

/** Sorts a process that was watched; how many calls it made. Of such, it is known who made whom. */
export function takeWatched(choice: Choice, process: WatchedProcess): number {
  const { wanted, options, taken, left } = choice;
  const { pid, parent, tids, reached, cuts, image } = process;
  if (parent === undefined) choice.command = pid;
  const isLeft =
    (wanted && !tids.some((tid) => wanted.has(tid))) || (options.only === "child" && parent === undefined);
  const fate = isLeft ? left : taken;
  const start = isKnown(image) ? image : firstImage(cuts);
  const stretches = [firstStretch];
  for (const at of cuts) stretches.push(nextStretch(stretches.at(-1) ?? firstStretch, at));
  for (const phase of stretches.at(-1)?.phases ?? []) choice.phases.add(phase);
  let calls = 0;
  stretches.forEach((stretch, i) => {
    const tally = watchedTally(process.calls.filter((call) => call.stretch === i));
    calls += callsIn(tally);
    put(choice, fate, pid, tally, [...reached, ...stretch.phases], stretch.image ?? start);
  });
  return calls;
}

/** Adds the calls of one stretch of a process to those of the same fate, if they are to be learned from. */
function put(
  { options }: Choice,
  fate: Bucket,
  pid: number | undefined,
  tally: Tally,
  phases: readonly string[],
  image: Image,
): void {
  if (!isSelected(options, phases, image)) {
    fate.skipped = true;
    return;
  }
  if (pid === undefined) fate.unnamed = true;
  else fate.pids.add(pid);
  addTally(fate.tally, tally);
  if (options.split !== undefined) addPart(fate, partOf(options.split, pid, phases, image), tally);
}

function addPart({ parts }: Bucket, name: string, tally: Tally): void {
  const part = parts.get(name) ?? new Map();
  parts.set(name, part);
  addTally(part, tally);
}

const UNKNOWN: Image = Object.freeze({ exe: "", comm: "" });

function isKnown({ exe, comm }: Image): boolean {
  return exe !== "" || comm !== "";
}

/** What a process executes first, which its first execve belongs to. */
function firstImage(stretches: readonly { readonly image?: Image | undefined }[]): Image {
  return stretches.find(({ image }) => image !== undefined)?.image ?? UNKNOWN;
}

/** The phases that those had reached whom a process comes from when each made the next, and the program it began as. */
function beginningOf(leader: Task): { phases: string[]; image: Image } {
  const phases: string[] = [];
  let image: Image | undefined;
  const seen = new Set<Task>();
  for (let child = leader; child.parent && !seen.has(child); ) {
    seen.add(child);
    const parent = leaderOf(child.parent);
    const stretch = stretchAt(parent.stretches, child.bornAt);
    phases.unshift(...stretch.phases);
    image ??= stretch.image;
    child = parent;
  }
  return { phases, image: image ?? UNKNOWN };
}

/** Empties one bucket into another. */
function pour(from: Bucket, into: Bucket): void {
  addTally(into.tally, from.tally);
  for (const [name, tally] of from.parts) addPart(into, name, tally);
  for (const pid of from.pids) into.pids.add(pid);
  if (from.unnamed) into.unnamed = true;
  if (from.skipped) into.skipped = true;
  from.tally.clear();
  from.parts.clear();
  from.pids.clear();
  from.unnamed = from.skipped = false;
}

/** A sentence on what was taken, by which rule, and on an end of it that never came. */
export function explainChoice(choice: Choice): string {
  const { options, phases } = choice;
  const { until, untilMark } = options;
  const missed = [
    ...(until !== undefined && !phases.has(UNTIL) ? [`none called ${until}, which was to end it`] : []),
    ...(untilMark !== undefined && !phases.has(markPhase(untilMark))
      ? [`no mark ${untilMark} came to end it`]
      : []),
  ];
  const [rule = ruleOf(choice), ...others] = choice.rules;
  const more = others.length > 0 ? ["and in the other logs by the same rules"] : [];
  return [rule, ...more, ...missed].join("; ");
}

function ruleOf(choice: Choice): string {
  const { options, table, told, taken, command } = choice;
  if (options.only !== "child")
    return options.pids ? `took the processes asked for: ${options.pids.join(", ")}` : "took every process";
  const some = options.pids ? " that were asked for" : "";
  if (command !== undefined)
    return `took the children${some}: every process but ${command}, the command's own`;
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
