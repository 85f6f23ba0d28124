/**
 * The cheapest search of a word: which of some runs of numbers it lies in.
 *
 * Three kinds of tests are weighed against each other, for every stretch of runs:
 *
 *     split       jge K ? right : left                          a search tree
 *     odd ones    jeq K1, N1 ; jeq K2, N2 ; ... ; the rest      few numbers apart from one decision
 *     half        jset M ? one decision : the rest              numbers that share a bit, or lack it
 *
 * The cost of a tree is the tests that a call goes through, averaged by weight, plus the graph's price for each
 * test that is in the program at all.
 */
import type { Graph, Node, Word } from "./graph.ts";
import { half } from "./half.ts";
import { Halves } from "./halves.ts";
import { append, type Run, weightOf } from "./run.ts";
import { ODD, Stretches } from "./stretch.ts";

/** A decision and what it costs at most. */
export interface Found {
  readonly node: Node;
  readonly cost: number;
}

/** Runs beyond these are halved by weight before the search begins: it takes the cube of their number. */
const MOST_RUNS = 96;
/** A number with more than this share of the weight is tried as the first test. */
const HEAVY = 0.35;

/** The cheapest decision of `word` over `runs` (sorted, gapless, neighbours differ). */
export function search(graph: Graph, word: Word, runs: readonly Run[]): Found {
  const [before, one, after] = runs;
  if (runs.length === 3 && before && one && one.from === one.to && before.node === after?.node)
    return {
      node: graph.test(word, "jeq", one.from, one.node, before.node),
      cost: weightOf(runs) + graph.price,
    };
  if (runs.length === 2 || runs.length > MOST_RUNS) return divide(graph, word, runs);
  const first = runs.length > 3 ? heaviest(runs) : undefined;
  if (first) return heaviestFirst(graph, word, runs, first, new Search(graph, word, runs, false));
  return best(graph, word, runs);
}

function best(graph: Graph, word: Word, runs: readonly Run[]): Found {
  const found = new Search(graph, word, runs, true);
  return { node: found.node(), cost: found.cost };
}

/**
 * Tests the number of `first` before all others if that pays. That is judged without halves: they cost time, and
 * change little here. `plain` is the search without.
 */
function heaviestFirst(graph: Graph, word: Word, runs: readonly Run[], first: Run, plain: Search): Found {
  const others = without(runs, first);
  const own = weightOf(runs) + graph.price;
  const rest = new Search(graph, word, others, false);
  if (own + rest.cost >= plain.cost) return best(graph, word, runs);
  const next = others.length > 3 ? heaviest(others) : undefined;
  const found = next ? heaviestFirst(graph, word, others, next, rest) : best(graph, word, others);
  return { node: graph.test(word, "jeq", first.from, first.node, found.node), cost: own + found.cost };
}

/** The single number that outweighs most others together, if one does. */
function heaviest(runs: readonly Run[]): Run | undefined {
  const total = weightOf(runs);
  return runs.find(({ from, to, weight }) => from === to && weight > HEAVY * total);
}

/** `runs` when the number of the run `one` cannot come. */
function without(runs: readonly Run[], one: Run): Run[] {
  const result: Run[] = [];
  for (const run of runs) if (run !== one) append(result, run);
  return result;
}

/** Splits so that both sides weigh alike, each run counting a little. */
function divide(graph: Graph, word: Word, runs: readonly Run[]): Found {
  const heavy = (run: Run) => run.weight + 1 / runs.length;
  const total = runs.reduce((sum, run) => sum + heavy(run), 0);
  let [at, sum] = [0, 0];
  while (at < runs.length - 1) {
    const run = runs[at];
    if (!run || (at > 0 && sum + heavy(run) / 2 >= total / 2)) break;
    sum += heavy(run);
    at++;
  }
  const [left, right] = [side(graph, word, runs.slice(0, at)), side(graph, word, runs.slice(at))];
  return {
    node: graph.test(word, "jge", runs[at]?.from ?? 0, right.node, left.node),
    cost: weightOf(runs) + graph.price + left.cost + right.cost,
  };
}

function side(graph: Graph, word: Word, runs: readonly Run[]): Found {
  const [only, other] = runs;
  return only && !other ? { node: only.node, cost: 0 } : search(graph, word, runs);
}

/** How each stretch is searched best. */
class Search {
  readonly #graph: Graph;
  readonly #word: Word;
  readonly #runs: readonly Run[];
  readonly #stretches: Stretches;
  readonly #halves: Halves | undefined;

  constructor(graph: Graph, word: Word, runs: readonly Run[], withHalves: boolean) {
    this.#graph = graph;
    this.#word = word;
    this.#runs = runs;
    this.#stretches = new Stretches(runs.length, graph.price);
    for (const { from, to, node, weight } of runs) this.#stretches.push(from, to, node.id, weight);
    this.#halves = withHalves && runs.length > 3 ? new Halves(runs, graph.price) : undefined;
    this.#stretches.solve(this.#halves);
  }

  /** What the whole search costs at most. */
  get cost(): number {
    return this.#stretches.cost;
  }

  /** The decision. */
  node(): Node {
    return this.#build(0, this.#runs.length);
  }

  #build(from: number, to: number): Node {
    const first = this.#runs[from];
    if (!first) throw new RangeError("a search over nothing");
    if (to - from === 1) return first.node;
    const at = this.#stretches.choice(from, to);
    const late = this.#halves?.of(from, to, this.#stretches.afterOne(from, to));
    if (late) return this.#half(from, to, late.half);
    if (at > 0)
      return this.#test("jge", this.#runs[at]?.from ?? 0, this.#build(at, to), this.#build(from, at));
    if (at < ODD) return this.#half(from, to, this.#stretches.halves[ODD - 1 - at] ?? 0);
    const base = this.#stretches.base(from, to);
    const runs = this.#runs.slice(from, to);
    const rest = runs.find(({ node }) => node.id === base) ?? first;
    return runs
      .filter(({ node }) => node !== rest.node)
      .sort((a, b) => b.weight - a.weight || a.from - b.from)
      .reduceRight<Node>((other, odd) => this.#test("jeq", odd.from, odd.node, other), rest.node);
  }

  #half(from: number, to: number, choice: number): Node {
    const mask = this.#halves?.masks[choice >> 1] ?? 0;
    const set = (choice & 1) === 1;
    const runs = this.#runs.slice(from, to);
    const only = half(runs, mask, set)[0] ?? runs[0];
    const rest = new Search(this.#graph, this.#word, half(runs, mask, !set), false).node();
    if (!only) throw new RangeError("a half of nothing");
    return set ? this.#test("jset", mask, only.node, rest) : this.#test("jset", mask, rest, only.node);
  }

  #test(op: "jge" | "jeq" | "jset", k: number, then: Node, otherwise: Node): Node {
    return this.#graph.test(this.#word, op, k, then, otherwise);
  }
}
