/**
 * The costs of searching every stretch of some runs, found by dynamic programming from the short stretches to the
 * long ones: n^2 of them, n choices each, or few where a stretch is long. Runs stand in columns, since this is where a compile spends its time.
 */

/** Another way to search a stretch, asked for while stretches grow from a first run. */
export interface Shortcuts {
  /** Begins with the stretch of run `at` alone. */
  begin(at: number): void;
  /** Takes run `at`, the next one, to the stretch; whether there is something to ask. */
  add(at: number): boolean;
  /** What is cheaper than `limit` after the first test of the stretch at hand, by a number that names it. */
  cheapest(
    from: number,
    to: number,
    limit: number,
  ): { readonly half: number; readonly cost: number } | undefined;
}

/** The choice of picking out odd ones; a choice below it is a half, counted from there. */
export const ODD = -1;
/** From this price on a program is to be small, whatever it takes. */
export const DEAR = 1;
/** Where that is not so, longer stretches are split near to where their neighbours are, so many runs further at most. */
const SHORT = 8;
const SLACK = 3;
/** No decision. */
const NONE = -1;

/** Runs in columns, and what their stretches cost. */
export class Stretches {
  /** How many runs there are. */
  n = 0;
  /** By run: its first and last number, the id of its decision, its weight. */
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly node: Int32Array;
  readonly weight: Float64Array;
  /** The halves that were chosen, as index into the masks of Halves, times two, plus one for the half with a bit. */
  readonly halves: number[] = [];
  readonly #price: number;
  /** Longer stretches are split near to where their neighbours are. */
  readonly #short: number;
  readonly #stride: number;
  /** Of the stretch from run i up to run j, at i * stride + j. */
  readonly #cost: Float64Array;
  readonly #choice: Int16Array;
  /** Weights of the runs before each. */
  readonly #before: Float64Array;
  /** Weights of odd ones, in falling order. */
  readonly #odds: Float64Array;

  /** Columns for `most` runs; `price` is what a test more in the program costs. */
  constructor(most: number, price: number) {
    this.from = new Uint32Array(most);
    this.to = new Uint32Array(most);
    this.node = new Int32Array(most);
    this.weight = new Float64Array(most);
    this.#price = price;
    this.#short = price >= DEAR ? most : SHORT;
    this.#stride = most + 1;
    this.#cost = new Float64Array(most * this.#stride);
    this.#choice = new Int16Array(most * this.#stride);
    this.#before = new Float64Array(this.#stride);
    this.#odds = new Float64Array(most);
  }

  /** Adds a run, to the last one where they decide alike. */
  push(from: number, to: number, node: number, weight: number): void {
    const last = this.n - 1;
    if (last >= 0 && this.node[last] === node) {
      this.to[last] = to;
      this.weight[last] = (this.weight[last] ?? 0) + weight;
      return;
    }
    const at = this.n++;
    this.from[at] = from;
    this.to[at] = to;
    this.node[at] = node;
    this.weight[at] = weight;
  }

  /** What it costs to search all runs, in tests executed and, at the price, tests in the program. */
  get cost(): number {
    return this.#cost[this.n] ?? 0;
  }

  /** What the search of a stretch costs after its first test. */
  afterOne(from: number, to: number): number {
    return (this.#cost[from * this.#stride + to] ?? 0) - this.#weightOf(from, to) - this.#price;
  }

  /** How the stretch from run `from` up to run `to` is searched: split before that run, ODD, or a half. */
  choice(from: number, to: number): number {
    return this.#choice[from * this.#stride + to] ?? 0;
  }

  /** Works out all stretches, with `halves` (of these runs) where given. */
  solve(halves?: Shortcuts): void {
    const { n } = this;
    for (let i = 0; i < n; i++) {
      this.#before[i + 1] = (this.#before[i] ?? 0) + (this.weight[i] ?? 0);
      this.#cost[i * this.#stride + i + 1] = 0;
    }
    // From right to left, so that both parts of every split are known.
    for (let from = n - 2; from >= 0; from--) this.#solveFrom(from, halves);
  }

  /** All stretches that begin at run `from`, the shortest first. */
  #solveFrom(from: number, halves: Shortcuts | undefined): void {
    let shared = this.#wide(from);
    let mixed = false;
    halves?.begin(from);
    for (let to = from + 2; to <= this.n; to++) {
      const wide = this.#wide(to - 1);
      if (shared === NONE) shared = wide;
      else if (wide !== NONE && wide !== shared) mixed = true;
      this.#solveOne(from, to, mixed ? NONE : shared === NONE ? this.#commonest(from, to) : shared);
      if (halves?.add(to - 1)) this.#tryHalves(from, to, halves);
    }
  }

  #solveOne(from: number, to: number, base: number): void {
    const cost = this.#cost;
    const stride = this.#stride;
    const weight = this.#weightOf(from, to);
    let best = Number.POSITIVE_INFINITY;
    let choice = from + 1;
    const row = from * stride;
    // What splits the stretches without the last and without the first run best is close to what splits this one.
    const left = to - from > this.#short ? (this.#choice[row + to - 1] ?? 0) : 0;
    const right = left > 0 ? (this.#choice[row + stride + to] ?? 0) : 0;
    const narrow = right >= left && left > 0;
    const least = narrow ? Math.max(from + 1, left - SLACK) : from + 1;
    const most = narrow ? Math.min(to - 1, right + SLACK) : to - 1;
    for (let at = least; at <= most; at++) {
      const sum = (cost[row + at] ?? 0) + (cost[at * stride + to] ?? 0);
      if (sum < best) {
        best = sum;
        choice = at;
      }
    }
    best += weight + this.#price;
    const odd = base === NONE ? best : this.#oddCost(from, to, base, weight, best);
    if (odd < best) {
      best = odd;
      choice = ODD;
    }
    cost[row + to] = best;
    this.#choice[row + to] = choice;
  }

  #weightOf(from: number, to: number): number {
    return (this.#before[to] ?? 0) - (this.#before[from] ?? 0);
  }

  /** The cost of picking out the runs that decide otherwise than `base`, or `limit` when it is no less. */
  #oddCost(from: number, to: number, base: number, weight: number, limit: number): number {
    let tests = 0;
    for (let i = from; i < to; i++) if (this.node[i] !== base) tests++;
    let cost = tests * this.#price + weight;
    if (cost >= limit) return limit;
    const odds = this.#odds;
    let count = 0;
    for (let i = from; i < to; i++) {
      if (this.node[i] === base) continue;
      const share = this.weight[i] ?? 0;
      let at = count++;
      for (; at > 0 && (odds[at - 1] ?? 0) < share; at--) odds[at] = odds[at - 1] ?? 0;
      odds[at] = share;
    }
    let left = weight;
    for (let i = 0; i < count - 1 && cost < limit; i++) {
      left -= odds[i] ?? 0;
      cost += left;
    }
    return cost;
  }

  /** Takes a half that is cheaper than what was found for the stretch so far. */
  #tryHalves(from: number, to: number, halves: Shortcuts): void {
    const limit = this.afterOne(from, to);
    const found = limit > 0 ? halves.cheapest(from, to, limit) : undefined;
    if (!found) return;
    const at = from * this.#stride + to;
    this.#cost[at] = (this.#cost[at] ?? 0) - limit + found.cost;
    this.#choice[at] = ODD - 1 - this.halves.length;
    this.halves.push(found.half);
  }

  /** What all runs of several numbers in a stretch decide, or single ones most often. */
  base(from: number, to: number): number {
    for (let i = from; i < to; i++) {
      const wide = this.#wide(i);
      if (wide !== NONE) return wide;
    }
    return this.#commonest(from, to);
  }

  /** The decision of the first or the last of single numbers, whichever more of them share. */
  #commonest(from: number, to: number): number {
    const [first = NONE, last = NONE] = [this.node[from], this.node[to - 1]];
    let balance = 0;
    for (let i = from; i < to; i++) {
      const node = this.node[i];
      if (node === first) balance++;
      if (node === last) balance--;
    }
    return balance >= 0 ? first : last;
  }

  /** What a run of several numbers decides. */
  #wide(at: number): number {
    return this.from[at] === this.to[at] ? NONE : (this.node[at] ?? NONE);
  }
}
