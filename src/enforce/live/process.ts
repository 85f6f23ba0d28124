/** A process that is being watched, and its counters. */
import type { Cut, Image, WatchedCall, WatchedProcess } from "../../trace/watched.ts";
import type { Kind } from "./kind.ts";
import type { Sites } from "./restart.ts";

/** Numbers of the machine's own ABI below this are counted in arrays. */
export const NUMBERS = 512;

/** What is counted between two cuts. */
export interface Stretch {
  readonly counts: Uint32Array;
  /** The order of the first. */
  readonly firsts: Float64Array;
  /** Calls of other ABIs, and numbers beyond the arrays. */
  readonly others: Map<Kind, { count: number; first: number }>;
  /** Kinds that had their telling argument. */
  readonly told: Set<Kind>;
}

/** A process that is being watched. */
export interface Process {
  readonly pid: number;
  readonly parent: Process | undefined;
  readonly tids: Set<number>;
  /** The program at its beginning. */
  readonly image: Image;
  /** The phases that its maker had reached. */
  readonly reached: readonly string[];
  readonly cuts: Cut[];
  readonly stretches: Stretch[];
  /** The last of them. */
  stretch: Stretch;
  /** Phases reached, those of its maker included. */
  readonly phases: Set<string>;
  /** What it executes now, and what tells that from the next. */
  current: Image;
  stamp: string;
  /** Whether it, or who made it, listens. */
  listens: boolean;
  /** The thread that entered an execve whose outcome is not known yet; 0 when none did. */
  executing: number;
  /** Sweeps since exit_group was entered; 0 when it was not. */
  leaving: number;
  /** Threads that called exit or exit_group. */
  readonly gone: Set<number>;
  /** The order of its last call that makes a process. */
  making: number;
  /** Where its calls are made from, once it has a handler that makes interrupted calls fail (see restart.ts). */
  sites: Sites | undefined;
}

/** A process at its first call, made by `parent`. */
export function newProcess(pid: number, parent: Process | undefined): Process {
  const stretch = newStretch();
  const image = parent?.current ?? { exe: "", comm: "" };
  const reached = [...(parent?.phases ?? [])];
  return {
    pid,
    parent,
    tids: new Set([pid]),
    image,
    reached,
    cuts: [],
    stretches: [stretch],
    stretch,
    phases: new Set(reached),
    current: image,
    stamp: parent?.stamp ?? "",
    listens: parent?.listens ?? false,
    executing: 0,
    leaving: 0,
    gone: new Set(),
    making: 0,
    sites: parent?.sites,
  };
}

function newStretch(): Stretch {
  return {
    counts: new Uint32Array(NUMBERS),
    firsts: new Float64Array(NUMBERS),
    others: new Map(),
    told: new Set(),
  };
}

/** Begins a new stretch. */
export function cut(process: Process, at: Cut): void {
  process.cuts.push(at);
  process.stretch = newStretch();
  process.stretches.push(process.stretch);
  if (at.image) process.current = at.image;
  if (at.phase !== undefined) process.phases.add(at.phase);
}

/** How many calls were counted. */
export function callsOf({ stretches }: Process): number {
  let calls = 0;
  for (const { counts, others } of stretches) {
    for (const count of counts) calls += count;
    for (const { count } of others.values()) calls += count;
  }
  return calls;
}

/** The process as a learner takes it; `kinds` are those of the numbers that are counted in arrays. */
export function watchedProcess(process: Process, kinds: readonly (Kind | undefined)[]): WatchedProcess {
  const { pid, parent, tids, image, reached, cuts, stretches } = process;
  const calls: WatchedCall[] = [];
  stretches.forEach(({ counts, firsts, others, told }, stretch) => {
    counts.forEach((count, nr) => {
      const kind = kinds[nr];
      if (count > 0 && kind) calls.push(callOf(kind, stretch, count, firsts[nr] ?? 0, told.has(kind)));
    });
    for (const [kind, { count, first }] of others)
      calls.push(callOf(kind, stretch, count, first, told.has(kind)));
  });
  return { pid, parent: parent?.pid, tids: [...tids], image, reached, cuts, calls };
}

function callOf(kind: Kind, stretch: number, count: number, first: number, told: boolean): WatchedCall {
  const { name, nr, mode, mark } = kind;
  return { stretch, name, nr, mode, ...(mark === "" ? {} : { mark }), count, first, told };
}
