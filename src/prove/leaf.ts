/** What stands at the ends of a diagram: return values, and the places that were not worked out. */
import { BITS } from "./order.ts";
import { LEAF, leafKinds, type Node, type Table } from "./table.ts";
import type { Word, Words } from "./word.ts";

/** So many nodes are made to list the values of a computed return one by one; beyond, it stays computed. */
const LISTED = 4096;

/** The leaf that returns `ret` (u32). */
export function retLeaf(table: Table, ret: number): Node {
  return table.leaf(leafKinds.ret, ret);
}

/** The return value (u32) of a leaf; undefined when it is no constant. */
export function retOf(table: Table, leaf: Node): number | undefined {
  return table.low(leaf) === leafKinds.ret ? table.high(leaf) >>> 0 : undefined;
}

/** The diagram that returns `word`: a leaf per value when these are few, else one computed leaf. */
export function returnOf(table: Table, word: Word): Node {
  if (word.constant !== undefined) return retLeaf(table, word.constant);
  const allowance = { nodes: LISTED, steps: BITS * LISTED };
  return table.attempt(allowance, () => listed(table, word)) ?? table.leaf(leafKinds.computed, word.id);
}

function listed(table: Table, word: Word): Node {
  const known = new Map<string, Node>();
  const go = (bits: readonly Node[]): Node => {
    const key = bits.join();
    const before = known.get(key);
    if (before !== undefined) return before;
    table.charge(BITS);
    const top = bits.reduce((level, bit) => Math.min(level, table.level(bit)), LEAF);
    const half = (child: "low" | "high") =>
      bits.map((bit) => (table.level(bit) === top ? table[child](bit) : bit));
    const node =
      top === LEAF
        ? retLeaf(
            table,
            bits.reduce((sum, bit, i) => sum | (bit << i), 0),
          )
        : table.branch(top, go(half("low")), go(half("high")));
    known.set(key, node);
    return node;
  };
  return go(word.bits);
}

/** The word that a leaf returns, constant or computed. */
export function wordOfLeaf(table: Table, words: Words, leaf: Node): Word {
  return table.low(leaf) === leafKinds.computed
    ? words.at(table.high(leaf))
    : words.constant(table.high(leaf) >>> 0);
}

/** Whether a leaf stands for a part that was not worked out. */
export function isOpen(table: Table, leaf: Node): boolean {
  return table.low(leaf) === leafKinds.open;
}
