/**
 * One register's value under several masks: `from <= x & mask <= to` for one interval of each, found bit by bit
 * from the top, where each chosen interval is in one of four states: still on its lower edge, on its upper
 * edge, on both, or free.
 */
import type { Interval } from "./interval.ts";

const TOP_BIT = 63n;
/** Masks of one register beyond which no value is sought. */
const MOST_MASKS = 200;

/** Steps that a search may still take; at 0 or below, what it has not found is not known. */
export interface Budget {
  left: number;
}

interface Chosen {
  readonly mask: bigint;
  readonly interval: Interval;
}

/**
 * A value whose part under each mask lies in that mask's set, trying every choice of one interval each;
 * undefined when there is none, or when the budget ran out.
 */
export function solve(
  masks: readonly (readonly [bigint, readonly Interval[]])[],
  budget: Budget,
  chosen: readonly Chosen[] = [],
): bigint | undefined {
  if (masks.length > MOST_MASKS) budget.left = 0;
  if (budget.left <= 0) return undefined;
  const [first, ...rest] = masks;
  if (!first) return solveBits(chosen, budget);
  const [mask, set] = first;
  for (const interval of set) {
    budget.left--;
    const value = solve(rest, budget, [...chosen, { mask, interval }]);
    if (value !== undefined || budget.left <= 0) return value;
  }
  return undefined;
}

/** x with `from <= x & mask <= to` for all of `chosen`, by depth-first search from bit 63 down. */
function solveBits(chosen: readonly Chosen[], budget: Budget): bigint | undefined {
  const guess = chosen.reduce((bits, { interval }) => bits | interval.from, 0n);
  if (chosen.every(({ mask, interval }) => inside(guess & mask, interval))) return guess;
  const dead = new Set<string>();
  const walk = (bit: bigint, edges: readonly number[], value: bigint): bigint | undefined => {
    if (bit < 0n) return value;
    const key = `${bit}:${edges.join("")}`;
    if (dead.has(key) || --budget.left <= 0) return undefined;
    for (const digit of [0n, 1n]) {
      const next = step(chosen, edges, bit, digit);
      const found = next && walk(bit - 1n, next, value | (digit << bit));
      if (found !== undefined) return found;
    }
    dead.add(key);
    return undefined;
  };
  return walk(
    TOP_BIT,
    chosen.map(() => 3),
    0n,
  );
}

function inside(value: bigint, { from, to }: Interval): boolean {
  return from <= value && value <= to;
}

/** The edges (1: on the lower, 2: on the upper) after giving `bit` the value `digit`, or undefined when outside. */
function step(
  chosen: readonly Chosen[],
  edges: readonly number[],
  bit: bigint,
  digit: bigint,
): number[] | undefined {
  const next: number[] = [];
  for (const [i, { mask, interval }] of chosen.entries()) {
    let edge = edges[i] ?? 0;
    const seen = digit & (mask >> bit) & 1n;
    const [low, high] = [(interval.from >> bit) & 1n, (interval.to >> bit) & 1n];
    if (edge & 1) {
      if (seen < low) return undefined;
      if (seen > low) edge &= ~1;
    }
    if (edge & 2) {
      if (seen > high) return undefined;
      if (seen < high) edge &= ~2;
    }
    next.push(edge);
  }
  return next;
}
