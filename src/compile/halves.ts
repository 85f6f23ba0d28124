/**
 * Which masks tell a growing stretch of runs apart so that one half is one decision:
 *
 *     jset #mask ? one decision : the rest          or the other way round
 *
 * A half that holds two decisions never holds one again when the stretch grows, so a mask with two such halves
 * is forgotten, and after a few runs few are left to look at.
 */
import { bitsOf, firstWith, firstWithout, hasBit, lastWith, lastWithout, weightIn } from "./half.ts";
import type { Run } from "./search.ts";
import { Stretches } from "./stretch.ts";

/** So many bits are tried alone, so many in pairs, and so many in triples. */
const SINGLES = 12;
const PAIRS = 6;
const TRIPLES = 5;
/** Longer stretches are split before they are halved; few runs are cheap to look at, all together. */
const LONGEST = 8;
const FEW_RUNS = 16;
/** What is left to search after a half has at most so many runs. */
const MOST_LEFT = 4;

/** Where a run has numbers. */
const WITHOUT = 1;
const WITH = 2;

/** What a half holds: nothing yet, or two decisions; else the id of its one. */
const EMPTY = -1;
const MIXED = -2;

/** A half and what the search of the other one costs. */
export interface CheapHalf {
  /** Index into masks, times two, plus one when the half that has a bit of the mask is the one decision. */
  readonly half: number;
  readonly cost: number;
}

/** The masks for all stretches of some runs. */
export class Halves {
  /** The masks that are tried. */
  readonly masks: readonly number[];
  readonly #runs: readonly Run[];
  readonly #rest: Stretches;
  /** At run * masks + mask: WITH when the run has numbers with a bit of the mask, WITHOUT, or both. */
  readonly #members: Uint8Array;
  /** Of the stretch at hand, at mask * 2 + (1 for the half with a bit): its one decision, last decision, runs. */
  readonly #only: Int32Array;
  readonly #last: Int32Array;
  readonly #count: Int32Array;
  readonly #active: Int32Array;
  #activeCount = 0;
  readonly #longest: number;
  #length = 0;

  constructor(runs: readonly Run[], price: number) {
    this.#runs = runs;
    this.#longest = runs.length <= FEW_RUNS ? FEW_RUNS : LONGEST;
    this.masks = masksOf(runs);
    this.#rest = new Stretches(MOST_LEFT, price);
    const m = this.masks.length;
    this.#members = new Uint8Array(runs.length * m);
    for (let i = 0; i < runs.length; i++) {
      const run = runs[i];
      for (let j = 0; run && j < m; j++) this.#members[i * m + j] = membersOf(run, this.masks[j] ?? 0);
    }
    this.#only = new Int32Array(2 * m);
    this.#last = new Int32Array(2 * m);
    this.#count = new Int32Array(2 * m);
    this.#active = new Int32Array(m);
  }

  /** Begins with the stretch of run `at` alone. */
  begin(at: number): void {
    this.#only.fill(EMPTY);
    this.#last.fill(EMPTY);
    this.#count.fill(0);
    this.#activeCount = this.masks.length;
    for (let i = 0; i < this.#activeCount; i++) this.#active[i] = i;
    this.#length = 0;
    this.add(at);
  }

  /** Takes run `at`, the next one, to the stretch; whether halves of it are worth a look. */
  add(at: number): boolean {
    const run = this.#runs[at];
    if (!run || ++this.#length > this.#longest) return false;
    const active = this.#active;
    const row = at * this.masks.length;
    const { id } = run.node;
    let kept = 0;
    for (let i = 0; i < this.#activeCount; i++) {
      const mask = active[i] ?? 0;
      const members = this.#members[row + mask] ?? 0;
      if (members & WITHOUT) this.#grow(2 * mask, id);
      if (members & WITH) this.#grow(2 * mask + 1, id);
      if (this.#only[2 * mask] !== MIXED || this.#only[2 * mask + 1] !== MIXED) active[kept++] = mask;
    }
    this.#activeCount = kept;
    return kept > 0 && this.#length > 2;
  }

  #grow(half: number, id: number): void {
    const only = this.#only[half];
    if (only === EMPTY) this.#only[half] = id;
    else if (only !== id) this.#only[half] = MIXED;
    if (this.#last[half] !== id) this.#count[half] = (this.#count[half] ?? 0) + 1;
    this.#last[half] = id;
  }

  /** The half of the stretch at hand after which the search of the rest costs least, if less than `limit`. */
  cheapest(from: number, to: number, price: number, limit: number): CheapHalf | undefined {
    let [best, found] = [limit, -1];
    for (let i = 0; i < 2 * this.#activeCount; i++) {
      const half = 2 * (this.#active[i >> 1] ?? 0) + (i & 1);
      const count = this.#count[half ^ 1] ?? 0;
      if ((this.#only[half] ?? EMPTY) < 0 || count === 0 || count > MOST_LEFT) continue;
      // At best each test tells two numbers' runs from one decision, and each call meets one test.
      const tests = Math.ceil((count - 1) / 2) * price;
      if (tests >= best) continue;
      const weight = this.#fillRest(from, to, half ^ 1);
      if (count > 1 && tests + weight >= best) continue;
      this.#rest.solve();
      if (this.#rest.cost >= best) continue;
      [best, found] = [this.#rest.cost, half];
    }
    return found < 0 ? undefined : { half: found, cost: best };
  }

  /** Puts the runs of a half into the columns of what is left to search; their weight. */
  #fillRest(from: number, to: number, half: number): number {
    const rest = this.#rest;
    const mask = this.masks[half >> 1] ?? 0;
    const set = (half & 1) === 1;
    let sum = 0;
    rest.n = 0;
    for (let i = from; i < to; i++) {
      const run = this.#runs[i];
      const members = this.#members[i * this.masks.length + (half >> 1)] ?? 0;
      if (!run || (members & (set ? WITH : WITHOUT)) === 0) continue;
      if (members !== (WITH | WITHOUT)) {
        rest.push(run.from, run.to, run.node.id, run.weight);
        sum += run.weight;
        continue;
      }
      const first = set ? firstWith(run.from, mask) : firstWithout(run.from, mask);
      const last = set ? lastWith(run.to, mask) : lastWithout(run.to, mask);
      const weight = weightIn(run, mask, set);
      rest.push(first, last, run.node.id, weight);
      sum += weight;
    }
    return sum;
  }
}

function membersOf({ from, to }: Run, mask: number): number {
  if (from === to) return hasBit(from, mask) ? WITH : WITHOUT;
  if (to - from > 2 * mask) return WITH | WITHOUT;
  return (firstWithout(from, mask) <= to ? WITHOUT : 0) | (firstWith(from, mask) <= to ? WITH : 0);
}

/** Masks of one to three of the bits in which the runs' bounds differ, the low bits first. */
function masksOf(runs: readonly Run[]): number[] {
  const first = runs[0]?.from ?? 0;
  const bits = bitsOf(runs.reduce((all, { from }) => all | (from ^ first), 0));
  const masks = bits.slice(0, SINGLES);
  const few = bits.slice(0, PAIRS);
  few.forEach((a, i) => {
    few.slice(i + 1).forEach((b, j) => {
      masks.push((a | b) >>> 0);
      for (const c of bits.slice(i + j + 2, TRIPLES)) masks.push((a | b | c) >>> 0);
    });
  });
  return masks;
}
