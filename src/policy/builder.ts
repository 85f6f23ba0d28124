/**
 * Policies in TypeScript: the same shape as the files, with names that an editor completes.
 *
 *     policy({ default: "kill_process", arches: ["x86_64"] }, [
 *       allow("read", "write", "exit_group"),
 *       allow("socket").if("domain == AF_UNIX"),
 *       deny("EPERM", "ptrace", "@mount"),
 *     ])
 */
import type { AbiName, ConstantName, ErrnoName, GroupName, SyscallName } from "../../arch/index.ts";
import { plainActions } from "../abi/action.ts";
import { throwIssues } from "../abi/error.ts";
import { isFields, keyIssues, wrongValue } from "../abi/fields.ts";
import { didYouMean } from "../abi/nearest.ts";
import { toBigInt } from "./call.ts";
import { lint } from "./lint.ts";
import { checkShape, policyKeys } from "./shape.ts";
import type { ArgRef, CompareOp, Condition, Policy, PolicyAction, Rule, Value } from "./types.ts";
import { parseWhen } from "./when.ts";

/** A syscall, a group of them, or an exact number. */
export type SyscallRef = SyscallName | GroupName | number;

/** An action in the files' short form. */
export type ActionInput =
  | (typeof plainActions)[number]
  | { readonly errno: ErrnoName | number }
  | { readonly trap: number }
  | { readonly trace: number };

const headKeys = policyKeys.filter((key) => key !== "imported" && key !== "rules");

/** A value in a condition: a number, a constant's name, or several constants of which all bits are meant. */
export type ValueInput = number | bigint | ConstantName | readonly (number | bigint | ConstantName)[];

/** Everything of a policy but its rules. */
export interface PolicyHead {
  readonly name?: string;
  readonly arches: readonly AbiName[];
  readonly default: ActionInput;
  readonly badArch?: ActionInput;
  readonly kernel?: string;
  readonly newer?: ActionInput;
}

/** A rule that can still be given a condition and a reason. */
export interface RuleBuilder extends Rule {
  /** The same rule under a condition: the text of one, or a tree made by `arg`, `all`, `any`, `not`. */
  if(condition: string | Condition): RuleBuilder;
  /** The same rule with a sentence on why it is there. */
  because(why: string): RuleBuilder;
}

/**
 * The policy with these rules, in this order.
 * Throws a SeccatError with every fault of its shape, or else with every one that lint finds.
 */
export function policy(head: PolicyHead, rules: readonly Rule[]): Policy {
  if (!isFields(head))
    throw wrongValue("this is no head of a policy", "an object with arches and default", head);
  throwIssues(keyIssues(head, headKeys));
  const written: Policy = {
    ...(head.name === undefined ? {} : { name: head.name }),
    arches: head.arches,
    default: toAction(head.default, "default"),
    ...(head.badArch === undefined ? {} : { badArch: toAction(head.badArch, "badArch") }),
    ...(head.kernel === undefined ? {} : { kernel: head.kernel }),
    ...(head.newer === undefined ? {} : { newer: toAction(head.newer, "newer") }),
    rules,
  };
  checkShape(written);
  const made: Policy = { ...written, arches: [...head.arches], rules: rules.map(plainRule) };
  throwIssues(lint(made).filter(({ severity }) => severity === "error"));
  return made;
}

/** The rule without its builder. */
function plainRule({ action, syscalls, when, why }: Rule): Rule {
  return { action, syscalls, ...(when ? { when } : {}), ...(why === undefined ? {} : { why }) };
}

/** A rule that gives `action` to the named calls. */
export function rule(action: ActionInput, ...syscalls: SyscallRef[]): RuleBuilder {
  return extend({ action: toAction(action), syscalls });
}

/** A rule that allows the named calls. */
export function allow(...syscalls: SyscallRef[]): RuleBuilder {
  return rule("allow", ...syscalls);
}

/** A rule that makes the named calls fail with `errno`. */
export function deny(errno: ErrnoName | number, ...syscalls: SyscallRef[]): RuleBuilder {
  return rule({ errno }, ...syscalls);
}

function extend(base: Rule): RuleBuilder {
  return {
    ...base,
    if: (condition) => {
      if (isFields(condition)) return extend({ ...base, when: condition });
      if (typeof condition === "string") return extend({ ...base, when: parseWhen(condition) });
      throw wrongValue("this is no condition", "the text or the tree of one", condition);
    },
    because: (why) => extend({ ...base, why }),
  };
}

/** The tree's form of an action's short form, which stands at `path`. Throws a SeccatError "schema". */
export function toAction(input: ActionInput, path = "action"): PolicyAction {
  if (typeof input === "object" && input !== null && Object.keys(input).length === 1) {
    if ("errno" in input) return { kind: "errno", errno: input.errno };
    if ("trap" in input) return { kind: "trap", data: input.trap };
    if ("trace" in input) return { kind: "trace", data: input.trace };
  }
  const word = plainActions.find((name) => name === input);
  if (word === "trap" || word === "trace") return { kind: word, data: 0 };
  if (word !== undefined) return { kind: word };
  const fix = typeof input === "string" ? didYouMean(input, plainActions) : undefined;
  const forms = `${plainActions.join(", ")}, or an object with one of errno, trap, trace`;
  throw wrongValue("this is no action", forms, input, {
    where: { path },
    ...(fix === undefined ? {} : { fix }),
  });
}

/** Comparisons of one argument; each gives a condition. */
export interface ArgBuilder {
  /** The comparison that `op` names. */
  is(op: CompareOp, value: ValueInput): Condition;
  eq(value: ValueInput): Condition;
  ne(value: ValueInput): Condition;
  lt(value: ValueInput): Condition;
  le(value: ValueInput): Condition;
  gt(value: ValueInput): Condition;
  ge(value: ValueInput): Condition;
  /** Any of these values or, as pairs `[low, high]` of numbers, ranges. */
  in(...set: (ValueInput | { readonly from: ValueInput; readonly to: ValueInput })[]): Condition;
  /** The same comparisons of `argument & mask`. */
  and(mask: ValueInput): ArgBuilder;
  /** The same comparisons at another width than the declared one. */
  as(width: NonNullable<ArgRef["as"]>): ArgBuilder;
}

/** An argument by name or by index 0..5. */
export function arg(which: string | number): ArgBuilder {
  return argBuilder(typeof which === "number" ? { index: which } : { name: which });
}

function argBuilder(ref: ArgRef, mask?: Value): ArgBuilder {
  const side = { arg: ref, ...(mask === undefined ? {} : { mask }) };
  const is = (op: CompareOp, value: ValueInput): Condition => ({
    kind: "compare",
    ...side,
    op,
    value: toValue(value),
  });
  return {
    is,
    eq: (value) => is("==", value),
    ne: (value) => is("!=", value),
    lt: (value) => is("<", value),
    le: (value) => is("<=", value),
    gt: (value) => is(">", value),
    ge: (value) => is(">=", value),
    in: (...set) => ({
      kind: "in",
      ...side,
      set: set.map((item) => {
        if (isFields(item)) return { from: toValue(item.from), to: toValue(item.to) };
        return { from: toValue(item), to: toValue(item) };
      }),
    }),
    and: (next) => argBuilder(ref, toValue(next)),
    as: (width) => argBuilder({ ...ref, as: width }, mask),
  };
}

function toValue(input: ValueInput): Value {
  if (typeof input === "string") return { kind: "constant", name: input };
  if (isList(input)) return { kind: "or", of: input.map(toValue) };
  return toBigInt(input);
}

function isList(input: ValueInput): input is Exclude<ValueInput, number | bigint | string> {
  return Array.isArray(input);
}

/** Holds when all of `of` hold. */
export function all(...of: Condition[]): Condition {
  return { kind: "and", of };
}
/** Holds when any of `of` holds. */
export function any(...of: Condition[]): Condition {
  return { kind: "or", of };
}
/** Holds when `of` does not. */
export function not(of: Condition): Condition {
  return { kind: "not", of };
}
