import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Graph, type Node, WHOLE } from "../../src/compile/graph.ts";
import { type Run, search } from "../../src/compile/search.ts";
import { Random, seedOf } from "../seed.ts";

const searching = suite("compile/search");
const word = { offset: 0, mask: WHOLE };

/** The decision for one value, and the tests on the way. */
function look(root: Node, value: number): { ret: number; tests: number } {
  let [node, tests] = [root, 0];
  while (node.kind === "test") {
    node = (node.op === "jge" ? value >= node.k : value === node.k) ? node.then : node.else;
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

function randomRuns(random: Random, graph: Graph, count: number): Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (let i = 0; i < count; i++) {
    const last = runs.at(-1)?.node;
    const leaves = [0, 1, 2, 3].map((ret) => graph.leaf(ret)).filter((leaf) => leaf !== last);
    const to = i === count - 1 ? 0xffffffff : from + (random.once(2) ? 0 : random.below(5));
    runs.push({ from, to, node: random.pick(leaves), weight: random.once(3) ? 0 : random.below(100) });
    from = to + 1;
  }
  return runs;
}

searching("finds every run, in 300 random partitions of up to 250 runs", () => {
  const random = new Random(seedOf("compile/search"));
  for (let i = 0; i < 300; i++) {
    const graph = new Graph();
    const runs = randomRuns(random, graph, 2 + random.below(random.once(10) ? 248 : 30));
    const root = search(graph, word, runs);
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
  const root = search(graph, word, runs);
  assert.ok(look(root, 33).tests <= 3, `${look(root, 33).tests} tests`);
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
  const root = search(graph, word, runs);
  assert.equal(look(root, 100), { ret: 1, tests: 1 });
  assert.equal(look(root, 5), { ret: 1, tests: 2 });
  assert.is(testsIn(root), 2);
});

searching("trades tests in the program against tests executed, as told", () => {
  const random = new Random(5);
  const [graph, speedy, tight] = [new Graph(), new Graph(0), new Graph(1)];
  const runs = randomRuns(random, graph, 60);
  const total = runs.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (root: Node) =>
    runs.reduce((sum, { from, weight }) => sum + (weight / total) * look(root, from).tests, 0);
  const weighed = runs.map((run) => ({ ...run, weight: run.weight / total }));
  const of = (other: Graph) => weighed.map((run) => ({ ...run, node: leafIn(other, run.node) }));
  const [small, fast] = [search(tight, word, of(tight)), search(speedy, word, of(speedy))];
  assert.ok(testsIn(small) <= testsIn(fast));
  assert.ok(mean(fast) <= mean(small));
  assert.ok(mean(fast) < mean(small) || testsIn(small) < testsIn(fast), "the price made no difference");
});

searching.run();
