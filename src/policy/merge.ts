/**
 * The union of policies: a call gets the most permissive of their answers, by the kernel's precedence. Written in
 * one way only, so that the order in which policies are put together does not show: rules by action, condition and
 * reason, calls by name. Groups become their calls, and a `kernel` without `newer`, which decides nothing, goes.
 */
import {
  type AbiName,
  abiNames,
  errnoName,
  type SyscallName,
  syscallName,
  syscallNr,
} from "../../arch/index.ts";
import { actionNames, decodeAction, formatAction } from "../abi/action.ts";
import { type Issue, SeccatError, throwIssues } from "../abi/error.ts";
import { badArchOn, type ResolvedArch, type ResolvedPolicy, resolve } from "./resolve.ts";
import type { Policy, PolicyAction, Rule } from "./types.ts";
import { type Conflict, compareText, type Decision, rankOf, ruleHead, unite, type Voice } from "./union.ts";
import { parseWhen } from "./when.ts";

/** A policy and what it resolves to. */
interface Input {
  readonly policy: Policy;
  readonly facts: ResolvedPolicy;
  readonly label: string;
}

/** The answers that no rule gives. */
interface Head {
  readonly arches: readonly AbiName[];
  readonly default: PolicyAction;
  readonly badArch: PolicyAction;
  readonly newer: PolicyAction;
  readonly kernel: string | undefined;
}

type Name = SyscallName | number;

/**
 * The union of `policies`, at least one: commutative, associative and idempotent in what it means and, where it
 * refuses nothing on the way, in what it is.
 * Throws a SeccatError "policy" for answers of which neither is more permissive (two errors, say), and for calls that
 * would need another answer on one arch than on another; or what resolve throws.
 */
export function mergePolicies(policies: readonly Policy[]): Policy {
  const inputs = policies.map((policy, i): Input => {
    return { policy, facts: resolve(policy), label: policy.name ?? `policy ${i + 1}` };
  });
  if (inputs.length === 0) throw new SeccatError({ code: "usage", message: "there is no policy to merge" });
  const issues: Issue[] = [];
  const head = headOf(inputs, issues);
  throwIssues(issues);
  const rules = rulesOf(inputs, head, issues);
  throwIssues(issues);
  return withHead(inputs, head, rules);
}

function withHead(inputs: readonly Input[], head: Head, rules: readonly Rule[]): Policy {
  const names = [...new Set(inputs.flatMap(({ policy }) => policy.name?.split(", ") ?? []))].sort(
    compareText,
  );
  const hasNewer = keyOf(head.newer) !== keyOf(head.default);
  return {
    ...(names.length === 0 ? {} : { name: names.join(", ") }),
    ...(inputs.some(({ policy }) => policy.imported) ? { imported: true } : {}),
    arches: head.arches,
    default: head.default,
    ...(keyOf(head.badArch) === "kill_process" ? {} : { badArch: head.badArch }),
    ...(hasNewer && head.kernel !== undefined ? { kernel: head.kernel } : {}),
    ...(hasNewer ? { newer: head.newer } : {}),
    rules,
  };
}

function headOf(inputs: readonly Input[], issues: Issue[]): Head {
  const arches = abiNames.filter((abi) => inputs.some(({ policy }) => policy.arches.includes(abi)));
  const answer = (what: string, of: (input: Input, abi: AbiName) => number) => {
    const all = arches.map((abi) => mostOf(inputs, what, (input) => of(input, abi), abi, issues));
    const texts = new Map(all.map((ret, i) => [keyOf(actionFor(ret, arches[i] ?? "x86_64")), arches[i]]));
    if (texts.size > 1)
      issues.push({
        code: "policy",
        message: `${what} would differ between arches: ${[...texts].map(([text, abi]) => `${text} on ${abi}`).join(", ")}`,
        where: { path: what },
        fix: "merge the policies of each arch by themselves",
      });
    return actionFor(all[0] ?? 0, arches[0] ?? "x86_64");
  };
  const kernels = [...new Set(inputs.flatMap(({ policy }) => (policy.newer ? [policy.kernel] : [])))];
  if (kernels.length > 1)
    issues.push({
      code: "policy",
      message: `the policies have \`newer\` for different kernels: ${kernels.map((kernel) => kernel ?? "the newest").join(", ")}`,
      where: { path: "kernel" },
      fix: "give them the same kernel, or no `newer`",
    });
  return {
    arches,
    default: answer("default", (input, abi) => archOf(input, abi)?.default ?? outside(input, abi)),
    newer: answer("newer", (input, abi) => archOf(input, abi)?.newer ?? outside(input, abi)),
    badArch: answer("badArch", outside),
    kernel: kernels[0],
  };
}

/** The most permissive return value that a policy gives; an issue when two are as permissive as each other. */
function mostOf(
  inputs: readonly Input[],
  what: string,
  of: (input: Input) => number,
  abi: AbiName,
  issues: Issue[],
): number {
  const rets = inputs.map(of);
  const most = rets.reduce((best, ret) => (rankOf(ret) > rankOf(best) ? ret : best));
  rets.forEach((ret, i) => {
    if (rankOf(ret) !== rankOf(most) || ret === most) return;
    const conflict: Conflict = { voices: [rets.indexOf(most), i], rets: [most, ret] };
    issues.push(conflictIssue(inputs, what, abi, conflict));
  });
  return most;
}

function conflictIssue(
  inputs: readonly Input[],
  what: string,
  abi: AbiName,
  { voices, rets }: Conflict,
): Issue {
  const said = voices.map(
    (voice, i) => `${inputs[voice]?.label} says ${keyOf(actionFor(rets[i] ?? 0, abi))}`,
  );
  return {
    code: "policy",
    message: `${what} has two answers of which neither allows more: ${said.join(", ")}`,
    where: { path: what },
    fix: "make them the same in both policies",
  };
}

function archOf({ facts }: Input, abi: AbiName): ResolvedArch | undefined {
  return facts.arches.find((arch) => arch.abi === abi);
}

/** What a policy answers to calls of an arch that it does not list. */
function outside({ policy }: Input, abi: AbiName): number {
  return badArchOn(policy, abi);
}

/** An action by its return value, errors by name. */
function actionFor(ret: number, abi: AbiName): PolicyAction {
  const action = decodeAction(ret);
  if (!("data" in action)) return action;
  const { kind, data } = action;
  return kind === "errno" ? { kind, errno: errnoName(abi, data) ?? data } : { kind, data };
}

/** An action in one word. */
function keyOf(action: PolicyAction): string {
  return action.kind === "errno" ? `errno ${action.errno}` : formatAction(action);
}

function rulesOf(inputs: readonly Input[], head: Head, issues: Issue[]): Rule[] {
  const answers = new Map<Name, Map<AbiName, readonly Decision[]>>();
  for (const abi of head.arches)
    for (const nr of numbersOn(inputs, abi)) {
      const voices = inputs.map((input) => voiceOf(input, abi, nr));
      const name = syscallName(abi, nr) ?? nr;
      const united = unite(voices, fallbackOf(inputs, head, abi, nr));
      if ("rets" in united) issues.push(conflictIssue(inputs, String(name), abi, united));
      else answers.set(name, (answers.get(name) ?? new Map<AbiName, readonly Decision[]>()).set(abi, united));
    }
  return groupedRules([...answers].flatMap(([name, byAbi]) => sameOnAll(name, byAbi, head, issues)));
}

function numbersOn(inputs: readonly Input[], abi: AbiName): readonly number[] {
  const numbers = inputs.flatMap((input) => [...(archOf(input, abi)?.calls.keys() ?? [])]);
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function voiceOf(input: Input, abi: AbiName, nr: number): Voice {
  const arch = archOf(input, abi);
  if (!arch) return { policy: input.policy, claims: [], rest: outside(input, abi) };
  return {
    policy: input.policy,
    claims: arch.calls.get(nr) ?? [],
    rest: isNewer(arch, nr) ? arch.newer : arch.default,
  };
}

function isNewer({ newest, beyond }: ResolvedArch, nr: number): boolean {
  return nr > newest && !beyond.includes(nr);
}

/** What the union answers to a number that no rule of it names. */
function fallbackOf(inputs: readonly Input[], head: Head, abi: AbiName, nr: number): number {
  const kernelOf = inputs.find(({ policy }) => policy.newer && policy.arches.includes(abi)) ?? inputs[0];
  const arch = kernelOf && archOf(kernelOf, abi);
  const action = arch && isNewer(arch, nr) ? head.newer : head.default;
  const rets = inputs.flatMap((input) => {
    const own = archOf(input, abi);
    return own ? [own.default, own.newer] : [outside(input, abi)];
  });
  return rets.find((ret) => keyOf(actionFor(ret, abi)) === keyOf(action)) ?? rets[0] ?? 0;
}

type Ruled = Pick<Rule, "when" | "why"> & { readonly action: PolicyAction; readonly name: Name };

/** The rules of one call, which have to be the same on every arch that has it. */
function sameOnAll(
  name: Name,
  byAbi: ReadonlyMap<AbiName, readonly Decision[]>,
  head: Head,
  issues: Issue[],
): Ruled[] {
  const ruled = head.arches
    .filter((abi) => typeof name === "number" || syscallNr(abi, name) !== undefined)
    .map((abi) => ({ abi, rules: (byAbi.get(abi) ?? []).map((one) => ruledAs(name, one, abi)) }));
  const [first, ...others] = ruled;
  const other = others.find(
    ({ rules }) => JSON.stringify(rules, plain) !== JSON.stringify(first?.rules, plain),
  );
  if (!first || !other) return first?.rules ?? [];
  issues.push({
    code: "policy",
    message: `${name} would need another answer on ${first.abi} than on ${other.abi}, and a rule holds on every arch that the policy lists`,
    fix: "merge the policies of each arch by themselves",
  });
  return [];
}

function ruledAs(name: Name, decision: Decision, abi: AbiName): Ruled {
  return { name, action: actionFor(decision.ret, abi), ...ruleHead(decision, parseWhen) };
}

function plain(key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : key === "where" ? undefined : value;
}

/** Rules that differ in their calls only, as one; the most permissive first. */
function groupedRules(all: readonly Ruled[]): Rule[] {
  const groups = new Map<string, { readonly head: Ruled; readonly names: Name[] }>();
  for (const one of all) {
    const key = keyOfRule(one);
    const group = groups.get(key) ?? { head: one, names: [] };
    group.names.push(one.name);
    groups.set(key, group);
  }
  return [...groups]
    .sort(
      ([a, { head: left }], [b, { head: right }]) =>
        rankOfAction(right) - rankOfAction(left) || compareText(a, b),
    )
    .map(([, { head, names }]) => {
      const { name: _, action, ...rest } = head;
      return { action, syscalls: names.sort(compareNames), ...rest };
    });
}

function keyOfRule({ action, when, why }: Ruled): string {
  return JSON.stringify([keyOf(action), when ?? "", why ?? ""], plain);
}

function rankOfAction({ action }: Ruled): number {
  return actionNames.indexOf(action.kind);
}

/** By the alphabet, bare numbers last. */
function compareNames(a: Name, b: Name): number {
  if (typeof a === "number") return typeof b === "number" ? a - b : 1;
  return typeof b === "number" ? -1 : compareText(a, b);
}
