/**
 * Decisions on words, canonical: along every path the words come in one order, each at most once, and a node's
 * parts are as few as they can be. So rules about one argument melt into one node, however they were written,
 * and equal decisions are one object.
 *
 *     ioctl: cmd == A -> x ; cmd in {B, C} -> x ; else y
 *     hi   { 0 -> lo { A, B, C -> x ; else -> y } ; else -> y }
 */
import { ARGS_OFFSET, argLowOffset, type Endian } from "../abi/data.ts";
import type { Chooser, Range } from "./argument.ts";
import type { Leaf, Word } from "./graph.ts";

/** A decision on words: the end, or a partition of one word's values. */
export type Diagram = Leaf | Branch;

/** The numbers `from`..`to` (u32, inclusive) lead to `to`'s decision. */
export interface Part {
  readonly from: number;
  readonly to: number;
  readonly node: Diagram;
}

/** A partition of the values of one word. */
export interface Branch {
  readonly kind: "branch";
  readonly id: number;
  readonly word: Word;
  /** Sorted, gapless from 0 to the word's mask, neighbours differ, at least two. */
  readonly parts: readonly Part[];
}

/** Conditions over many masks of one word can need more branches than any program has instructions. */
const MAX_BRANCHES = 20_000;

/** Thrown when one decision needs more branches than are worth making. */
export class TooManyBranches extends Error {}

/** The maker of branches. */
export class Diagrams implements Chooser<Diagram> {
  readonly #branches = new Map<string, Branch>();
  readonly #endian: Endian;
  /** By argument: its place in the order. */
  readonly #places: readonly number[];
  /** Ids of leaves come from the graph; branches count from here on, so that keys never meet. */
  #nextId = 1 << 24;

  /** Diagrams that ask for the arguments in `first` before the others, which come in order. */
  constructor(endian: Endian, first: readonly number[] = []) {
    this.#endian = endian;
    const order = [...new Set([...first, 0, 1, 2, 3, 4, 5])];
    this.#places = order.map((_, index) => order.indexOf(index));
  }

  /** The parts' decisions where the word lies in them, else `otherwise`. Throws TooManyBranches. */
  choose(word: Word, parts: readonly Part[], otherwise: Diagram): Diagram {
    const inOrder = parts.every(({ node }) => this.#isBelow(node, word)) && this.#isBelow(otherwise, word);
    if (inOrder) return this.#branch(word, select(parts, otherwise, word));
    return parts.reduceRight(
      (rest, { from, to, node }) => this.#choose(word, [{ from, to }], node, rest),
      otherwise,
    );
  }

  /** Whether a decision looks at `word` only to begin with, or not at all. */
  #isBelow(node: Diagram, word: Word): boolean {
    return node.kind === "leaf" || !this.#before(node.word, word);
  }

  /** `word & mask in set ? then : otherwise`. */
  #choose(word: Word, set: readonly Range[], then: Diagram, otherwise: Diagram): Diagram {
    const memo = new Map<string, Diagram>();
    const combine = (yes: Diagram, no: Diagram): Diagram => {
      if (yes === no) return yes;
      const key = `${yes.id}:${no.id}`;
      const known = memo.get(key);
      if (known) return known;
      const above = this.#firstWord(yes, no);
      const inside = () =>
        select(
          set.map(({ from, to }) => ({ from, to, node: yes })),
          no,
          word,
        );
      const result =
        above && this.#before(above, word)
          ? this.#branch(above, zip(partsOf(yes, above), partsOf(no, above), combine))
          : this.#branch(word, inside());
      memo.set(key, result);
      return result;
    };
    return combine(then, otherwise);
  }

  #branch(word: Word, parts: readonly Part[]): Diagram {
    const joined: Part[] = [];
    for (const part of parts) {
      const last = joined[joined.length - 1];
      if (last?.node === part.node)
        joined[joined.length - 1] = { from: last.from, to: part.to, node: last.node };
      else joined.push(part);
    }
    const [first, second] = joined;
    if (first && !second) return first.node;
    const key = `${word.offset}&${word.mask}:${joined.map(({ from, node }) => `${from}>${node.id}`).join()}`;
    const known = this.#branches.get(key);
    if (known) return known;
    if (this.#branches.size >= MAX_BRANCHES) throw new TooManyBranches();
    const branch: Branch = { kind: "branch", id: this.#nextId++, word, parts: joined };
    this.#branches.set(key, branch);
    return branch;
  }

  /** Arguments in order, of each the high half first, of each half the large masks first: A can be masked further. */
  #before(a: Word, b: Word): boolean {
    const [first, second] = [this.#rank(a), this.#rank(b)];
    return first < second || (first === second && a.mask > b.mask);
  }

  #rank({ offset }: Word): number {
    const index = (offset - ARGS_OFFSET) >> 3;
    const low = argLowOffset(index, this.#endian) === offset;
    return 2 * (this.#places[index] ?? 0) + (low ? 1 : 0);
  }

  #firstWord(a: Diagram, b: Diagram): Word | undefined {
    if (a.kind === "leaf") return b.kind === "leaf" ? undefined : b.word;
    if (b.kind === "leaf") return a.word;
    return this.#before(b.word, a.word) ? b.word : a.word;
  }
}

/** A decision seen as a partition of `word`, which it need not look at. */
function partsOf(node: Diagram, word: Word): readonly Part[] {
  if (node.kind === "branch" && node.word.offset === word.offset && node.word.mask === word.mask)
    return node.parts;
  return [{ from: 0, to: word.mask, node }];
}

/** Two partitions laid over each other. */
function zip(a: readonly Part[], b: readonly Part[], combine: (a: Diagram, b: Diagram) => Diagram): Part[] {
  const parts: Part[] = [];
  let [i, j, from] = [0, 0, 0];
  for (;;) {
    const [left, right] = [a[i], b[j]];
    if (!left || !right) return parts;
    const to = Math.min(left.to, right.to);
    parts.push({ from, to, node: combine(left.node, right.node) });
    from = to + 1;
    if (left.to === to) i++;
    if (right.to === to) j++;
  }
}

/** The parts' decisions where the word lies in them, `rest`'s elsewhere; each may itself begin with that word. */
function select(parts: readonly Part[], rest: Diagram, word: Word): Part[] {
  const result: Part[] = [];
  const take = (source: readonly Part[], from: number, to: number) => {
    for (let i = firstAt(source, from); i < source.length; i++) {
      const part = source[i];
      if (!part || part.from > to) break;
      result.push({ from: Math.max(part.from, from), to: Math.min(part.to, to), node: part.node });
    }
  };
  const others = partsOf(rest, word);
  let next = 0;
  for (const { from, to, node } of parts) {
    if (from > next) take(others, next, from - 1);
    take(partsOf(node, word), from, to);
    next = to + 1;
  }
  if (next <= word.mask) take(others, next, word.mask);
  return result;
}

/** The index of the part that holds `value`, by halving. */
function firstAt(parts: readonly Part[], value: number): number {
  let [low, high] = [0, parts.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((parts[middle]?.to ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
