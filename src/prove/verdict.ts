/**
 * What the kernel makes of return values, on diagrams: the winner of a stack, what an action really does, and
 * which of two answers differ.
 *
 * Constant leaves take the plain functions of src/abi/action.ts; computed ones the same rules on bits. A part
 * that was not worked out stays so, whatever it meets.
 */
import {
  actionNames,
  actionValues,
  combineReturns,
  decodeAction,
  encodeAction,
  MAX_ERRNO,
} from "../abi/action.ts";
import { equal, greater } from "./arithmetic.ts";
import { isOpen, retLeaf, retOf, returnOf, wordOfLeaf } from "./leaf.ts";
import { BITS } from "./order.ts";
import type { Space } from "./space.ts";
import { FALSE, leafKinds, type Node, TRUE } from "./table.ts";
import type { Word } from "./word.ts";

/** What must hold of the answers to a call: the same, or the first never weaker than the second. */
export type Relation = "equal" | "refines";

/** When two return values are the same: as numbers, or by what the kernel does for them. */
export type Mode = "exact" | "kernel";

/** Whether the answers `a` and `b` to one call break `relation`, on numbers. */
export function breaks(relation: Relation, mode: Mode, a: number, b: number): boolean {
  const done = (ret: number) => encodeAction(decodeAction(ret));
  if (relation === "refines") return rankOf(a) > rankOf(b);
  return mode === "exact" ? a >>> 0 !== b >>> 0 : done(a) !== done(b);
}

/** Names of operations for the table's cache; each names one function. */
const operations = Object.freeze({ combine: 1, normalise: 2, equal: 3, refines: 4, weakest: 5 });

const ACTION_BITS = BITS / 2;
/** Actions whose data the kernel uses. */
const withData = [actionValues.trap, actionValues.errno, actionValues.trace];

/** What a stack of filters answers, given the diagrams of its programs newest first. */
export function combined(space: Space, newestFirst: readonly Node[]): Node {
  const { table, words } = space;
  const join = (winner: Node, older: Node) => {
    const [a, b] = [retOf(table, winner), retOf(table, older)];
    if (a !== undefined && b !== undefined) return retLeaf(table, combineReturns([a, b]));
    if (isOpen(table, winner)) return winner;
    if (isOpen(table, older)) return older;
    const wins = stronger(space, wordOfLeaf(table, words, older), wordOfLeaf(table, words, winner));
    return table.choose(wins, older, winner);
  };
  return newestFirst.reduce<Node>(
    (winner, older) => table.apply(operations.combine, winner, older, join),
    retLeaf(table, actionValues.allow),
  );
}

/** The most permissive answer of the diagrams of policies, whose leaves are constants; of equal ones the first's. */
export function weakest(space: Space, diagrams: readonly Node[]): Node {
  const { table } = space;
  const join = (winner: Node, other: Node) => {
    const [a, b] = [retOf(table, winner), retOf(table, other)];
    if (a !== undefined && b !== undefined) return retLeaf(table, weakestReturn([a, b]));
    return isOpen(table, winner) ? winner : other;
  };
  return diagrams.reduce<Node>(
    (winner, other) => table.apply(operations.weakest, winner, other, join),
    retLeaf(table, actionValues.kill_process),
  );
}

/** The return value of the most permissive action; of equal ones the first. */
export function weakestReturn(rets: readonly number[]): number {
  return rets.reduce<number>(
    (winner, ret) => (rankOf(ret) > rankOf(winner) ? ret : winner),
    actionValues.kill_process,
  );
}

function rankOf(ret: number): number {
  return actionNames.indexOf(decodeAction(ret).kind);
}

/**
 * What the kernel does for the answer of `f` when no other filter has a say, as return values without anything
 * that it ignores: unknown actions are kill_process, errno data is at most 4095, other data goes where it is unused.
 */
export function normalised(space: Space, f: Node): Node {
  const { table, words } = space;
  return table.map(operations.normalise, f, (leaf) => {
    if (isOpen(table, leaf)) return leaf;
    const ret = retOf(table, leaf);
    if (ret !== undefined) return retLeaf(table, encodeAction(decodeAction(ret)));
    return returnOf(table, words.of(normalisedBits(space, wordOfLeaf(table, words, leaf))));
  });
}

function normalisedBits(space: Space, { bits }: Word): Node[] {
  const { table } = space;
  const isAny = (actions: readonly number[]) =>
    actions.reduce<Node>((some, value) => table.or(isAction(space, bits, value), some), FALSE);
  const known = isAny(Object.values(actionValues));
  const kept = isAny(withData);
  const errno = isAny([actionValues.errno]);
  const above = Math.log2(MAX_ERRNO + 1);
  const high = bits.slice(above, ACTION_BITS).reduce<Node>((some, bit) => table.or(bit, some), FALSE);
  const clamped = table.and(errno, high);
  const kill = space.words.constant(actionValues.kill_process).bits;
  return bits.map((bit, i) => {
    if (i >= ACTION_BITS) return table.choose(known, bit, kill[i] ?? FALSE);
    return table.and(kept, table.choose(clamped, i < above ? TRUE : FALSE, bit));
  });
}

function isAction({ table, words }: Space, bits: readonly Node[], value: number): Node {
  return equal(table, bits.slice(ACTION_BITS), words.constant(value).bits.slice(ACTION_BITS));
}

/** The condition that the action of `a` wins over that of `b`: it is less as a signed number. */
function stronger({ table }: Space, a: Word, b: Word): Node {
  const order = ({ bits }: Word) =>
    bits.slice(ACTION_BITS).map((bit, i) => (i === ACTION_BITS - 1 ? table.not(bit) : bit));
  return greater(table, order(b), order(a), FALSE);
}

/**
 * Where the answers of `f` and `g` break `relation`: pair leaves with both answers there, FALSE where they keep
 * it, open leaves where one of them is not worked out (even the same one: it says where, not what).
 */
export function broken(space: Space, relation: Relation, f: Node, g: Node): Node {
  const { table, words } = space;
  if (f === g && space.open.length === 0) return FALSE;
  return table.apply(operations[relation], f, g, (a, b) => {
    if (isOpen(table, a)) return a;
    if (isOpen(table, b)) return b;
    if (a === b) return FALSE;
    const [left, right] = [wordOfLeaf(table, words, a), wordOfLeaf(table, words, b)];
    const isBroken =
      relation === "equal" ? table.not(equal(table, left.bits, right.bits)) : stronger(space, right, left);
    return table.choose(isBroken, pairLeaf(space, a, b), FALSE);
  });
}

function pairLeaf({ table, pairs }: Space, a: Node, b: Node): Node {
  const before = pairs.findIndex(([f, g]) => f === a && g === b);
  if (before >= 0) return table.leaf(leafKinds.pair, before);
  pairs.push([a, b]);
  return table.leaf(leafKinds.pair, pairs.length - 1);
}
