import { suite } from "uvu";
import * as assert from "uvu/assert";
import { check } from "../../src/bpf/check.ts";
import { run } from "../../src/bpf/run.ts";
import { Graph, type Node, WHOLE } from "../../src/compile/graph.ts";
import { layout } from "../../src/compile/layout.ts";
import { Random, seedOf } from "../seed.ts";
import { holds } from "./jumps.ts";

const placing = suite("compile/layout");

/** The return value of a decision, by walking it. */
function walk(root: Node, words: Uint32Array): number {
  let node = root;
  while (node.kind === "test") {
    const a = ((words[node.word.offset / 4] ?? 0) & node.word.mask) >>> 0;
    node = holds[node.op](a, node.k) ? node.then : node.else;
  }
  return node.ret;
}

function agree(root: Node, inputs: readonly Uint32Array[]): number {
  const insns = layout(root);
  const program = check(insns, "little");
  for (const words of inputs) assert.is(run(program, words), walk(root, words));
  return insns.length;
}

/** Words whose argument halves hold the numbers in `values`. */
function input(nr: number, ...values: number[]): Uint32Array {
  const words = new Uint32Array(16);
  words[0] = nr;
  values.forEach((value, i) => {
    words[4 + i] = value;
  });
  return words;
}

placing("a decision without a test is one return", () => {
  const graph = new Graph();
  assert.equal(layout(graph.leaf(7)), [{ code: 0x06, jt: 0, jf: 0, k: 7 }]);
});

placing("a word is loaded once for a chain of tests of it, and masked once", () => {
  const graph = new Graph();
  const word = { offset: 16, mask: 0xff };
  const [no, yes] = [graph.leaf(0), graph.leaf(1)];
  const root = graph.test(word, "jeq", 1, yes, graph.test(word, "jeq", 2, yes, no));
  assert.equal(
    layout(root).map(({ code }) => code),
    [0x20, 0x54, 0x15, 0x15, 0x06, 0x06],
  );
});

placing("a word that A holds with more bits is masked, not loaded again", () => {
  const graph = new Graph();
  const [whole, part] = [
    { offset: 16, mask: WHOLE },
    { offset: 16, mask: 0xf0 },
  ];
  const [no, yes] = [graph.leaf(0), graph.leaf(1)];
  const root = graph.test(whole, "jeq", 5, yes, graph.test(part, "jeq", 0x30, yes, no));
  assert.equal(
    layout(root).map(({ code }) => code),
    [0x20, 0x15, 0x54, 0x15, 0x06, 0x06],
  );
  agree(
    root,
    [0, 5, 0x30, 0x35, 0x3f, 0x40, 0xf30].map((value) => input(0, value)),
  );
  const back = graph.test(part, "jeq", 0x30, yes, graph.test(whole, "jeq", 5, yes, no));
  assert.is(
    agree(
      back,
      [0, 5, 0x30, 0x35].map((value) => input(0, value)),
    ),
    7,
  );
});

placing("one far jump serves all tests that are near to it", () => {
  const graph = new Graph();
  const nr = { offset: 0, mask: WHOLE };
  const far = graph.test({ offset: 16, mask: WHOLE }, "jset", 1, graph.leaf(111), graph.leaf(222));
  let root: Node = graph.test(nr, "jeq", 1000, far, graph.leaf(0));
  for (let i = 0; i < 300; i++) root = graph.test(nr, "jeq", 2000 + i, graph.leaf(1000 + i), root);
  for (let i = 0; i < 5; i++) root = graph.test(nr, "jeq", i, far, root);
  const insns = layout(root);
  assert.is(insns.filter(({ code }) => code === 0x05).length, 1);
  agree(
    root,
    [0, 4, 5, 1000, 2000, 2299].flatMap((n) => [0, 1].map((value) => input(n, value))),
  );
});

placing("a test entered with and without its word in A has two doors", () => {
  const graph = new Graph();
  const [nr, arg] = [
    { offset: 0, mask: WHOLE },
    { offset: 16, mask: WHOLE },
  ];
  const shared = graph.test(arg, "jge", 5, graph.leaf(1), graph.leaf(2));
  const root = graph.test(nr, "jeq", 3, shared, graph.test(arg, "jeq", 0, graph.leaf(3), shared));
  const inputs = [0, 3].flatMap((n) => [0, 1, 5, 9].map((v) => input(n, v)));
  assert.is(agree(root, inputs), 9);
});

for (const which of ["then", "else", "both"] as const) {
  placing(`reaches targets at every distance around 255: far on ${which}`, () => {
    for (let between = 246; between <= 262; between++) {
      const graph = new Graph();
      const nr = { offset: 0, mask: WHOLE };
      const arg = { offset: 16, mask: WHOLE };
      const far = graph.test(arg, "jset", 1, graph.leaf(111), graph.leaf(222));
      let chain: Node = far;
      for (let k = between; k > 0; k--) chain = graph.test(nr, "jeq", k, graph.leaf(k % 3), chain);
      const other = graph.test(arg, "jge", 7, far, graph.leaf(333));
      const root =
        which === "then"
          ? graph.test(nr, "jge", 500, far, chain)
          : which === "else"
            ? graph.test(nr, "jgt", 500, chain, far)
            : graph.test(nr, "jset", 0x8000, far, graph.test(nr, "jset", 0x4000, other, chain));
      const numbers = [0, 1, 2, between - 1, between, between + 1, 499, 500, 501, 0x4000, 0x8000, 0xc000];
      agree(
        root,
        numbers.flatMap((n) => [0, 1, 6, 7].map((v) => input(n, v))),
      );
    }
  });
}

placing("200 random decision graphs of up to 900 nodes run as they are walked", () => {
  const random = new Random(seedOf("compile/layout"));
  const words = [
    { offset: 0, mask: WHOLE },
    { offset: 16, mask: WHOLE },
    { offset: 16, mask: 0xf },
    { offset: 20, mask: WHOLE },
  ];
  for (let i = 0; i < 200; i++) {
    const graph = new Graph();
    const nodes: Node[] = Array.from({ length: 6 }, (_, ret) => graph.leaf(ret));
    const size = 20 + random.below(880);
    for (let n = 0; n < size; n++) {
      const op = random.pick(["jeq", "jgt", "jge", "jset"] as const);
      const recent = () =>
        nodes[Math.max(0, nodes.length - 1 - random.below(random.once(4) ? nodes.length : 30))];
      const [then, otherwise] = [recent(), recent()];
      if (then && otherwise)
        nodes.push(graph.test(random.pick(words), op, random.below(20), then, otherwise));
    }
    const root = nodes[nodes.length - 1];
    const inputs = Array.from({ length: 60 }, () =>
      input(random.below(22), random.below(22), random.below(22)),
    );
    if (root) agree(root, inputs);
  }
});

placing.run();
