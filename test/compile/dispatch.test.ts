import { suite } from "uvu";
import * as assert from "uvu/assert";
import { check } from "../../src/bpf/check.ts";
import { run } from "../../src/bpf/run.ts";
import { dispatch, fillGaps } from "../../src/compile/dispatch.ts";
import { Graph, type Node, WHOLE } from "../../src/compile/graph.ts";
import { layout } from "../../src/compile/layout.ts";
import { Random, seedOf } from "../seed.ts";

const dispatching = suite("compile/dispatch");
const word = { offset: 16, mask: WHOLE };

function decide(graph: Graph, values: readonly number[], yes: Node, no: Node) {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const parts = sorted.map((value) => ({ from: value, to: value, node: yes }));
  return check(layout(dispatch(graph, word, fillGaps(parts, no))), "little");
}

function answer(program: ReturnType<typeof decide>, value: number): number {
  const words = new Uint32Array(16);
  words[4] = value;
  return run(program, words);
}

for (const [what, values, instructions] of [
  ["two types with any of two flags", [1, 2, 0x801, 0x802, 0x80001, 0x80002, 0x80801, 0x80802], 6],
  ["the odd numbers below 16", [1, 3, 5, 7, 9, 11, 13, 15], 5],
  ["two numbers that differ in the sign bit", [0x7f000001, 0xff000001, 0x7f000003, 0xff000003], 5],
  ["numbers with nothing in common", [1, 6, 1000, 70000], 7],
] as const) {
  dispatching(`${what} take ${instructions} instructions when size counts`, () => {
    const graph = new Graph(1000);
    const program = decide(graph, values, graph.leaf(1), graph.leaf(0));
    assert.is(program.insns.length, instructions);
    const beside = values.flatMap((value) => [
      value,
      ...Array.from({ length: 32 }, (_, i) => (value ^ (1 << i)) >>> 0),
    ]);
    const known: readonly number[] = values;
    for (const value of beside) assert.is(answer(program, value), known.includes(value) ? 1 : 0, `${value}`);
  });
}

dispatching("sets that do not depend on some bits decide as their members, 300 random ones", () => {
  const random = new Random(seedOf("compile/dispatch"));
  for (let i = 0; i < 300; i++) {
    const graph = new Graph(random.pick([0.05, 1000]));
    const free = Array.from({ length: 1 + random.below(3) }, () => 1 << random.below(32));
    let values = Array.from({ length: 1 + random.below(4) }, () =>
      random.below(random.pick([8, 64, 2 ** 32])),
    );
    for (const bit of free) values = values.flatMap((value) => [value, (value ^ bit) >>> 0]);
    const program = decide(graph, values, graph.leaf(1), graph.leaf(0));
    for (const value of values) {
      assert.is(answer(program, value), 1);
      for (let bit = 0; bit < 32; bit++) {
        const beside = (value ^ (1 << bit)) >>> 0;
        assert.is(answer(program, beside), values.includes(beside) ? 1 : 0);
      }
    }
  }
});

dispatching.run();
