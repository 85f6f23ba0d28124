/** Sets of unsigned numbers as sorted, disjoint, inclusive intervals. */
import { type ResolvedTest, signedValue } from "./condition.ts";

/** All numbers from `from` to `to`, both included. */
export interface Interval {
  readonly from: bigint;
  readonly to: bigint;
}

/** The values of `args[index] & mask` with which `test` holds, within 0..2^width-1. */
export function testSet(test: ResolvedTest): Interval[] {
  const max = (1n << BigInt(test.width)) - 1n;
  if (test.kind === "in") return clip(test.set, max);
  const { op, value } = test;
  switch (op) {
    case "==":
      return clip([{ from: value, to: value }], max);
    case "!=":
      return complement(clip([{ from: value, to: value }], max), max);
    case "<":
      return clip([{ from: 0n, to: value - 1n }], max);
    case "<=":
      return clip([{ from: 0n, to: value }], max);
    case ">":
      return clip([{ from: value + 1n, to: max }], max);
    case ">=":
      return clip([{ from: value, to: max }], max);
    case "s<":
      return signedBelow(signedValue(value, test.width), max);
    case "s<=":
      return signedBelow(signedValue(value, test.width) + 1n, max);
    case "s>":
      return complement(signedBelow(signedValue(value, test.width) + 1n, max), max);
    case "s>=":
      return complement(signedBelow(signedValue(value, test.width), max), max);
  }
}

/** The unsigned forms of all signed numbers below `limit`. */
function signedBelow(limit: bigint, max: bigint): Interval[] {
  const half = (max + 1n) / 2n;
  const set: Interval[] = [];
  if (limit > 0n) set.push({ from: 0n, to: limit - 1n < half ? limit - 1n : half - 1n });
  const negativeTo = limit > 0n ? max : max + limit;
  if (negativeTo >= half) set.push({ from: half, to: negativeTo });
  return set;
}

/** `set` sorted, merged and cut to 0..max. */
export function clip(set: readonly Interval[], max: bigint): Interval[] {
  const sorted = set
    .map(({ from, to }) => ({ from: from < 0n ? 0n : from, to: to > max ? max : to }))
    .filter(({ from, to }) => from <= to)
    .sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const merged: { from: bigint; to: bigint }[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (last && next.from <= last.to + 1n) last.to = next.to > last.to ? next.to : last.to;
    else merged.push({ ...next });
  }
  return merged;
}

/** All numbers of 0..max that are not in `set` (sorted, disjoint). */
export function complement(set: readonly Interval[], max: bigint): Interval[] {
  const rest: Interval[] = [];
  let next = 0n;
  for (const { from, to } of set) {
    if (from > next) rest.push({ from: next, to: from - 1n });
    next = to + 1n;
  }
  if (next <= max) rest.push({ from: next, to: max });
  return rest;
}

/** The numbers in both sets (each sorted, disjoint). */
export function intersect(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const [few, many] = a.length < b.length ? [a, b] : [b, a];
  const both: Interval[] = [];
  for (const { from, to } of few) {
    for (let i = firstEndingAt(many, from); ; i++) {
      const other = many[i];
      if (!other || other.from > to) break;
      // Most intervals of a long set lie within one of a short set: they stay the same objects.
      if (from <= other.from && other.to <= to) both.push(other);
      else both.push({ from: from > other.from ? from : other.from, to: to < other.to ? to : other.to });
    }
  }
  return both;
}

/** The index of the first interval of `set` that ends at `value` or above, by halving. */
function firstEndingAt(set: readonly Interval[], value: bigint): number {
  let [low, high] = [0, set.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[middle]?.to ?? value) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
