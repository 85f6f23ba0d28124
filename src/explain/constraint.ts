/**
 * The condition of a difference in words: those of a policy's conditions.
 *
 *     flags, values & 0x10000000 == 0x10000000     flags & CLONE_NEWUSER != 0
 *     cmd, 64 bits, upper half not 0, lower 2      cmd == F_SETFD && cmd >> 32 != 0
 */
import {
  type AbiName,
  type Arg,
  abi as abiFacts,
  argMaskName,
  argsByRegister,
  argValueName,
  type SyscallName,
} from "../../arch/index.ts";
import { clip, complement, type Interval } from "../policy/interval.ts";
import type { Constraint, Masked, Values } from "../prove/index.ts";
import { isNarrow } from "./condition.ts";
import { intervalsText, type NumberText, numberText } from "./interval.ts";

/** A number of `bits` bits in words. */
interface Field {
  readonly name: string;
  /** The name where a mask says which bits are meant. */
  readonly masked: string;
  readonly bits: 32 | 64;
  readonly number: NumberText;
  /** How a mask is said. */
  readonly mask: NumberText;
}

const ip = "instruction_pointer";
const LOW = 0xffffffffn;
const MAX_NUMBERS = 8;
const MOST_FIXED_BITS = 24;
const MOST_ENUMERATED_BITS = 8;

/** What a condition is on. */
export interface ConstraintContext {
  readonly abi: AbiName | undefined;
  readonly call: SyscallName | undefined;
  /** Whether upper halves count where registers have 32 bits. */
  readonly upper: boolean;
}

/** What `constraints` say there: 32 bits of a register that has no more, nothing of one that may be anything. */
export function constraintsOn(
  constraints: readonly Constraint[],
  { abi, upper }: ConstraintContext,
): Constraint[] {
  const narrow = !upper && abi !== undefined && abiFacts(abi).argBits === 32;
  return constraints.map((one) => (narrow ? lowHalf(one) : one)).filter((one) => !isVacuous(one));
}

function isVacuous({ bits, values }: Constraint): boolean {
  if (values.kind === "masks") return values.masks.some(({ mask }) => mask === 0n);
  const [first] = values.ranges;
  return first?.from === 0n && first.to === (1n << BigInt(bits)) - 1n;
}

/** One register, by constraintsOn, in words. */
export function constraintText(constraint: Constraint, { abi, call, upper }: ConstraintContext): string {
  const narrowAbi = !upper && abi !== undefined && abiFacts(abi).argBits === 32;
  const { bits, values } = constraint;
  const { field: index } = constraint;
  if (index === "ip")
    return valuesText(values, { name: ip, masked: ip, bits, number: numberText, mask: hex });
  const arg = abi && call ? argsByRegister(abi, call)[index] : undefined;
  const number: NumberText = (value) =>
    (abi && call && arg && argValueName(abi, call, index, value, bits)) ?? numberText(value);
  const mask: NumberText = (value) =>
    (abi && call && arg && argMaskName(abi, call, index, value, bits)) ?? hex(value);
  const name = arg?.name ?? `arg${index}`;
  const shown = narrowAbi ? name : bits === 32 ? lowName(name, arg) : name;
  const texts = { number, mask };
  if (bits === 64) return wideText(values, name, arg, texts);
  return valuesText(values, { name: shown, masked: name, bits, ...texts });
}

/** The low half of a register by a name: the argument itself, where the kernel reads no more of it. */
function lowName(name: string, arg: Arg | undefined): string {
  return isNarrow(arg) ? name : `u32(${name})`;
}

/** A constraint of a register of 32 bits, whose upper half is always 0. */
function lowHalf(constraint: Constraint): Constraint {
  const { bits, values } = constraint;
  if (bits === 32) return constraint;
  if (values.kind === "ranges")
    return { ...constraint, bits: 32, values: { ...values, ranges: clip(values.ranges, LOW) } };
  const possible = values.masks.filter(({ value }) => value <= LOW);
  const masks = possible.map(({ mask, value }) => ({ mask: mask & LOW, value }));
  return { ...constraint, bits: 32, values: { ...values, masks } };
}

/** All 64 bits; as two halves where these do not depend on each other. */
function wideText(
  values: Values,
  name: string,
  arg: Arg | undefined,
  texts: Pick<Field, "number" | "mask">,
): string {
  const wide = isNarrow(arg) ? `u64(${name})` : name;
  const whole = { name: wide, masked: wide, bits: 64 as const, ...texts };
  if (values.kind === "ranges") return valuesText(values, whole);
  const halves = halvesOf(values.masks);
  if (!halves) return valuesText(values, whole);
  const { complete } = values;
  const low = { name: lowName(name, arg), masked: name, bits: 32 as const, ...texts };
  const upper = `(${name} >> 32)`;
  const high = { name: upper, masked: upper, bits: 32 as const, number: numberText, mask: hex };
  const both = [
    valuesText({ kind: "masks", masks: halves.low, complete }, low),
    valuesText({ kind: "masks", masks: halves.high, complete }, high),
  ];
  return both.filter((text) => text !== "").join(" && ");
}

/** The sets of upper and of lower halves, when every upper one goes with every lower one. */
function halvesOf(masks: readonly Masked[]): { low: Masked[]; high: Masked[] } | undefined {
  const byLow = new Map<string, { low: Masked; high: Masked[] }>();
  for (const { mask, value } of masks) {
    const low = { mask: mask & LOW, value: value & LOW };
    const key = `${low.mask} ${low.value}`;
    const known = byLow.get(key) ?? { low, high: [] };
    byLow.set(key, { low, high: [...known.high, { mask: mask >> 32n, value: value >> 32n }] });
  }
  const groups = [...byLow.values()];
  const keyOf = (high: readonly Masked[]) =>
    high
      .map(({ mask, value }) => `${mask} ${value}`)
      .sort()
      .join();
  const [first] = groups;
  if (!first || new Set(groups.map(({ high }) => keyOf(high))).size !== 1) return undefined;
  return { low: groups.map(({ low }) => low), high: first.high };
}

function valuesText(values: Values, field: Field): string {
  const text = values.kind === "ranges" ? rangesText(values.ranges, field) : masksText(values.masks, field);
  return values.complete ? text : `${text}, and more values than can be listed`;
}

function rangesText(ranges: readonly Interval[], field: Field): string {
  const { name, bits, number } = field;
  const max = (1n << BigInt(bits)) - 1n;
  const [first] = ranges;
  if (ranges.length === 1 && first?.from === 0n && first.to === max) return "";
  const wide = ranges.length > MAX_NUMBERS / 2 || ranges.some(({ from, to }) => from !== to);
  if (ranges.length > 1 && wide) {
    const masked = oneMask(ranges, bits);
    if (masked && fixedBits(masked) <= MOST_FIXED_BITS) return maskText(masked, field, true);
    const without = oneMask(complement(ranges, max), bits);
    if (without && fixedBits(without) <= MOST_FIXED_BITS) return maskText(without, field, false);
  }
  return `${name} ${intervalsText(ranges, max, number)}`;
}

function fixedBits({ mask }: Masked): number {
  return mask.toString(2).replaceAll("0", "").length;
}

/** `x & mask == value` when that is what `ranges` say. */
function oneMask(ranges: readonly Interval[], bits: number): Masked | undefined {
  const [first, last] = [ranges[0], ranges.at(-1)];
  if (!first || !last) return undefined;
  const free = first.from ^ last.to;
  const mask = ((1n << BigInt(bits)) - 1n) & ~free;
  const masked = { mask, value: first.from };
  const count = ranges.reduce((sum, { from, to }) => sum + (to - from + 1n), 0n);
  const fits =
    (first.from & free) === 0n &&
    count === 1n << BigInt(bits - fixedBits(masked)) &&
    ranges.every(({ from, to }) => (from & mask) === first.from && (varying(from, to) & mask) === 0n);
  return fits ? masked : undefined;
}

/** Whether two constraints are on the same field, and one holds where the other does not. */
export function areOpposite(a: Constraint, b: Constraint): boolean {
  if (a.field !== b.field || a.bits !== b.bits) return false;
  if (a.values.kind !== "ranges" || b.values.kind !== "ranges") return false;
  const rest = complement(a.values.ranges, (1n << BigInt(a.bits)) - 1n);
  const other = b.values.ranges;
  return (
    rest.length === other.length &&
    rest.every(({ from, to }, i) => from === other[i]?.from && to === other[i].to)
  );
}

/** The bits that are not the same in all numbers of a range. */
function varying(from: bigint, to: bigint): bigint {
  return (1n << BigInt((from ^ to).toString(2).length)) - 1n;
}

function maskText({ mask, value }: Masked, field: Field, equal: boolean): string {
  if (mask === 0n) return "";
  const { name, number, bits } = field;
  const place = mask === (1n << BigInt(bits)) - 1n ? name : maskedPlace(field, mask);
  const single = value !== 0n && value === mask && fixedBits({ mask, value }) === 1;
  if (single) return `${place} ${equal ? "!=" : "=="} 0`;
  return `${place} ${equal ? "==" : "!="} ${value === 0n ? "0" : number(value)}`;
}

function maskedPlace({ masked, mask: textOf }: Field, mask: bigint): string {
  const text = textOf(mask);
  return `${masked} & ${text.includes("|") ? `(${text})` : text}`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function masksText(masks: readonly Masked[], field: Field): string {
  const ranges = asRanges(masks, field.bits);
  if (ranges) return rangesText(ranges, field);
  const without = oneHole(masks, field.bits);
  if (without) return maskText(without, field, false);
  const listed = underOneMask(masks, field);
  if (listed) return listed;
  const texts = masks.map((masked) => maskText(masked, field, true));
  return texts.length === 1 ? texts.join("") : `(${texts.join(" || ")})`;
}

/** `type & SOCK_TYPE_MASK not in {SOCK_STREAM, SOCK_DGRAM}`: the values of all bits that some mask asks for. */
function underOneMask(masks: readonly Masked[], field: Field): string | undefined {
  const mask = masks.reduce((all, one) => all | one.mask, 0n);
  if (fixedBits({ mask, value: 0n }) > MOST_ENUMERATED_BITS) return undefined;
  const [inside, outside]: [bigint[], bigint[]] = [[], []];
  for (let value = mask; ; value = (value - 1n) & mask) {
    const holds = masks.some((one) => (value & one.mask) === one.value);
    (holds ? inside : outside).unshift(value);
    if (value === 0n) break;
  }
  const values = inside.length <= outside.length ? inside : outside;
  if (values.length > MAX_NUMBERS) return undefined;
  const [only] = values;
  if (values.length === 1 && only !== undefined)
    return maskText({ mask, value: only }, field, values === inside);
  const list = values.map((value) => (value === 0n ? "0" : field.number(value)));
  return `${maskedPlace(field, mask)} ${values === inside ? "in" : "not in"} {${list.join(", ")}}`;
}

/** The same numbers as ranges, when they are few. */
function asRanges(masks: readonly Masked[], bits: number): Interval[] | undefined {
  const all = (1n << BigInt(bits)) - 1n;
  const ranges: Interval[] = [];
  for (const { mask, value } of masks) {
    const open = (1n << BigInt(mask === 0n ? bits : (mask & -mask).toString(2).length - 1)) - 1n;
    const scattered = all & ~mask & ~open;
    if (2 ** fixedBits({ mask: scattered, value: 0n }) > MAX_NUMBERS) return undefined;
    for (let part = scattered; ; part = (part - 1n) & scattered) {
      ranges.push({ from: value | part, to: value | part | open });
      if (part === 0n) break;
    }
  }
  const merged = clip(ranges, all);
  return merged.length <= MAX_NUMBERS ? merged : undefined;
}

/**
 * `x & mask == value` when `masks`, which are apart, are all other numbers: each must differ from it in a bit, and
 * together they must be as many.
 */
function oneHole(masks: readonly Masked[], bits: number): Masked | undefined {
  const last = masks.reduce<Masked | undefined>(
    (most, one) => (most && fixedBits(most) >= fixedBits(one) ? most : one),
    undefined,
  );
  if (!last) return undefined;
  const size = ({ mask }: Masked) => 1n << BigInt(bits - mask.toString(2).replaceAll("0", "").length);
  const count = masks.reduce((sum, one) => sum + size(one), 0n);
  for (let bit = 1n; bit <= last.mask; bit <<= 1n) {
    if ((last.mask & bit) === 0n) continue;
    const hole = { mask: last.mask, value: last.value ^ bit };
    const apart = masks.every(({ mask, value }) => ((value ^ hole.value) & mask & hole.mask) !== 0n);
    if (apart && count + size(hole) === 1n << BigInt(bits)) return hole;
  }
  return undefined;
}
