/** Sets of calls as diagrams with the leaves FALSE and TRUE: their size, members, and projections. */
import { BITS, type Order, WORDS } from "./order.ts";
import { FALSE, LEAF, type Node, type Table, TRUE } from "./table.ts";

/** How many calls a set holds. */
export interface Size {
  /** Members, counting only the words that the set depends on. */
  readonly count: bigint;
  /** The bits of those words: `count` of 2 ** `bits`. */
  readonly bits: number;
}

/** All leaves of `f`, in the order in which they are met. */
export function leavesOf(table: Table, f: Node): Node[] {
  const leaves: Node[] = [];
  visit(table, f, (node) => {
    if (table.level(node) === LEAF) leaves.push(node);
  });
  return leaves;
}

/** How many nodes `f` has, its leaves included. */
export function nodesOf(table: Table, f: Node): number {
  let count = 0;
  visit(table, f, () => {
    count++;
  });
  return count;
}

function visit(table: Table, f: Node, see: (node: Node) => void): void {
  const seen = new Set<Node>([f]);
  for (const node of seen) {
    see(node);
    if (table.level(node) === LEAF) continue;
    seen.add(table.low(node));
    seen.add(table.high(node));
  }
}

/** Where `f` says one of `ends`, which are leaves; or nodes, if the way to them asks for levels up to `last` only. */
export function where(table: Table, f: Node, ends: ReadonlySet<Node>, last = LEAF - 1): Node {
  const known = new Map<Node, Node>();
  const go = (node: Node): Node => {
    const level = table.level(node);
    if (level > last) return ends.has(node) ? TRUE : FALSE;
    const before = known.get(node);
    if (before !== undefined) return before;
    const made = table.make(level, go(table.low(node)), go(table.high(node)));
    known.set(node, made);
    return made;
  };
  return go(f);
}

/** The words that `f` depends on, as a bit mask. */
export function support(table: Table, order: Order, f: Node): number {
  let words = 0;
  visit(table, f, (node) => {
    if (table.level(node) !== LEAF) words |= 1 << (order.wordOf[table.level(node)] ?? 0);
  });
  return words;
}

/** The size of a set, counted in the words that it depends on. */
export function sizeOf(table: Table, order: Order, set: Node): Size {
  const words = support(table, order, set);
  const rank = new Uint16Array(WORDS * BITS + 1);
  order.wordOf.forEach((word, level) => {
    rank[level + 1] = (rank[level] ?? 0) + ((words >> word) & 1);
  });
  const bits = rank[WORDS * BITS] ?? 0;
  const rankOf = (node: Node) => (table.level(node) === LEAF ? bits : (rank[table.level(node)] ?? 0));
  const known = new Map<Node, bigint>([
    [FALSE, 0n],
    [TRUE, 1n],
  ]);
  const below = (node: Node): bigint => {
    const before = known.get(node);
    if (before !== undefined) return before;
    const half = (child: Node) => below(child) << BigInt(rankOf(child) - rankOf(node) - 1);
    const sum = half(table.low(node)) + half(table.high(node));
    known.set(node, sum);
    return sum;
  };
  return { count: below(set) << BigInt(rankOf(set)), bits };
}

/** `f` for the calls whose `word` is `value`: a diagram that no longer asks for that word. */
export function restricted(table: Table, order: Order, f: Node, word: number, value: number): Node {
  const known = new Map<Node, Node>();
  const last = order.levelOf[BITS * word] ?? LEAF;
  const go = (node: Node): Node => {
    const level = table.level(node);
    if (level > last) return node;
    const before = known.get(node);
    if (before !== undefined) return before;
    const made =
      order.wordOf[level] !== word
        ? table.make(level, go(table.low(node)), go(table.high(node)))
        : (value >>> (order.bitOf[level] ?? 0)) & 1
          ? go(table.high(node))
          : go(table.low(node));
    known.set(node, made);
    return made;
  };
  return go(f);
}

/** Whether some member of `set` has `value` in `word`. */
export function admits(table: Table, order: Order, set: Node, word: number, value: number): boolean {
  const first = order.levelOf[BITS * word + BITS - 1] ?? 0;
  const last = order.levelOf[BITS * word] ?? 0;
  if (!order.whole[word] || table.level(set) < first)
    return restricted(table, order, set, word, value) !== FALSE;
  let node = set;
  while (table.level(node) <= last) {
    const bit = (value >>> (order.bitOf[table.level(node)] ?? 0)) & 1;
    node = bit ? table.high(node) : table.low(node);
  }
  return node !== FALSE;
}

/** The values that the words in `kept` (bit mask) take in some member of `set`. */
export function projected(table: Table, order: Order, set: Node, kept: number): Node {
  const known = new Map<Node, Node>();
  const go = (node: Node): Node => {
    const level = table.level(node);
    if (level === LEAF) return node;
    const before = known.get(node);
    if (before !== undefined) return before;
    const [low, high] = [go(table.low(node)), go(table.high(node))];
    const made =
      (kept >> (order.wordOf[level] ?? 0)) & 1 ? table.make(level, low, high) : table.or(low, high);
    known.set(node, made);
    return made;
  };
  return go(set);
}

/** The member of a set with the smallest numbers, words by meaning; the set must not be empty. */
export function leastMember(table: Table, order: Order, set: Node): Uint32Array {
  const words = new Uint32Array(WORDS);
  let node = set;
  while (table.level(node) !== LEAF) {
    const level = table.level(node);
    const word = order.wordOf[level] ?? 0;
    const low = table.low(node);
    if (low !== FALSE) node = low;
    else {
      words[word] = (words[word] ?? 0) | (1 << (order.bitOf[level] ?? 0));
      node = table.high(node);
    }
  }
  return words;
}

/** What `f` says of sixteen words, by meaning: a leaf. */
export function leafAt(table: Table, order: Order, f: Node, words: Uint32Array): Node {
  let node = f;
  while (table.level(node) !== LEAF) {
    const level = table.level(node);
    const bit = ((words[order.wordOf[level] ?? 0] ?? 0) >>> (order.bitOf[level] ?? 0)) & 1;
    node = bit ? table.high(node) : table.low(node);
  }
  return node;
}
