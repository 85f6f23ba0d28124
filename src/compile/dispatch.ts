/**
 * A partition of the numbers 0..2^32-1 to decisions, as tests of one word: the syscall number, a register's
 * low half, its high half, all alike.
 *
 *     few odd ones out     jeq 3, B ; jeq 9, C ; A
 *     else halve           jge 5 ? right : left
 */
import type { Graph, Node, Word } from "./graph.ts";
import { WHOLE } from "./graph.ts";

/** The numbers `from`..`to` (u32, inclusive) decide as `node` does. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly node: Node;
}

const MAX_U32 = 0xffffffff;
/** So many single numbers are picked out one by one; more are searched. */
const CHAIN = 3;

/** The decision of `word` whose value lies in `segments` (sorted, gapless, from 0 to the word's mask or beyond). */
export function dispatch(graph: Graph, word: Word, segments: readonly Segment[]): Node {
  return search(graph, word, within(segments, word.mask >>> 0));
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

function search(graph: Graph, word: Word, segments: readonly Segment[]): Node {
  const [first, second] = segments;
  if (!first) throw new RangeError("dispatch over no segments");
  if (!second) return first.node;
  if (isBitTest(word, segments))
    return graph.test({ offset: word.offset, mask: WHOLE }, "jset", word.mask, second.node, first.node);
  const chain = pickOut(graph, word, segments);
  if (chain) return chain;
  const middle = segments.length >> 1;
  const right = segments.slice(middle);
  const at = right[0]?.from ?? 0;
  return graph.test(
    word,
    "jge",
    at,
    search(graph, word, right),
    search(graph, word, segments.slice(0, middle)),
  );
}

/** `word & mask` is zero, or is not: one jset that leaves A whole. */
function isBitTest(word: Word, segments: readonly Segment[]): boolean {
  return word.mask !== WHOLE && segments.length === 2 && segments[0]?.to === 0;
}

/** One decision with at most CHAIN single numbers apart from it, or undefined. */
function pickOut(graph: Graph, word: Word, segments: readonly Segment[]): Node | undefined {
  const singles = segments.filter(({ from, to }) => from === to);
  const bases = segments.filter(({ from, to }) => from !== to);
  const base = bases[0]?.node;
  if (base === undefined || singles.length > CHAIN || bases.some(({ node }) => node !== base))
    return undefined;
  return singles.reduceRight<Node>((rest, { from, node }) => graph.test(word, "jeq", from, node, rest), base);
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
