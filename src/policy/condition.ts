/**
 * A condition in numbers, for one syscall of one ABI, and what it says of six registers.
 *
 * An argument is compared at the width that the kernel declares, never wider than the ABI's registers: the
 * upper half of an `int` is whatever the caller left there, and the kernel does not look at it.
 */
import {
  type AbiName,
  type Arg,
  abi as abiFacts,
  constant,
  constantNames,
  type SyscallName,
  syscallArgs,
} from "../../arch/index.ts";
import type { Issue, Place } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";
import type { ArgRef, ArgTest, CompareOp, Condition, Value } from "./types.ts";

/** Bits of a register that a test looks at. */
export type Width = 16 | 32 | 64;

/** One test of `args[index]` cut to `width` bits, then masked. */
export type ResolvedTest = {
  readonly index: number;
  readonly width: Width;
  /** 0 <= mask < 2^width; all ones when the condition has no mask. */
  readonly mask: bigint;
} & (
  | { readonly kind: "compare"; readonly op: CompareOp; readonly value: bigint }
  | { readonly kind: "in"; readonly set: readonly { readonly from: bigint; readonly to: bigint }[] }
);

/** A condition whose names have become numbers. */
export type ResolvedCondition =
  | { readonly kind: "and"; readonly of: readonly ResolvedCondition[] }
  | { readonly kind: "or"; readonly of: readonly ResolvedCondition[] }
  | { readonly kind: "not"; readonly of: ResolvedCondition }
  | ResolvedTest;

/** Whether six raw registers satisfy `condition`; missing ones are 0. */
export function holds(condition: ResolvedCondition, args: readonly bigint[]): boolean {
  switch (condition.kind) {
    case "and":
      return condition.of.every((part) => holds(part, args));
    case "or":
      return condition.of.some((part) => holds(part, args));
    case "not":
      return !holds(condition.of, args);
    case "in": {
      const value = argumentOf(condition, args);
      return condition.set.some(({ from, to }) => from <= value && value <= to);
    }
    case "compare":
      return compares(condition.op, argumentOf(condition, args), condition.value, condition.width);
  }
}

function argumentOf(test: ResolvedTest, args: readonly bigint[]): bigint {
  return BigInt.asUintN(test.width, args[test.index] ?? 0n) & test.mask;
}

function compares(op: CompareOp, left: bigint, right: bigint, width: Width): boolean {
  const signed = (value: bigint) => signedValue(value, width);
  switch (op) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    case "s<":
      return signed(left) < signed(right);
    case "s<=":
      return signed(left) <= signed(right);
    case "s>":
      return signed(left) > signed(right);
    case "s>=":
      return signed(left) >= signed(right);
  }
}

/** `value` read as a signed number of `width` bits; one wider than that (on a narrow ABI) as one of 64 bits. */
export function signedValue(value: bigint, width: Width): bigint {
  return BigInt.asIntN(value < 1n << BigInt(width) ? width : 64, value);
}

/** What every step of resolving one condition needs. */
interface Scope {
  readonly abi: AbiName;
  readonly call: string;
  readonly args: readonly Arg[] | undefined;
  readonly issues: Issue[];
  readonly where: Place;
}

/** `condition` in numbers for call `name` (number `nr`) of `abi`; problems go to `issues`. */
export function resolveCondition(
  condition: Condition,
  abi: AbiName,
  name: SyscallName | undefined,
  nr: number,
  issues: Issue[],
  where: Place,
): ResolvedCondition {
  const args = name === undefined ? undefined : syscallArgs(abi, name);
  return resolveIn(condition, { abi, call: name ?? `syscall ${nr}`, args, issues, where });
}

function resolveIn(condition: Condition, scope: Scope): ResolvedCondition {
  if (condition.kind === "and" || condition.kind === "or")
    return { kind: condition.kind, of: condition.of.map((part) => resolveIn(part, scope)) };
  if (condition.kind === "not") return { kind: "not", of: resolveIn(condition.of, scope) };
  const here: Scope = { ...scope, where: { ...condition.where, path: scope.where.path ?? "when" } };
  const { index, width, narrowed } = locate(condition.arg, condition, here);
  const all = (1n << BigInt(width)) - 1n;
  const fit = (value: Value) => fitValue(numberOf(value, here), width, narrowed, here);
  const mask = condition.mask === undefined ? all : fit(condition.mask) & all;
  if (condition.kind === "compare")
    return { kind: "compare", index, width, mask, op: condition.op, value: fit(condition.value) };
  const set = condition.set.map(({ from, to }) => ({ from: fit(from), to: fit(to) }));
  for (const { from, to } of set)
    if (from > to)
      problem(here, "policy", "the range is empty", { received: `${from}..${to}`, expected: "low..high" });
  return { kind: "in", index, width, mask, set };
}

/** Where an argument lies and how wide it is; `narrowed`: the ABI's registers are narrower than what was asked. */
function locate(
  ref: ArgRef,
  test: ArgTest,
  scope: Scope,
): { index: number; width: Width; narrowed: boolean } {
  const index = ref.index ?? indexOf(ref.name ?? "", scope);
  const arg = scope.args?.[index];
  if (ref.index !== undefined && scope.args && index >= scope.args.length && ref.as === undefined)
    problem(scope, "policy", `${scope.call} has no arg${index}`, {
      expected: scope.args.length === 0 ? "no condition" : `arg0..arg${scope.args.length - 1}`,
      received: `arg${index}`,
    });
  const registers = abiFacts(scope.abi).argBits;
  if (ref.name !== undefined || ref.as === undefined) checkSplit(index, ref, scope, registers);
  checkPointer(ref, test, arg, index, scope);
  const asked = askedWidth(ref, arg);
  return asked > registers
    ? { index, width: registers, narrowed: true }
    : { index, width: asked, narrowed: false };
}

function askedWidth(ref: ArgRef, arg: Arg | undefined): Width {
  return widthRead(ref.as ?? arg?.type, 64);
}

/** How many bits the kernel reads of an argument of that type; `registers` when it reads them all. */
export function widthRead(type: ArgRef["as"] | Arg["type"], registers: Width): Width {
  switch (type) {
    case "u16":
      return 16;
    case "u32":
    case "i32":
      return 32;
    default:
      return registers;
  }
}

function indexOf(name: string, scope: Scope): number {
  const index = scope.args?.findIndex((arg) => arg.name === name || arg.aliases.includes(name)) ?? -1;
  if (index >= 0) return index;
  const names = scope.args?.map((arg) => arg.name) ?? [];
  const fix = didYouMean(name, scope.args?.flatMap((arg) => [arg.name, ...arg.aliases]) ?? []);
  problem(scope, "name", `${scope.call} has no argument named ${name}`, {
    expected: names.length > 0 ? names.join(", ") : scope.args ? "no argument: it takes none" : "arg0..arg5",
    received: name,
    ...(fix === undefined ? {} : { fix }),
  });
  return 0;
}

/** On 32-bit ABIs a 64-bit argument takes two registers, and every later one moves. */
function checkSplit(index: number, ref: ArgRef, scope: Scope, registers: number): void {
  if (registers === 64 || !scope.args) return;
  const split = scope.args.findIndex((arg) => arg.split);
  if (split < 0 || index < split) return;
  const name = ref.name ?? `arg${index}`;
  problem(
    scope,
    "policy",
    `on ${scope.abi} the registers of ${scope.call} differ from ${scope.args[split]?.name} on`,
    {
      received: name,
      fix: `name the register yourself, such as u32(arg${index}), in a rule for ${scope.abi} alone`,
    },
  );
}

function checkPointer(ref: ArgRef, test: ArgTest, arg: Arg | undefined, index: number, scope: Scope): void {
  const name = ref.name ?? `arg${index}`;
  if (ref.as === "ptr") {
    const nullTest = test.kind === "compare" && (test.op === "==" || test.op === "!=") && test.value === 0n;
    if (!nullTest || test.mask !== undefined)
      problem(scope, "policy", `ptr(${name}) is only for the null test`, {
        expected: `ptr(${name}) == 0 or ptr(${name}) != 0`,
        fix: `u64(${name}) compares the address itself`,
      });
  } else if (arg?.type === "ptr" && ref.as === undefined) {
    problem(
      scope,
      "policy",
      `${name} of ${scope.call} is a pointer: a filter sees the address, not what is there`,
      {
        expected: `ptr(${name}) == 0 for a null test`,
        fix: `drop the test, or write u64(${name}) if the address itself is meant`,
      },
    );
  }
}

function numberOf(value: Value, scope: Scope): bigint {
  if (typeof value === "bigint") return value;
  if (value.kind === "not") return ~numberOf(value.of, scope);
  if (value.kind === "or") return value.of.reduce<bigint>((sum, part) => sum | numberOf(part, scope), 0n);
  const number = constant(scope.abi, value.name);
  if (number !== undefined) return number;
  const fix = didYouMean(value.name, constantNames());
  problem(scope, "name", `${scope.abi} has no constant ${value.name}`, {
    received: value.name,
    ...(fix === undefined ? {} : { fix }),
  });
  return 0n;
}

/** A value as unsigned `width` bits; one that cannot be held is refused, unless only the ABI is too narrow. */
function fitValue(value: bigint, width: Width, narrowed: boolean, scope: Scope): bigint {
  const bits = BigInt(width);
  if (value >= -(1n << (bits - 1n)) && value < 1n << bits) return BigInt.asUintN(width, value);
  const wide = narrowed && value >= -(1n << 63n) && value < 1n << 64n;
  if (wide) return BigInt.asUintN(64, value);
  problem(scope, "policy", `the value does not fit the argument's ${width} bits`, {
    expected: `-2^${width - 1}..2^${width}-1`,
    received: value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`,
    ...(width < 64 ? { fix: "the kernel ignores the register's upper bits; u64(...) compares all 64" } : {}),
  });
  return 0n;
}

function problem(
  scope: Scope,
  code: Issue["code"],
  message: string,
  rest: Pick<Issue, "expected" | "received" | "fix">,
): void {
  scope.issues.push({ code, message, where: scope.where, ...rest });
}
