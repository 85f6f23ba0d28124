/**
 * The condition of a rule, as a condition on bits.
 *
 * The bits of the argument under the mask are compared with the bits of the value, one by one from the lowest up:
 *
 *     x < v     where v's bit is 1: x's bit is 0, or what the lower bits say; where it is 0: x's bit is 0, and ...
 *
 * Signed comparisons are unsigned ones of numbers whose sign bit is turned over. A value that is wider than the
 * argument (on an ABI of narrow registers) is larger than all of them, or, read as a signed number, beyond their end.
 */

import { type ResolvedCondition, type ResolvedTest, signedValue } from "../policy/condition.ts";
import type { CompareOp } from "../policy/types.ts";
import { equal, greater } from "./arithmetic.ts";
import { BITS, highWord, lowWord } from "./order.ts";
import type { Space } from "./space.ts";
import { FALSE, type Node, TRUE } from "./table.ts";

/** The calls that satisfy `condition`. */
export function conditionDiagram(space: Space, condition: ResolvedCondition): Node {
  const { table } = space;
  switch (condition.kind) {
    case "and":
      return condition.of.reduce<Node>((all, part) => table.and(conditionDiagram(space, part), all), TRUE);
    case "or":
      return condition.of.reduce<Node>((some, part) => table.or(conditionDiagram(space, part), some), FALSE);
    case "not":
      return table.not(conditionDiagram(space, condition.of));
    case "compare":
      return comparison(space, condition.op, argumentBits(space, condition), condition.value);
    case "in": {
      const bits = argumentBits(space, condition);
      return condition.set.reduce<Node>((some, { from, to }) => {
        const fits = table.and(atLeast(space, bits, from), table.not(atLeast(space, bits, to + 1n)));
        return table.or(fits, some);
      }, FALSE);
    }
  }
}

/** The bits of the argument that a test looks at, lowest first; those outside its mask are FALSE. */
function argumentBits({ words }: Space, { index, width, mask }: ResolvedTest): Node[] {
  const low = words.input(lowWord(index)).bits;
  const high = words.input(highWord(index)).bits;
  return Array.from({ length: width }, (_, i) => {
    const bit = i < BITS ? low[i] : high[i - BITS];
    return (mask >> BigInt(i)) & 1n ? (bit ?? FALSE) : FALSE;
  });
}

function comparison(space: Space, op: CompareOp, bits: readonly Node[], value: bigint): Node {
  const { table } = space;
  switch (op) {
    case "==":
      return value >> BigInt(bits.length) ? FALSE : equal(table, bits, constantBits(value, bits.length));
    case "!=":
      return table.not(comparison(space, "==", bits, value));
    case "<":
      return table.not(atLeast(space, bits, value));
    case "<=":
      return table.not(atLeast(space, bits, value + 1n));
    case ">":
      return atLeast(space, bits, value + 1n);
    case ">=":
      return atLeast(space, bits, value);
    case "s<":
      return table.not(signedAtLeast(space, bits, value, 0n));
    case "s<=":
      return table.not(signedAtLeast(space, bits, value, 1n));
    case "s>":
      return signedAtLeast(space, bits, value, 1n);
    case "s>=":
      return signedAtLeast(space, bits, value, 0n);
  }
}

/** `bits >= limit`, for any limit. */
function atLeast({ table }: Space, bits: readonly Node[], limit: bigint): Node {
  if (limit <= 0n) return TRUE;
  if (limit >> BigInt(bits.length)) return FALSE;
  return greater(table, bits, constantBits(limit, bits.length), TRUE);
}

/** `bits >= value + more`, both sides read as signed numbers of the width of `bits`. */
function signedAtLeast(space: Space, bits: readonly Node[], value: bigint, more: bigint): Node {
  const top = bits.length - 1;
  const turned = bits.map((bit, i) => (i === top ? space.table.not(bit) : bit));
  return atLeast(space, turned, signedValue(value, widthOf(bits)) + more + (1n << BigInt(top)));
}

function widthOf(bits: readonly Node[]): ResolvedTest["width"] {
  return bits.length === 64 ? 64 : bits.length === 32 ? 32 : 16;
}

function constantBits(value: bigint, width: number): Node[] {
  return Array.from({ length: width }, (_, i) => ((value >> BigInt(i)) & 1n ? TRUE : FALSE));
}
