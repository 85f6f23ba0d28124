import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assembleProgram } from "../../src/bpf/assemble.ts";
import { coverage } from "../../src/bpf/coverage.ts";
import { run, trace } from "../../src/bpf/run.ts";
import { Random, seedOf } from "../seed.ts";
import { randomProgram, randomWords } from "./random.ts";

const test = suite("bpf/coverage");

const call = (nr: number) => Uint32Array.from({ length: 16 }, (_, i) => (i === 0 ? nr : 0));

test("each call adds its instructions, and to one way of each jump", () => {
  const program = assembleProgram("ld nr\njeq #1, a, next\njeq #2, a, next\nret ERRNO(1)\na: ret ALLOW");
  const covered = coverage(program);
  for (const nr of [1, 1, 2, 3]) run(program, call(nr), covered.hook);
  assert.equal([...covered.hits], [4, 4, 2, 1, 3]);
  assert.equal(covered.branches(), [
    { pc: 1, yes: 2, no: 2 },
    { pc: 2, yes: 1, no: 1 },
  ]);
});

test("a jump to the next line is told from one that falls through", () => {
  const program = assembleProgram("ld nr\njeq #1, next, o\nld nr\no: ret ALLOW");
  const covered = coverage(program);
  run(program, call(1), covered.hook);
  run(program, call(1), covered.hook);
  run(program, call(0), covered.hook);
  assert.equal(covered.branches(), [{ pc: 1, yes: 2, no: 1 }]);
});

test("a jump whose ways are one is no branch", () => {
  const program = assembleProgram("jeq #0, +0, +0\nret ALLOW");
  const covered = coverage(program);
  run(program, call(0), covered.hook);
  assert.equal(covered.branches(), []);
  assert.equal([...covered.hits], [1, 1]);
});

test("what was never run is at 0", () => {
  const covered = coverage(assembleProgram("ld nr\njeq #1, +0, +1\nret ALLOW\nret ALLOW"));
  assert.equal([...covered.hits], [0, 0, 0, 0]);
  assert.equal(covered.branches(), [{ pc: 1, yes: 0, no: 0 }]);
});

test("for random programs the counts are those of their traces", () => {
  const random = new Random(seedOf("bpf/coverage"));
  for (let i = 0; i < 300; i++) {
    const program = randomProgram(random);
    const covered = coverage(program);
    const hits = new Array<number>(program.insns.length).fill(0);
    const edges = new Map<string, number>();
    for (let c = 0; c < 10; c++) {
      const words = randomWords(random, program);
      run(program, words, covered.hook);
      const { steps } = trace(program, words);
      steps.forEach(({ pc }, at) => {
        hits[pc] = (hits[pc] ?? 0) + 1;
        const edge = `${pc} ${steps[at + 1]?.pc}`;
        edges.set(edge, (edges.get(edge) ?? 0) + 1);
      });
    }
    assert.equal([...covered.hits], hits);
    for (const { pc, yes, no } of covered.branches()) {
      const insn = program.insns[pc];
      assert.is(yes, edges.get(`${pc} ${pc + 1 + (insn?.jt ?? 0)}`) ?? 0);
      assert.is(no, edges.get(`${pc} ${pc + 1 + (insn?.jf ?? 0)}`) ?? 0);
    }
  }
});

test.run();
