import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packData } from "../../src/abi/data.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { opcodes } from "../../src/abi/opcode.ts";
import { assembleProgram } from "../../src/bpf/assemble.ts";
import { check } from "../../src/bpf/check.ts";
import { run, runStack, trace } from "../../src/bpf/run.ts";
import { seedOf } from "../seed.ts";
import { allowsConstant, computed, instructionCases, jumps, pairs } from "./instructions.ts";
import { programArb, wordsArb } from "./random.ts";

const test = suite("bpf/run");
const seed = seedOf("bpf/run");
const words = Uint32Array.from({ length: 16 }, (_, i) => 0x1000 * i + 0x80000000);
const executed = new Set<number>();

/** What the program that `text` says returns, noting every opcode that ran. */
function result(text: string, call: Uint32Array = words): number {
  const program = assembleProgram(text);
  return run(program, call, (pc) => executed.add(program.insns[pc]?.code ?? -1));
}

for (const row of opcodes) {
  if (row.kind === "alu")
    test(`A = A ${row.alu} ${row.operand} at every pair of edges`, () => {
      for (const [a, v] of pairs) {
        if (row.operand === "k" && !allowsConstant(row.alu, v)) continue;
        const value = row.operand === "k" ? `#${v}` : "x";
        const expected = computed(row.alu, a, v);
        assert.is(
          result(`ldx #${v}\nld #${a}\n${row.alu} ${value}\nret a`),
          expected,
          `${a} ${row.alu} ${v}`,
        );
      }
    });
  if (row.kind === "jump")
    test(`${row.jump} ${row.operand} at every pair of edges`, () => {
      for (const [a, v] of pairs) {
        const value = row.operand === "k" ? `#${v}` : "x";
        const expected = jumps(row.jump, a, v) ? 1 : 2;
        const text = `ldx #${v}\nld #${a}\n${row.jump} ${value}, yes, no\nret #0\nyes: ret #1\nno: ret #2`;
        assert.is(result(text), expected, `${a} ${row.jump} ${v}`);
      }
    });
}

for (const [name, text, ret] of instructionCases) test(name, () => assert.is(result(text), ret));

test("each of the sixteen words is loaded from its own offset, unsigned", () => {
  for (let i = 0; i < 16; i++) assert.is(result(`ld [${i * 4}]\nret a`), words[i]);
});

test("the byte order of the target decides which half of an argument lies where", () => {
  const data = { nr: 1, arch: 2, args: [0x1111111122222222n] };
  const load = [
    { code: 0x20, jt: 0, jf: 0, k: 16 },
    { code: 0x16, jt: 0, jf: 0, k: 0 },
  ];
  assert.is(run(check(load, "little"), packData(data, "little")), 0x22222222);
  assert.is(run(check(load, "big"), packData(data, "big")), 0x11111111);
});

test("jumps reach 255 instructions far, ja reaches the end of the longest program", () => {
  const filler = "ret #1\n".repeat(255);
  assert.is(result(`jeq #0, far, next\n${filler}far: ret #2`), 2);
  assert.is(result(`jeq #1, next, far\n${filler}far: ret #2`), 2);
  assert.is(result(`ja far\n${"ret #1\n".repeat(4094)}far: ret #2`), 2);
});

test("the cells of one run are not seen by another run of the same program", () => {
  const program = assembleProgram("ld nr\nst M[0]\nld M[0]\nret a");
  const inner: number[] = [];
  const outer = run(program, words, (pc) => {
    if (pc === 2) inner.push(run(program, new Uint32Array(16).fill(5)));
  });
  assert.is(outer, words[0]);
  assert.equal(inner, [5]);
});

test("every opcode of the table has run", () => {
  assert.equal(
    [...executed].sort((a, b) => a - b),
    opcodes.map((row) => row.code),
  );
});

test("the hook sees each instruction with the registers before it", () => {
  const program = assembleProgram("ld nr\ntax\nadd #1\njeq x, next, over\nret #1\nover: ret a");
  const call = new Uint32Array(16).fill(41);
  assert.equal(trace(program, call), {
    ret: 42,
    steps: [
      { pc: 0, a: 0, x: 0 },
      { pc: 1, a: 41, x: 0 },
      { pc: 2, a: 41, x: 41 },
      { pc: 3, a: 42, x: 41 },
      { pc: 5, a: 42, x: 41 },
    ],
  });
});

test("a trace of a division by 0 ends at the division", () => {
  const { ret, steps } = trace(assembleProgram("ld #1\ndiv x\nret ALLOW"), words);
  assert.is(ret, 0);
  assert.equal(
    steps.map((step) => step.pc),
    [0, 1],
  );
});

test("watching changes no answer, answers are u32, and every way goes forward", () => {
  fc.assert(
    fc.property(programArb(), wordsArb, (program, call) => {
      const before = call.slice();
      const ret = run(program, call);
      const seen = trace(program, call);
      assert.is(seen.ret, ret);
      assert.is(ret >>> 0, ret);
      assert.equal(call, before);
      for (const [i, step] of seen.steps.entries()) {
        assert.ok(i === 0 || step.pc > (seen.steps[i - 1]?.pc ?? 0));
        assert.is(step.a >>> 0, step.a);
        assert.is(step.x >>> 0, step.x);
      }
    }),
    { seed, numRuns: 1000 },
  );
});

test("of a stack the strongest answer counts, on a tie the newest", () => {
  const returning = (ret: string) => assembleProgram(`ret ${ret}`);
  const one = returning("ERRNO(1)");
  const two = returning("ERRNO(2)");
  const allow = returning("ALLOW");
  assert.is(runStack([], words), 0x7fff0000);
  assert.is(runStack([allow], words), 0x7fff0000);
  assert.is(runStack([allow, one, two], words), 0x00050001);
  assert.is(runStack([two, one, allow], words), 0x00050002);
  assert.is(runStack([one, returning("KILL_PROCESS"), returning("KILL_THREAD")], words), 0x80000000);
});

test("a call that is not sixteen words is refused", () => {
  for (const size of [0, 15, 17])
    assert.throws(
      () => run(assembleProgram("ret ALLOW"), new Uint32Array(size)),
      (error: unknown) => error instanceof SeccatError && error.received === `${size} words`,
    );
});

test.run();
