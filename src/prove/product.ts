/**
 * Products by a constant, compared with a constant, without the bits of the product.
 *
 *     a * factor == k     a == k * inverse of factor, modulo 2^32
 *     a * factor >= k     the bits of a from the top; what is added up so far goes round a circle of 2^32 numbers
 *
 * With n bits to come, the sum so far matters only by which of 2^(n+1) points on the circle it lies between: those
 * from which one of the 2^n possible rests ends at k or at 0. So no more than about 2^18 nodes are made.
 */
import { equal } from "./arithmetic.ts";
import { BITS } from "./order.ts";
import { FALSE, type Node, type Table, TRUE } from "./table.ts";

/** From so many bits to come on, sums are told apart by themselves, below by the points between which they lie. */
const FEW_BITS = 16;

/** The condition `a * factor == k`; `factor` is not 0. */
export function productEquals(table: Table, a: readonly Node[], factor: number, k: number): Node {
  const even = trailingZeros(factor);
  if (k % 2 ** even !== 0) return FALSE;
  const wanted = Math.imul(k >>> even, inverse(factor >>> even));
  return equal(
    table,
    a.slice(0, BITS - even),
    a.map((_, i) => ((wanted >>> i) & 1 ? TRUE : FALSE)),
  );
}

/** The condition `a * factor >= k`; `factor` is not 0. */
export function productAtLeast(table: Table, a: readonly Node[], factor: number, k: number): Node {
  const known = new Map<number, Node>();
  const points = new Map<number, Uint32Array>();
  const go = (toCome: number, sum: number): Node => {
    if (toCome === 0) return sum >= k ? TRUE : FALSE;
    table.charge(1);
    if (toCome <= FEW_BITS && !points.has(toCome)) points.set(toCome, turningPoints(factor, k, toCome));
    const place = toCome <= FEW_BITS ? indexOf(points.get(toCome), sum) : sum;
    const key = place * BITS + toCome;
    const before = known.get(key);
    if (before !== undefined) return before;
    const bit = a[toCome - 1] ?? FALSE;
    const more = (sum + Math.imul(factor, 2 ** (toCome - 1))) >>> 0;
    const node = table.choose(bit, go(toCome - 1, more), go(toCome - 1, sum));
    known.set(key, node);
    return node;
  };
  return go(BITS - trailingZeros(factor), 0);
}

/** The sums at which a rest of `bits` bits turns from too little to enough, or the other way; sorted. */
function turningPoints(factor: number, k: number, bits: number): Uint32Array {
  const points = new Uint32Array(2 ** (bits + 1));
  for (let rest = 0; rest < 2 ** bits; rest++) {
    const less = Math.imul(factor, rest);
    points[2 * rest] = k - less;
    points[2 * rest + 1] = -less;
  }
  return points.sort();
}

/** How many of `points` are at most `sum`. */
function indexOf(points: Uint32Array | undefined, sum: number): number {
  let [from, to] = [0, points?.length ?? 0];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((points?.[middle] ?? 0) <= sum) from = middle + 1;
    else to = middle;
  }
  return from;
}

function trailingZeros(value: number): number {
  return BITS - 1 - Math.clz32(value & -value);
}

/** The number whose product with `odd` is 1, modulo 2^32. */
export function inverse(odd: number): number {
  let x = odd;
  for (let right = 3; right < BITS; right *= 2) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x >>> 0;
}
