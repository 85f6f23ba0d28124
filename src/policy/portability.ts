/**
 * Whether a policy holds elsewhere: another libc, kernel or architecture asks for the same work by other calls
 * (arch/twin.ts), which a policy learned on one machine then denies.
 *
 * A call counts as allowed when some rule allows it, under whatever condition.
 */
import {
  type AbiName,
  type SyscallName,
  substituteOn,
  syscallNr,
  type Twin,
  type TwinCause,
  twinCauses,
  twinsOn,
} from "../../arch/index.ts";
import { decodeAction } from "../abi/action.ts";
import type { Issue } from "../abi/error.ts";
import { resolveCondition } from "./condition.ts";
import { type ResolvedArch, resolve } from "./resolve.ts";
import type { ArgTest, Condition, Policy, Rule } from "./types.ts";

/** A call that a policy allows, and what is called elsewhere in its place. */
export interface TwinFinding {
  readonly cause: TwinCause;
  readonly call: SyscallName;
  readonly twins: readonly SyscallName[];
  /** Those of `twins` that would have to be allowed too; none when the policy allows what is needed. */
  readonly missing: readonly SyscallName[];
  /** Who calls the twins, since when. */
  readonly why: string;
  /** The ABIs on which it is so. */
  readonly abis: readonly AbiName[];
  /** Index of the rule that allows the call. */
  readonly rule: number;
}

/** A policy with twins added, and what could not be. */
export interface Widened {
  readonly policy: Policy;
  readonly added: readonly SyscallName[];
  /** Twins that were left out, each with the reason. */
  readonly left: readonly { readonly finding: TwinFinding; readonly reason: string }[];
}

/**
 * What `policy` misses elsewhere, in rule order: for every allowed call the twins of these causes that are not
 * allowed, and calls of former days also when their twins are, unless a rule says why. Twins that a rule denies are left alone.
 * Throws a SeccatError when the policy does not resolve.
 */
export function portability(policy: Policy, causes: readonly TwinCause[] = twinCauses): TwinFinding[] {
  const facts = resolve(policy);
  const found = facts.arches.flatMap((arch) => findingsOn(policy, arch));
  for (const { rule, syscall, abi } of facts.skipped) {
    const arch = facts.arches.find((candidate) => candidate.abi === abi);
    const twin = substituteOn(abi, syscall);
    if (!arch || !twin || policy.rules[rule]?.action.kind !== "allow") continue;
    const finding = findingOf(arch, twin, rule);
    if (finding && finding.missing.length > 0) found.push(finding);
  }
  return joined(found.filter(({ cause }) => causes.includes(cause)));
}

function findingsOn(policy: Policy, arch: ResolvedArch): TwinFinding[] {
  return twinsOn(arch.abi).flatMap((twin) => {
    // Only a log tells the argument that makes these worth a word.
    if (twin.args !== undefined) return [];
    const rule = allowing(arch, twin.call);
    const finding = rule === undefined ? undefined : findingOf(arch, twin, rule);
    if (!finding) return [];
    const told = twin.outdated && !twin.twins.some((other) => isExplained(policy, arch, other));
    return told || finding.missing.length > 0 ? [finding] : [];
  });
}

/** Whether the rule that allows a call says why: then somebody has thought of it. */
function isExplained(policy: Policy, arch: ResolvedArch, call: SyscallName): boolean {
  const rule = allowing(arch, call);
  return rule !== undefined && policy.rules[rule]?.why !== undefined;
}

function findingOf(arch: ResolvedArch, twin: Twin, rule: number): TwinFinding | undefined {
  if (passes(arch.default)) return undefined;
  const { cause, call, twins, why } = twin;
  const has = twins.filter((other) => allowing(arch, other) !== undefined);
  const silent = twins.filter((other) => !arch.calls.has(syscallNr(arch.abi, other) ?? -1));
  const wanted = has.length > 0 ? [] : twin.every ? silent : silent.slice(0, 1);
  if (has.length === 0 && wanted.length === 0) return undefined;
  return { cause, call, twins, missing: wanted, why, abis: [arch.abi], rule };
}

/** The first rule that allows a call on an ABI. */
function allowing(arch: ResolvedArch, call: SyscallName): number | undefined {
  const claims = arch.calls.get(syscallNr(arch.abi, call) ?? -1) ?? [];
  return claims.find(({ ret }) => passes(ret))?.rule;
}

function passes(ret: number): boolean {
  const { kind } = decodeAction(ret);
  return kind === "allow" || kind === "log";
}

/** The same finding on several ABIs is one, in the order of rules and causes. */
function joined(findings: readonly TwinFinding[]): TwinFinding[] {
  const byKey = new Map<string, TwinFinding>();
  for (const finding of findings) {
    const { cause, call, twins, missing, why, rule } = finding;
    const key = JSON.stringify([cause, call, twins, missing, why, rule]);
    const had = byKey.get(key);
    byKey.set(key, had ? { ...had, abis: [...had.abis, ...finding.abis] } : finding);
  }
  const order = ({ rule, cause }: TwinFinding) => rule * twinCauses.length + twinCauses.indexOf(cause);
  return [...byKey.values()].sort((a, b) => order(a) - order(b));
}

/** What is called by whom, as a rule's `why` says it. */
const elsewhere: Readonly<Record<TwinCause, string>> = {
  libc: "what other libcs call for",
  kernel: "what is called on other kernels for",
  arch: "what other architectures have for",
};

/**
 * `policy` with the missing twins of these causes allowed, each behind the rule that allows its call, under the
 * same condition, and with a reason. A condition that the twin has no arguments for keeps it out.
 */
export function widen(policy: Policy, causes: readonly TwinCause[]): Widened {
  const left: { finding: TwinFinding; reason: string }[] = [];
  const added = new Set<SyscallName>();
  const behind = new Map<number, Map<string, Rule>>();
  for (const finding of portability(policy, causes)) {
    const rule = policy.rules[finding.rule];
    if (!rule) continue;
    const fresh = finding.missing.filter((call) => !added.has(call));
    const fitting = fresh.filter((call) => fits(policy, rule.when, call));
    if (fitting.length < fresh.length)
      left.push({ finding, reason: `rule ${finding.rule + 1} has a condition that it cannot take over` });
    if (fitting.length === 0) continue;
    for (const call of fitting) added.add(call);
    const rules = behind.get(finding.rule) ?? new Map<string, Rule>();
    const why = `${elsewhere[finding.cause]} ${finding.call}: ${finding.why}`;
    const { action, when } = rule;
    // Another ABI can have other twins for the same reason.
    const syscalls = [...(rules.get(why)?.syscalls ?? []), ...fitting];
    rules.set(why, { action, syscalls, ...(when ? { when } : {}), why });
    behind.set(finding.rule, rules);
  }
  const rules = policy.rules.flatMap((rule, i) => [rule, ...(behind.get(i)?.values() ?? [])]);
  return { policy: { ...policy, rules }, added: [...added], left };
}

/** Whether the condition speaks of arguments by names that the call's have too, on every ABI that has the call. */
function fits(policy: Policy, when: Condition | undefined, call: SyscallName): boolean {
  if (!when) return true;
  if (!testsOf(when).every(({ arg }) => arg.name !== undefined)) return false;
  const issues: Issue[] = [];
  for (const abi of policy.arches) {
    const nr = syscallNr(abi, call);
    if (nr !== undefined) resolveCondition(when, abi, call, nr, issues, {});
  }
  return issues.length === 0;
}

function testsOf(condition: Condition): readonly ArgTest[] {
  if (condition.kind === "and" || condition.kind === "or") return condition.of.flatMap(testsOf);
  return condition.kind === "not" ? testsOf(condition.of) : [condition];
}
