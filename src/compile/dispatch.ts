/**
 * A partition of the numbers 0..2^32-1 to decisions, as tests of one word: the syscall number, a register's
 * low half, its high half, all alike.
 */
import type { Graph, Node, Word } from "./graph.ts";
import { WHOLE } from "./graph.ts";
import { type Run, search } from "./search.ts";

/** The numbers `from`..`to` (u32, inclusive) decide as `node` does. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly node: Node;
}

const MAX_U32 = 0xffffffff;

/**
 * The decision of `word` whose value lies in `segments` (sorted, gapless, from 0 to the word's mask or beyond).
 * `weights`, in number order, say how often numbers are looked up; without them every segment counts alike.
 */
export function dispatch(
  graph: Graph,
  word: Word,
  segments: readonly Segment[],
  weights?: ReadonlyMap<number, number>,
): Node {
  const joined = within(segments, word.mask >>> 0);
  const [first, second] = joined;
  if (!first) throw new RangeError("dispatch over no segments");
  if (!second) return first.node;
  if (isBitTest(word, joined))
    return graph.test({ offset: word.offset, mask: WHOLE }, "jset", word.mask, second.node, first.node);
  return search(graph, word, weigh(joined, weights));
}

/** `segments` with their share of all look-ups. */
function weigh(segments: readonly Segment[], weights: ReadonlyMap<number, number> | undefined): Run[] {
  if (!weights) return segments.map((segment) => ({ ...segment, weight: 1 / segments.length }));
  const runs = segments.map((segment) => ({ ...segment, weight: 0 }));
  let at = 0;
  for (const [value, weight] of weights) {
    while ((runs[at]?.to ?? MAX_U32) < value) at++;
    const run = runs[at];
    if (run) run.weight += weight;
  }
  return runs;
}

/** `segments` joined where equal, and cut to the values that a masked word can have. */
function within(segments: readonly Segment[], max: number): Segment[] {
  const joined: Segment[] = [];
  for (const segment of segments) {
    if (segment.from > max) break;
    const last = joined.at(-1);
    const to = Math.min(segment.to, max);
    if (last?.node === segment.node) joined[joined.length - 1] = { ...last, to };
    else joined.push({ ...segment, to });
  }
  return joined;
}

/** `word & mask` is zero, or is not: one jset that leaves A whole. */
function isBitTest(word: Word, segments: readonly Segment[]): boolean {
  return word.mask !== WHOLE && segments.length === 2 && segments[0]?.to === 0;
}

/** `parts` (sorted, disjoint) with every gap filled by `rest`, from 0 to 2^32-1. */
export function fillGaps(parts: readonly Segment[], rest: Node): Segment[] {
  const all: Segment[] = [];
  let next = 0;
  for (const part of parts) {
    if (part.from > next) all.push({ from: next, to: part.from - 1, node: rest });
    all.push(part);
    next = part.to + 1;
  }
  if (next <= MAX_U32) all.push({ from: next, to: MAX_U32, node: rest });
  return all;
}
