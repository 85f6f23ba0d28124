/**
 * The decision graph: what a program decides, before it has instructions.
 *
 *     leaf   return `ret`
 *     test   (word & mask) op k  ?  then : else
 *
 * Nodes are hash-consed: equal decisions are one object, across syscalls and arches, so sharing needs no pass
 * of its own and comparing two decisions is `===`.
 */
import type { JumpOp } from "../abi/opcode.ts";

/** A decision, made by a Graph only. */
export type Node = Leaf | Test;

/** The end of a decision. */
export interface Leaf {
  readonly kind: "leaf";
  readonly id: number;
  /** The u32 that the filter returns. */
  readonly ret: number;
}

/** A word of seccomp_data under a mask: what A holds when it is tested. */
export interface Word {
  /** Byte offset in seccomp_data. */
  readonly offset: number;
  /** u32; all ones when the word is tested whole. */
  readonly mask: number;
}

/** One test of one word. */
export interface Test {
  readonly kind: "test";
  readonly id: number;
  readonly word: Word;
  readonly op: JumpOp;
  readonly k: number;
  readonly then: Node;
  readonly else: Node;
}

/** The mask that leaves a word whole. */
export const WHOLE = 0xffffffff;

/** What one test more in a program costs by default, in tests executed by every call. */
export const PRICE = 0.05;

/** The maker of nodes. */
export class Graph {
  readonly #leaves = new Map<number, Leaf>();
  readonly #tests = new Map<string, Test>();
  /** What one test more in the program costs, in tests executed by every call. */
  readonly price: number;

  constructor(price: number = PRICE) {
    this.price = price;
  }

  /** The leaf that returns `ret`. */
  leaf(ret: number): Leaf {
    const known = this.#leaves.get(ret);
    if (known) return known;
    const node: Leaf = { kind: "leaf", id: this.size, ret };
    this.#leaves.set(ret, node);
    return node;
  }

  /** The test, or its outcome where both are the same. */
  test(word: Word, op: JumpOp, k: number, then: Node, otherwise: Node): Node {
    if (then === otherwise) return then;
    const key = `${word.offset}&${word.mask}${op}${k}?${then.id}:${otherwise.id}`;
    const known = this.#tests.get(key);
    if (known) return known;
    const node: Test = { kind: "test", id: this.size, word, op, k, then, else: otherwise };
    this.#tests.set(key, node);
    return node;
  }

  /** How many nodes were made, those no longer in use included. */
  get size(): number {
    return this.#leaves.size + this.#tests.size;
  }
}
