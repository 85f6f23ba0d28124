/**
 * 32-bit words whose bits are conditions on a call, and the machine's arithmetic on them.
 *
 *     args[0].lo & 0xff     bits 0..7 ask for the bits of args[0].lo, bits 8..31 are FALSE
 *     nr + 1                bit i is nr[i] ^ carry[i], carry[i + 1] = nr[i] & carry[i]
 *
 * Masks, shifts by constants and bit operations keep the size of their operands. Sums ripple bit by bit; products
 * are sums, quotients the division of the school book: with a constant of many bits these can need very large
 * diagrams, which is the table's business to stop.
 */
import type { AluOp, JumpOp } from "../abi/opcode.ts";
import { BITS, type Order, WORDS } from "./order.ts";
import { FALSE, type Node, type Table, TRUE } from "./table.ts";

/** A word; equal words of one Words are one object. */
export interface Word {
  readonly id: number;
  /** 32 conditions, least significant first. */
  readonly bits: readonly Node[];
  /** Its number, when it is the same for every call. */
  readonly constant: number | undefined;
}

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

  /** `a op b` as the machine works it out; a division by zero may give anything. */
  calculate(op: AluOp, a: Word, b: Word): Word {
    const key = `${op} ${a.id} ${b.id}`;
    const known = this.#results.get(key);
    if (known) return known;
    const result = this.of(this.#bits(op, a, b));
    this.#results.set(key, result);
    return result;
  }

  /** `-a`. */
  negate(a: Word): Word {
    return this.calculate("sub", this.constant(0), a);
  }

  /** The condition `a op b`. */
  compare(op: JumpOp, a: Word, b: Word): Node {
    switch (op) {
      case "jeq":
        return equal(this.#table, a.bits, b.bits);
      case "jgt":
        return greater(this.#table, a.bits, b.bits, FALSE);
      case "jge":
        return greater(this.#table, a.bits, b.bits, TRUE);
      case "jset":
        return a.bits.reduce<Node>(
          (some, bit, i) => this.#table.or(this.#table.and(bit, b.bits[i] ?? FALSE), some),
          FALSE,
        );
    }
  }

  #bits(op: AluOp, { bits: a }: Word, b: Word): Node[] {
    const table = this.#table;
    const other = (i: number) => b.bits[i] ?? FALSE;
    switch (op) {
      case "and":
        return a.map((bit, i) => table.and(bit, other(i)));
      case "or":
        return a.map((bit, i) => table.or(bit, other(i)));
      case "xor":
        return a.map((bit, i) => table.xor(bit, other(i)));
      case "add":
        return sum(table, a, b.bits, FALSE);
      case "sub":
        return difference(table, a, b.bits).bits;
      case "mul":
        return product(table, a, b);
      case "div":
        return quotient(table, a, b);
      case "lsh":
        return shift(table, a, b, (bits, by) => [...zeros(by), ...bits].slice(0, BITS));
      case "rsh":
        return shift(table, a, b, (bits, by) => [...bits.slice(by), ...zeros(by)]);
    }
  }
}

/** The condition that two words, or parts of words, are equal. */
export function equal(table: Table, a: readonly Node[], b: readonly Node[]): Node {
  return a.reduce<Node>((rest, bit, i) => {
    const other = b[i] ?? FALSE;
    if (other === TRUE) return table.choose(bit, rest, FALSE);
    if (other === FALSE) return table.choose(bit, FALSE, rest);
    return table.choose(bit, table.choose(other, rest, FALSE), table.choose(other, FALSE, rest));
  }, TRUE);
}

/** The condition `a > b`, of words or parts of words; where they are equal, `tie`. */
export function greater(table: Table, a: readonly Node[], b: readonly Node[], tie: Node): Node {
  return a.reduce<Node>((rest, bit, i) => {
    const other = b[i] ?? FALSE;
    if (other === TRUE) return table.choose(bit, rest, FALSE);
    if (other === FALSE) return table.choose(bit, TRUE, rest);
    return table.choose(bit, table.choose(other, rest, TRUE), table.choose(other, FALSE, rest));
  }, tie);
}

function constantOf(bits: readonly Node[]): number | undefined {
  let value = 0;
  for (const [i, bit] of bits.entries()) {
    if (bit === TRUE) value = (value | (1 << i)) >>> 0;
    else if (bit !== FALSE) return undefined;
  }
  return value;
}

function zeros(count: number): Node[] {
  return Array.from({ length: count }, () => FALSE);
}

function sum(table: Table, a: readonly Node[], b: readonly Node[], carryIn: Node): Node[] {
  let carry = carryIn;
  return a.map((bit, i) => {
    const other = b[i] ?? FALSE;
    const half = table.xor(bit, other);
    const total = table.xor(half, carry);
    carry = table.choose(half, carry, bit);
    return total;
  });
}

/** `a - b`, and whether that borrows, that is a < b. */
function difference(
  table: Table,
  a: readonly Node[],
  b: readonly Node[],
): { readonly bits: Node[]; readonly borrow: Node } {
  let borrow: Node = FALSE;
  const bits = a.map((bit, i) => {
    const other = b[i] ?? FALSE;
    const half = table.xor(bit, other);
    const total = table.xor(half, borrow);
    borrow = table.choose(half, other, borrow);
    return total;
  });
  return { bits, borrow };
}

function product(table: Table, a: readonly Node[], b: Word): Node[] {
  const [by, shifted] = b.constant === undefined && constantOf(a) !== undefined ? [a, b.bits] : [b.bits, a];
  return by.reduce<Node[]>((total, bit, i) => {
    if (bit === FALSE) return total;
    const part = [...zeros(i), ...shifted].slice(0, BITS).map((other) => table.and(bit, other));
    return sum(table, total, part, FALSE);
  }, zeros(BITS));
}

/** From the top: the rest takes the next bit, and where the divisor fits, gives it up. */
function quotient(table: Table, a: readonly Node[], { bits: b, constant }: Word): Node[] {
  const power = constant !== undefined && constant !== 0 && (constant & (constant - 1)) === 0;
  if (power) {
    const by = 31 - Math.clz32(constant);
    return [...a.slice(by), ...zeros(by)];
  }
  const divisor = [...b, FALSE];
  let rest = zeros(BITS + 1);
  return a
    .map((_, i) => {
      rest = [a[BITS - 1 - i] ?? FALSE, ...rest].slice(0, BITS + 1);
      const { bits, borrow } = difference(table, rest, divisor);
      rest = rest.map((bit, j) => table.choose(borrow, bit, bits[j] ?? FALSE));
      return table.not(borrow);
    })
    .reverse();
}

/** By a constant at once; by another word for each of its five low bits. */
function shift(
  table: Table,
  a: readonly Node[],
  b: Word,
  moved: (bits: readonly Node[], by: number) => Node[],
): Node[] {
  if (b.constant !== undefined) return moved(a, b.constant & 31);
  return [0, 1, 2, 3, 4].reduce<Node[]>(
    (bits, i) => {
      const far = moved(bits, 1 << i);
      return bits.map((bit, j) => table.choose(b.bits[i] ?? FALSE, far[j] ?? FALSE, bit));
    },
    [...a],
  );
}
