/**
 * Each operation twice: its value for known words, and its JavaScript for words that only the run knows.
 *
 * Words are signed 32-bit integers here, because V8 keeps those out of the heap; the bits are the kernel's.
 */
import type { AluOp, JumpOp } from "../../abi/opcode.ts";

/** A word that is known, as int32, or undefined when only the run knows it. */
export type Known = number | undefined;

interface Operation<Value> {
  value(a: number, v: number): Value;
  text(a: string, v: string): string;
}

/** A = A op v; v is not 0 for div. */
export const arithmetic: Readonly<Record<AluOp, Operation<number>>> = {
  add: { value: (a, v) => (a + v) | 0, text: (a, v) => `${a}+${v}|0` },
  sub: { value: (a, v) => (a - v) | 0, text: (a, v) => `${a}-${v}|0` },
  mul: { value: (a, v) => Math.imul(a, v), text: (a, v) => `Math.imul(${a},${v})` },
  div: {
    value: (a, v) => ((a >>> 0) / (v >>> 0)) | 0,
    text: (a, v) => `(${a}>>>0)/(${v}>>>0)|0`,
  },
  or: { value: (a, v) => a | v, text: (a, v) => `${a}|${v}` },
  and: { value: (a, v) => a & v, text: (a, v) => `${a}&${v}` },
  lsh: { value: (a, v) => a << v, text: (a, v) => `${a}<<${v}` },
  rsh: { value: (a, v) => (a >>> v) | 0, text: (a, v) => `${a}>>>${v}|0` },
  xor: { value: (a, v) => a ^ v, text: (a, v) => `${a}^${v}` },
};

/** Whether the jump holds. */
export const comparison: Readonly<Record<JumpOp, Operation<boolean>>> = {
  jeq: { value: (a, v) => a === v, text: (a, v) => `${a}===${v}` },
  jgt: { value: (a, v) => a >>> 0 > v >>> 0, text: (a, v) => `${a}>>>0>${v}>>>0` },
  jge: { value: (a, v) => a >>> 0 >= v >>> 0, text: (a, v) => `${a}>>>0>=${v}>>>0` },
  jset: { value: (a, v) => (a & v) !== 0, text: (a, v) => `(${a}&${v})!==0` },
};

/** A word in the text: its number, negative ones in parentheses, or the variable that holds it. */
export function wordText(word: Known, variable: string): string {
  if (word === undefined) return variable;
  return word < 0 ? `(${word})` : String(word);
}
