/**
 * Decision diagrams: rooted graphs that ask for one bit after the other, each node once ("hash-consed").
 *
 *     node   level (which bit), low (where it is 0), high (where it is 1)
 *     leaf   kind and payload
 *
 * On every way from a root the levels rise, and no node has two equal children: so within one table two
 * functions are equal exactly when they are the same node. Nodes are rows of four numbers in one typed array;
 * node FALSE and node TRUE are the leaves of conditions. There is no garbage collection: a table is made for one
 * question and dropped.
 *
 * R. E. Bryant, Graph-Based Algorithms for Boolean Function Manipulation, 1986.
 */

/** A node, as an index into its table. */
export type Node = number;

/** The condition that never holds. */
export const FALSE: Node = 0;
/** The condition that always holds. */
export const TRUE: Node = 1;
/** The level of leaves: below all bits. */
export const LEAF = 0xffff;

/** What a leaf says. */
export const leafKinds = Object.freeze({
  /** FALSE and TRUE. */
  condition: 0,
  /** A return value; the payload is that u32. */
  ret: 1,
  /** A return value that depends on too many bits to list; the payload is the id of a word. */
  computed: 2,
  /** Not worked out; the payload counts those. */
  open: 3,
  /** Two leaves that differ; the payload counts those. */
  pair: 4,
} as const);

/** A stated limit was reached; the message says which. */
export class Exhausted extends Error {}

/** How much may be done. */
export interface Allowance {
  readonly nodes: number;
  readonly steps: number;
}

const FIRST_CAPACITY = 1 << 12;
const MOST_CACHE = 1 << 19;
/** Clearing so many numbers takes as long as a step. */
const CLEARED_PER_STEP = 256;

/** A store of nodes, and what can be made of them. */
export class Table {
  #rows = new Int32Array(4 * FIRST_CAPACITY); // level, low, high, next in the bucket
  #buckets = new Int32Array(2 * FIRST_CAPACITY).fill(-1);
  #cache = new Int32Array(4 * 2 * FIRST_CAPACITY); // operation or condition, f, g, result; all 0 is empty
  #count = 0;
  #made = 0;
  #steps = 0;
  #nodeLimit = Number.POSITIVE_INFINITY;
  #stepLimit = Number.POSITIVE_INFINITY;

  constructor() {
    this.leaf(leafKinds.condition, 0);
    this.leaf(leafKinds.condition, 1);
  }

  /** Nodes in the table. */
  get size(): number {
    return this.#count;
  }

  /** Nodes ever made, those that were taken back included. */
  get made(): number {
    return this.#made;
  }

  /** Steps taken: nodes looked at, and what `charge` added. */
  get steps(): number {
    return this.#steps;
  }

  /** The level of `node`, LEAF for leaves. */
  level(node: Node): number {
    return this.#rows[4 * node] ?? 0;
  }

  /** Where the bit of `node` is 0; the kind of a leaf. */
  low(node: Node): Node {
    return this.#rows[4 * node + 1] ?? 0;
  }

  /** Where the bit of `node` is 1; the payload of a leaf, as a signed number. */
  high(node: Node): Node {
    return this.#rows[4 * node + 2] ?? 0;
  }

  /** The leaf of that kind (see leafKinds) and payload. */
  leaf(kind: number, payload: number): Node {
    return this.#find(LEAF, kind, payload | 0);
  }

  /** The node that asks for the bit at `level`, which must be above those of both children. */
  make(level: number, low: Node, high: Node): Node {
    return low === high ? low : this.#find(level, low, high);
  }

  /** As `make`, whatever the children ask for. */
  branch(level: number, low: Node, high: Node): Node {
    if (level < this.level(low) && level < this.level(high)) return this.make(level, low, high);
    return this.choose(this.make(level, FALSE, TRUE), high, low);
  }

  /** `condition ? yes : no`. */
  choose(condition: Node, yes: Node, no: Node): Node {
    if (condition === TRUE || yes === no) return yes;
    if (condition === FALSE) return no;
    if (yes === TRUE && no === FALSE) return condition;
    const slot = this.#slot(condition, yes, no);
    const cache = this.#cache;
    if (cache[slot] === condition && cache[slot + 1] === yes && cache[slot + 2] === no)
      return cache[slot + 3] ?? 0;
    this.charge(1);
    const [c, y, n] = [this.level(condition), this.level(yes), this.level(no)];
    const top = c < y ? (c < n ? c : n) : y < n ? y : n;
    const low = this.choose(
      c === top ? this.low(condition) : condition,
      y === top ? this.low(yes) : yes,
      n === top ? this.low(no) : no,
    );
    const high = this.choose(
      c === top ? this.high(condition) : condition,
      y === top ? this.high(yes) : yes,
      n === top ? this.high(no) : no,
    );
    const result = this.make(top, low, high);
    this.#remember(condition, yes, no, result);
    return result;
  }

  /** Both hold. */
  and(a: Node, b: Node): Node {
    return this.choose(a, b, FALSE);
  }

  /** One holds at least. */
  or(a: Node, b: Node): Node {
    return this.choose(a, TRUE, b);
  }

  /** It does not hold. */
  not(a: Node): Node {
    return this.choose(a, FALSE, TRUE);
  }

  /** One holds and the other does not. */
  xor(a: Node, b: Node): Node {
    return this.choose(a, this.not(b), b);
  }

  /**
   * `join` of what `f` and `g` say, wherever they say it. `operation` (1, 2, ...) names `join` to the cache: one
   * number per function and table. `join` gets two leaves, and may return any node.
   */
  apply(operation: number, f: Node, g: Node, join: (f: Node, g: Node) => Node): Node {
    const slot = this.#slot(-operation, f, g);
    const cache = this.#cache;
    if (cache[slot] === -operation && cache[slot + 1] === f && cache[slot + 2] === g)
      return cache[slot + 3] ?? 0;
    this.charge(1);
    const [a, b] = [this.level(f), this.level(g)];
    const top = a < b ? a : b;
    const result =
      top === LEAF
        ? join(f, g)
        : this.branch(
            top,
            this.apply(operation, a === top ? this.low(f) : f, b === top ? this.low(g) : g, join),
            this.apply(operation, a === top ? this.high(f) : f, b === top ? this.high(g) : g, join),
          );
    this.#remember(-operation, f, g, result);
    return result;
  }

  /** `change` of what `f` says, wherever it says it; `operation` as in apply. */
  map(operation: number, f: Node, change: (leaf: Node) => Node): Node {
    return this.apply(operation, f, FALSE, change);
  }

  /** Counts `steps` of work. Throws Exhausted. */
  charge(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#stepLimit) throw new Exhausted("steps");
  }

  /**
   * What `work` returns, or undefined when it takes more nodes or steps than `allowance`: the table then has the
   * nodes that it had before.
   */
  attempt<T>(allowance: Allowance, work: () => T): T | undefined {
    const mark = this.#count;
    const [nodes, steps] = [this.#nodeLimit, this.#stepLimit];
    this.#nodeLimit = Math.min(nodes, mark + allowance.nodes);
    this.#stepLimit = Math.min(steps, this.#steps + allowance.steps);
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Exhausted)) throw error;
      this.#rollBack(mark);
      return undefined;
    } finally {
      this.#nodeLimit = nodes;
      this.#stepLimit = steps;
    }
  }

  #find(level: number, low: number, high: number): Node {
    const rows = this.#rows;
    const bucket = this.#bucket(level, low, high);
    for (let node = this.#buckets[bucket] ?? -1; node >= 0; node = rows[4 * node + 3] ?? -1) {
      if (rows[4 * node] === level && rows[4 * node + 1] === low && rows[4 * node + 2] === high) return node;
    }
    if (this.#count >= this.#nodeLimit) throw new Exhausted("nodes");
    if (4 * this.#count >= rows.length) this.#grow();
    const node = this.#count++;
    this.#made++;
    this.#link(node, level, low, high);
    return node;
  }

  #link(node: Node, level: number, low: number, high: number): void {
    const bucket = this.#bucket(level, low, high);
    const row = 4 * node;
    this.#rows[row] = level;
    this.#rows[row + 1] = low;
    this.#rows[row + 2] = high;
    this.#rows[row + 3] = this.#buckets[bucket] ?? -1;
    this.#buckets[bucket] = node;
  }

  #grow(): void {
    const rows = new Int32Array(2 * this.#rows.length);
    rows.set(this.#rows);
    this.#rows = rows;
    this.#buckets = new Int32Array(2 * this.#buckets.length);
    this.#relink();
    if (this.#cache.length < 4 * MOST_CACHE) this.#cache = new Int32Array(2 * this.#cache.length);
  }

  /** Nodes leave in the reverse of the order in which they came, so each is the first of its bucket. */
  #rollBack(mark: number): void {
    if (this.#count === mark) return;
    while (this.#count > mark) {
      const node = --this.#count;
      this.#buckets[this.#bucket(this.level(node), this.low(node), this.high(node))] =
        this.#rows[4 * node + 3] ?? -1;
    }
    this.#cache.fill(0);
    this.#steps += this.#cache.length / CLEARED_PER_STEP;
  }

  #relink(): void {
    this.#buckets.fill(-1);
    for (let node = 0; node < this.#count; node++)
      this.#link(node, this.level(node), this.low(node), this.high(node));
  }

  #bucket(level: number, low: number, high: number): number {
    return hash(level, low, high) & (this.#buckets.length - 1);
  }

  #slot(a: number, b: number, c: number): number {
    return (hash(a, b, c) & (this.#cache.length / 4 - 1)) * 4;
  }

  /** The cache may have been replaced since the slot was looked at. */
  #remember(a: number, b: number, c: number, result: Node): void {
    const slot = this.#slot(a, b, c);
    const cache = this.#cache;
    cache[slot] = a;
    cache[slot + 1] = b;
    cache[slot + 2] = c;
    cache[slot + 3] = result;
  }
}

function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
