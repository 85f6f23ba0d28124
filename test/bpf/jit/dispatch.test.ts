import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assembleProgram } from "../../../src/bpf/assemble.ts";
import { type Arrival, dispatch } from "../../../src/bpf/jit/dispatch.ts";
import { run } from "../../../src/bpf/run.ts";
import { Random, seedOf } from "../../seed.ts";

const test = suite("bpf/jit/dispatch");
const X86_64 = 0xc000003e;

/** `pc: 0-4 6 -> A`, in order. */
function lines(arrivals: readonly Arrival[]): string[] {
  const text = arrivals.map(({ pc, a, numbers }) => {
    const joined: { from: number; to: number }[] = [];
    for (const { from, to } of numbers) {
      const last = joined.at(-1);
      if (last?.to === from - 1) last.to = to;
      else joined.push({ from, to });
    }
    const parts = joined.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
    return `${pc}: ${parts.join(" ")}, A ${a}`;
  });
  return text.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

const cases: readonly (readonly [name: string, text: string, ...arrivals: string[]])[] = [
  ["nothing is asked", "ret ALLOW", "0: 0-15, A 0"],
  [
    "one number of many",
    "ld nr\njeq #5, next, o\nret ALLOW\no: ret ERRNO(1)",
    "2: 5, A nr",
    "3: 0-4 6-15, A nr",
  ],
  ["a bound", "ld nr\njge #5, a, next\nret ALLOW\na: ret ERRNO(1)", "2: 0-4, A nr", "3: 5-15, A nr"],
  [
    "a bound, excluded",
    "ld nr\njgt #5, a, next\nret ALLOW\na: ret ERRNO(1)",
    "2: 0-5, A nr",
    "3: 6-15, A nr",
  ],
  ["a bound that all are below", "ld nr\njge #400, a, next\nret ALLOW\na: ret ERRNO(1)", "2: 0-15, A nr"],
  ["the largest word as a bound", "ld nr\njgt #-1, a, next\nret ALLOW\na: ret ERRNO(1)", "2: 0-15, A nr"],
  ["bits", "ld nr\njset #12, a, next\nret ALLOW\na: ret ERRNO(1)", "2: 0-3, A nr", "3: 4-15, A nr"],
  ["the arch is known", `ld arch\njeq #${X86_64}, next, o\nld nr\nret a\no: ret TRAP(1)`, "3: 0-15, A nr"],
  [
    "another arch is asked for",
    "ld arch\njeq #7, next, o\nld nr\nret a\no: ret TRAP(1)",
    `4: 0-15, A ${X86_64}`,
  ],
  ["ja is followed", "ja l\nret #1\nl: ld nr\nret a", "3: 0-15, A nr"],
  [
    "an argument stops",
    "ld nr\njeq #5, next, o\nld [16]\nret a\no: ret ALLOW",
    "2: 5, A nr",
    "4: 0-4 6-15, A nr",
  ],
  ["arithmetic stops", "ld nr\nand #7\nret a", "1: 0-15, A nr"],
];

for (const [name, text, ...expected] of cases)
  test(name, () => {
    assert.equal(lines(dispatch(assembleProgram(text), X86_64, { from: 0, to: 15 }, 100)), expected);
  });

test("an arch that is not known stops where it is loaded", () => {
  const program = assembleProgram("ld nr\njge #8, next, o\nld arch\no: ret ALLOW");
  assert.equal(lines(dispatch(program, undefined, { from: 0, to: 15 }, 100)), [
    "2: 8-15, A nr",
    "3: 0-7, A nr",
  ]);
});

test("numbers are left out when the steps do not suffice, never sent elsewhere", () => {
  const program = assembleProgram("ld nr\njeq #5, next, o\nret ALLOW\no: ja +0\nja +0\nret ALLOW");
  assert.equal(lines(dispatch(program, X86_64, { from: 0, to: 15 }, 4)), []);
  assert.equal(lines(dispatch(program, X86_64, { from: 0, to: 15 }, 100)), [
    "2: 5, A nr",
    "5: 0-4 6-15, A nr",
  ]);
});

test("in random dispatchers each number goes exactly where the interpreter goes", () => {
  const random = new Random(seedOf("bpf/jit/dispatch"));
  for (let i = 0; i < 300; i++) {
    const jumps = Array.from({ length: 30 }, () => {
      const op = random.pick(["jeq", "jgt", "jge", "jset"]);
      return `${op} #${random.below(70)}, +${random.below(10)}, +${random.below(10)}`;
    });
    const rets = Array.from({ length: 12 }, (_, j) => `ret #${j}`);
    const program = assembleProgram(["ld nr", ...jumps, ...rets].join("\n"));
    const reached = new Map<number, number[]>();
    for (const { pc, numbers } of dispatch(program, X86_64, { from: 0, to: 63 }, 10_000))
      for (const { from, to } of numbers)
        for (let nr = from; nr <= to; nr++) reached.set(nr, [...(reached.get(nr) ?? []), pc]);
    for (let nr = 0; nr < 64; nr++) {
      const words = new Uint32Array(16);
      words.set([nr, X86_64]);
      let last = -1;
      run(program, words, (pc) => {
        last = pc;
      });
      assert.equal(reached.get(nr), [last], `nr ${nr}`);
    }
  }
});

test.run();
