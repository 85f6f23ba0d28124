/** What is wrong with a policy although every name in it is right: rules that can never match, and their kin. */
import { type AbiName, syscallName } from "../../arch/index.ts";
import { type Issue, throwIssues } from "../abi/error.ts";
import { type Claim, type ResolvedPolicy, resolve } from "./resolve.ts";
import { type Demand, satisfy } from "./satisfy.ts";
import type { Policy } from "./types.ts";

/** One finding about a policy; an `error` stops a compile. */
export interface Finding extends Issue {
  readonly severity: "error" | "warning";
  /** Index into `policy.rules`, when it is about one rule. */
  readonly rule?: number;
}

/**
 * All findings about `policy`, in rule order: rules that never match, names that an earlier rule decides
 * already, names that a listed arch lacks.
 * Throws a SeccatError when the policy does not resolve.
 */
export function lint(policy: Policy): Finding[] {
  const facts = resolve(policy);
  const claims = claimsByRule(facts, policy.rules.length);
  const findings = claims.flatMap((own, rule) => ruleFindings(policy, own, rule));
  return [...findings, ...skippedFindings(policy, facts)].sort((a, b) => (a.rule ?? 0) - (b.rule ?? 0));
}

/** What a rule claims, as far as it could be in vain: the claims on one number, with the place of its own. */
interface OwnClaim {
  readonly abi: AbiName;
  readonly nr: number;
  readonly list: readonly Claim[];
  readonly at: number;
}

/** A rule's claims: how many, and those that a condition or an earlier rule could make vain. */
interface RuleClaims {
  count: number;
  readonly doubtful: OwnClaim[];
}

function claimsByRule(facts: ResolvedPolicy, rules: number): RuleClaims[] {
  const byRule: RuleClaims[] = Array.from({ length: rules }, () => ({ count: 0, doubtful: [] }));
  for (const { abi, calls } of facts.arches)
    for (const [nr, list] of calls)
      for (let at = 0; at < list.length; at++) {
        const claim = list[at];
        const claims = claim && byRule[claim.rule];
        if (!claims) continue;
        claims.count++;
        if (at > 0 || claim.when) claims.doubtful.push({ abi, nr, list, at });
      }
  return byRule;
}

/** The findings that do not stop a compile; throws a SeccatError with all those that do. */
export function lintOrThrow(policy: Policy): Finding[] {
  const findings = lint(policy);
  throwIssues(findings.filter(({ severity }) => severity === "error"));
  return findings;
}

/** Why a claim never decides anything. */
type Dead = { readonly why: "contradiction" } | { readonly why: "shadowed"; readonly by: readonly number[] };

function ruleFindings(policy: Policy, { count, doubtful }: RuleClaims, rule: number): Finding[] {
  if (count > 0 && doubtful.length === 0) return [];
  const dead = doubtful.flatMap(({ abi, nr, list, at }) => {
    const reason = deadReason(list, at);
    return reason ? [{ abi, nr, reason }] : [];
  });
  const where = { ...policy.rules[rule]?.where, path: `rules[${rule}]` };
  const common = { code: "policy", where, rule } as const;
  const severity = policy.imported ? "warning" : "error";
  if (count === 0)
    return [
      { ...common, severity, message: "the rule can never match: no listed arch has any of its syscalls" },
    ];
  if (dead.length === count)
    return [
      { ...common, severity, message: `the rule can never match: ${explain(dead.map((d) => d.reason))}` },
    ];
  return partly(policy, rule, dead).map((message) => ({ ...common, severity: "warning", message }));
}

/** Names that the rule writes out and that no call reaches; members of its groups overlap by nature. */
function partly(policy: Policy, rule: number, dead: { abi: AbiName; nr: number; reason: Dead }[]): string[] {
  const written = new Set<string | number>(policy.rules[rule]?.syscalls);
  const messages = new Set<string>();
  for (const { abi, nr, reason } of dead) {
    const name = syscallName(abi, nr) ?? nr;
    if (written.has(name)) messages.add(`${name} is decided before this rule: ${explain([reason])}`);
  }
  return [...messages];
}

function explain(reasons: readonly Dead[]): string {
  if (reasons.every(({ why }) => why === "contradiction")) return "its condition contradicts itself";
  const by = [...new Set(reasons.flatMap((reason) => (reason.why === "shadowed" ? reason.by : [])))];
  by.sort((a, b) => a - b);
  return `${by.length > 1 ? "rules" : "rule"} ${by.map((n) => n + 1).join(", ")} before it ${by.length > 1 ? "take" : "takes"} all of its calls`;
}

function deadReason(list: readonly Claim[], at: number): Dead | undefined {
  const claim = list[at];
  if (!claim) return undefined;
  const own: Demand[] = claim.when ? [{ condition: claim.when, holds: true }] : [];
  if (own.length > 0 && satisfy(own).kind === "no") return { why: "contradiction" };
  const earlier = list.slice(0, at);
  const whole = earlier.find(({ when }) => when === undefined);
  if (whole) return { why: "shadowed", by: [whole.rule] };
  if (earlier.length === 0) return undefined;
  const demands = earlier.flatMap(({ when }): Demand[] => (when ? [{ condition: when, holds: false }] : []));
  if (satisfy([...own, ...demands]).kind !== "no") return undefined;
  return { why: "shadowed", by: earlier.map(({ rule }) => rule) };
}

function skippedFindings(policy: Policy, { skipped }: ResolvedPolicy): Finding[] {
  const byName = new Map<string, { rule: number; syscall: string; abis: AbiName[] }>();
  for (const { rule, syscall, abi } of skipped) {
    const key = `${rule} ${syscall}`;
    const entry = byName.get(key) ?? { rule, syscall, abis: [] };
    entry.abis.push(abi);
    byName.set(key, entry);
  }
  return [...byName.values()].map(({ rule, syscall, abis }) => ({
    code: "policy",
    severity: "warning",
    rule,
    message: `${syscall} does not exist on ${abis.join(", ")}; the rule is left out there`,
    where: { ...policy.rules[rule]?.where, path: `rules[${rule}].syscalls` },
  }));
}
