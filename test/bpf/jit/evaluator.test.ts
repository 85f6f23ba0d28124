import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, abi } from "../../../arch/index.ts";
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
  assert.is(jit(program).evaluateMany(words)[0], expected, `${message}, among many`);
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
    assert.equal([...evaluator.batch(batch, new Uint32Array(2))()], [0, words[i]]);
    assert.is(evaluator.evaluateAt(batch, 16), words[i]);
    assert.is(evaluator.evaluateAt(batch, 15), words[i - 1] ?? 0);
  }
});

test("calls and return values may lie next to each other in one memory", () => {
  const memory = new Uint32Array(32 + 2);
  memory[0] = 5;
  memory[16] = 6;
  const evaluator = jit(assembleProgram("ld nr\nret a"));
  assert.equal([...evaluator.evaluateMany(memory.subarray(0, 32), memory.subarray(32))], [5, 6]);
});

const listed = assembleProgram(
  `ld arch\njeq #${0xc000003e}, next, bad\nld nr\njeq #3, arg, next\njeq #7, next, no\nret ALLOW\narg: ld [16]\njeq #9, next, no\nret TRAP(1)\nno: ret ERRNO(1)\nbad: ret KILL_PROCESS`,
);
const mixes: readonly (readonly [what: string, count: number, call: (i: number) => readonly number[]])[] = [
  ["one call", 1, () => [7, 0xc000003e]],
  ["fifteen calls, less than a turn", 15, (i) => [i, 0xc000003e, 0, 0, 9]],
  ["sixteen calls, one turn", 16, (i) => [i, 0xc000003e, 0, 0, 9]],
  ["3000 calls, none of which needs its arguments", 3000, (i) => [4 + (i % 500), 0xc000003e]],
  ["3000 calls that all need their arguments", 3000, (i) => [3, 0xc000003e, 0, 0, i % 11]],
  ["2048 calls, the last of another arch", 2048, (i) => [i % 9, i === 2047 ? 0xc00000b7 : 0xc000003e]],
  ["2048 calls, the first of another arch", 2048, (i) => [i % 9, i === 0 ? 0xc00000b7 : 0xc000003e]],
  ["1040 calls, one with a number beyond the table", 1040, (i) => [i === 1030 ? 519 : i % 9, 0xc000003e]],
  ["1040 calls, one of x32", 1040, (i) => [i === 3 ? 0x40000007 : i % 9, 0xc000003e, 0, 0, 9]],
];
for (const [what, count, call] of mixes)
  test(`a batch of ${what} is judged as by the interpreter, and again when the calls have changed`, () => {
    const calls = new Uint32Array(16 * count);
    const judge = jit(listed).batch(calls, new Uint32Array(count + 1).fill(9));
    for (const first of [0, 1]) {
      calls.fill(0);
      for (let i = 0; i < count; i++) calls.set(call((i + first) % count), 16 * i);
      const expected = Array.from({ length: count }, (_, i) =>
        run(listed, calls.subarray(16 * i, 16 * i + 16)),
      );
      assert.equal([...judge()], [...expected, 9]);
    }
  });

/** Programs that decide by the number alone, and the first number of their ABI. */
const numbered: readonly (readonly [abi: AbiName, program: Program])[] = (
  ["x86_64", "mips", "mipsel64", "mipsel64n32"] as const
).map((name) => {
  const { auditArch, nrBase, endian } = abi(name);
  const asks = Array.from({ length: 20 }, (_, i) => `jeq #${nrBase + 7 * i}, next, +1\nret ERRNO(${i})`);
  const text = ["ld arch", `jeq #${auditArch}, next, bad`, "ld nr", ...asks, "ret ALLOW", "bad: ret TRAP(1)"];
  return [name, assembleProgram(text.join("\n"), { endian })];
});
for (const [name, program] of numbered)
  for (const odd of [undefined, -1, 512, 2 ** 31, 2 ** 32 - 1])
    test(`a batch that is decided by numbers of ${name} alone, ${odd ?? "none"} among them`, () => {
      const { auditArch, nrBase } = abi(name);
      const calls = new Uint32Array(16 * 1040);
      for (let i = 0; i < 1040; i++) calls.set([nrBase + (i % 480), auditArch], 16 * i);
      if (odd !== undefined) calls[16 * 77] = nrBase + odd;
      const returns = jit(program).batch(calls, new Uint32Array(1040))();
      returns.forEach((ret, i) => {
        assert.is(ret, run(program, calls.subarray(16 * i, 16 * i + 16)), `call ${i}`);
      });
    });

const forged: readonly (readonly [what: string, program: unknown, code: string])[] = [
  ["nothing", undefined, "schema"],
  ["a policy", { arches: ["x86_64"], rules: [] }, "schema"],
  ["bare instructions", [{ code: 6, jt: 0, jf: 0, k: 0 }], "schema"],
  ["no instructions", { endian: "little", insns: [] }, "program"],
  [
    "a jump past the end",
    {
      endian: "little",
      insns: [
        { code: 0x15, jt: 9, jf: 0, k: 0 },
        { code: 6, jt: 0, jf: 0, k: 0 },
      ],
    },
    "program",
  ],
  [
    "JavaScript for a cell",
    {
      endian: "little",
      insns: [
        { code: 2, jt: 0, jf: 0, k: "0=process.exit(9);m0" },
        { code: 0x16, jt: 0, jf: 0, k: 0 },
      ],
    },
    "program",
  ],
];
for (const [what, given, code] of forged)
  test(`${what} cast to a program is refused before any code is made`, () => {
    const program: Program = given === undefined ? given : JSON.parse(JSON.stringify(given));
    assert.throws(
      () => jit(program),
      (error: unknown) => error instanceof SeccatError && error.code === code,
    );
  });

test("a program that came from another thread is checked again, and answers", () => {
  const program: Program = structuredClone(assembleProgram("ld [16]\nret a"));
  assert.is(jit(program).evaluate(callOf(3, 5, 0)), 5);
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

/** What a caller without types passes. */
const cast = (value: unknown): Uint32Array => JSON.parse(JSON.stringify(value));
const overlaid = new Uint32Array(64);
const refusals: readonly (readonly [
  what: string,
  ask: (of: Program) => unknown,
  received: string | undefined,
])[] = [
  ["a call of fifteen words", (program) => jit(program).evaluate(new Uint32Array(15)), "15 words"],
  ["a call of seventeen words", (program) => jit(program).evaluate(new Uint32Array(17)), "17 words"],
  ["a batch that is cut off", (program) => jit(program).evaluateMany(new Uint32Array(40)), "40 words"],
  [
    "a short array for return values",
    (program) => jit(program).evaluateMany(new Uint32Array(48), new Uint32Array(2)),
    "2",
  ],
  ["a place past the last call", (program) => jit(program).evaluateAt(new Uint32Array(32), 17), "17"],
  ["a place before the first call", (program) => jit(program).evaluateAt(new Uint32Array(32), -1), "-1"],
  ["a place between two words", (program) => jit(program).evaluateAt(new Uint32Array(32), 0.5), "0.5"],
  [
    "an array for return values that lies over the calls",
    (program) => jit(program).evaluateMany(overlaid.subarray(0, 48), overlaid.subarray(47)),
    undefined,
  ],
  ["a list of numbers for a call", (program) => jit(program).evaluateMany(cast(Array(16).fill(0))), "a list"],
  [
    "a list for return values",
    (program) => jit(program).evaluateMany(new Uint32Array(16), cast([1])),
    "a list",
  ],
  ["a batch of nothing", (program) => jit(program).batch(cast(null), new Uint32Array(1)), "null"],
  ["a batch without return values", (program) => jit(program).batch(new Uint32Array(16), cast(null)), "null"],
  [
    "a batch whose return values would lie over its calls",
    (program) => jit(program).batch(overlaid.subarray(16), overlaid.subarray(0, 17)),
    undefined,
  ],
  [
    "a batch that is cut off, whenever it is judged",
    (program) => jit(program).batch(new Uint32Array(40), new Uint32Array(3)),
    "40 words",
  ],
  [
    "a batch whose calls were transferred away",
    (program) => {
      const calls = new Uint32Array(64);
      const judge = jit(program).batch(calls, new Uint32Array(4));
      structuredClone(calls.buffer, { transfer: [calls.buffer] });
      return judge();
    },
    undefined,
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
        if (evaluator.evaluateAt(words, 0) !== one) throw new Error("program " + i + ", at a place");
        if (evaluator.batch(words, new Uint32Array(1))()[0] !== one) throw new Error("program " + i + ", again");
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
