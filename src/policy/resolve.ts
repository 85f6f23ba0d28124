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
  compareVersions,
  errnoNames,
  errnoNumber,
  expandGroup,
  groupNames,
  isAbiName,
  isGroupName,
  isSyscallName,
  newestKernel,
  newestNr,
  type SyscallName,
  syscallAlias,
  syscallName,
  syscallNames,
  syscallNr,
  syscallSince,
  X32_BIT,
} from "../../arch/index.ts";
import { type Action, encodeAction, MAX_ERRNO } from "../abi/action.ts";
import type { Endian } from "../abi/data.ts";
import { type Issue, throwIssues } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";
import { type ResolvedCondition, resolveCondition } from "./condition.ts";
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

/** What a policy says about one ABI. */
export interface ResolvedArch {
  readonly abi: AbiName;
  readonly auditArch: number;
  readonly endian: Endian;
  /** Per syscall number (exact seccomp_data.nr), the claims in rule order; ordered by number. */
  readonly calls: ReadonlyMap<number, readonly Claim[]>;
  /** For numbers that no claim decides. */
  readonly default: number;
  /** For numbers above `newest` that are no call of `kernel`. */
  readonly newer: number;
  /** The highest ordinary number of the policy's kernel. */
  readonly newest: number;
  /** Numbers above `newest` that the policy's kernel has all the same (x32's own block, ARM's private calls). */
  readonly beyond: readonly number[];
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

/** The action that `action` is on `abi`, with errno names as numbers. Throws a SeccatError. */
export function actionOn(action: PolicyAction, abi: AbiName): Action {
  const issues: Issue[] = [];
  const result = toAction(action, abi, issues, "action");
  throwIssues(issues);
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
  const where = { ...rule.where, path: `rules[${index}].syscalls` };
  if (rule.syscalls.length === 0)
    issues.push({ code: "policy", message: "the rule names no syscall", where, expected: "at least one" });
  for (const name of rule.syscalls) {
    if (typeof name === "number") {
      if (!Number.isInteger(name) || name < 0 || name > 0xffffffff)
        issues.push({
          code: "policy",
          message: "this is no syscall number",
          where,
          expected: "0..0xffffffff",
          received: String(name),
        });
    } else if (name.startsWith("@")) {
      if (!isGroupName(name)) issues.push(unknownName("group", name, groupNames, where));
    } else if (!isSyscallName(name) && syscallAlias(name) === undefined) {
      issues.push(unknownName("syscall", name, syscallNames, where));
    } else if (!policy.imported && policy.arches.every((abi) => nrOn(abi, name) === undefined)) {
      issues.push({
        code: "name",
        message: `no listed arch has the syscall ${name}`,
        where,
        expected: `a syscall of ${policy.arches.join(", ")}`,
        received: name,
      });
    }
  }
}

function unknownName(what: string, name: string, candidates: readonly string[], where: object): Issue {
  const fix = didYouMean(name, candidates);
  return {
    code: "name",
    message: `unknown ${what} ${name}`,
    where,
    received: name,
    ...(fix === undefined ? {} : { fix }),
  };
}

function nrOn(abi: AbiName, name: string): number | undefined {
  const direct = isSyscallName(name) ? syscallNr(abi, name) : undefined;
  if (direct !== undefined) return direct;
  const alias = syscallAlias(name, abi);
  return alias === undefined ? undefined : syscallNr(abi, alias);
}

function resolveArch(policy: Policy, name: AbiName, issues: Issue[], skipped: SkippedName[]): ResolvedArch {
  const facts = abiFacts(name);
  const kernel = policy.kernel ?? newestKernel;
  const claims = new Map<number, Claim[]>();
  policy.rules.forEach((rule, index) => {
    const ret = resolveAction(rule.action, name, issues, `rules[${index}].action`, policy, rule);
    const { when } = rule;
    const where = when && { ...rule.where, path: `rules[${index}].when` };
    for (const nr of numbersOf(rule, index, name, skipped)) {
      const list = claims.get(nr) ?? [];
      if (list.at(-1)?.rule === index) continue;
      if (!when || !where) list.push({ rule: index, ret });
      else {
        const call = syscallName(name, nr);
        list.push({ rule: index, ret, when: resolveCondition(when, name, call, nr, issues, where) });
      }
      if (list.length === 1) claims.set(nr, list);
    }
  });
  const { newest, beyond } = kernelLimits(name, kernel);
  const base = resolveAction(policy.default, name, issues, "default", policy);
  return {
    abi: name,
    auditArch: facts.auditArch,
    endian: facts.endian,
    calls: new Map([...claims].sort(([a], [b]) => a - b)),
    default: base,
    newer: policy.newer ? resolveAction(policy.newer, name, issues, "newer", policy) : base,
    newest,
    beyond,
  };
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

const limits = new Map<string, Pick<ResolvedArch, "newest" | "beyond">>();

/** Which numbers a kernel has on `abi`; the same for all policies. */
function kernelLimits(abi: AbiName, kernel: string): Pick<ResolvedArch, "newest" | "beyond"> {
  const key = `${abi} ${kernel}`;
  const known = limits.get(key);
  if (known) return known;
  const newest = newestNr(abi, kernel);
  const made = { newest, beyond: numbersBeyond(abi, newest, kernel) };
  limits.set(key, made);
  return made;
}

function numbersBeyond(abi: AbiName, newest: number, kernel: string): number[] {
  const numbers = new Set<number>();
  for (const name of syscallNames) {
    const nr = syscallNr(abi, name);
    if (nr === undefined || nr <= newest) continue;
    const since = syscallSince(name);
    if (since === undefined || compareVersions(since, kernel) <= 0) numbers.add(nr);
  }
  return [...numbers].sort((a, b) => a - b);
}

function resolveAction(
  action: PolicyAction,
  abi: AbiName | undefined,
  issues: Issue[],
  path: string,
  policy: Policy,
  rule?: Rule,
): number {
  return encodeAction(toAction(action, abi, issues, path, policy.imported, rule));
}

function toAction(
  action: PolicyAction,
  abi: AbiName | undefined,
  issues: Issue[],
  path: string,
  imported = false,
  rule?: Rule,
): Action {
  const where = { ...rule?.where, path };
  if (action.kind === "trap" || action.kind === "trace") {
    if (!Number.isInteger(action.data) || action.data < 0 || action.data > 0xffff)
      issues.push({
        code: "policy",
        message: `the data of ${action.kind} is out of range`,
        where,
        expected: "0..65535",
        received: String(action.data),
      });
    return action;
  }
  if (action.kind !== "errno") return action;
  if (typeof action.errno === "string") {
    const data = abi === undefined ? undefined : errnoNumber(abi, action.errno);
    if (data === undefined) issues.push(unknownName("errno", action.errno, errnoNames, where));
    return { kind: "errno", data: data ?? 1 };
  }
  // Other tools write 0 (the call does nothing and succeeds) and more than the kernel returns (it cuts to 4095).
  const [least, most] = imported ? [0, 0xffff] : [1, MAX_ERRNO];
  if (!Number.isInteger(action.errno) || action.errno < least || action.errno > most)
    issues.push({
      code: "policy",
      message: "the errno is out of range",
      where,
      expected: `${least}..${most}`,
      received: String(action.errno),
    });
  return { kind: "errno", data: action.errno };
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
