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
  /** Cost and choice of the stretch from run i up to run j, at i * n + j. */
  readonly #cost: Float64Array;
  readonly #choice: Int16Array;
  /** Weights of the runs before each. */
  readonly #before: Float64Array;

  constructor(graph: Graph, word: Word, runs: readonly Run[]) {
    const n = runs.length;
    this.#graph = graph;
    this.#word = word;
    this.#runs = runs;
    this.#cost = new Float64Array(n * (n + 1));
    this.#choice = new Int16Array(n * (n + 1));
    this.#before = new Float64Array(n + 1);
    runs.forEach((run, i) => {
      this.#before[i + 1] = (this.#before[i] ?? 0) + run.weight;
    });
  }

  node(): Node {
    const n = this.#runs.length;
    for (let length = 2; length <= n; length++)
      for (let from = 0; from + length <= n; from++) this.#solve(from, from + length);
    return this.#build(0, n);
  }

  #solve(from: number, to: number): void {
    const stride = this.#runs.length + 1;
    const cost = this.#cost;
    const weight = (this.#before[to] ?? 0) - (this.#before[from] ?? 0);
    let best = Number.POSITIVE_INFINITY;
    let choice = from + 1;
    for (let at = from + 1; at < to; at++) {
      const sum = (cost[from * stride + at] ?? 0) + (cost[at * stride + to] ?? 0);
      if (sum < best) {
        best = sum;
        choice = at;
      }
    }
    best += weight + this.#graph.price;
    const odd = this.#oddCost(from, to, weight, best);
    if (odd < best) {
      best = odd;
      choice = -1;
    }
    cost[from * stride + to] = best;
    this.#choice[from * stride + to] = choice;
  }

  /** The cost of picking out the odd ones of a stretch; infinite when it has none or too many. */
  #oddCost(from: number, to: number, weight: number, limit: number): number {
    const base = this.#base(from, to);
    if (base === undefined) return Number.POSITIVE_INFINITY;
    let tests = 0;
    for (let i = from; i < to; i++) if (this.#runs[i]?.node !== base) tests++;
    if (tests * this.#graph.price >= limit) return Number.POSITIVE_INFINITY;
    let [cost, left] = [tests * this.#graph.price, weight];
    for (const { weight: share } of this.#odds(from, to, base)) {
      cost += left;
      left -= share;
    }
    return cost;
  }

  /** The decision that all runs of more than one number share; of single numbers alone, that of the first or last. */
  #base(from: number, to: number): Node | undefined {
    let base: Node | undefined;
    for (let i = from; i < to; i++) {
      const run = this.#runs[i];
      if (!run || run.from === run.to) continue;
      if (base !== undefined && base !== run.node) return undefined;
      base = run.node;
    }
    if (base !== undefined) return base;
    const [first, last] = [this.#runs[from], this.#runs[to - 1]];
    const count = (node: Node | undefined) =>
      this.#runs.slice(from, to).filter((run) => run.node === node).length;
    return count(first?.node) >= count(last?.node) ? first?.node : last?.node;
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
    const at = this.#choice[from * (this.#runs.length + 1) + to] ?? 0;
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
