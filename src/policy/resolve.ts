/**
 * Policy -> numbers: names become syscall numbers, argument positions and constants, per ABI.
 *
 * Both the reference `evaluate` and the compiler start from here, so what a name means is said once; what the
 * numbers then decide, each works out in its own way.
 */
import {
  type AbiName,
  abi as abiFacts,
  abiNames,
  expandGroup,
  groupNames,
  isAbiName,
  isGroupName,
  isSyscallName,
  newestKernel,
  type SyscallName,
  syscallAlias,
  syscallName,
  syscallNames,
  syscallNr,
  X32_BIT,
} from "../../arch/index.ts";
import type { Endian } from "../abi/data.ts";
import { type Issue, throwIssues } from "../abi/error.ts";
import { resolveAction } from "./action.ts";
import { type ResolvedCondition, resolveCondition } from "./condition.ts";
import { kernelLimits, type Limits } from "./limits.ts";
import { nrOn, unknownName } from "./name.ts";
import { checkShape } from "./shape.ts";
import type { Policy, PolicyAction, Rule } from "./types.ts";

/** One rule's claim on one syscall number: its condition in numbers and its return value. */
export interface Claim {
  /** Index into `policy.rules`. */
  readonly rule: number;
  /** Absent: every call of that number. */
  readonly when?: ResolvedCondition;
  /** The u32 that the filter returns. */
  readonly ret: number;
}

/** What a policy says about one ABI; the limits are those of the policy's kernel. */
export interface ResolvedArch extends Limits {
  readonly abi: AbiName;
  readonly auditArch: number;
  readonly endian: Endian;
  /** Per syscall number (exact seccomp_data.nr), the claims in rule order; ordered by number. */
  readonly calls: ReadonlyMap<number, readonly Claim[]>;
  /** For numbers that no claim decides. */
  readonly default: number;
  /** For numbers above `newest` that are no call of `kernel`. */
  readonly newer: number;
}

/** A policy in numbers. */
export interface ResolvedPolicy {
  readonly arches: readonly ResolvedArch[];
  readonly badArch: number;
  /** Names skipped because an ABI lacks them, in rule order. */
  readonly skipped: readonly SkippedName[];
}

/** A name that one listed ABI does not have; the rule holds on the others. */
export interface SkippedName {
  readonly rule: number;
  readonly syscall: SyscallName;
  readonly abi: AbiName;
}

const resolved = new WeakMap<Policy, ResolvedPolicy>();

/**
 * `policy` in numbers.
 * Throws a SeccatError "schema" when it has not a policy's shape, else with every unknown name, misplaced condition
 * and value out of range.
 */
export function resolve(policy: Policy): ResolvedPolicy {
  const known = resolved.get(policy);
  if (known) return known;
  checkShape(policy);
  const issues: Issue[] = [];
  checkHead(policy, issues);
  throwIssues(issues);
  const skipped: SkippedName[] = [];
  policy.rules.forEach((rule, index) => {
    checkNames(policy, rule, index, issues);
  });
  const arches = policy.arches.map((name) => resolveArch(policy, name, issues, skipped));
  const badArch = resolveAction(badArchOf(policy), policy.arches[0], issues, "badArch", policy);
  throwIssues(unique(issues));
  skipped.sort((a, b) => a.rule - b.rule);
  const result = { arches, badArch, skipped };
  resolved.set(policy, result);
  return result;
}

/**
 * What a filter returns for arches that `policy` does not list, where `abi` is the first that it is for.
 * Throws a SeccatError when that ABI has no such errno.
 */
export function badArchOn(policy: Policy, abi: AbiName): number {
  const issues: Issue[] = [];
  const ret = resolveAction(badArchOf(policy), abi, issues, "badArch", policy);
  throwIssues(issues);
  return ret;
}

function badArchOf(policy: Policy): PolicyAction {
  return policy.badArch ?? { kind: "kill_process" };
}

function checkHead(policy: Policy, issues: Issue[]): void {
  if (policy.arches.length === 0)
    issues.push({
      code: "policy",
      message: "the policy lists no arch",
      where: { path: "arches" },
      expected: "at least one",
    });
  policy.arches.forEach((name, i) => {
    const where = { path: `arches[${i}]` };
    if (!isAbiName(name)) issues.push(unknownName("arch", name, abiNames, where));
    else if (policy.arches.indexOf(name) !== i)
      issues.push({ code: "policy", message: `${name} is listed twice`, where });
  });
  if (policy.kernel !== undefined && !/^\d+\.\d+$/.test(policy.kernel))
    issues.push({
      code: "policy",
      message: "this is no kernel version",
      where: { path: "kernel" },
      expected: 'two numbers, such as "6.1"',
      received: policy.kernel,
    });
}

function checkNames(policy: Policy, rule: Rule, index: number, issues: Issue[]): void {
  const where = () => ({ ...rule.where, path: `rules[${index}].syscalls` });
  if (rule.syscalls.length === 0)
    issues.push({
      code: "policy",
      message: "the rule names no syscall",
      where: where(),
      expected: "at least one",
    });
  for (const name of rule.syscalls) {
    if (typeof name === "number") {
      if (!Number.isInteger(name) || name < 0 || name > 0xffffffff)
        issues.push({
          code: "policy",
          message: "this is no syscall number",
          where: where(),
          expected: "0..0xffffffff",
          received: String(name),
        });
    } else if (name.startsWith("@")) {
      if (!isGroupName(name)) issues.push(unknownName("group", name, groupNames, where()));
    } else if (!isSyscallName(name) && syscallAlias(name) === undefined) {
      issues.push(unknownName("syscall", name, syscallNames, where()));
    } else if (!policy.imported && policy.arches.every((abi) => nrOn(abi, name) === undefined)) {
      issues.push({
        code: "name",
        message: `no listed arch has the syscall ${name}`,
        where: where(),
        expected: `a syscall of ${policy.arches.join(", ")}`,
        received: name,
      });
    }
  }
}

function resolveArch(policy: Policy, name: AbiName, issues: Issue[], skipped: SkippedName[]): ResolvedArch {
  const facts = abiFacts(name);
  const kernel = policy.kernel ?? newestKernel;
  const claims = new Map<number, Claim[]>();
  policy.rules.forEach((rule, index) => {
    const ret = resolveAction(rule.action, name, issues, `rules[${index}].action`, policy, rule);
    const { when } = rule;
    const where = when && { ...rule.where, path: `rules[${index}].when` };
    const always: Claim = { rule: index, ret };
    const claimOn = (nr: number): Claim =>
      when && where
        ? { ...always, when: resolveCondition(when, name, syscallName(name, nr), nr, issues, where) }
        : always;
    for (const nr of numbersOf(rule, index, name, skipped)) {
      const list = claims.get(nr);
      if (!list) claims.set(nr, [claimOn(nr)]);
      else if (list.at(-1)?.rule !== index) list.push(claimOn(nr));
    }
  });
  const { newest, beyond } = kernelLimits(name, kernel);
  const base = resolveAction(policy.default, name, issues, "default", policy);
  return {
    abi: name,
    auditArch: facts.auditArch,
    endian: facts.endian,
    calls: inOrder(claims),
    default: base,
    newer: policy.newer ? resolveAction(policy.newer, name, issues, "newer", policy) : base,
    newest,
    beyond,
  };
}

function inOrder(claims: ReadonlyMap<number, Claim[]>): Map<number, Claim[]> {
  const ordered = new Map<number, Claim[]>();
  for (const nr of Uint32Array.from(claims.keys()).sort()) ordered.set(nr, claims.get(nr) ?? []);
  return ordered;
}

/** The numbers that `rule` claims on `abi`, in the order written. */
function numbersOf(rule: Rule, index: number, abi: AbiName, skipped: SkippedName[]): number[] {
  const numbers: number[] = [];
  for (const entry of rule.syscalls) {
    if (typeof entry === "number") {
      if (ofAbi(entry, abi)) numbers.push(entry);
    } else if (isGroupName(entry)) {
      for (const member of expandGroup(entry)) {
        const nr = syscallNr(abi, member);
        if (nr !== undefined) numbers.push(nr);
      }
    } else {
      const nr = nrOn(abi, entry);
      if (nr !== undefined) numbers.push(nr);
      else if (isSyscallName(entry)) skipped.push({ rule: index, syscall: entry, abi });
    }
  }
  return numbers;
}

/** Whether a raw number can be a call of `abi`: x86_64 and x32 share their arch and differ in bit 30. */
function ofAbi(nr: number, abi: AbiName): boolean {
  if (abi === "x32") return (nr & X32_BIT) !== 0;
  return abi !== "x86_64" || (nr & X32_BIT) === 0;
}

/** The same problem on several arches is one problem. */
function unique(issues: readonly Issue[]): Issue[] {
  const seen = new Set<string>();
  return issues.filter((issue) => {
    const key = JSON.stringify(issue);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
