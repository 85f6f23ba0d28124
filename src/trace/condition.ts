/**
 * Conditions from the arguments that calls were seen with, generalised by rule:
 *
 *     flags             any of the flags seen         flags & ~(O_RDONLY|O_CLOEXEC) == 0
 *     commands          one of those seen             cmd in {F_GETFL, F_SETFD}
 *     a type with flags both                          type & ~SOCK_CLOEXEC in {SOCK_STREAM, SOCK_DGRAM}
 *     protection        a combination seen            prot in {PROT_READ, PROT_READ|PROT_WRITE}
 *
 * Protection is not generalised: memory that is writable and memory that is executable do not make one that is both.
 * An argument that one of the calls does not tell, or with too many values, has no condition.
 */
import { type AbiName, argMaskName, argValueName, type SyscallName } from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { resolve } from "../policy/resolve.ts";
import type { Rule } from "../policy/types.ts";
import { parseWhen } from "../policy/when.ts";
import type { Resolved } from "./name.ts";
import type { LearnedArg, LearnedCall } from "./report.ts";
import { readMark, type Scalar, scalarsOf } from "./scalar.ts";
import type { Tallied } from "./tally.ts";

/** More values of one argument are no list that anybody would read. */
const mostValues = 32;

/** Calls that were counted, and what a policy calls them. */
export type Counted = Resolved & { readonly entry: Tallied };

/** What was seen of one argument of a call. */
interface Seen {
  readonly name: string;
  readonly scalar: Scalar;
  /** By ABI, as the same constant has other values there. */
  readonly values: Map<AbiName, Map<bigint, number>>;
  unknown: number;
}

/** What is known about the arguments of `call`, which was seen as `entries`, for a policy for `arches`. */
export function argsOf(
  call: SyscallName | number,
  entries: readonly Counted[],
  arches: readonly AbiName[],
): readonly LearnedArg[] {
  return typeof call === "number" ? [] : seenIn(entries).map((seen) => learnedArg(call, seen, arches));
}

/** The rule for a call with conditions; undefined for one that has none. */
export function ruleOf({ call, count, args = [] }: LearnedCall): Rule | undefined {
  const told = args.filter(({ when }) => when !== undefined);
  if (told.length === 0) return undefined;
  return {
    action: { kind: "allow" },
    syscalls: [call],
    when: parseWhen(told.map(({ when }) => when).join(" && ")),
    why: `seen ${times(count)}: ${told.map(comment).join(", ")}`,
  };
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** More values are not told one by one. */
const mostTold = 8;

/** `cmd F_GETFL 3, F_SETFD 1`, or that there was one value only. */
function comment({ name, values }: LearnedArg): string {
  const [first, ...others] = values;
  if (!first) return name;
  if (others.length === 0) return `${name} always ${first.text}`;
  const often = values.toSorted((a, b) => b.count - a.count).slice(0, mostTold);
  const rest = values.length - often.length;
  const more = rest === 0 ? "" : ` and ${rest} more`;
  return `${name} ${often.map(({ text, count }) => `${text} ${count}`).join(", ")}${more}`;
}

function seenIn(entries: readonly Counted[]): Seen[] {
  const byName = new Map<string, Seen>();
  for (const { abi, call, entry } of entries) {
    const scalars = scalarsOf({ abi, call });
    const values = readMark(entry.mark, scalars.length);
    scalars.forEach((scalar, i) => {
      const { name } = scalar.arg;
      const seen = byName.get(name) ?? { name, scalar, values: new Map(), unknown: 0 };
      byName.set(name, seen);
      const value = values[i];
      if (value === undefined) seen.unknown += entry.count;
      else {
        const own = seen.values.get(abi) ?? new Map<bigint, number>();
        seen.values.set(abi, own.set(value, (own.get(value) ?? 0) + entry.count));
      }
    });
  }
  // One that some ABI of the call has not is not known there.
  const abis = new Set(entries.map(({ abi }) => abi));
  for (const seen of byName.values())
    if (seen.values.size < abis.size && seen.unknown === 0) seen.unknown = 1;
  return [...byName.values()];
}

function learnedArg(call: SyscallName, seen: Seen, arches: readonly AbiName[]): LearnedArg {
  const { name, scalar, unknown } = seen;
  const values = valuesOf(call, seen);
  const base = { name, allowed: allowedIn(call, seen), known: scalar.meaning.names.length, unknown, values };
  if (unknown > 0) return { ...base, when: undefined };
  const when = whenOf(call, seen);
  const isShort = values.length <= mostValues || isMasked(scalar);
  return { ...base, when: isShort && holdsOn(arches, call, when) ? when : undefined };
}

/** How many flags, and values that are no flags, were seen. */
function allowedIn(call: SyscallName, { scalar, values }: Seen): number {
  return Math.max(
    ...[...values].map(([abi, own]) => {
      const kept = keptBits(scalar);
      const plain = new Set([...own.keys()].map((value) => value & kept));
      const bits = [...own.keys()].reduce((all, value) => all | value, 0n) & ~kept;
      const flags = bits === 0n ? 0 : maskText(abi, call, scalar, bits).split("|").length;
      return (kept === 0n ? 0 : plain.size) + flags;
    }),
    0,
  );
}

/** The bits that are compared as a value; the others are flags. */
function keptBits(scalar: Scalar): bigint {
  return isMasked(scalar) ? 0n : (scalar.meaning.mask ?? (1n << BigInt(scalar.width)) - 1n);
}

function isMasked({ meaning, arg }: Scalar): boolean {
  return meaning.bits && meaning.mask === undefined && arg.name !== "prot";
}

/** The values in words, with how often each was seen, in the order of their numbers. */
function valuesOf(call: SyscallName, { values, scalar }: Seen): LearnedArg["values"] {
  const counts = new Map<string, number>();
  for (const [abi, own] of values)
    for (const [value, count] of inOrder(own)) {
      const text = textOf(abi, call, scalar, value);
      counts.set(text, (counts.get(text) ?? 0) + count);
    }
  return [...counts].map(([text, count]) => ({ text, count }));
}

function inOrder(values: ReadonlyMap<bigint, number>): (readonly [bigint, number])[] {
  return [...values].sort(([a], [b]) => compareNumbers(a, b));
}

function compareNumbers(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function textOf(abi: AbiName, call: SyscallName, { index, width }: Scalar, value: bigint): string {
  const name = argValueName(abi, call, index, value, width === 64 ? 64 : 32);
  return name ?? (value < 10n ? String(value) : `0x${value.toString(16)}`);
}

function whenOf(call: SyscallName, seen: Seen): string {
  const { scalar, values, name } = seen;
  const plain = new Set<string>();
  const flags = new Set<string>();
  for (const [abi, own] of values) {
    const kept = keptBits(scalar);
    const bits = [...own.keys()].reduce((all, value) => all | value, 0n) & ~kept;
    const values = [...own.keys()].map((value) => value & kept);
    for (const value of values.sort(compareNumbers)) plain.add(textOf(abi, call, scalar, value));
    if (bits !== 0n) flags.add(maskText(abi, call, scalar, bits));
  }
  const side = flags.size === 0 ? name : `${name} & ~(${[...flags].join("|")})`;
  const [only, ...others] = isMasked(scalar) ? ["0"] : plain;
  return others.length === 0 ? `${side} == ${only}` : `${side} in {${[...plain].join(", ")}}`;
}

function maskText(abi: AbiName, call: SyscallName, scalar: Scalar, bits: bigint): string {
  const width = scalar.width === 64 ? 64 : 32;
  return argMaskName(abi, call, scalar.index, bits, width) ?? textOf(abi, call, scalar, bits);
}

/** Whether the constants of a condition, and its argument, exist wherever it would hold. */
function holdsOn(arches: readonly AbiName[], call: SyscallName, when: string): boolean {
  try {
    const rule: Rule = { action: { kind: "allow" }, syscalls: [call], when: parseWhen(when) };
    resolve({ arches, default: { kind: "kill_process" }, rules: [rule] });
    return true;
  } catch (error) {
    if (error instanceof SeccatError) return false;
    throw error;
  }
}

/** How far conditions can be relied upon: what one run alone has shown. */
export function argNotes(runs: number, syscalls: readonly LearnedCall[]): string[] {
  const single = syscalls.flatMap(({ call, args = [] }) =>
    args.flatMap(({ name, when, values }) =>
      when !== undefined && values.length === 1 ? [`${call} ${name}`] : [],
    ),
  );
  if (runs !== 1 || single.length === 0) return [];
  return [`seen with one value only, and in one run, so that others may be missing: ${single.join(", ")}`];
}
