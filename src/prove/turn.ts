/**
 * What the comparisons of a run have said of each word so far, and a word for which they all come out the same but
 * the next does not. So two tests of one word are turned that contradict each other for most numbers:
 *
 *     args[0].hi & 0xf0 == 0, args[0].hi >= 0x105     args[0].hi' = 0x105, not 0x1f0
 *
 * Only words as loaded, or under masks, are remembered: what was added to or shifted is left to the neighbours that
 * the caller tries.
 */
import type { JumpOp } from "../abi/opcode.ts";
import { complement, type Interval, intersect } from "../policy/interval.ts";
import { solve } from "../policy/solve.ts";

/** Per word: masks (each once) with the values that the masked word has to keep. */
export type Held = Map<number, ReadonlyMap<bigint, readonly Interval[]>>;

/** A comparison of `word & mask` with `k`. */
export interface Comparison {
  readonly word: number;
  readonly mask: number;
  readonly jump: JumpOp;
  readonly k: number;
}

const MAX = 0xffffffffn;
/** Steps that one search for a word may take. */
const STEPS = 2_000;

/** Remembers a comparison which came out as it does for `value`, the word in this run. */
export function hold(held: Held, comparison: Comparison, value: number): void {
  held.set(comparison.word, withResult(held, comparison, comesOut(comparison, value)));
}

/**
 * A word for which what is held stays and `comparison` does not come out as it does for `value`: the least under
 * the first masks that allows it. Undefined when there is none, or none was found in some thousand steps.
 */
export function turned(held: Held, comparison: Comparison, value: number): number | undefined {
  const masks = withResult(held, comparison, !comesOut(comparison, value));
  const found = solve([...masks], { left: STEPS });
  return found === undefined ? undefined : Number(found);
}

function withResult(
  held: Held,
  { word, mask, jump, k }: Comparison,
  result: boolean,
): ReadonlyMap<bigint, readonly Interval[]> {
  const masks = new Map(held.get(word));
  const tested = BigInt((jump === "jset" ? mask & k : mask) >>> 0);
  const set = valuesOf(jump, BigInt(k));
  const now = result ? set : complement(set, MAX);
  const before = masks.get(tested);
  return masks.set(tested, before ? intersect(before, now) : now);
}

/** The values of the masked word, for jset under its mask too, with which the jump is taken. */
function valuesOf(jump: JumpOp, k: bigint): Interval[] {
  switch (jump) {
    case "jeq":
      return [{ from: k, to: k }];
    case "jgt":
      return k === MAX ? [] : [{ from: k + 1n, to: MAX }];
    case "jge":
      return [{ from: k, to: MAX }];
    case "jset":
      return [{ from: 1n, to: MAX }];
  }
}

function comesOut({ mask, jump, k }: Comparison, value: number): boolean {
  const masked = (value & mask) >>> 0;
  switch (jump) {
    case "jeq":
      return masked === k;
    case "jgt":
      return masked > k;
    case "jge":
      return masked >= k;
    case "jset":
      return (masked & k) !== 0;
  }
}
