/**
 * The machine's arithmetic on bits that are conditions, least significant first.
 *
 * Bit operations and shifts by constants keep the size of their operands. Sums ripple bit by bit; products are
 * sums, quotients the division of the school book: these can need very large diagrams, which is the table's
 * business to stop.
 */
import { BITS } from "./order.ts";
import { FALSE, type Node, type Table, TRUE } from "./table.ts";

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

/** The number that constant bits are; undefined when a call has a say in it. */
export function constantOf(bits: readonly Node[]): number | undefined {
  let value = 0;
  for (const [i, bit] of bits.entries()) {
    if (bit === TRUE) value = (value | (1 << i)) >>> 0;
    else if (bit !== FALSE) return undefined;
  }
  return value;
}

/** So many bits that are 0. */
export function zeros(count: number): Node[] {
  return Array.from({ length: count }, () => FALSE);
}

/** `a + b`, and one more where `carryIn` holds. */
export function sum(table: Table, a: readonly Node[], b: readonly Node[], carryIn: Node): Node[] {
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
export function difference(
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

/** `a * b`: one sum for each bit of the factor that is constant, or of `b`. */
export function product(table: Table, a: readonly Node[], b: readonly Node[]): Node[] {
  const [by, shifted] = constantOf(b) === undefined && constantOf(a) !== undefined ? [a, b] : [b, a];
  return by.reduce<Node[]>((total, bit, i) => {
    if (bit === FALSE) return total;
    const part = [...zeros(i), ...shifted].slice(0, BITS).map((other) => table.and(bit, other));
    return sum(table, total, part, FALSE);
  }, zeros(BITS));
}

/** `a / b`: from the top the rest takes the next bit, and where the divisor fits, gives it up. */
export function quotient(table: Table, a: readonly Node[], b: readonly Node[]): Node[] {
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

/** `a << b`. */
export function shiftLeft(table: Table, a: readonly Node[], b: readonly Node[]): Node[] {
  return shift(table, a, b, (bits, by) => [...zeros(by), ...bits].slice(0, BITS));
}

/** `a >> b`. */
export function shiftRight(table: Table, a: readonly Node[], b: readonly Node[]): Node[] {
  return shift(table, a, b, (bits, by) => [...bits.slice(by), ...zeros(by)]);
}

/** One choice for each of the five low bits of `b`. */
function shift(
  table: Table,
  a: readonly Node[],
  b: readonly Node[],
  moved: (bits: readonly Node[], by: number) => Node[],
): Node[] {
  return [0, 1, 2, 3, 4].reduce<Node[]>(
    (bits, i) => {
      const far = moved(bits, 1 << i);
      return bits.map((bit, j) => table.choose(b[i] ?? FALSE, far[j] ?? FALSE, bit));
    },
    [...a],
  );
}
