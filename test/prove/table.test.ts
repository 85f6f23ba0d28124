import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FALSE, LEAF, leafKinds, type Node, Table, TRUE } from "../../src/prove/table.ts";
import { Random, seedOf } from "../seed.ts";

const tables = suite("prove/table");

const VARIABLES = 5;
const ROWS = 1 << VARIABLES;

/** A condition on five bits, as a node and as the 32 rows of its truth table (bit i: row i). */
interface Known {
  readonly node: Node;
  readonly truth: number;
}

const variable = (table: Table, level: number): Known => {
  let truth = 0;
  for (let row = 0; row < ROWS; row++) if ((row >> level) & 1) truth |= 1 << row;
  return { node: table.make(level, FALSE, TRUE), truth: truth >>> 0 };
};

function at(table: Table, root: Node, row: number): Node {
  let node = root;
  while (table.level(node) !== LEAF)
    node = (row >> table.level(node)) & 1 ? table.high(node) : table.low(node);
  return node;
}

function truthOf(table: Table, node: Node): number {
  let truth = 0;
  for (let row = 0; row < ROWS; row++) if (at(table, node, row) === TRUE) truth |= 1 << row;
  return truth >>> 0;
}

tables("equal conditions are the same node, and others are not, over 20,000 random ones", () => {
  const random = new Random(seedOf("prove/table"));
  const table = new Table();
  const pool: Known[] = Array.from({ length: VARIABLES }, (_, level) => variable(table, level));
  const nodes = new Map<number, Node>();
  for (let i = 0; i < 20_000; i++) {
    const [a, b, c] = [random.pick(pool), random.pick(pool), random.pick(pool)];
    const made: Known = random.pick([
      () => ({ node: table.and(a.node, b.node), truth: a.truth & b.truth }),
      () => ({ node: table.or(a.node, b.node), truth: a.truth | b.truth }),
      () => ({ node: table.xor(a.node, b.node), truth: a.truth ^ b.truth }),
      () => ({ node: table.not(a.node), truth: ~a.truth }),
      () => ({
        node: table.choose(a.node, b.node, c.node),
        truth: (a.truth & b.truth) | (~a.truth & c.truth),
      }),
    ])();
    const truth = made.truth >>> 0;
    assert.is(truthOf(table, made.node), truth);
    const before = nodes.get(truth);
    if (before !== undefined) assert.is(made.node, before);
    nodes.set(truth, made.node);
    if (pool.length < 200) pool.push({ node: made.node, truth });
    else pool[VARIABLES + random.below(195)] = { node: made.node, truth };
  }
  assert.is(new Set(nodes.values()).size, nodes.size, "two truth tables share a node");
});

tables("apply joins leaves, and a joined leaf may be any node, also one that asks for bits above", () => {
  const table = new Table();
  const leaf = (payload: number) => table.leaf(leafKinds.ret, payload);
  const f = table.make(1, leaf(1), leaf(2));
  const g = table.make(3, leaf(10), leaf(20));
  const first = table.make(0, FALSE, TRUE);
  const joined = table.apply(1, f, g, (a, b) => {
    const sum = leaf(table.high(a) + table.high(b));
    return table.high(b) === 20 ? table.choose(first, leaf(0), sum) : sum;
  });
  for (let row = 0; row < ROWS; row++) {
    const [one, two] = [(row >> 1) & 1 ? 2 : 1, (row >> 3) & 1 ? 20 : 10];
    assert.is(table.high(at(table, joined, row)), two === 20 && row & 1 ? 0 : one + two);
  }
  assert.is(table.level(joined), 0);
});

tables("work that takes too many nodes leaves the table as it was", () => {
  const table = new Table();
  const kept = table.and(variable(table, 0).node, variable(table, 1).node);
  const before = table.size;
  const long = () => {
    let node: Node = TRUE;
    for (let level = 400; level >= 0; level--) node = table.make(level, node, FALSE);
    return node;
  };
  assert.is(table.attempt({ nodes: 100, steps: 1e6 }, long), undefined);
  assert.is(table.size, before);
  assert.is(table.and(variable(table, 0).node, variable(table, 1).node), kept);
  const made = table.attempt({ nodes: 1000, steps: 1e6 }, long);
  assert.is(long(), made, "the nodes that were taken back are found twice");
  assert.is(table.size, before + 401);
});

tables("work that takes too many steps stops, and steps are counted over all of it", () => {
  const table = new Table();
  const work = () => {
    for (let i = 0; i < 100; i++) table.charge(1);
    return true;
  };
  assert.is(table.attempt({ nodes: 10, steps: 99 }, work), undefined);
  assert.is(table.attempt({ nodes: 10, steps: 100 }, work), true);
  assert.is(table.steps, 200);
});

tables("an inner allowance does not exceed the outer one, and other errors pass through", () => {
  const table = new Table();
  const inner = () => table.attempt({ nodes: 1000, steps: 1000 }, () => table.charge(50) ?? "done");
  assert.is(
    table.attempt({ nodes: 1000, steps: 40 }, () => inner() ?? "stopped"),
    "stopped",
  );
  const failing = () =>
    table.attempt({ nodes: 1, steps: 1 }, () => {
      throw new TypeError("another");
    });
  assert.throws(failing, (error: unknown) => error instanceof TypeError);
});

tables("nodes survive the growth of the table", () => {
  const table = new Table();
  const leaves = Array.from({ length: 50_000 }, (_, i) => table.leaf(leafKinds.ret, i));
  const nodes = leaves.slice(1).map((leaf, i) => table.make(i % 500, leaves[i] ?? 0, leaf));
  nodes.forEach((node, i) => {
    assert.is(table.make(i % 500, leaves[i] ?? 0, leaves[i + 1] ?? 0), node);
    assert.is(table.high(table.low(node)), i);
  });
  assert.is(table.size, 2 + 50_000 + 49_999);
});

tables.run();
