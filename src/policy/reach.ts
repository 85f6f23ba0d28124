/**
 * Which claims of a policy ever decide a call.
 *
 * The claims on one number are walked in order; what the ones before demand of the registers is gathered once
 * and grows from claim to claim. All answers of a policy share one budget of steps.
 */
import type { AbiName } from "../../arch/index.ts";
import type { Claim, ResolvedPolicy } from "./resolve.ts";
import { type Assumed, assume, nothing, type Satisfied, satisfyAssumed } from "./satisfy.ts";

/** Why a claim never decides anything; `by` finds the rules that take its calls. */
export type Dead =
  | { readonly why: "contradiction" }
  | { readonly why: "shadowed"; readonly by: () => readonly number[] };

/** A claim of a rule that never decides anything, or of which that is not known. */
export interface Doubt {
  readonly abi: AbiName;
  readonly nr: number;
  readonly reach: Dead | "unknown";
}

/** What became of a rule's claims. */
export interface RuleReach {
  /** All of them, over all arches. */
  claims: number;
  readonly doubts: Doubt[];
}

/** Steps for one question, and for all of a policy. */
const STEPS = 50_000;
const ALL_STEPS = 2_000_000;
/** Claims before one beyond which all are blamed for what some of them take. */
const MOST_BLAMED = 40;

/** Per rule of the policy, what became of its claims. */
export function reachOf(policy: ResolvedPolicy, rules: number): RuleReach[] {
  const byRule: RuleReach[] = Array.from({ length: rules }, () => ({ claims: 0, doubts: [] }));
  const reach = new Reach();
  for (const { abi, calls } of policy.arches)
    for (const [nr, list] of calls) {
      for (const { rule } of list) {
        const own = byRule[rule];
        if (own) own.claims++;
      }
      // One claim without a condition, as most are.
      if (list.length === 1 && !list[0]?.when) continue;
      for (const [rule, doubt] of reach.doubts(list)) byRule[rule]?.doubts.push({ abi, nr, reach: doubt });
    }
  return byRule;
}

class Reach {
  #left = ALL_STEPS;

  /** Of the claims on one number, those in doubt, with their rules. */
  doubts(list: readonly Claim[]): [rule: number, reach: Dead | "unknown"][] {
    const found: [number, Dead | "unknown"][] = [];
    let before: Assumed | undefined = nothing;
    let whole: Claim | undefined;
    for (const [at, claim] of list.entries()) {
      const { rule, when } = claim;
      const answer = this.#ask(before && (when ? assume(before, { condition: when, holds: true }) : before));
      if (answer === "unknown") found.push([rule, "unknown"]);
      else if (answer === "no") {
        const by = whole ? [whole.rule] : undefined;
        const shadowed: Dead = { why: "shadowed", by: () => by ?? this.#blame(list.slice(0, at), claim) };
        found.push([rule, this.#contradicts(claim) ? { why: "contradiction" } : shadowed]);
      }
      if (!when) whole ??= claim;
      before = before && when && assume(before, { condition: when, holds: false });
    }
    return found;
  }

  #contradicts({ when }: Claim): boolean {
    return when !== undefined && this.#ask(assume(nothing, { condition: when, holds: true })) === "no";
  }

  #ask(assumed: Assumed | undefined): Satisfied["kind"] {
    if (!assumed) return "no";
    const steps = Math.min(STEPS, this.#left);
    if (steps <= 0) return "unknown";
    const budget = { left: steps };
    const { kind } = satisfyAssumed(assumed, budget);
    this.#left -= steps - Math.max(0, budget.left);
    return kind;
  }

  /** The rules of `earlier` without any of which the claim would still decide something. */
  #blame(earlier: readonly Claim[], { when }: Claim): number[] {
    let guilty = [...earlier];
    if (guilty.length > MOST_BLAMED) return guilty.map(({ rule }) => rule);
    for (const one of earlier) {
      const others = guilty.filter((other) => other !== one);
      let assumed = when ? assume(nothing, { condition: when, holds: true }) : nothing;
      for (const other of others)
        assumed = assumed && other.when && assume(assumed, { condition: other.when, holds: false });
      if (this.#ask(assumed) === "no") guilty = others;
    }
    return guilty.map(({ rule }) => rule);
  }
}
