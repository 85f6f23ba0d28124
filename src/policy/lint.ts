/** What is wrong with a policy although every name in it is right: rules that can never match, and their kin. */
import {
  type AbiName,
  compareVersions,
  isSyscallName,
  newestKernel,
  syscallAlias,
  syscallName,
} from "../../arch/index.ts";
import { type Issue, throwIssues } from "../abi/error.ts";
import { type Dead, type Doubt, type RuleReach, reachOf } from "./reach.ts";
import { type ResolvedPolicy, resolve } from "./resolve.ts";
import { diesOfRing } from "./ring.ts";
import type { Policy } from "./types.ts";

/** One finding about a policy; an `error` stops a compile. */
export interface Finding extends Issue {
  readonly severity: "error" | "warning";
  /** Index into `policy.rules`, when it is about one rule. */
  readonly rule?: number;
}

/**
 * All findings about `policy`, in rule order: rules that never match, names that an earlier rule decides
 * already, names that a listed arch lacks, and what the tables do not know. With `only`, some of the policy's
 * arches, warnings about the others are left out; what is an error is one for the whole policy.
 * Throws a SeccatError when the policy does not resolve.
 */
export function lint(policy: Policy, only?: readonly AbiName[]): Finding[] {
  const facts = resolve(policy);
  const arches = only ?? policy.arches;
  const reach = reachOf(facts, policy.rules.length);
  const rules = reach.flatMap((own, rule) => ruleFindings(policy, arches, own, rule));
  const inOrder = [...rules, ...skippedFindings(policy, facts, arches)].sort(
    (a, b) => (a.rule ?? 0) - (b.rule ?? 0),
  );
  return [...headFindings(policy, arches), ...inOrder, ...unknownFindings(reach)];
}

/** The findings that do not stop a compile; throws a SeccatError with all those that do. */
export function lintOrThrow(policy: Policy, arches?: readonly AbiName[]): Finding[] {
  const findings = lint(policy, arches);
  throwIssues(findings.filter(({ severity }) => severity === "error"));
  return findings;
}

function headFindings(policy: Policy, arches: readonly AbiName[]): Finding[] {
  const findings: Finding[] = [];
  const warn = (message: string, path: string, fix?: string) =>
    findings.push({
      code: "policy",
      severity: "warning",
      message,
      where: { path },
      ...(fix === undefined ? {} : { fix }),
    });
  if (policy.kernel !== undefined && compareVersions(policy.kernel, newestKernel) > 0)
    warn(
      `the tables end at Linux ${newestKernel}: calls that came since are not known here, and count as newer ones`,
      "kernel",
    );
  if (arches.includes("riscv32"))
    warn(
      "a 64-bit kernel reports the calls of riscv32 programs as riscv64's, with riscv32's numbers: this policy's riscv32 is for 32-bit kernels alone",
      "arches",
    );
  if (diesOfRing(policy))
    warn(
      "Node 22 and later would die of asking for an io_uring (io_uring_setup), which no filter can see into",
      "default",
      "add a rule { action: { errno: ENOSYS }, syscalls: [io_uring_setup] }, as seccat run does by itself",
    );
  return findings;
}

function ruleFindings(
  policy: Policy,
  arches: readonly AbiName[],
  { claims, doubts }: RuleReach,
  rule: number,
): Finding[] {
  if (claims > 0 && doubts.length === 0) return [];
  const where = { ...policy.rules[rule]?.where, path: `rules[${rule}]` };
  const common = { code: "policy", where, rule } as const;
  const never = (why: string): Finding[] => [
    {
      ...common,
      severity: policy.imported ? "warning" : "error",
      message: `the rule can never match: ${why}`,
    },
  ];
  if (claims === 0) return never("no listed arch has any of its syscalls");
  const dead = doubts.flatMap(({ reach }) => (reach === "unknown" ? [] : [reach]));
  if (dead.length === claims) return never(explain(dead));
  return partly(policy, rule, doubts, arches).map((message) => ({ ...common, severity: "warning", message }));
}

/** What is said of names that the rule writes out and that no call reaches; a group's members overlap by nature. */
function partly(
  policy: Policy,
  rule: number,
  doubts: readonly Doubt[],
  arches: readonly AbiName[],
): string[] {
  const written = policy.rules[rule]?.syscalls ?? [];
  const messages = new Map<string, AbiName[]>();
  for (const { abi, nr, reach } of doubts) {
    const name = syscallName(abi, nr) ?? nr;
    const isWritten = written.some(
      (entry) =>
        entry === name ||
        entry === nr ||
        (typeof entry === "string" && !isSyscallName(entry) && syscallAlias(entry, abi) === name),
    );
    if (reach === "unknown" || !isWritten || !arches.includes(abi)) continue;
    const message =
      reach.why === "contradiction"
        ? `the condition can never hold for ${name}`
        : `${name} is decided before this rule: ${explain([reach])}`;
    messages.set(message, [...(messages.get(message) ?? []), abi]);
  }
  return [...messages].map(([message, abis]) =>
    abis.length < arches.length ? `${message} (on ${abis.join(", ")})` : message,
  );
}

function explain(reasons: readonly Dead[]): string {
  if (reasons.every(({ why }) => why === "contradiction")) return "its condition contradicts itself";
  const by = [...new Set(reasons.flatMap((reason) => (reason.why === "shadowed" ? reason.by() : [])))];
  by.sort((a, b) => a - b);
  return `${ruleNumbers(by)} before it ${by.length > 1 ? "take" : "takes"} all of its calls`;
}

const MOST_NUMBERS = 8;

function ruleNumbers(rules: readonly number[]): string {
  const shown = rules.slice(0, MOST_NUMBERS).map((rule) => rule + 1);
  const more = rules.length > shown.length ? ` and ${rules.length - shown.length} more` : "";
  return `${rules.length > 1 ? "rules" : "rule"} ${shown.join(", ")}${more}`;
}

/** Rules with no claim known to decide something, and some of which that was not found out. */
function unknownFindings(reach: readonly RuleReach[]): Finding[] {
  const rules = reach.flatMap(({ claims, doubts }, rule) =>
    doubts.length === claims && doubts.some((doubt) => doubt.reach === "unknown") ? [rule] : [],
  );
  const [first] = rules;
  if (first === undefined) return [];
  const message = `whether ${ruleNumbers(rules)} can ever match was not found out: the conditions take too many steps`;
  return [{ code: "limit", severity: "warning", message, where: { path: `rules[${first}]` }, rule: first }];
}

function skippedFindings(policy: Policy, { skipped }: ResolvedPolicy, arches: readonly AbiName[]): Finding[] {
  const byName = new Map<string, { rule: number; syscall: string; abis: AbiName[] }>();
  for (const { rule, syscall, abi } of skipped) {
    if (!arches.includes(abi)) continue;
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
