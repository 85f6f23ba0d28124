import { telling } from "../../arch/index.ts";
import type { CallEvent, Mode } from "./event.ts";
import { ownText } from "./journal.ts";
import { PlainLine } from "./plain.ts";
import type { WatchedCall } from "./watched.ts";

/** A call that was made, as strace shows it, and how often. */
export interface Tallied {
  readonly name: string;
  readonly nr: number | undefined;
  readonly mode: Mode | undefined;
  /** What whoever counts tells such calls apart by, beside their name. */
  readonly mark: string;
  count: number;
  failed: number;
  /** Never resumed. */
  unfinished: number;
  /** Where it was entered first, in lines from the beginning of the first log. */
  first: number;
  /** Whether one had the argument that arch/twin.ts asks about. */
  told: boolean;
}

/** The calls that somebody made. */
export type Tally = Map<string, Tallied>;

/** Counts a call that was entered at `order`; returns where. */
export function count(
  tally: Tally,
  event: CallEvent,
  mode: Mode | undefined,
  order: number,
  mark: string,
): Tallied {
  const { name, nr } = event;
  const key = keyOf(name, nr, mode, mark);
  let entry = tally.get(key);
  if (!entry) {
    const none = { count: 0, failed: 0, unfinished: 0, first: order, told: false };
    entry = { name: ownText(name), nr, mode, mark, ...none };
    tally.set(ownText(key), entry);
  }
  const sign = telling.get(name);
  if (event instanceof PlainLine) countPlain(entry, event, order, sign);
  else countIn(entry, event, order, sign);
  return entry;
}

/** Counts a call that was entered at `order` where others like it are; `sign` is what telling has for its name. */
export function countIn(entry: Tallied, event: CallEvent, order: number, sign: string | undefined): void {
  entry.count += 1 + (event.more?.calls ?? 0);
  // A call that was interrupted is told late.
  if (order < entry.first) entry.first = order;
  if (event.result?.startsWith("-1 E")) entry.failed++;
  entry.failed += event.more?.failed ?? 0;
  if (event.end === "unfinished") entry.unfinished++;
  if (sign !== undefined && !entry.told) entry.told = event.args.includes(sign);
}

/** As countIn, for what can be told from bytes. */
export function countPlain(entry: Tallied, line: PlainLine, order: number, sign: string | undefined): void {
  entry.count++;
  if (order < entry.first) entry.first = order;
  if (line.failed) entry.failed++;
  if (sign !== undefined && !entry.told) entry.told = line.args.includes(sign);
}

function keyOf(name: string, nr: number | undefined, mode: Mode | undefined, mark: string): string {
  const plain = nr === undefined && mode === undefined && mark === "";
  return plain ? name : `${name} ${nr ?? ""} ${mode ?? ""} ${mark}`;
}

/** Calls as a tally, `before` further down. */
export function tallyOfCalls(calls: readonly Tallied[], before: number): Tally {
  return new Map(
    calls.map((call) => [
      keyOf(call.name, call.nr, call.mode, call.mark),
      { ...call, first: call.first + before },
    ]),
  );
}

/** The calls that a live engine counted. */
export function watchedTally(calls: readonly WatchedCall[]): Tally {
  return tallyOfCalls(
    calls.map(({ mark = "", ...call }) => ({ ...call, mark, failed: 0, unfinished: 0 })),
    0,
  );
}

/** Adds the calls of `from` to `into`. */
export function addTally(into: Tally, from: Tally): void {
  for (const [key, more] of from) {
    const had = into.get(key);
    if (!had) {
      into.set(key, { ...more });
      continue;
    }
    had.count += more.count;
    had.failed += more.failed;
    had.unfinished += more.unfinished;
    had.first = Math.min(had.first, more.first);
    had.told ||= more.told;
  }
}

/** How many calls a tally has. */
export function callsIn(tally: Tally): number {
  let calls = 0;
  for (const entry of tally.values()) calls += entry.count;
  return calls;
}
