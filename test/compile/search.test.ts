import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Graph, type Node, WHOLE } from "../../src/compile/graph.ts";
import type { Run } from "../../src/compile/run.ts";
import { search } from "../../src/compile/search.ts";
import { Stretches } from "../../src/compile/stretch.ts";
import { Random, seedOf } from "../seed.ts";
import { holds } from "./jumps.ts";
import { randomRuns } from "./runs.ts";

const searching = suite("compile/search");
const word = { offset: 0, mask: WHOLE };

/** The decision for one value, and the tests on the way. */
function look(root: Node, value: number): { ret: number; tests: number } {
  let [node, tests] = [root, 0];
  while (node.kind === "test") {
    node = holds[node.op](value, node.k) ? node.then : node.else;
    tests++;
  }
  return { ret: node.ret, tests };
}

function leafIn(graph: Graph, node: Node): Node {
  return graph.leaf(node.kind === "leaf" ? node.ret : -1);
}

function testsIn(root: Node): number {
  const seen = new Set<Node>();
  const visit = (node: Node): void => {
    if (node.kind === "leaf" || seen.has(node)) return;
    seen.add(node);
    visit(node.then);
    visit(node.else);
  };
  visit(root);
  return seen.size;
}

/** What a decision costs, by its own tests: those on the way of each number, and those in the tree. */
function costOf(root: Node, runs: readonly Run[], price: number): number {
  const counts = runs.flatMap(({ from, weight, counts: known }) => known ?? [[from, weight] as const]);
  const executed = counts.reduce((sum, [value, weight]) => sum + weight * look(root, value).tests, 0);
  const inTree = (node: Node): number =>
    node.kind === "leaf" ? 0 : 1 + inTree(node.then) + inTree(node.else);
  return executed + price * inTree(root);
}

searching("finds every run, in 300 random partitions of up to 250 runs", () => {
  const random = new Random(seedOf("compile/search"));
  for (let i = 0; i < 300; i++) {
    const graph = new Graph();
    const runs = randomRuns(random, graph, 2 + random.below(random.once(10) ? 248 : 30));
    const root = search(graph, word, runs).node;
    for (const { from, to, node } of runs)
      for (const value of [from, to]) assert.is(look(root, value).ret, node.kind === "leaf" ? node.ret : -1);
  }
});

searching("puts what is looked up most often near the root", () => {
  const graph = new Graph();
  const runs = Array.from({ length: 41 }, (_, i) => ({
    from: i === 40 ? 40 : i,
    to: i === 40 ? 0xffffffff : i,
    node: graph.leaf(i % 2),
    weight: i === 33 ? 0.9 : 0.0025,
  }));
  const root = search(graph, word, runs).node;
  assert.ok(look(root, 33).tests <= 3, `${look(root, 33).tests} tests`);
});

searching(
  "costs no more than it says, in 300 random partitions, and hardly ever more than without halves",
  () => {
    const random = new Random(seedOf("compile/search costs"));
    let halved = 0;
    for (let i = 0; i < 300; i++) {
      const price = random.pick([0, 0.05, 1, 50, 1000]);
      const graph = new Graph(price);
      const runs = randomRuns(random, graph, 2 + random.below(30));
      const { node, cost } = search(graph, word, runs);
      const real = costOf(node, runs, price);
      // Of many runs, halves that are found at the end make it cheaper still.
      if (runs.length <= 16 || price >= 1) assert.ok(Math.abs(real - cost) <= 1e-6 * cost, `${real} ${cost}`);
      assert.ok(real <= cost + 1e-6 * cost, `${real} ${cost}`);
      const plain = new Stretches(runs.length, price);
      for (const { from, to, node: decision, weight } of runs) plain.push(from, to, decision.id, weight);
      plain.solve();
      // Long stretches are split close to where their neighbours are, which can miss the best place.
      const slack = runs.length <= 8 || price >= 1 ? 1e-6 : 0.03;
      assert.ok(cost <= (1 + slack) * plain.cost, `${cost} ${plain.cost}`);
      if (real < plain.cost - 1e-6 * cost) halved++;
    }
    assert.ok(halved > 30, `${halved} of 300 were cheaper with halves`);
  },
);

searching("tells odd numbers from even ones by their bit", () => {
  const graph = new Graph();
  const [even, odd, rest] = [graph.leaf(0), graph.leaf(1), graph.leaf(2)];
  const runs: Run[] = Array.from({ length: 12 }, (_, i) => {
    return { from: i, to: i, node: i % 2 ? odd : even, weight: 1 / 13 };
  });
  runs.push({ from: 12, to: 0xffffffff, node: rest, weight: 1 / 13 });
  const root = search(graph, word, runs).node;
  assert.is(testsIn(root), 2);
  for (const value of [0, 1, 6, 11, 12, 13]) assert.ok(look(root, value).tests <= 2);
});

searching("tests a number first that outweighs all others, whatever lies beside it", () => {
  const graph = new Graph();
  const runs: Run[] = Array.from({ length: 20 }, (_, i) => {
    const to = i === 19 ? 0xffffffff : i;
    return { from: i, to, node: graph.leaf(i % 5), weight: i === 9 ? 0.905 : 0.005 };
  });
  const root = search(graph, word, runs).node;
  assert.equal(look(root, 9), { ret: 4, tests: 1 });
  for (const { from, node } of runs) assert.is(look(root, from).ret, node.kind === "leaf" ? node.ret : -1);
});

searching("picks single numbers out of one decision, the heaviest first", () => {
  const graph = new Graph();
  const [no, yes] = [graph.leaf(0), graph.leaf(1)];
  const at = (from: number, to: number, node: Node, weight: number): Run => ({ from, to, node, weight });
  const runs = [
    at(0, 4, no, 0.1),
    at(5, 5, yes, 0.2),
    at(6, 99, no, 0.1),
    at(100, 100, yes, 0.5),
    at(101, 0xffffffff, no, 0.1),
  ];
  const root = search(graph, word, runs).node;
  assert.equal(look(root, 100), { ret: 1, tests: 1 });
  assert.equal(look(root, 5), { ret: 1, tests: 2 });
  assert.is(testsIn(root), 2);
});

searching("trades tests in the program against tests executed, as told", () => {
  const random = new Random(5);
  const [graph, speedy, tight] = [new Graph(), new Graph(0), new Graph(1000)];
  const runs = randomRuns(random, graph, 60);
  const of = (other: Graph) => runs.map((run) => ({ ...run, node: leafIn(other, run.node) }));
  const [small, fast] = [search(tight, word, of(tight)).node, search(speedy, word, of(speedy)).node];
  const [size, time] = [(root: Node) => costOf(root, [], 1), (root: Node) => costOf(root, runs, 0)];
  assert.ok(size(small) < size(fast), `${size(small)} tests and ${size(fast)}`);
  assert.ok(time(fast) < time(small), `${time(fast)} tests executed and ${time(small)}`);
});

searching.run();
