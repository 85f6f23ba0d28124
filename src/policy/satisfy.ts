/**
 * Can six registers satisfy a set of conditions? Exact, with a budget.
 *
 * Tests melt, as they are demanded, into "x & mask lies in a set" per register and mask; conditions that leave a
 * choice are kept and tried in turn, depth first. A budget that runs out answers `unknown`.
 */
import type { ResolvedCondition, ResolvedTest } from "./condition.ts";
import { complement, type Interval, intersect, testSet } from "./interval.ts";
import { type Budget, solve } from "./solve.ts";

/** Registers that satisfy, or why there is no answer. */
export type Satisfied =
  | { readonly kind: "yes"; readonly args: readonly bigint[] }
  | { readonly kind: "no" | "unknown" };

/** A condition that must hold, or must not. */
export interface Demand {
  readonly condition: ResolvedCondition;
  readonly holds: boolean;
}

/** Demands that do not contradict each other at first sight; made by `assume` from `nothing`. */
export interface Assumed {
  /** Per register: masks (each once) with the values that the masked register may take. */
  readonly constraints: readonly ReadonlyMap<bigint, readonly Interval[]>[];
  readonly choices: Choices | undefined;
}

/** Lists of demands of which one must be met each, the newest first. */
interface Choices {
  readonly of: readonly Demand[];
  readonly rest: Choices | undefined;
}

const BUDGET = 50_000;

/** No demand at all. */
export const nothing: Assumed = {
  constraints: Array.from({ length: 6 }, () => new Map()),
  choices: undefined,
};

/** Six registers that meet all `demands`, `no` when none exist, `unknown` when the budget of steps ran out. */
export function satisfy(demands: readonly Demand[], budget: Budget = { left: BUDGET }): Satisfied {
  let assumed: Assumed | undefined = nothing;
  for (const demand of demands) assumed = assumed && assume(assumed, demand);
  return assumed ? satisfyAssumed(assumed, budget) : { kind: "no" };
}

/** `assumed` with one demand more, or undefined when they contradict each other at first sight. */
export function assume(assumed: Assumed, { condition, holds }: Demand): Assumed | undefined {
  if (condition.kind === "not") return assume(assumed, { condition: condition.of, holds: !holds });
  if (condition.kind !== "and" && condition.kind !== "or") {
    const constraints = constrain(assumed.constraints, condition, holds);
    return constraints && { ...assumed, constraints };
  }
  const parts = condition.of.map((part) => ({ condition: part, holds }));
  if ((condition.kind === "and") !== holds && parts.length !== 1)
    return parts.length === 0 ? undefined : { ...assumed, choices: { of: parts, rest: assumed.choices } };
  let all: Assumed | undefined = assumed;
  for (const part of parts) all = all && assume(all, part);
  return all;
}

/** As satisfy, for demands gathered before; takes its steps from `budget`. */
export function satisfyAssumed(assumed: Assumed, budget: Budget): Satisfied {
  const open: { readonly assumed: Assumed; readonly also?: Demand }[] = [{ assumed }];
  for (let next = open.pop(); next; next = open.pop()) {
    if (--budget.left <= 0) return { kind: "unknown" };
    const here = next.also ? assume(next.assumed, next.also) : next.assumed;
    if (!here) continue;
    const { constraints, choices } = here;
    if (choices) {
      const without = { constraints, choices: choices.rest };
      for (let i = choices.of.length - 1; i >= 0; i--) {
        const also = choices.of[i];
        if (also) open.push({ assumed: without, also });
      }
      continue;
    }
    const args = solveAll(constraints, budget);
    if (args) return { kind: "yes", args };
    if (budget.left <= 0) return { kind: "unknown" };
  }
  return { kind: "no" };
}

function constrain(
  constraints: Assumed["constraints"],
  test: ResolvedTest,
  holds: boolean,
): Assumed["constraints"] | undefined {
  const max = (1n << BigInt(test.width)) - 1n;
  const set = holds ? testSet(test) : complement(testSet(test), max);
  const before = constraints[test.index]?.get(test.mask);
  const now = before ? intersect(before, set) : set;
  if (now.length === 0) return undefined;
  return constraints.map((masks, i) => (i === test.index ? new Map(masks).set(test.mask, now) : masks));
}

function solveAll(constraints: Assumed["constraints"], budget: Budget): bigint[] | undefined {
  const args: bigint[] = [];
  for (const masks of constraints) {
    const value = solve([...masks], budget);
    if (value === undefined) return undefined;
    args.push(value);
  }
  return args;
}
