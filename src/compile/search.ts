/**
 * The cheapest search of a word: which of some runs of numbers it lies in.
 *
 * Two kinds of tests are weighed against each other, for every stretch of runs:
 *
 *     split       jge K ? right : left                          a search tree
 *     odd ones    jeq K1, N1 ; jeq K2, N2 ; ... ; the rest      few numbers apart from one decision
 *
 * The cost of a tree is the tests that a call goes through, averaged by weight, plus the graph's price for each
 * test that is in the program at all. Found by dynamic programming over stretches: n^2 of them, n choices each.
 */
import type { Graph, Node, Word } from "./graph.ts";

/** Numbers that decide alike, with how often they are looked up. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly node: Node;
  /** Share of all look-ups, 0 or more. */
  readonly weight: number;
}

/** Runs beyond these are halved by weight before the search begins: it takes the cube of their number. */
const MOST_RUNS = 96;

/** The cheapest decision of `word` over `runs` (sorted, gapless, neighbours differ). */
export function search(graph: Graph, word: Word, runs: readonly Run[]): Node {
  if (runs.length > MOST_RUNS) return halve(graph, word, runs);
  return new Search(graph, word, runs).node();
}

/** Splits so that both sides weigh alike, each run counting a little. */
function halve(graph: Graph, word: Word, runs: readonly Run[]): Node {
  const heavy = (run: Run) => run.weight + 1 / runs.length;
  const total = runs.reduce((sum, run) => sum + heavy(run), 0);
  let at = 1;
  for (
    let sum = heavy(runs[0] ?? { from: 0, to: 0, node: graph.leaf(0), weight: 0 });
    at < runs.length - 1;
    at++
  ) {
    const run = runs[at];
    if (!run || sum + heavy(run) / 2 >= total / 2) break;
    sum += heavy(run);
  }
  const [left, right] = [runs.slice(0, at), runs.slice(at)];
  return graph.test(word, "jge", right[0]?.from ?? 0, search(graph, word, right), search(graph, word, left));
}

/** How a stretch is searched: split before run `at`, or (at < 0) by picking out its odd ones. */
class Search {
  readonly #graph: Graph;
  readonly #word: Word;
  readonly #runs: readonly Run[];
  readonly #stride: number;
  /** Cost and choice of the stretch from run i up to run j, at i * stride + j. */
  readonly #cost: Float64Array;
  readonly #choice: Int16Array;
  /** Weights of the runs before each. */
  readonly #before: Float64Array;

  constructor(graph: Graph, word: Word, runs: readonly Run[]) {
    this.#graph = graph;
    this.#word = word;
    this.#runs = runs;
    this.#stride = runs.length + 1;
    this.#cost = new Float64Array(runs.length * this.#stride);
    this.#choice = new Int16Array(runs.length * this.#stride);
    this.#before = new Float64Array(this.#stride);
    runs.forEach((run, i) => {
      this.#before[i + 1] = (this.#before[i] ?? 0) + run.weight;
    });
  }

  node(): Node {
    const n = this.#runs.length;
    // From right to left, so that both parts of every split are known.
    for (let from = n - 2; from >= 0; from--) this.#solveFrom(from);
    return this.#build(0, n);
  }

  /** All stretches that begin at run `from`, the shortest first. */
  #solveFrom(from: number): void {
    let shared = wideNode(this.#runs[from]);
    let mixed = false;
    for (let to = from + 2; to <= this.#runs.length; to++) {
      const wide = wideNode(this.#runs[to - 1]);
      if (shared === undefined) shared = wide;
      else if (wide !== undefined && wide !== shared) mixed = true;
      this.#solve(from, to, mixed ? undefined : (shared ?? this.#commonest(from, to)));
    }
  }

  #solve(from: number, to: number, base: Node | undefined): void {
    const [cost, stride, price] = [this.#cost, this.#stride, this.#graph.price];
    const weight = (this.#before[to] ?? 0) - (this.#before[from] ?? 0);
    let best = Number.POSITIVE_INFINITY;
    let choice = from + 1;
    const row = from * stride;
    for (let at = from + 1; at < to; at++) {
      const sum = (cost[row + at] ?? 0) + (cost[at * stride + to] ?? 0);
      if (sum < best) {
        best = sum;
        choice = at;
      }
    }
    best += weight + price;
    const odd = base === undefined ? best : this.#oddCost(from, to, base, weight, best);
    if (odd < best) {
      best = odd;
      choice = -1;
    }
    cost[row + to] = best;
    this.#choice[row + to] = choice;
  }

  /** The cost of picking out the runs that decide otherwise than `base`, or `limit` when it is no less. */
  #oddCost(from: number, to: number, base: Node, weight: number, limit: number): number {
    let tests = 0;
    for (let i = from; i < to; i++) if (this.#runs[i]?.node !== base) tests++;
    let cost = tests * this.#graph.price + weight;
    if (cost >= limit) return limit;
    let left = weight;
    const shares = this.#odds(from, to, base).map((run) => run.weight);
    for (const share of shares.slice(0, -1)) {
      left -= share;
      cost += left;
    }
    return cost;
  }

  /** The decision of the first or the last of single numbers, whichever more of them share. */
  #commonest(from: number, to: number): Node | undefined {
    const [first, last] = [this.#runs[from]?.node, this.#runs[to - 1]?.node];
    let balance = 0;
    for (let i = from; i < to; i++) {
      const node = this.#runs[i]?.node;
      if (node === first) balance++;
      if (node === last) balance--;
    }
    return balance >= 0 ? first : last;
  }

  /** What all runs of several numbers decide, or single ones most often; as #solveFrom found it. */
  #base(from: number, to: number): Node | undefined {
    for (let i = from; i < to; i++) {
      const wide = wideNode(this.#runs[i]);
      if (wide !== undefined) return wide;
    }
    return this.#commonest(from, to);
  }

  /** The runs that decide otherwise than `base`, the heaviest first. */
  #odds(from: number, to: number, base: Node): Run[] {
    return this.#runs
      .slice(from, to)
      .filter(({ node }) => node !== base)
      .sort((a, b) => b.weight - a.weight || a.from - b.from);
  }

  #build(from: number, to: number): Node {
    const first = this.#runs[from];
    if (!first) throw new RangeError("a search over nothing");
    if (to - from === 1) return first.node;
    const at = this.#choice[from * this.#stride + to] ?? 0;
    const test = (op: "jge" | "jeq", k: number, then: Node, otherwise: Node) =>
      this.#graph.test(this.#word, op, k, then, otherwise);
    if (at >= 0) return test("jge", this.#runs[at]?.from ?? 0, this.#build(at, to), this.#build(from, at));
    const base = this.#base(from, to) ?? first.node;
    return this.#odds(from, to, base).reduceRight<Node>(
      (rest, odd) => test("jeq", odd.from, odd.node, rest),
      base,
    );
  }
}

/** What a run of several numbers decides. */
function wideNode(run: Run | undefined): Node | undefined {
  return run && run.from !== run.to ? run.node : undefined;
}
