/**
 * Can six registers satisfy a set of conditions? Exact, with a budget.
 *
 * Conditions are split at their `or`s; what is left is, per register, a list of "x & mask lies in a set", and
 * one x for all of them is found bit by bit from the top, where each chosen interval is in one of four states:
 * still on its lower edge, on its upper edge, on both, or free. A budget that runs out answers `unknown`.
 */
import type { ResolvedCondition, ResolvedTest } from "./condition.ts";
import { complement, type Interval, intersect, testSet } from "./interval.ts";

/** Registers that satisfy, or why there is no answer. */
export type Satisfied =
  | { readonly kind: "yes"; readonly args: readonly bigint[] }
  | { readonly kind: "no" | "unknown" };

/** A condition that must hold, or must not. */
export interface Demand {
  readonly condition: ResolvedCondition;
  readonly holds: boolean;
}

const BUDGET = 50_000;
const TOP_BIT = 63n;

/** Per register: masks (each once) with the values that the masked register may take. */
type Constraints = readonly ReadonlyMap<bigint, readonly Interval[]>[];

/** Six registers that meet all `demands`, `no` when none exist, `unknown` when the budget of steps ran out. */
export function satisfy(demands: readonly Demand[]): Satisfied {
  const budget = { left: BUDGET };
  const empty: Constraints = Array.from({ length: 6 }, () => new Map());
  const args = search(demands, empty, budget);
  if (args) return { kind: "yes", args };
  return { kind: budget.left > 0 ? "no" : "unknown" };
}

function search(
  demands: readonly Demand[],
  constraints: Constraints,
  budget: { left: number },
): bigint[] | undefined {
  if (--budget.left <= 0) return undefined;
  const [first, ...rest] = demands;
  if (!first) return solveAll(constraints, budget);
  const { condition, holds } = first;
  if (condition.kind === "not")
    return search([{ condition: condition.of, holds: !holds }, ...rest], constraints, budget);
  if (condition.kind !== "and" && condition.kind !== "or") {
    const narrowed = constrain(constraints, condition, holds);
    return narrowed && search(rest, narrowed, budget);
  }
  const parts = condition.of.map((part) => ({ condition: part, holds }));
  // All parts are demanded: tests go before branches, so that contradictions show early.
  if ((condition.kind === "and") === holds)
    return search([...parts, ...rest].sort(testsFirst), constraints, budget);
  for (const part of parts) {
    const found = search([part, ...rest], constraints, budget);
    if (found || budget.left <= 0) return found;
  }
  return undefined;
}

function testsFirst(a: Demand, b: Demand): number {
  const branches = ({ condition }: Demand) => (condition.kind === "and" || condition.kind === "or" ? 1 : 0);
  return branches(a) - branches(b);
}

function constrain(constraints: Constraints, test: ResolvedTest, holds: boolean): Constraints | undefined {
  const max = (1n << BigInt(test.width)) - 1n;
  const set = holds ? testSet(test) : complement(testSet(test), max);
  const before = constraints[test.index]?.get(test.mask);
  const now = before ? intersect(before, set) : set;
  if (now.length === 0) return undefined;
  return constraints.map((masks, i) => (i === test.index ? new Map([...masks, [test.mask, now]]) : masks));
}

function solveAll(constraints: Constraints, budget: { left: number }): bigint[] | undefined {
  const args: bigint[] = [];
  for (const masks of constraints) {
    const value = solve([...masks], [], budget);
    if (value === undefined) return undefined;
    args.push(value);
  }
  return args;
}

interface Chosen {
  readonly mask: bigint;
  readonly interval: Interval;
}

/** One value for all masks, trying every choice of one interval each. */
function solve(
  masks: readonly (readonly [bigint, readonly Interval[]])[],
  chosen: readonly Chosen[],
  budget: { left: number },
): bigint | undefined {
  const [first, ...rest] = masks;
  if (!first) return solveBits(chosen, budget);
  const [mask, set] = first;
  for (const interval of set) {
    const value = solve(rest, [...chosen, { mask, interval }], budget);
    if (value !== undefined || budget.left <= 0) return value;
  }
  return undefined;
}

/** x with `from <= x & mask <= to` for all of `chosen`, by depth-first search from bit 63 down. */
function solveBits(chosen: readonly Chosen[], budget: { left: number }): bigint | undefined {
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
