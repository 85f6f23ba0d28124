/** All differences between two sides, as data: by arch and number, then by answers and condition. */
import { type Open, openParts, type ProofStats, pairLeaves, statsOf, triedCases } from "./compare.ts";
import { retOf } from "./leaf.ts";
import { ask, type ProveOptions, type Question, type Witness, witnessOf } from "./question.ts";
import { type Region, type RegionPart, regionsOf, type Values } from "./region.ts";
import { type Size, sizeOf, where } from "./set.ts";
import type { Side } from "./side.ts";
import type { Space } from "./space.ts";
import { FALSE, type Node } from "./table.ts";
import { type When, whenOf } from "./when.ts";

/** Calls of one region that get one pair of answers. */
export interface DifferenceCase {
  /** The return values, u32; undefined when computed from the call, and not the same for all of them. */
  readonly a: number | undefined;
  readonly b: number | undefined;
  /**
   * The condition on registers, for every call of the region; undefined when the words of a program take turns in
   * the diagram, or the region's numbers were too many to tell apart: then it is no condition on single registers.
   */
  readonly when: When | undefined;
  /** How many calls of the region. */
  readonly size: Size;
  readonly witness: Witness;
}

/** The differences in one region. */
export interface DifferenceGroup extends Region {
  readonly cases: readonly DifferenceCase[];
}

/** All differences. */
export interface Differences {
  /** Empty when there are none; ordered by arch and number. */
  readonly groups: readonly DifferenceGroup[];
  /** Parts that were not compared. */
  readonly open: readonly Open[];
  /** Where no difference was found but parts are open: a boundary call that is answered in two ways, if there is. */
  readonly tried: Witness | undefined;
  readonly stats: ProofStats;
}

/**
 * Everything in which `a` and `b` break `options.relation`; the options are those of compare.
 * Throws a SeccatError when a policy does not resolve.
 */
export function differences(a: Side, b: Side, options: ProveOptions = {}): Differences {
  const start = performance.now();
  const question = ask(a, b, options);
  const { space, broken } = question;
  const open = broken === FALSE ? [] : openParts(question);
  const groups = broken === undefined ? [] : groupsOf(question, withoutOpen(space, broken));
  const [tried] = groups.length === 0 && open.length > 0 ? triedCases(question) : [];
  return { groups, open, tried, stats: statsOf(question, start) };
}

/** `f` with FALSE in place of what is open. */
function withoutOpen(space: Space, f: Node): Node {
  return space.table.choose(where(space.table, f, pairLeaves(space, f)), f, FALSE);
}

function groupsOf(question: Question, f: Node): DifferenceGroup[] {
  const { space } = question;
  return regionsOf(space, f)
    .map((part) => ({
      ...part.region,
      cases: [...pairLeaves(space, part.rest)].map((leaf) => caseOf(question, part, leaf)),
    }))
    .sort(byArchThenNumber);
}

function byArchThenNumber(a: Region, b: Region): number {
  const arch = least(a.arches) - least(b.arches);
  const difference = arch === 0n ? least(a.numbers) - least(b.numbers) : arch;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function least(values: Values): bigint {
  return (values.kind === "ranges" ? values.ranges[0]?.from : values.masks[0]?.value) ?? 0n;
}

function caseOf(question: Question, part: RegionPart, leaf: Node): DifferenceCase {
  const { space } = question;
  const { table, order } = space;
  const own = where(table, part.rest, new Set([leaf]));
  const set = table.and(part.set, own);
  const [a = leaf, b = leaf] = space.pairs[table.high(leaf)] ?? [];
  return {
    a: retOf(table, a),
    b: retOf(table, b),
    when: part.uniform ? whenOf(space, own) : undefined,
    size: sizeOf(table, order, set),
    witness: witnessOf(question, set),
  };
}
