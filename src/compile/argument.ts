/**
 * Conditions on registers, as tests of 32-bit halves.
 *
 * Every test is "x & mask lies in a set of intervals". A 64-bit set becomes a partition of the high half whose
 * parts are sets of the low half:
 *
 *     x >= 0x1_00000005        hi == 1 -> lo >= 5 ;  hi > 1 -> yes ;  hi < 1 -> no
 */
import { argHighOffset, argLowOffset, type Endian } from "../abi/data.ts";
import type { ResolvedCondition, ResolvedTest } from "../policy/condition.ts";
import { type Interval, testSet } from "../policy/interval.ts";
import { dispatch, fillGaps, type Segment } from "./dispatch.ts";
import type { Graph, Node } from "./graph.ts";

const LOW = 0xffffffffn;

/** The decision `condition ? then : otherwise`, for a target of that byte order. */
export function decide(
  graph: Graph,
  endian: Endian,
  condition: ResolvedCondition,
  then: Node,
  otherwise: Node,
): Node {
  switch (condition.kind) {
    case "not":
      return decide(graph, endian, condition.of, otherwise, then);
    case "and":
      return condition.of.reduceRight((rest, part) => decide(graph, endian, part, rest, otherwise), then);
    case "or":
      return condition.of.reduceRight((rest, part) => decide(graph, endian, part, then, rest), otherwise);
    default:
      return member(graph, endian, condition, then, otherwise);
  }
}

function member(graph: Graph, endian: Endian, test: ResolvedTest, then: Node, otherwise: Node): Node {
  const low = { offset: argLowOffset(test.index, endian), mask: Number(test.mask & LOW) };
  const high = { offset: argHighOffset(test.index, endian), mask: Number(test.mask >> 32n) };
  const lowSet = (set: readonly Interval[]) => {
    const parts = set.map(({ from, to }) => ({ from: Number(from), to: Number(to), node: then }));
    return dispatch(graph, low, fillGaps(parts, otherwise));
  };
  const set = testSet(test);
  if (test.width < 64) return lowSet(set);
  return dispatch(graph, high, fillGaps(byHighHalf(set, lowSet), otherwise));
}

/** The partition of the high half: where it leaves the low half open, a decision on the low half. */
function byHighHalf(set: readonly Interval[], lowSet: (set: readonly Interval[]) => Node): Segment[] {
  const lows = new Map<bigint, Interval[]>();
  const whole: { from: bigint; to: bigint }[] = [];
  const add = (high: bigint, from: bigint, to: bigint) => {
    lows.set(high, [...(lows.get(high) ?? []), { from, to }]);
  };
  for (const { from, to } of set) {
    const [first, last] = [from >> 32n, to >> 32n];
    if (first === last) {
      add(first, from & LOW, to & LOW);
      continue;
    }
    add(first, from & LOW, LOW);
    if (first + 1n < last) whole.push({ from: first + 1n, to: last - 1n });
    add(last, 0n, to & LOW);
  }
  const yes = lowSet([{ from: 0n, to: LOW }]);
  return [
    ...[...lows].map(([high, lowIntervals]) => ({
      from: Number(high),
      to: Number(high),
      node: lowSet(lowIntervals),
    })),
    ...whole.map(({ from, to }) => ({ from: Number(from), to: Number(to), node: yes })),
  ].sort((a, b) => a.from - b.from);
}
