/**
 * Which rules make a program too long: how many instructions fewer it would have without each.
 *
 * Rules share code, and a call that one rule no longer decides falls to the next, so what the rules take need not
 * add up to the whole. Each answer takes a compile, so only the rules that say most are tried: fewer, the longer
 * the program is.
 */
import type { Issue } from "../abi/error.ts";
import type { ResolvedCondition } from "../policy/condition.ts";
import type { Claim, ResolvedPolicy } from "../policy/resolve.ts";
import type { Policy, Rule } from "../policy/types.ts";

const MOST_TRIED = 24;
/** Instructions that all tries may make together, so that they take seconds at most. */
const MOST_MADE = 30_000;
const MOST_TOLD = 3;

/** What rules take. */
export interface Heavy {
  /** One for each of the rules that take most, with its place; a rule without which nothing is shorter has none. */
  readonly issues: readonly Issue[];
  /** How many rules were tried. */
  readonly tried: number;
  readonly rules: number;
}

/**
 * What the rules of `policy`, which is `facts` in numbers, take of its program: `length` is that of the program,
 * `lengthOf` that of another one.
 */
export function heavyRules(
  policy: Policy,
  facts: ResolvedPolicy,
  length: number,
  lengthOf: (facts: ResolvedPolicy) => number,
): Heavy {
  const rules = likeliest(facts);
  const tries = Math.min(MOST_TRIED, Math.max(1, Math.floor(MOST_MADE / length)));
  const tried = rules.slice(0, tries).map((rule) => ({ rule, left: lengthOf(without(facts, rule)) }));
  const issues = tried
    .filter(({ left }) => left < length)
    .sort((a, b) => a.left - b.left || a.rule - b.rule)
    .slice(0, MOST_TOLD)
    .map(({ rule, left }) => issueOf(policy.rules[rule], rule, length, left));
  return { issues, tried: tried.length, rules: rules.length };
}

function issueOf(rule: Rule | undefined, index: number, length: number, left: number): Issue {
  return {
    code: "limit",
    message: `rule ${index + 1}${rule ? ` (${describe(rule)})` : ""} takes ${length - left} instructions: without it there are ${left}`,
    where: { ...rule?.where, path: `rules[${index}]` },
  };
}

function describe({ syscalls, why }: Rule): string {
  const names = syscalls.slice(0, 3).join(", ");
  const more = syscalls.length > 3 ? ` and ${syscalls.length - 3} more` : "";
  return `${names}${more}${why === undefined ? "" : `: ${why}`}`;
}

/** The rules by how much they say, most first. */
function likeliest({ arches }: ResolvedPolicy): number[] {
  const sizes = new Map<number, number>();
  for (const { calls } of arches)
    for (const claims of calls.values())
      for (const { rule, when } of claims)
        sizes.set(rule, (sizes.get(rule) ?? 0) + (when ? sizeOf(when) : 1));
  return [...sizes].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([rule]) => rule);
}

function sizeOf(condition: ResolvedCondition): number {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.of.reduce((sum, part) => sum + sizeOf(part), 1);
    case "not":
      return sizeOf(condition.of);
    case "in":
      return 1 + condition.set.length * (condition.width === 64 ? 2 : 1);
    case "compare":
      return condition.width === 64 ? 3 : 2;
  }
}

function without(facts: ResolvedPolicy, rule: number): ResolvedPolicy {
  const others = (claims: readonly Claim[]) => claims.filter((claim) => claim.rule !== rule);
  const arches = facts.arches.map((arch) => ({
    ...arch,
    calls: new Map([...arch.calls].map(([nr, claims]) => [nr, others(claims)])),
  }));
  return { ...facts, arches };
}
