/**
 * Numbers told apart by their bits: those that have a bit of a mask, and those that have none.
 *
 *     jset #mask ? the half that has one : the half that has none
 *
 * Of either half the other's numbers cannot come, so runs that only these kept apart melt into one.
 */
import { append, type Run } from "./run.ts";

/** The runs (sorted, disjoint) as the numbers see them that have a bit of `mask` (`set`), or have none. */
export function half(runs: readonly Run[], mask: number, set: boolean): Run[] {
  const result: Run[] = [];
  for (const run of runs) {
    const part = partOf(run, mask, set);
    if (part) append(result, part);
  }
  return result;
}

/** The part of a run that is in a half; undefined when there is none. */
function partOf(run: Run, mask: number, set: boolean): Run | undefined {
  const from = set ? firstWith(run.from, mask) : firstWithout(run.from, mask);
  if (from > run.to) return undefined;
  const to = set ? lastWith(run.to, mask) : lastWithout(run.to, mask);
  const weight = weightIn(run, mask, set);
  const counts = run.counts?.filter(([value]) => hasBit(value, mask) === set);
  return { from, to, node: run.node, weight, ...(counts ? { counts } : {}) };
}

/** The weight of a run's numbers that have a bit of `mask`, or have none. */
export function weightIn({ from, to, weight, counts }: Run, mask: number, set: boolean): number {
  if (from === to) return hasBit(from, mask) === set ? weight : 0;
  if (counts) {
    let sum = 0;
    for (const [value, count] of counts) if (hasBit(value, mask) === set) sum += count;
    return sum;
  }
  const without = 2 ** -bitsOf(mask).length;
  return weight * (set ? 1 - without : without);
}

/** Whether `value` has a bit of `mask`. */
export function hasBit(value: number, mask: number): boolean {
  return (value & mask) !== 0;
}

/** The bits of `mask`, as numbers, the lowest first. */
export function bitsOf(mask: number): number[] {
  const bits: number[] = [];
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits.push((rest & -rest) >>> 0);
  return bits;
}

/** The least number from `value` on that has a bit of `mask`; above 2^32-1 when there is none. */
export function firstWith(value: number, mask: number): number {
  if (hasBit(value, mask)) return value;
  const bit = bitIndex(mask & -mask);
  return above(value, bit) + 2 ** bit;
}

/** The least number from `value` on that has no bit of `mask`; above 2^32-1 when there is none. */
export function firstWithout(value: number, mask: number): number {
  let next = value;
  while (next <= 0xffffffff && hasBit(next, mask)) {
    const bit = bitIndex(next & mask) + 1;
    next = above(next, bit) + 2 ** bit;
  }
  return next;
}

/** The greatest number up to `value` that has a bit of `mask`; below 0 when there is none. */
export function lastWith(value: number, mask: number): number {
  return hasBit(value, mask) ? value : above(value, bitIndex(mask & -mask) + 1) - 1;
}

/** The greatest number up to `value` that has no bit of `mask`. */
export function lastWithout(value: number, mask: number): number {
  const taken = (value & mask) >>> 0;
  if (taken === 0) return value;
  const bit = bitIndex(taken);
  return ((above(value, bit + 1) + (2 ** bit - 1)) & ~mask) >>> 0;
}

/** The place of the highest bit. */
function bitIndex(bits: number): number {
  return 31 - Math.clz32(bits);
}

/** `value` without its lowest `bits` bits. */
function above(value: number, bits: number): number {
  return bits > 31 ? 0 : ((value >>> bits) << bits) >>> 0;
}
