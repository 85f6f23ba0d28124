import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../../src/abi/error.ts";
import { opcodes } from "../../../src/abi/opcode.ts";
import { assembleProgram } from "../../../src/bpf/assemble.ts";
import { jit } from "../../../src/bpf/jit/index.ts";
import type { Program } from "../../../src/bpf/program.ts";
import { run } from "../../../src/bpf/run.ts";
import { allowsConstant, computed, instructionCases, jumps, pairs } from "../instructions.ts";

const test = suite("bpf/jit/evaluator");
const executed = new Set<number>();
/** Outside of every table, so that general code runs, and inside. */
const numbers = [0x87654321, 7] as const;

/** A call with that number whose first two arguments hold `a` and `x`. */
function callOf(nr: number, a: number, x: number): Uint32Array {
  const words = new Uint32Array(16);
  words.set([nr, 0xc000003e, 1, 2, a, 0, x, 0]);
  return words;
}

/** Holds both engines against `expected`, noting what ran. */
function expectBoth(program: Program, words: Uint32Array, expected: number, message: string): void {
  assert.is(jit(program).kind, "jit");
  assert.is(jit(program).evaluate(words), expected, message);
  assert.is(jit(program).evaluateMany(words)[0], expected, `${message}, in a batch`);
  const ret = run(program, words, (pc) => executed.add(program.insns[pc]?.code ?? -1));
  assert.is(ret, expected, `${message}, interpreted`);
}

for (const row of opcodes) {
  if (row.kind !== "alu" && row.kind !== "jump") continue;
  const end = row.kind === "alu" ? "ret a" : "ret #0x99999999\nyes: ret #0xabcdef01\nno: ret #0x80000000";
  const expected = (a: number, v: number) =>
    row.kind === "alu" ? computed(row.alu, a, v) : jumps(row.jump, a, v) ? 0xabcdef01 : 0x80000000;
  const ways = row.kind === "jump" ? ", yes, no" : "";

  test(`${row.name} ${row.operand} of words that only the call knows`, () => {
    const programs = new Map<string, Program>();
    for (const [a, v] of pairs) {
      if (row.operand === "k" && row.kind === "alu" && !allowsConstant(row.alu, v)) continue;
      const operand = row.operand === "x" ? "x" : `#${v}`;
      const text = `ld [24]\ntax\nld [16]\n${row.name} ${operand}${ways}\n${end}`;
      const program = programs.get(text) ?? assembleProgram(text);
      programs.set(text, program);
      for (const nr of numbers)
        expectBoth(program, callOf(nr, a, v), expected(a, v), `${a} ${row.name} ${v}`);
    }
  });
}

for (const [name, text, ret] of instructionCases)
  test(name, () => {
    for (const nr of numbers) expectBoth(assembleProgram(text), callOf(nr, 3, 4), ret, `nr ${nr}`);
  });

test("registers and cells are copied when only the call knows what they hold", () => {
  const text =
    "ld [16]\nst M[2]\ntax\nstx M[3]\nld [24]\nldx M[2]\nadd x\nldx M[3]\nsub x\nneg\ntax\nld #0\ntxa\nret a";
  for (const nr of numbers)
    expectBoth(assembleProgram(text), callOf(nr, 5, 1000), 2 ** 32 - 1000, `nr ${nr}`);
});

test("every opcode of the table has run in both engines", () => {
  assert.equal(
    [...executed].sort((a, b) => a - b),
    opcodes.map((row) => row.code),
  );
});

test("each of the sixteen words is read from its own place, unsigned, in the second call of a batch too", () => {
  const words = Uint32Array.from({ length: 16 }, (_, i) => 0x80000000 + 0x1000 * i);
  const batch = new Uint32Array(32);
  batch.set(words, 16);
  for (let i = 0; i < 16; i++) {
    const evaluator = jit(assembleProgram(`ld [${4 * i}]\nret a`));
    assert.is(evaluator.evaluate(words), words[i]);
    assert.equal([...evaluator.evaluateMany(batch)], [0, words[i]]);
  }
});

test("one program has one evaluator", () => {
  const program = assembleProgram("ret ALLOW");
  assert.is(jit(program), jit(program));
});

test("return values are written to the array that is given, and nothing else of it", () => {
  const evaluator = jit(assembleProgram("ld nr\nret a"));
  const returns = new Uint32Array(3).fill(9);
  const calls = new Uint32Array(32);
  calls[16] = 0xffffffff;
  assert.is(evaluator.evaluateMany(calls, returns), returns);
  assert.equal([...returns], [0, 0xffffffff, 9]);
  assert.equal([...evaluator.evaluateMany(new Uint32Array(0))], []);
});

const refusals: readonly (readonly [what: string, ask: (of: Program) => unknown, received: string])[] = [
  ["a call of fifteen words", (program) => jit(program).evaluate(new Uint32Array(15)), "15 words"],
  ["a call of seventeen words", (program) => jit(program).evaluate(new Uint32Array(17)), "17 words"],
  ["a batch that is cut off", (program) => jit(program).evaluateMany(new Uint32Array(40)), "40 words"],
  [
    "a short array for return values",
    (program) => jit(program).evaluateMany(new Uint32Array(48), new Uint32Array(2)),
    "2",
  ],
];
for (const [what, ask, received] of refusals)
  test(`${what} is refused`, () => {
    assert.throws(
      () => ask(assembleProgram("ld [16]\nret a")),
      (error: unknown) =>
        error instanceof SeccatError && error.code === "usage" && error.received === received,
    );
  });

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

test("where no code may be made from text, the interpreter answers and says why", () => {
  const source = (path: string) =>
    JSON.stringify(new URL(`../../../${path}.${extension}`, import.meta.url).href);
  const script = `
    const { jit, jitStack } = await import(${source("src/bpf/jit/index")});
    const { run } = await import(${source("src/bpf/run")});
    const { randomProgram, randomWords } = await import(${source("test/bpf/random")});
    const { Random } = await import(${source("test/seed")});
    const random = new Random(20);
    for (let i = 0; i < 300; i++) {
      const program = randomProgram(random);
      const evaluator = jit(program);
      if (evaluator.kind !== "interpreter") throw new Error(evaluator.kind);
      if (!/code generation from strings/i.test(evaluator.reason)) throw new Error(evaluator.reason);
      for (let c = 0; c < 10; c++) {
        const words = randomWords(random, program);
        if (c % 2) words[0] = random.below(600);
        const [one, many] = [evaluator.evaluate(words), evaluator.evaluateMany(words)[0]];
        if (one !== run(program, words) || many !== one) throw new Error("program " + i);
      }
      try { evaluator.evaluate(new Uint32Array(3)); throw new Error("taken"); } catch (error) {
        if (error.code !== "usage") throw error;
      }
    }
    const stack = jitStack([randomProgram(random), randomProgram(random)]);
    if (stack.kind !== "interpreter" || !stack.reason) throw new Error("a stack is no faster than its parts");
    console.log("agreed");`;
  const done = spawnSync(
    process.execPath,
    ["--disallow-code-generation-from-strings", "--input-type=module", "--eval", script],
    { encoding: "utf8", timeout: 60_000 },
  );
  assert.is(done.stdout, "agreed\n", done.stderr);
});

test.run();
