/** A policy with rules added that allow calls which it denied; the other rules stay, unless nothing is left for them. */
import { type Allowance, allowRule } from "./allow.ts";
import { lint } from "./lint.ts";
import type { ArgTest, Condition, Policy, Rule, Value } from "./types.ts";

/** What to change about a policy's rules; all indices are those of the rules before. */
export interface Widening {
  /** Rules to insert before the rule with that index, or at the end; by index, then in order. */
  readonly insertions: readonly { readonly at: number; readonly rule: Rule }[];
  /** Names to take out of a rule, since an inserted one decides about them before it. */
  readonly superseded: readonly { readonly rule: number; readonly syscall: string }[];
  /** Rules to take out, since nothing is left for them to decide. */
  readonly dropped: readonly number[];
}

/** The changes by which `policy` allows all of `allowances`: one rule for calls without conditions, one for each other. */
export function wideningFor(policy: Policy, allowances: readonly Allowance[]): Widening {
  const insertions = joinAllowances(allowances);
  const superseded = insertions.flatMap(({ at, rule }) => {
    const denier = policy.rules[at];
    if (rule.when || !denier) return [];
    return denier.syscalls.flatMap((syscall) =>
      typeof syscall === "string" && rule.syscalls.includes(syscall) ? [{ rule: at, syscall }] : [],
    );
  });
  const emptied = policy.rules.flatMap(({ syscalls }, index) => {
    const gone = superseded.filter(({ rule }) => rule === index).length;
    return gone === syscalls.length ? [index] : [];
  });
  const partial = { insertions, superseded, dropped: emptied };
  const dead = deadRules(policy, partial);
  return { ...partial, dropped: [...new Set([...emptied, ...dead])].sort((a, b) => a - b) };
}

/** `policy` with these changes. */
export function widen(policy: Policy, { insertions, superseded, dropped }: Widening): Policy {
  const at = (index: number) => insertions.filter((one) => one.at === index).map(({ rule }) => rule);
  const rules = policy.rules.flatMap((rule, index) => {
    if (dropped.includes(index)) return at(index);
    const gone = superseded.filter((one) => one.rule === index).map(({ syscall }) => syscall);
    const kept = rule.syscalls.filter((entry) => typeof entry === "number" || !gone.includes(entry));
    return [...at(index), gone.length === 0 ? rule : { ...rule, syscalls: kept }];
  });
  return { ...policy, rules: [...rules, ...at(policy.rules.length)] };
}

/** The rules of `policy` that the changes leave nothing to, although they had something before. */
function deadRules(policy: Policy, widening: Widening): number[] {
  const widened = widen(policy, widening);
  const dead = neverMatching(widened);
  if (dead.size === 0) return [];
  // Another tool's profile may have such rules; a policy file may not.
  const before = policy.imported ? new Set<number>() : neverMatching(policy);
  return policy.rules.flatMap((rule, index) => {
    const now = widened.rules.findIndex(
      (other) => other === rule || (rule.where !== undefined && other.where === rule.where),
    );
    return dead.has(now) && !before.has(index) ? [index] : [];
  });
}

/** Rules that no call reaches: an error in a policy of one's own, a warning in one that was imported. */
function neverMatching(policy: Policy): ReadonlySet<number> {
  const { imported: _, ...own } = policy;
  const findings = lint(own).filter(({ severity }) => severity === "error");
  return new Set(findings.flatMap(({ rule }) => rule ?? []));
}

/** The rules that allow what `allowances` allow: one for calls without conditions, one for each other, by their place. */
export function joinAllowances(allowances: readonly Allowance[]): Widening["insertions"] {
  const insertions: { at: number; rule: Rule }[] = [];
  for (const at of [...new Set(allowances.map((one) => one.at))].sort((a, b) => a - b)) {
    const here = allowances.filter((one) => one.at === at);
    const calls = [...new Set(here.flatMap(({ rule }) => rule.syscalls))];
    const testsOf = (call: Rule["syscalls"][number]) =>
      here.filter(({ rule }) => rule.syscalls.includes(call)).map(({ tests }) => tests);
    const free = calls.filter((call) => testsOf(call).some((tests) => tests.length === 0));
    if (free.length > 0) insertions.push({ at, rule: allowRule(free, undefined) });
    for (const call of calls.filter((each) => !free.includes(each)))
      insertions.push({ at, rule: allowRule([call], anyOf(testsOf(call))) });
  }
  return insertions;
}

/** `cmd in {A, B}` where one argument differs alone, else `a == 1 && b == 2 || a == 3 && b == 4`. */
function anyOf(alternatives: readonly (readonly ArgTest[])[]): Condition | undefined {
  const distinct = [...new Map(alternatives.map((tests) => [keyOf(tests), tests])).values()];
  const [first = []] = distinct;
  if (distinct.length === 1) return allOf(first);
  const varying = first.findIndex((_, i) => {
    const rest = keyOf(without(first, i));
    return distinct.every((tests) => keyOf(without(tests, i)) === rest);
  });
  const values = distinct.flatMap((tests) => equalTo(tests[varying]) ?? []);
  const test = first[varying];
  if (varying >= 0 && test && values.length === distinct.length) {
    const set = values.map((value) => ({ from: value, to: value }));
    return allOf(first.map((one, i) => (i === varying ? { kind: "in", arg: test.arg, set } : one)));
  }
  return { kind: "or", of: distinct.flatMap((tests) => allOf(tests) ?? []) };
}

function allOf(tests: readonly ArgTest[]): Condition | undefined {
  const [only] = tests;
  return tests.length > 1 ? { kind: "and", of: tests } : only;
}

function without(tests: readonly ArgTest[], index: number): readonly ArgTest[] {
  return tests.filter((_, i) => i !== index);
}

/** What a plain test for equality compares with. */
function equalTo(test: ArgTest | undefined): Value | undefined {
  return test?.kind === "compare" && test.op === "==" && test.arg.as !== "ptr" ? test.value : undefined;
}

function keyOf(tests: readonly ArgTest[]): string {
  return JSON.stringify(tests, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}
