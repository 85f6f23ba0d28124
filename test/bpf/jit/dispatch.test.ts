import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assembleProgram } from "../../../src/bpf/assemble.ts";
import { type Arrival, dispatch, eachOf } from "../../../src/bpf/jit/dispatch.ts";
import { surveyOf } from "../../../src/bpf/jit/survey.ts";
import type { Program } from "../../../src/bpf/program.ts";
import { run } from "../../../src/bpf/run.ts";
import { Random, seedOf } from "../../seed.ts";

const test = suite("bpf/jit/dispatch");
const X86_64 = 0xc000003e;

/** Where the first 16 numbers of a window come to. */
function arrivalsOf(program: Program, arch: number | undefined, base = 0): readonly Arrival[] {
  return dispatch(surveyOf(program), { arch, base });
}

/** `pc: 0-4 6 -> A`, in order. */
function lines(arrivals: readonly Arrival[]): string[] {
  return arrivals.flatMap(({ pc, a, numbers }) => {
    const joined: { from: number; to: number }[] = [];
    for (const n of eachOf(numbers).filter((n) => n < 16)) {
      const last = joined.at(-1);
      if (last?.to === n - 1) last.to = n;
      else joined.push({ from: n, to: n });
    }
    const parts = joined.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
    return parts.length === 0 ? [] : `${pc}: ${parts.join(" ")}, A ${a}`;
  });
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
    assert.equal(lines(arrivalsOf(assembleProgram(text), X86_64)), expected);
  });

test("an arch that is not known stops where it is loaded", () => {
  const program = assembleProgram("ld nr\njge #8, next, o\nld arch\no: ret ALLOW");
  assert.equal(lines(arrivalsOf(program, undefined)), ["2: 8-15, A nr", "3: 0-7, A nr"]);
});

test("numbers that were parted and come together again go on as one", () => {
  const diamonds = Array.from({ length: 400 }, (_, i) => `jset #${1 << (i % 9)}, +0, +1\nja +0`);
  const program = assembleProgram(["ld nr", ...diamonds, "ret ALLOW"].join("\n"));
  assert.equal(lines(arrivalsOf(program, X86_64)), ["801: 0-15, A nr"]);
});

test("with different words in A they stay apart", () => {
  const text = `ld arch\nld nr\njeq #5, next, o\nld arch\no: ret a`;
  assert.equal(lines(arrivalsOf(assembleProgram(text), X86_64)), [`4: 5, A ${X86_64}`, "4: 0-4 6-15, A nr"]);
});

for (const base of [0, 4992, 0x40000000])
  test(`in random dispatchers each number from ${base} on goes exactly where the interpreter goes`, () => {
    const random = new Random(seedOf("bpf/jit/dispatch"));
    const edges = [0, 0x1000, base, base + 511, base + 512, 0x7fffffff, 0x80000000, 0xffffffff];
    const constant = () => (random.once(8) ? random.pick(edges) : base + random.below(530));
    for (let i = 0; i < 200; i++) {
      const jumps = Array.from({ length: 30 }, () => {
        const op = random.pick(["jeq", "jgt", "jge", "jset"]);
        const k = op === "jset" ? random.below(600) | (random.once(4) ? base : 0) : constant();
        return `${op} #${k}, +${random.below(10)}, +${random.below(10)}`;
      });
      const rets = Array.from({ length: 12 }, (_, j) => `ret #${j}`);
      const program = assembleProgram(["ld nr", ...jumps, ...rets].join("\n"));
      const reached: number[][] = Array.from({ length: 512 }, () => []);
      for (const { pc, numbers } of arrivalsOf(program, X86_64, base))
        for (const n of eachOf(numbers)) reached[n]?.push(pc);
      const words = new Uint32Array(16);
      for (let n = 0; n < 512; n++) {
        words.set([base + n, X86_64]);
        let last = -1;
        run(program, words, (pc) => {
          last = pc;
        });
        assert.equal(reached[n], [last], `nr ${base + n}`);
      }
    }
  });

test.run();
