/**
 * Conditions on registers, as decisions on 32-bit halves.
 *
 * Every test is "x & mask lies in a set of intervals". A 64-bit set becomes a partition of the high half whose
 * parts are sets of the low half:
 *
 *     x >= 0x1_00000005        hi == 1 -> lo >= 5 ;  hi > 1 -> yes ;  hi < 1 -> no
 */
import { argHighOffset, argLowOffset, type Endian } from "../abi/data.ts";
import type { ResolvedCondition, ResolvedTest } from "../policy/condition.ts";
import { clip, complement, type Interval, testSet } from "../policy/interval.ts";
import type { Word } from "./graph.ts";

const LOW = 0xffffffffn;

/** The numbers `from`..`to`, u32, inclusive. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A way to build decisions of some form. */
export interface Chooser<Decision> {
  /** The decisions of `parts` (sorted, disjoint, within the mask) where the word lies in them, else `otherwise`. */
  choose(word: Word, parts: readonly (Range & { readonly node: Decision })[], otherwise: Decision): Decision;
}

/** The decision `condition ? then : otherwise`, for a target of that byte order. */
export function decide<Decision>(
  chooser: Chooser<Decision>,
  endian: Endian,
  condition: ResolvedCondition,
  then: Decision,
  otherwise: Decision,
): Decision {
  switch (condition.kind) {
    case "not":
      return decide(chooser, endian, condition.of, otherwise, then);
    case "and":
      return joined(condition).reduceRight<Decision>(
        (rest, part) => decide(chooser, endian, part, rest, otherwise),
        then,
      );
    case "or":
      return joined(condition).reduceRight<Decision>(
        (rest, part) => decide(chooser, endian, part, then, rest),
        otherwise,
      );
    default:
      return member(chooser, endian, condition, then, otherwise);
  }
}

/**
 * The parts of an `and` or `or`, with the tests of one value as one: a thousand comparisons are one set, and need
 * not be decided one by one.
 *
 *     fd == 1 || fd == 2 || cmd == 7 || fd == 3   =   fd in {1..3} || cmd == 7
 */
function joined({ kind, of }: Extract<ResolvedCondition, { kind: "and" | "or" }>): ResolvedCondition[] {
  const byValue = new Map<string, ResolvedTest[]>();
  for (const part of of) {
    if (part.kind !== "compare" && part.kind !== "in") continue;
    const key = valueKey(part);
    const tests = byValue.get(key);
    if (tests) tests.push(part);
    else byValue.set(key, [part]);
  }
  return of.flatMap((part): ResolvedCondition[] => {
    const tests = part.kind === "compare" || part.kind === "in" ? (byValue.get(valueKey(part)) ?? []) : [];
    const [first, second] = tests;
    if (!first || !second) return [part];
    return part === first ? [{ ...valueFields(first), kind: "in", set: setOf(kind, tests) }] : [];
  });
}

function valueKey({ index, width, mask }: ResolvedTest): string {
  return `${index} ${width} ${mask}`;
}

function valueFields({ index, width, mask }: ResolvedTest): Pick<ResolvedTest, "index" | "width" | "mask"> {
  return { index, width, mask };
}

/** The values that all of the tests of one value (`and`), or any of them, let through. */
function setOf(kind: "and" | "or", tests: readonly ResolvedTest[]): Interval[] {
  const max = (1n << BigInt(tests[0]?.width ?? 64)) - 1n;
  if (kind === "or") return clip(tests.flatMap(testSet), max);
  return complement(
    clip(
      tests.flatMap((test) => complement(testSet(test), max)),
      max,
    ),
    max,
  );
}

function member<Decision>(
  chooser: Chooser<Decision>,
  endian: Endian,
  test: ResolvedTest,
  then: Decision,
  otherwise: Decision,
): Decision {
  const low = { offset: argLowOffset(test.index, endian), mask: Number(test.mask & LOW) };
  const high = { offset: argHighOffset(test.index, endian), mask: Number(test.mask >> 32n) };
  const set = testSet(test);
  const lowIn = (lows: readonly Interval[]) => chooser.choose(low, parts(lows, low.mask, then), otherwise);
  if (test.width < 64) return lowIn(set);
  const highs = byHighHalf(set).flatMap(({ from, to, lows }) =>
    parts([{ from, to }], high.mask, lowIn(lows)),
  );
  return chooser.choose(high, highs, otherwise);
}

/** `set` cut to the values that a word under `mask` can have, each part with its decision. */
function parts<Decision>(
  set: readonly Interval[],
  mask: number,
  node: Decision,
): (Range & { node: Decision })[] {
  return set
    .filter(({ from }) => from <= BigInt(mask))
    .map(({ from, to }) => ({ from: Number(from), to: Math.min(Number(to), mask), node }));
}

/** A set of 64-bit numbers (sorted, disjoint) as ranges of high halves, each with its low halves. */
function byHighHalf(set: readonly Interval[]): (Interval & { lows: Interval[] })[] {
  const result: (Interval & { lows: Interval[] })[] = [];
  const add = (from: bigint, to: bigint, low: Interval) => {
    const last = result[result.length - 1];
    if (last && last.from === from && from === to) last.lows.push(low);
    else if (from <= to) result.push({ from, to, lows: [low] });
  };
  for (const { from, to } of set) {
    const [first, last] = [from >> 32n, to >> 32n];
    const [start, end] = [from & LOW, to & LOW];
    if (first === last) {
      add(first, first, { from: start, to: end });
      continue;
    }
    add(first, first, { from: start, to: LOW });
    add(first + 1n, last - 1n, { from: 0n, to: LOW });
    add(last, last, { from: 0n, to: end });
  }
  return result;
}
