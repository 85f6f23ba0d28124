/**
 * Which masks tell a growing stretch of runs apart so that one half is one decision:
 *
 *     jset #mask ? one decision : the rest          or the other way round
 *
 * There are at most 32 masks, and a set of them is one number, so that a run is taken to the stretch by a few
 * operations on sets: those masks for which a half has numbers, and those for which it has two decisions.
 */
import { bitsOf, firstWith, firstWithout, lastWith, lastWithout, weightIn } from "./half.ts";
import type { Run } from "./run.ts";
import { DEAR, type Shortcuts, Stretches } from "./stretch.ts";

/** So many bits are tried alone, and so many in pairs and triples: 32 masks. */
const SINGLES = 12;
const GROUPED = 5;

/** Longer stretches are split before they are halved; while all stretches are weighed, even shorter ones are. */
const LONGEST = 12;
const WEIGHED = 4;
/** What is left to search after a half has at most so many runs. */
const MOST_LEFT = 4;
/** Few runs are cheap to look at, all together. */
const FEW_RUNS = 16;
const UNKNOWN = -1;

/** A half and what the search of the other one costs. */
export interface CheapHalf {
  /** Index into masks, times two, plus one when the half that has a bit of the mask is the one decision. */
  readonly half: number;
  readonly cost: number;
}

/** Sets of masks by what one side of them holds. */
class Side {
  /** By run: the masks for which it has numbers on this side. */
  readonly members: Int32Array;
  /** The masks for which the stretch has numbers on this side, and two decisions there. */
  taken = 0;
  mixed = 0;
  readonly #ids: number[] = [];
  readonly #takenBy: number[] = [];

  constructor(runs: number) {
    this.members = new Int32Array(runs);
  }

  begin(): void {
    this.taken = 0;
    this.mixed = 0;
    this.#ids.length = 0;
    this.#takenBy.length = 0;
  }

  add(masks: number, id: number): void {
    let at = this.#ids.indexOf(id);
    if (at < 0) at = this.#ids.push(id) - 1;
    const own = this.#takenBy[at] ?? 0;
    this.mixed |= masks & this.taken & ~own;
    this.taken |= masks;
    this.#takenBy[at] = own | masks;
  }
}

/** The masks for all stretches of some runs. */
export class Halves implements Shortcuts {
  /** The masks that are tried. */
  readonly masks: readonly number[];
  /** The longest stretch that is halved while all are weighed, and among those that a search ends with. */
  readonly #weighed: number;
  readonly #longest: number;
  readonly #runs: readonly Run[];
  readonly #price: number;
  readonly #rest: Stretches;
  readonly #with: Side;
  readonly #without: Side;
  /** At run * masks + mask: the weight with a bit of the mask; UNKNOWN until it is asked for. */
  readonly #shares: Float64Array;
  /** By a number of bits: the masks that lie in so many low bits. */
  readonly #within = new Int32Array(33);
  /** All masks, all their bits, and by the place of a bit the masks that have it. */
  #every = 0;
  #bits = 0;
  readonly #withBit = new Int32Array(32);
  #length = 0;
  #most = 0;
  #first = 0;
  /** The masks that look at bits in which the numbers of the stretch differ. */
  #useful = 0;

  constructor(runs: readonly Run[], price: number) {
    this.#runs = runs;
    this.#price = price;
    this.#longest = runs.length <= FEW_RUNS ? FEW_RUNS : LONGEST;
    this.#weighed = runs.length <= FEW_RUNS || price >= DEAR ? this.#longest : WEIGHED;
    this.masks = masksOf(runs);
    for (let i = 0; i < this.masks.length; i++) this.#know(this.masks[i] ?? 0, 1 << i);
    this.#rest = new Stretches(MOST_LEFT, price);
    this.#with = new Side(runs.length);
    this.#without = new Side(runs.length);
    this.#shares = new Float64Array(runs.length * this.masks.length).fill(UNKNOWN);
    for (let i = 0; i < runs.length; i++) {
      const run = runs[i];
      if (run) this.#place(run, i);
    }
  }

  /** Notes `mask`, of which `one` is the bit in sets of masks. */
  #know(mask: number, one: number): void {
    this.#every |= one;
    this.#bits |= mask;
    for (let bits = mask; bits !== 0; bits &= bits - 1) {
      const place = 31 - Math.clz32(bits & -bits);
      this.#withBit[place] = (this.#withBit[place] ?? 0) | one;
    }
    for (let bits = 32 - Math.clz32(mask); bits <= 32; bits++)
      this.#within[bits] = (this.#within[bits] ?? 0) | one;
  }

  /** Finds out for which masks a run has numbers on either side. */
  #place({ from, to }: Run, at: number): void {
    let having = 0;
    let lacking = 0;
    if (from === to) {
      // A single number has a bit of a mask or has none, and that is told bit by bit.
      for (let bits = from & this.#bits; bits !== 0; bits &= bits - 1)
        having |= this.#withBit[31 - Math.clz32(bits & -bits)] ?? 0;
      this.#with.members[at] = having;
      this.#without.members[at] = this.#every & ~having;
      return;
    }
    for (let i = 0; i < this.masks.length; i++) {
      const mask = this.masks[i] ?? 0;
      const both = to - from > 2 * mask;
      if (both || firstWith(from, mask) <= to) having |= 1 << i;
      if (both || firstWithout(from, mask) <= to) lacking |= 1 << i;
    }
    this.#with.members[at] = having;
    this.#without.members[at] = lacking;
  }

  /** Begins with the stretch of run `at` alone. */
  begin(at: number, most = this.#weighed): void {
    this.#most = most;
    this.#with.begin();
    this.#without.begin();
    this.#length = 0;
    this.#first = this.#runs[at]?.from ?? 0;
    this.add(at);
  }

  /** Takes run `at`, the next one, to the stretch; whether halves of it are worth a look. */
  add(at: number): boolean {
    const run = this.#runs[at];
    if (!run || ++this.#length > this.#most) return false;
    // A bit above the highest in which the ends differ is the same for all numbers between them.
    this.#useful = this.#within[32 - Math.clz32(this.#first ^ run.to)] ?? 0;
    this.#with.add(this.#with.members[at] ?? 0, run.node.id);
    this.#without.add(this.#without.members[at] ?? 0, run.node.id);
    return this.#length > 2 && (this.#uniform(this.#with) | this.#uniform(this.#without)) !== 0;
  }

  /** The masks for which that side is one decision, and the other is not empty. */
  #uniform({ taken, mixed }: Side): number {
    return taken & ~mixed & this.#with.taken & this.#without.taken & this.#useful;
  }

  /** The cheapest half of the stretch from run `from` up to run `to`, which is too long for add(), if it costs less than `limit`. */
  of(from: number, to: number, limit: number): CheapHalf | undefined {
    if (to - from > this.#longest || to - from <= this.#weighed) return undefined;
    this.begin(from, this.#longest);
    for (let at = from + 1; at < to; at++) this.add(at);
    return this.cheapest(from, to, limit);
  }

  /** The half of the stretch at hand after which the search of the rest costs least, if less than `limit`. */
  cheapest(from: number, to: number, limit: number): CheapHalf | undefined {
    let best: CheapHalf | undefined;
    for (const set of [false, true]) {
      let left = this.#uniform(set ? this.#with : this.#without);
      for (; left !== 0; left &= left - 1) {
        const mask = 31 - Math.clz32(left & -left);
        const cost = this.#restCost(from, to, mask, !set, best?.cost ?? limit);
        if (cost !== undefined) best = { half: 2 * mask + (set ? 1 : 0), cost };
      }
    }
    return best;
  }

  /** What the search of one half costs; undefined when that is no less than `limit`. */
  #restCost(from: number, to: number, mask: number, set: boolean, limit: number): number | undefined {
    const rest = this.#rest;
    rest.n = 0;
    const weight = this.#fillRest(from, to, mask, set, limit);
    if (weight === undefined) return undefined;
    // At best each test tells two numbers' runs from one decision, and each call meets one test.
    const least = rest.n < 2 ? 0 : weight + Math.ceil((rest.n - 1) / 2) * this.#price;
    if (least >= limit) return undefined;
    if (rest.n > 2) rest.solve();
    const cost = rest.n > 2 ? rest.cost : least;
    return cost < limit ? cost : undefined;
  }

  /** Puts the runs of a half into the columns of what is left to search; their weight, undefined for too many or too heavy ones. */
  #fillRest(from: number, to: number, mask: number, set: boolean, limit: number): number | undefined {
    const rest = this.#rest;
    const bits = this.masks[mask] ?? 0;
    const { members } = set ? this.#with : this.#without;
    const others = set ? this.#without.members : this.#with.members;
    let sum = 0;
    for (let i = from; i < to; i++) {
      const run = this.#runs[i];
      if (!run || (((members[i] ?? 0) >> mask) & 1) === 0) continue;
      if (rest.n === MOST_LEFT && rest.node[rest.n - 1] !== run.node.id) return undefined;
      const whole = (((others[i] ?? 0) >> mask) & 1) === 0;
      const weight = whole ? run.weight : this.#share(run, i, mask, set);
      // Of a long run both halves are long; which numbers they end with does not matter here.
      const exact = !whole && run.to - run.from <= 2 * bits;
      const first = !exact ? run.from : set ? firstWith(run.from, bits) : firstWithout(run.from, bits);
      const last = !exact ? run.to : set ? lastWith(run.to, bits) : lastWithout(run.to, bits);
      rest.push(first, last, run.node.id, weight);
      sum += weight;
      if (rest.n > 1 && sum + this.#price >= limit) return undefined;
    }
    return sum;
  }

  /** The weight that run `at` has in a half, which is looked up once. */
  #share(run: Run, at: number, mask: number, set: boolean): number {
    const cell = at * this.masks.length + mask;
    let having = this.#shares[cell] ?? UNKNOWN;
    if (having === UNKNOWN) {
      having = weightIn(run, this.masks[mask] ?? 0, true);
      this.#shares[cell] = having;
    }
    return set ? having : run.weight - having;
  }
}

/** Masks of one to three of the bits in which the runs' bounds differ, the low bits first. */
function masksOf(runs: readonly Run[]): number[] {
  const first = runs[0]?.from ?? 0;
  const bits = bitsOf(runs.reduce((all, { from }) => all | (from ^ first), 0));
  const masks = bits.slice(0, SINGLES);
  const few = bits.slice(0, GROUPED);
  few.forEach((a, i) => {
    few.slice(i + 1).forEach((b, j) => {
      masks.push((a | b) >>> 0);
      for (const c of few.slice(i + j + 2)) masks.push((a | b | c) >>> 0);
    });
  });
  return masks;
}
