/**
 * 32-bit words whose bits are conditions on a call, and the machine's arithmetic on them.
 *
 *     args[0].lo & 0xff     bits 0..7 ask for the bits of args[0].lo, bits 8..31 are FALSE
 *     nr + 1                bit i is nr[i] ^ carry[i], carry[i + 1] = nr[i] & carry[i]
 *
 * Equal words are one object. Products and quotients by a constant can need very large diagrams, and often are only
 * compared with a number; so they stay pending until their bits are needed:
 *
 *     a / 10 >= 7      a >= 70
 *     a * 3 == 21      a == 7, by the inverse of 3 modulo 2^32
 */
import type { AluOp, JumpOp } from "../abi/opcode.ts";
import {
  constantOf,
  difference,
  equal,
  greater,
  product,
  quotient,
  shiftLeft,
  shiftRight,
  sum,
} from "./arithmetic.ts";
import { BITS, type Order, WORDS } from "./order.ts";
import { productAtLeast, productEquals } from "./product.ts";
import { FALSE, type Node, type Table, TRUE } from "./table.ts";

/** A word, made by a Words only. */
export interface Word {
  readonly id: number;
  /** 32 conditions, least significant first; none while the word is pending. */
  readonly bits: readonly Node[];
  /** Its number, when it is the same for every call. */
  readonly constant: number | undefined;
  /** What the word is, when its bits are not worked out. */
  readonly pending?: Pending;
}

/** `of op by`. */
interface Pending {
  readonly op: "mul" | "div";
  readonly of: Word;
  /** u32, not 0. */
  readonly by: number;
}

const MAX_U32 = 0xffffffff;

/** What a new word costs, in steps: its memory is counted with them. */
const WORD_STEPS = 64;

/** The maker of words over one table. */
export class Words {
  readonly #table: Table;
  readonly #known = new Map<string, Word>();
  readonly #all: Word[] = [];
  readonly #constants = new Map<number, Word>();
  readonly #results = new Map<string, Word>();
  readonly #inputs: readonly Word[];

  constructor(table: Table, order: Order) {
    this.#table = table;
    this.#inputs = Array.from({ length: WORDS }, (_, word) =>
      this.of(
        Array.from({ length: BITS }, (_, bit) =>
          table.make(order.levelOf[BITS * word + bit] ?? 0, FALSE, TRUE),
        ),
      ),
    );
  }

  /** The word of seccomp_data, numbered as in order.ts. */
  input(word: number): Word {
    return this.#inputs[word] ?? this.constant(0);
  }

  /** The word that is `value` (u32) for every call. */
  constant(value: number): Word {
    const known = this.#constants.get(value);
    if (known) return known;
    const word = this.of(Array.from({ length: BITS }, (_, bit) => ((value >>> bit) & 1 ? TRUE : FALSE)));
    this.#constants.set(value, word);
    return word;
  }

  /** The word with that id. */
  at(id: number): Word {
    return this.#all[id] ?? this.constant(0);
  }

  /** The word of those 32 bits, least significant first. */
  of(bits: readonly Node[]): Word {
    const key = bits.join();
    const known = this.#known.get(key);
    if (known) return known;
    this.#table.charge(WORD_STEPS);
    const word = { id: this.#all.length, bits, constant: constantOf(bits) };
    this.#all.push(word);
    this.#known.set(key, word);
    return word;
  }

  /** `a op b` as the machine works it out, of words that are not pending; a division by 0 may give anything. */
  calculate(op: AluOp, a: Word, b: Word): Word {
    const key = `${op} ${a.id} ${b.id}`;
    const known = this.#results.get(key);
    if (known) return known;
    const result = this.#deferred(op, a, b) ?? this.of(this.#bits(op, a.bits, b.bits));
    this.#results.set(key, result);
    return result;
  }

  /** `word` with its bits worked out. Nothing else may come after this in one attempt of the table. */
  worked(word: Word): Word {
    if (!word.pending) return word;
    const { op, of, by } = word.pending;
    const key = `worked ${word.id}`;
    const known = this.#results.get(key);
    if (known) return known;
    const result = this.of(this.#bits(op, of.bits, this.constant(by).bits));
    this.#results.set(key, result);
    return result;
  }

  /** `-a`. */
  negate(a: Word): Word {
    return this.calculate("sub", this.constant(0), a);
  }

  /** Whether `a op b` can be told while `a` is pending. */
  comparable(op: JumpOp, { pending }: Word, b: Word): boolean {
    if (!pending) return true;
    return b.constant !== undefined && op !== "jset";
  }

  /** The condition `a op b`; if `a` is pending, of comparable words only. */
  compare(op: JumpOp, a: Word, b: Word): Node {
    const table = this.#table;
    if (a.pending) return this.#comparePending(op, a.pending, b.constant ?? 0);
    switch (op) {
      case "jeq":
        return equal(table, a.bits, b.bits);
      case "jgt":
        return greater(table, a.bits, b.bits, FALSE);
      case "jge":
        return greater(table, a.bits, b.bits, TRUE);
      case "jset":
        return a.bits.reduce<Node>(
          (some, bit, i) => table.or(table.and(bit, b.bits[i] ?? FALSE), some),
          FALSE,
        );
    }
  }

  #comparePending(op: JumpOp, { op: by, of: { bits }, by: factor }: Pending, k: number): Node {
    const table = this.#table;
    if (by === "mul" && op === "jeq") return productEquals(table, bits, factor, k);
    const atLeast = (limit: number) => {
      if (limit > MAX_U32) return FALSE;
      if (by === "mul") return productAtLeast(table, bits, factor, limit);
      const least = limit * factor;
      return least > MAX_U32 ? FALSE : greater(table, bits, this.constant(least).bits, TRUE);
    };
    if (op === "jge") return atLeast(k);
    return op === "jgt" ? atLeast(k + 1) : table.and(atLeast(k), table.not(atLeast(k + 1)));
  }

  /** A pending word, for products and quotients by a constant that no shift can do. */
  #deferred(op: AluOp, a: Word, b: Word): Word | undefined {
    if (op !== "mul" && op !== "div") return undefined;
    const [of, by] = op === "mul" && b.constant === undefined ? [b, a.constant] : [a, b.constant];
    if (by === undefined || by === 0 || of.constant !== undefined) return undefined;
    if ((by & (by - 1)) === 0) {
      const places = this.constant(31 - Math.clz32(by));
      return this.calculate(op === "mul" ? "lsh" : "rsh", of, places);
    }
    this.#table.charge(WORD_STEPS);
    const word: Word = { id: this.#all.length, bits: [], constant: undefined, pending: { op, of, by } };
    this.#all.push(word);
    return word;
  }

  #bits(op: AluOp, a: readonly Node[], b: readonly Node[]): Node[] {
    const table = this.#table;
    const other = (i: number) => b[i] ?? FALSE;
    switch (op) {
      case "and":
        return a.map((bit, i) => table.and(bit, other(i)));
      case "or":
        return a.map((bit, i) => table.or(bit, other(i)));
      case "xor":
        return a.map((bit, i) => table.xor(bit, other(i)));
      case "add":
        return sum(table, a, b, FALSE);
      case "sub":
        return difference(table, a, b).bits;
      case "mul":
        return product(table, a, b);
      case "div":
        return quotient(table, a, b);
      case "lsh":
        return shiftLeft(table, a, b);
      case "rsh":
        return shiftRight(table, a, b);
    }
  }
}
