/** Sets of calls of one arch and number as conditions on single registers. */
import { highWord, lowWord } from "./order.ts";
import {
  type Field,
  isWhole,
  levelsOf,
  split,
  type Values,
  valuesOf,
  wideField,
  wordField,
} from "./region.ts";
import type { Space } from "./space.ts";
import { FALSE, type Node, TRUE } from "./table.ts";

/** One argument, or the instruction pointer, has one of these values. */
export interface Constraint {
  /** 0..5 for an argument, `ip` for the instruction pointer. */
  readonly field: number | "ip";
  /** 32: only the low half matters, and `values` are its; 64: the whole register. */
  readonly bits: 32 | 64;
  readonly values: Values;
}

/** When a difference shows: one of `any` holds, each with all its constraints. */
export interface When {
  readonly any: readonly (readonly Constraint[])[];
  /** Whether these are all; a condition of more than 64 alternatives is cut there. */
  readonly complete: boolean;
}

const ALTERNATIVES = 64;

/**
 * The condition of a set that asks for arguments and the instruction pointer only; undefined when a program mixes
 * words of them, so that none stands alone.
 */
export function whenOf(space: Space, set: Node): When | undefined {
  const { table, order } = space;
  const any: Constraint[][] = [];
  let followed = true;
  const go = (node: Node, constraints: readonly Constraint[]): void => {
    if (node === FALSE || !followed || any.length > ALTERNATIVES) return;
    if (node === TRUE) {
      any.push([...constraints]);
      return;
    }
    const index = ((order.wordOf[table.level(node)] ?? 0) - highWord(0)) >> 1;
    const field = wideField(order, index);
    if (!isWhole(field)) {
      followed = false;
      return;
    }
    for (const part of split(table, node, field)) {
      if (part.out !== FALSE) go(part.out, [...constraints, constraint(space, index, field, part.set)]);
    }
  };
  go(set, []);
  return followed ? { any: any.slice(0, ALTERNATIVES), complete: any.length <= ALTERNATIVES } : undefined;
}

function constraint({ table, order }: Space, index: number, field: Field, set: Node): Constraint {
  const name = index < 6 ? index : "ip";
  const low = wordField(order, lowWord(index));
  const levels = levelsOf(table, set);
  const narrow = low.length > 0 && ![...levels].some((level) => level < (low[0] ?? 0));
  if (narrow) return { field: name, bits: 32, values: valuesOf(table, set, low) };
  return { field: name, bits: 64, values: valuesOf(table, set, field) };
}
