/**
 * The same policy with arguments compared at the width that the kernel declares, where 64 bits are written.
 *
 * Most tools compare whole registers. Of an `int` the kernel reads 32 bits, and what a caller leaves above them
 * means nothing to it:
 *
 *     socket, personality    u64(arg0) == 16      ->    u32(arg0) == 16
 *     lseek                  u64(arg1) == 16            stays: an off_t has 64 bits
 *
 * So a call whose register holds more than the kernel reads is decided by what the kernel reads. Pointers,
 * calls by number and values that the narrower argument cannot hold stay as they are. A rule is split where its
 * calls declare unlike widths.
 */
import {
  type AbiName,
  abi as abiFacts,
  expandGroup,
  isGroupName,
  isSyscallName,
  type SyscallName,
  syscallAlias,
  syscallArgs,
  syscallNr,
} from "../../arch/index.ts";
import type { Issue } from "../abi/error.ts";
import { type Width, widthRead } from "./condition.ts";
import type { ArgRef, ArgTest, Condition, Policy, Rule, Value } from "./types.ts";

type Narrow = "u16" | "u32";
type Entry = Rule["syscalls"][number];

/** A policy at declared widths. */
export interface Typed {
  readonly policy: Policy;
  /** One warning for each rule with a comparison that stayed because its value does not fit. */
  readonly warnings: readonly Issue[];
}

/** `policy` at declared widths; its rules may be more than before. */
export function typed(policy: Policy): Typed {
  const warnings: Issue[] = [];
  const rules = policy.rules.flatMap((rule, index) => {
    const stayed: string[] = [];
    const parts = typedRule(rule, policy.arches, stayed);
    if (stayed.length > 0)
      warnings.push({
        code: "policy",
        message: `rule ${index + 1} compares ${[...new Set(stayed)].join(" and ")}: left at 64 bits`,
        where: { ...rule.where, path: `rules[${index}].when` },
      });
    return parts;
  });
  return { policy: { ...policy, rules }, warnings };
}

function typedRule(rule: Rule, arches: readonly AbiName[], stayed: string[]): readonly Rule[] {
  const { when } = rule;
  const tests = when ? wideTests(when) : [];
  if (!when || tests.length === 0) return [rule];
  const names = rule.syscalls.flatMap((entry): readonly Entry[] =>
    typeof entry === "string" && isGroupName(entry) ? expandGroup(entry) : [entry],
  );
  const parts = new Map<string, { syscalls: Entry[]; narrow: ReadonlyMap<ArgTest, ArgTest> }>();
  for (const name of names) {
    const narrow = new Map<ArgTest, ArgTest>();
    for (const test of tests) {
      const made = narrowed(test, widthOf(test.arg, name, arches), String(name), stayed);
      if (made) narrow.set(test, made);
    }
    const key = tests.map((test) => narrow.get(test)?.arg.as ?? "").join(" ");
    const part = parts.get(key);
    if (part) part.syscalls.push(name);
    else parts.set(key, { syscalls: [name], narrow });
  }
  return [...parts.values()].map(({ syscalls, narrow }) => ({
    ...rule,
    syscalls: parts.size === 1 ? rule.syscalls : syscalls,
    when: replaced(when, narrow),
  }));
}

/** The tests of a condition that look at 64 bits because they say so. */
function wideTests(condition: Condition): ArgTest[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.of.flatMap(wideTests);
    case "not":
      return wideTests(condition.of);
    default:
      return condition.arg.as === "u64" ? [condition] : [];
  }
}

function replaced(condition: Condition, narrow: ReadonlyMap<ArgTest, ArgTest>): Condition {
  switch (condition.kind) {
    case "and":
    case "or":
      return { ...condition, of: condition.of.map((part) => replaced(part, narrow)) };
    case "not":
      return { ...condition, of: replaced(condition.of, narrow) };
    default:
      return narrow.get(condition) ?? condition;
  }
}

/** How wide an argument of a call is at most, over all arches that have the call. */
function widthOf(ref: ArgRef, call: string | number, arches: readonly AbiName[]): Width {
  const widths = arches.flatMap((abi) => {
    const name = callOn(abi, call);
    return name === undefined ? [] : declaredWidth(ref, abi, name);
  });
  return widths.length === 0 || widths.includes(64) ? 64 : widths.includes(32) ? 32 : 16;
}

function callOn(abi: AbiName, call: string | number): SyscallName | undefined {
  if (typeof call === "number") return undefined;
  if (isSyscallName(call) && syscallNr(abi, call) !== undefined) return call;
  return syscallAlias(call, abi);
}

function declaredWidth(ref: ArgRef, abi: AbiName, call: SyscallName): Width {
  const args = syscallArgs(abi, call) ?? [];
  const { name } = ref;
  const index = ref.index ?? args.findIndex((arg) => arg.name === name || arg.aliases.includes(name ?? ""));
  const registers = abiFacts(abi).argBits;
  // Behind an argument that takes two registers, every later one moves.
  if (args.slice(0, index + 1).some(({ split }) => split)) return registers;
  return widthRead(args[index]?.type, registers);
}

/** `test` at `width`, or undefined when it has to stay; says so in `stayed` when its values are the reason. */
function narrowed(test: ArgTest, width: Width, call: string, stayed: string[]): ArgTest | undefined {
  if (width === 64) return undefined;
  const made = fitted(test, width, { ...test.arg, as: width === 16 ? "u16" : "u32" });
  if (!made)
    stayed.push(`${test.arg.name ?? `arg${test.arg.index}`} of ${call} with more than ${width} bits`);
  return made;
}

function fitted(test: ArgTest, width: 16 | 32, arg: ArgRef & { readonly as: Narrow }): ArgTest | undefined {
  const { mask } = test;
  const low = typeof mask === "bigint" ? BigInt.asUintN(width, mask) : mask;
  if (low === 0n) return undefined;
  const head = { ...test, arg, ...(low === undefined ? {} : { mask: low }) };
  if (head.kind === "compare") {
    const extended = mask === undefined && /^(==|!=|s)/.test(head.op);
    const value = fit(head.value, width, extended, head.op.startsWith("s"));
    return value === undefined ? undefined : { ...head, value };
  }
  const set = head.set.map(({ from, to }) => {
    const single = mask === undefined && from === to;
    return { from: fit(from, width, single), to: fit(to, width, single) };
  });
  const whole = set.flatMap(({ from, to }) => (from === undefined || to === undefined ? [] : [{ from, to }]));
  return whole.length === set.length ? { ...head, set: whole } : undefined;
}

/**
 * A value at `width` bits, undefined when it does not fit; with `extended`, a negative number over 64 bits is
 * the one over `width`. Names are left to be resolved. A `signed` one keeps its sign.
 */
function fit(value: Value, width: 16 | 32, extended: boolean, signed = false): Value | undefined {
  if (typeof value !== "bigint") return value;
  const sign = 1n << BigInt(width - 1);
  if (value >= 0n && value < (signed ? sign : 2n * sign)) return value;
  const number = BigInt.asIntN(64, value);
  return extended && number < 0n && number >= -sign ? BigInt.asUintN(width, number) : undefined;
}
