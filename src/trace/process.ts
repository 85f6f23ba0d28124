// strace names the process of a line by pid, or not at all while it follows only one. This table follows the
// log's events and says which task made a call, which task made which, and which are threads of one process.
// It knows no pid namespaces, but where strace adds `/* 12 in strace's PID NS */`.

import { splitArgs } from "./argument.ts";
import type { BeginEvent, CallEvent, EndEvent, ExitEvent, Mode, StraceEvent } from "./event.ts";
import { firstStretch, type Stretch } from "./stretch.ts";

/** One thread that strace follows; a process is the thread that began it, with those that it leads. */
export interface Task {
  /** Undefined as long as strace printed no pid for it. */
  pid: number | undefined;
  /** The thread that made it a thread; undefined for the first of a process. */
  leader: Task | undefined;
  /** Who made it, as far as the log tells. */
  parent: Task | undefined;
  /** The line where it was made, counted through all logs. */
  bornAt: number;
  /** Whether a call of the log returned its pid, or strace announced it while it followed others. */
  made: boolean;
  mode: Mode | undefined;
  /** Its call that makes another task and has not returned yet. */
  making: BeginEvent | undefined;
  /** Of a process: what its life was so far. */
  stretches: readonly Stretch[];
}

/** Who is alive in a run, which one log tells of, or the files of `strace -ff` in turn. */
export interface Processes {
  /** Those that have a pid and did not exit. */
  live: Map<number, Task>;
  /** Those that exited and that nobody is known to have made: the log may still say. */
  gone: Map<number, Task>;
  /** Pids that were returned or announced before their first line. */
  expected: Map<number, Birth>;
  /** Those that make another at this moment. */
  making: Set<Task>;
  /** The first of those whose lines have no pid in front. */
  alone: Task | undefined;
  /** The task of the log's first call, if that is an execve or stands without a pid: strace started it. */
  first: Task | undefined;
  /** Whether it stood without a pid. */
  firstAlone: boolean;
  begun: boolean;
  /** Lines of the logs before this one. */
  before: number;
  /** The lowest pid that a line began with. */
  lowest: number;
}

interface Birth {
  readonly parent: Task | undefined;
  readonly thread: boolean;
  readonly line: number;
}

/** Calls that make another task. */
export const makers: ReadonlySet<string> = new Set(["fork", "vfork", "clone", "clone2", "clone3"]);
/** Calls that do not return, as the task ends. */
export const leavers: ReadonlySet<string> = new Set(["exit_group", "exit", "_exit"]);

/** Whether there are so many tasks that the oldest is given up at the next event. */
export function isFull(table: Processes): boolean {
  return table.live.size > liveLimit;
}

const CLONE_THREAD = 0x10000n;
/**
 * Tasks without an end in the log, tasks remembered after theirs, pids waited for: of more, the oldest are
 * given up. Linux runs 32768 tasks at a time unless told otherwise.
 */
const liveLimit = 65536;
const goneLimit = 4096;
const expectedLimit = 65536;

/** A table at the beginning of a log. */
export function newProcesses(): Processes {
  return {
    live: new Map(),
    gone: new Map(),
    expected: new Map(),
    making: new Set(),
    alone: undefined,
    first: undefined,
    firstAlone: false,
    begun: false,
    before: 0,
    lowest: Number.POSITIVE_INFINITY,
  };
}

/** The thread that its process began with. */
export function leaderOf(task: Task): Task {
  let leader = task;
  while (leader.leader) leader = leader.leader;
  return leader;
}

/** The task that made a call; its births are entered in the table. */
export function taskOf(table: Processes, event: CallEvent | BeginEvent): Task {
  const task = event.pid === undefined ? aloneTask(table) : namedTask(table, event.pid, event);
  if (!table.begun) {
    table.begun = true;
    table.firstAlone = event.pid === undefined;
    if (table.firstAlone || event.name === "execve") table.first = task;
  }
  if (makers.has(event.name)) {
    task.making = event.kind === "begin" ? event : undefined;
    if (task.making) table.making.add(task);
    else table.making.delete(task);
    if (event.kind === "call") enterBirth(table, task, event);
  }
  return task;
}

/** Moves the table on behind an event; returns the tasks about whom the log can say no more. */
export function follow(table: Processes, event: StraceEvent): readonly Task[] {
  if (isFull(table)) return [...giveUp(table), ...followEvent(table, event)];
  return followEvent(table, event);
}

function giveUp(table: Processes): readonly Task[] {
  for (const task of table.live.values()) {
    if (task.pid !== table.lowest && task !== table.first && !task.making) return remove(table, task);
  }
  return [];
}

function followEvent(table: Processes, event: StraceEvent): readonly Task[] {
  switch (event.kind) {
    case "attach":
      if (table.begun) announce(table, event.pid, event.line);
      return [];
    case "mode":
      namedTask(table, event.pid, event).mode = event.mode;
      return [];
    case "call":
      if (!leavers.has(event.name)) return [];
      return remove(table, event.pid === undefined ? aloneTask(table) : table.live.get(event.pid));
    case "exit":
      return remove(table, exitingTask(table, event));
    case "detach":
      return remove(table, table.live.get(event.pid));
    case "end":
      return endLog(table, event);
    default:
      return [];
  }
}

/** The task of a line without a pid: the only one that is left, or the first. */
function aloneTask(table: Processes): Task {
  const { alone, live } = table;
  if (alone && alone.pid === undefined) return alone;
  if (live.size === 1) for (const only of live.values()) return only;
  table.alone = alone ?? newTask(undefined);
  return table.alone;
}

function namedTask(table: Processes, pid: number, event: StraceEvent): Task {
  if (pid < table.lowest) table.lowest = pid;
  return table.live.get(pid) ?? claim(table, pid, event) ?? bornTask(table, pid, event.line);
}

/** The task that had no pid so far, if it can be the one that now appears with one. */
function claim(table: Processes, pid: number, event: StraceEvent): Task | undefined {
  const { alone } = table;
  if (!alone || alone.pid !== undefined || table.expected.has(pid)) return undefined;
  // While it makes another task, a new pid is that one, unless this is the end of the very call.
  if (alone.making && !(event.kind === "call" && event.line === alone.making.line)) return undefined;
  alone.pid = pid;
  table.live.set(pid, alone);
  return alone;
}

function bornTask(table: Processes, pid: number, line: number): Task {
  const task = newTask(pid);
  const birth = table.expected.get(pid);
  table.expected.delete(pid);
  table.live.set(pid, task);
  link(task, birth ?? likelyBirth(table, table.before + line));
  task.made = birth !== undefined;
  return task;
}

function newTask(pid: number | undefined): Task {
  const unknown = { leader: undefined, parent: undefined, mode: undefined, making: undefined };
  return { pid, bornAt: 0, made: false, ...unknown, stretches: [firstStretch] };
}

function link(task: Task, birth: Birth): void {
  const { parent } = birth;
  if (!parent || parent === task) return;
  task.parent = parent;
  task.bornAt = birth.line;
  task.mode ??= parent.mode;
  if (birth.thread && leaderOf(parent) !== task) task.leader = leaderOf(parent);
}

/** A task that appears was made by the one that began to make another last. */
function likelyBirth(table: Processes, line: number): Birth {
  let last: Task | undefined;
  for (const task of table.making) {
    if (!last?.making || (task.making && task.making.line > last.making.line)) last = task;
  }
  const making = last?.making;
  return {
    parent: last,
    thread: making !== undefined && isThread(making),
    line: making ? table.before + making.line : line,
  };
}

/** A fork, vfork or clone returned: the pid it returned is its maker's child, or thread. */
function enterBirth(table: Processes, parent: Task, event: CallEvent): void {
  const pid = returnedPid(event.result ?? "");
  if (pid <= 0) return;
  enter(table, pid, { parent, thread: isThread(event), line: table.before + event.line });
}

function enter(table: Processes, pid: number, birth: Birth): void {
  const task = table.live.get(pid) ?? table.gone.get(pid);
  if (task) {
    task.made = true;
    link(task, birth);
    return;
  }
  table.expected.set(pid, birth);
  if (table.expected.size <= expectedLimit) return;
  for (const oldest of table.expected.keys()) {
    table.expected.delete(oldest);
    return;
  }
}

/** `strace: Process 12 attached`, while others are followed: one of them made it. */
function announce(table: Processes, pid: number, line: number): void {
  if (table.expected.has(pid) || table.live.get(pid)?.made) return;
  enter(table, pid, likelyBirth(table, table.before + line));
}

/** The pid in `9658` or `5 /* 9658 in strace's PID NS *\/`; -1 when there is none. */
function returnedPid(result: string): number {
  const [first = "", open, inner] = result.split(" ");
  if (open === "/*" && result.includes("in strace's PID NS")) return Number(inner);
  const digits = first.split("<")[0] ?? "";
  const pid = digits === "" ? -1 : Number(digits);
  return Number.isInteger(pid) ? pid : -1;
}

/** Whether the call makes a thread: its flags have CLONE_THREAD, by name or (`-X raw`) as a number. */
function isThread(event: CallEvent | BeginEvent): boolean {
  if (event.args.includes("CLONE_THREAD")) return true;
  if (event.name === "fork" || event.name === "vfork") return false;
  const [first = ""] = splitArgs(event.args);
  const named = event.args.indexOf("flags=0x");
  const digits = named < 0 ? first : (splitArgs(event.args.slice(named + 6))[0] ?? "");
  const hex = /^0x[0-9a-f]{1,16}/.exec(digits)?.[0];
  // The only argument of clone3 is a pointer when strace does not look behind it.
  if (hex === undefined || (named < 0 && event.name === "clone3")) return false;
  return (BigInt(hex) & CLONE_THREAD) !== 0n;
}

/** Who a `+++ ... +++` line takes away: when a thread called execve, that thread, whose process keeps its pid. */
function exitingTask(table: Processes, event: ExitEvent): Task | undefined {
  const task =
    event.pid === undefined
      ? aloneTask(table)
      : (table.live.get(event.pid) ?? claim(table, event.pid, event));
  if (event.how !== "superseded") return task;
  const thread = table.live.get(Number(event.by));
  if (thread && task && leaderOf(thread) !== leaderOf(task)) thread.leader = leaderOf(task);
  return thread;
}

/**
 * The next log is another file: what had no pid in this one is gone. When it is of another run, the table begins anew;
 * who wants to know of those that were left in it has to look before.
 */
function endLog(table: Processes, { line, continues }: EndEvent): readonly Task[] {
  table.before += line;
  const { alone } = table;
  if (!continues) {
    Object.assign(table, { ...newProcesses(), before: table.before });
    return [];
  }
  if (!alone || alone.pid !== undefined) return [];
  return remove(table, alone);
}

function remove(table: Processes, task: Task | undefined): readonly Task[] {
  if (!task) return [];
  if (task === table.alone) table.alone = undefined;
  if (task.pid !== undefined) table.live.delete(task.pid);
  table.making.delete(task);
  if (task.made || task.pid === undefined) return [task];
  const before = table.gone.get(task.pid);
  table.gone.delete(task.pid);
  table.gone.set(task.pid, task);
  const settled = before && before !== task ? [before] : [];
  if (table.gone.size > goneLimit) settled.push(...forgetOldest(table));
  return settled;
}

function forgetOldest(table: Processes): Task[] {
  for (const [pid, task] of table.gone) {
    if (pid === table.lowest || task === table.first) continue;
    table.gone.delete(pid);
    return [task];
  }
  return [];
}
