/**
 * A partition of the numbers 0..2^32-1 to decisions, as tests of one word: the syscall number, a register's
 * low half, its high half, all alike.
 */
import type { Graph, Node, Word } from "./graph.ts";
import { WHOLE } from "./graph.ts";
import { bitsOf, half } from "./half.ts";
import { type Count, type Run, weightOf } from "./run.ts";
import { type Found, search } from "./search.ts";

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
  const runs = weigh(joined, weights);
  const plain = decide(graph, word, runs);
  const folded = fold(word, runs);
  if (!folded) return plain.node;
  const masked = decide(graph, folded.word, folded.runs);
  return masked.cost < plain.cost ? masked.node : plain.node;
}

/** The cheapest decision of a word over its runs; a mask costs what a test does. */
function decide(graph: Graph, word: Word, runs: readonly Run[]): Found {
  const weight = weightOf(runs);
  const [first, second] = runs;
  if (first && second && isBitTest(word, runs)) {
    const whole = { offset: word.offset, mask: WHOLE };
    const node = graph.test(whole, "jset", word.mask, second.node, first.node);
    return { node, cost: weight + graph.price };
  }
  const { node, cost } = search(graph, word, runs);
  return { node, cost: word.mask === WHOLE ? cost : cost + weight + graph.price };
}

/** Fewer runs than these are told apart by no more tests than a mask costs. */
const FEWEST_FOLDED = 4;

/**
 * The same decision without the bits of `word` on which nothing depends, if there are any:
 *
 *     1, 2, 0x801, 0x802 -> x ; else y        &~0x800:  1, 2 -> x ; else y
 */
function fold(word: Word, runs: readonly Run[]): { readonly word: Word; readonly runs: Run[] } | undefined {
  if (runs.length < FEWEST_FOLDED) return undefined;
  let [mask, left] = [word.mask, [...runs]];
  const bounds = runs.slice(0, -1).reduce((all, { to }) => all | to | (to + 1), 0);
  for (const bit of bitsOf(bounds & word.mask)) {
    if (!maySkip(left, bit)) continue;
    const [clear, set] = [half(left, bit, false), half(left, bit, true)];
    const same = clear.every((run, i) => run.from + bit === set[i]?.from && run.node === set[i]?.node);
    if (!same || clear.length !== set.length) continue;
    mask = (mask & ~bit) >>> 0;
    left = clear.map((run, i) => ({ ...run, weight: run.weight + (set[i]?.weight ?? 0) }));
  }
  return mask === word.mask ? undefined : { word: { offset: word.offset, mask }, runs: left };
}

/** Whether the first numbers of the runs decide as they do with the other value of `bit`. */
function maySkip(runs: readonly Run[], bit: number): boolean {
  return runs.every(({ from, node }) => {
    const twin = (from ^ bit) >>> 0;
    return runs.find(({ to }) => twin <= to)?.node === node;
  });
}

/** `segments` with their share of all look-ups. */
function weigh(segments: readonly Segment[], weights: ReadonlyMap<number, number> | undefined): Run[] {
  if (!weights)
    return segments.map(({ from, to, node }) => ({ from, to, node, weight: 1 / segments.length }));
  const runs = segments.map(({ from, to, node }) => ({ from, to, node, weight: 0, counts: [] as Count[] }));
  let at = 0;
  for (const count of weights) {
    const [value, weight] = count;
    while ((runs[at]?.to ?? MAX_U32) < value) at++;
    const run = runs[at];
    if (!run) continue;
    run.weight += weight;
    if (run.from !== run.to) run.counts.push(count);
  }
  return runs;
}

/** `segments` joined where equal, and cut to the values that a masked word can have. */
function within(segments: readonly Segment[], max: number): Segment[] {
  const joined: Segment[] = [];
  for (const segment of segments) {
    if (segment.from > max) break;
    const last = joined.at(-1);
    const { node } = segment;
    const to = Math.min(segment.to, max);
    if (last?.node === node) joined[joined.length - 1] = { from: last.from, to, node };
    else joined.push({ from: segment.from, to, node });
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
