/**
 * What to add to a policy so that it allows one call that it denies, and nothing else that can be told apart.
 *
 *     ioctl(fd=0, request=TCGETS, arg=0x7ffd…)      allow ioctl when request == TCGETS
 *     mkdir(pathname="d", mode=0755)                allow mkdir
 *
 * The rule goes right before the one that denied, or to the end. It looks at the arguments whose numbers mean something
 * by themselves (commands, flags, signals, ids), and at those that the policy looks at for that call; never at
 * descriptors, addresses and lengths by its own choice, since they differ from run to run.
 */
import {
  type AbiName,
  type Arg,
  type ArgKind,
  abi as abiFacts,
  argsByRegister,
  argValueName,
  hasValueNames,
  type SyscallName,
  syscallName,
} from "../../arch/index.ts";
import type { SeccompData } from "../abi/data.ts";
import { SeccatError } from "../abi/error.ts";
import { type ResolvedCondition, widthRead } from "./condition.ts";
import { evaluate, type Verdict } from "./evaluate.ts";
import { resolve } from "./resolve.ts";
import type { ArgTest, Condition, Policy, Rule, Value } from "./types.ts";
import { parseValue } from "./when.ts";

/** A rule that allows one call. */
export interface Allowance {
  readonly kind: "rule";
  /** Index into `policy.rules` of the rule that it goes before; their number when it goes to the end. */
  readonly at: number;
  readonly rule: Rule;
  /** Its tests, all of which must hold; none when it allows the call whatever its arguments. */
  readonly tests: readonly ArgTest[];
}

/** That no rule can allow a call, and why. */
export interface NoAllowance {
  readonly kind: "none";
  readonly why: string;
}

/** The rule to add so that `policy` allows `data`, which it answers with `verdict`. */
export function allowanceFor(
  policy: Policy,
  data: SeccompData,
  verdict: Verdict = evaluate(policy, data),
): Allowance | NoAllowance {
  const { abi } = verdict;
  if (abi === undefined) return none("no architecture in the tables makes calls like this");
  if (verdict.reason === "badArch") return none(`the policy does not list ${abi}: add it to arches`);
  const at = verdict.rule ?? policy.rules.length;
  const call = syscallName(abi, data.nr);
  if (call === undefined && policy.arches.length > 1)
    return none(`call ${data.nr} has no name, and its number may be another call on the other arches`);
  const args = call ? argsByRegister(abi, call) : [];
  const told = tellingArguments([policy], abi, data.nr);
  const rule = (tests: readonly ArgTest[]) => allowRule([call ?? data.nr], conditionOf(tests));
  const test = (index: number, spelling: Naming["spelling"]) =>
    testOf({ abi, call, spelling }, index, args[index], data.args[index]);
  const named = told.map((index) => test(index, "names"));
  const isSaid = (tests: readonly ArgTest[]) => allows(policy, rule(tests), data);
  const tests = isSaid(named)
    ? named
    : told.map((index, i) => (isSaid(named.slice(i, i + 1)) ? test(index, "names") : test(index, "numbers")));
  if (tests === named || isSaid(tests)) return { kind: "rule", at, rule: rule(tests), tests };
  return none("the same condition does not mean the same on every arch that the policy lists");
}

function none(why: string): NoAllowance {
  return { kind: "none", why };
}

/** A rule that allows `syscalls` under a condition. */
export function allowRule(syscalls: Rule["syscalls"], when: Condition | undefined): Rule {
  return { action: { kind: "allow" }, syscalls, ...(when ? { when } : {}) };
}

function conditionOf(tests: readonly ArgTest[]): Condition | undefined {
  const [only] = tests;
  return tests.length > 1 ? { kind: "and", of: tests } : only;
}

/** Kinds of arguments whose numbers mean the same in every run. */
const meaningful: ReadonlySet<ArgKind> = new Set(["cmd", "flags", "clockid", "signal", "uid", "gid"]);
/** Further arguments of that sort, as `call.argument`. */
const alsoMeaningful = /^socket(pair)?\.protocol$/;

/**
 * Writes the arguments by which a rule would tell calls of number `nr` apart: two calls with the same text are allowed by
 * the same rule. Pointers are null or not, and of the others the bits that the kernel reads count.
 */
export function tellingShape(
  policies: readonly Policy[],
  abi: AbiName,
  nr: number,
): (registers: readonly bigint[]) => string {
  const call = syscallName(abi, nr);
  const args = call ? argsByRegister(abi, call) : [];
  const told = tellingArguments(policies, abi, nr).map((index) => {
    const arg = args[index];
    return { index, isPointer: arg?.type === "ptr", width: widthRead(arg?.type, abiFacts(abi).argBits) };
  });
  return (registers) =>
    told
      .map(({ index, isPointer, width }) => {
        const value = registers[index] ?? 0n;
        return isPointer ? value !== 0n : BigInt.asUintN(width, value);
      })
      .join();
}

/**
 * The indices of the arguments by which a rule would tell calls of number `nr` apart, in order: those that mean something
 * by themselves, and those that some of `policies` look at.
 */
function tellingArguments(policies: readonly Policy[], abi: AbiName, nr: number): number[] {
  const told = new Set<number>();
  const call = syscallName(abi, nr);
  const args = call ? argsByRegister(abi, call) : [];
  args.forEach((arg, index) => {
    if (!arg || !call) return;
    const named = hasValueNames(abi, call, index) || alsoMeaningful.test(`${call}.${arg.name}`);
    if (meaningful.has(arg.kind) || named) told.add(index);
  });
  for (const policy of policies) {
    const arch = resolve(policy).arches.find((candidate) => candidate.abi === abi);
    for (const { when } of arch?.calls.get(nr) ?? []) if (when) addTested(when, told);
  }
  return [...told].sort((a, b) => a - b);
}

function addTested(condition: ResolvedCondition, indices: Set<number>): void {
  if (condition.kind === "not") addTested(condition.of, indices);
  else if (condition.kind === "and" || condition.kind === "or")
    for (const part of condition.of) addTested(part, indices);
  else indices.add(condition.index);
}

interface Naming {
  readonly abi: AbiName;
  readonly call: SyscallName | undefined;
  /** Whether values get the names of constants, which another arch may lack. */
  readonly spelling: "names" | "numbers";
}

function testOf(naming: Naming, index: number, arg: Arg | undefined, register = 0n): ArgTest {
  if (!arg) return { kind: "compare", arg: { index, as: "u64" }, op: "==", value: register };
  const { name } = arg;
  if (arg.type === "ptr")
    return { kind: "compare", arg: { name, as: "ptr" }, op: register === 0n ? "==" : "!=", value: 0n };
  return { kind: "compare", arg: { name }, op: "==", value: spelledValue(naming, index, arg, register) };
}

function spelledValue({ abi, call, spelling }: Naming, index: number, arg: Arg, register: bigint): Value {
  const width = widthRead(arg.type, abiFacts(abi).argBits);
  const value = BigInt.asUintN(width, register);
  const name =
    call && spelling === "names" ? argValueName(abi, call, index, value, width === 64 ? 64 : 32) : undefined;
  return name === undefined ? value : parseValue(name);
}

/** Whether `rule` by itself allows `data`, and can be said on every arch of the policy. */
function allows(policy: Policy, rule: Rule, data: SeccompData): boolean {
  const { arches } = policy;
  try {
    return evaluate({ arches, default: { kind: "kill_process" }, rules: [rule] }, data).reason === "rule";
  } catch (error) {
    if (error instanceof SeccatError) return false;
    throw error;
  }
}
