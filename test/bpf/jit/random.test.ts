import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi } from "../../../arch/index.ts";
import { packData } from "../../../src/abi/data.ts";
import { assembleProgram } from "../../../src/bpf/assemble.ts";
import { jit } from "../../../src/bpf/jit/index.ts";
import { list } from "../../../src/bpf/list.ts";
import type { Program } from "../../../src/bpf/program.ts";
import { run } from "../../../src/bpf/run.ts";
import { compile } from "../../../src/compile/index.ts";
import { randomCall, randomPolicy } from "../../policy/random.ts";
import { Random, seedOf } from "../../seed.ts";
import { randomProgram, randomWords } from "../random.ts";

const test = suite("bpf/jit/random");
/** With SECCAT_LONG set, ten times as many. */
const programs = process.env.SECCAT_LONG ? 20_000 : 2000;
const CALLS = 50;

/** Fails on the first call that is answered otherwise than by the interpreter, alone or among others. */
function agree(program: Program, calls: readonly Uint32Array[]): void {
  const evaluator = jit(program);
  assert.is(evaluator.kind, "jit");
  const batch = new Uint32Array(16 * calls.length);
  calls.forEach((words, i) => {
    batch.set(words, 16 * i);
  });
  const many = evaluator.evaluateMany(batch);
  const again = evaluator.batch(batch, new Uint32Array(calls.length))();
  calls.forEach((words, i) => {
    const expected = run(program, words);
    const answers = {
      many: many[i],
      again: again[i],
      alone: evaluator.evaluate(words),
      at: evaluator.evaluateAt(batch, 16 * i),
    };
    if (Object.values(answers).every((ret) => ret === expected)) return;
    const hex = [...words].map((word) => word.toString(16)).join(" ");
    assert.is(JSON.stringify(answers), expected, `for the words ${hex}\n${list(program)}`);
  });
}

/** Words as randomWords makes them, half of them with a number that has a table entry, on an arch that is asked for. */
function callOf(random: Random, program: Program): Uint32Array {
  const words = randomWords(random, program);
  if (random.once(2)) words[0] = random.below(520);
  if (random.once(2)) words[1] = random.pick([0xc000003e, 0xc00000b7, 0x40000003]);
  return words;
}

/** What asks for the number, the arch and an argument in turn, on ways that part and come together again. */
function dispatcher(random: Random): Program {
  const jumps = ["jeq", "jgt", "jge", "jset"] as const;
  const line = () => {
    if (random.once(6)) return random.pick(["ld nr", "ld nr", "ld arch", "ld [16]", "ja +1", "and #15"]);
    const constants = [random.below(520), 0xc000003e, 0x40000003, 0x40000000 + random.below(520)];
    const k = random.once(4) ? random.pick(constants) : random.below(520);
    return `${random.pick(jumps)} #${k}, +${random.below(9)}, +${random.below(9)}`;
  };
  const lines = Array.from({ length: 5 + random.below(80) }, line);
  const rets = Array.from({ length: 12 }, (_, i) => (random.once(6) ? "ret a" : `ret ERRNO(${i % 5})`));
  return assembleProgram(["ld arch", "jeq #0xc000003e, +1, +0", ...lines, ...rets].join("\n"));
}

test(`${programs} random dispatchers answer ${CALLS} calls each as the interpreter does`, () => {
  const random = new Random(seedOf("bpf/jit/random dispatchers"));
  for (let i = 0; i < programs; i++) {
    const program = dispatcher(random);
    const arches = random.once(2) ? [0xc000003e] : [0xc000003e, 0x40000003, 0xc00000b7];
    const calls = Array.from({ length: CALLS }, () => {
      const words = randomWords(random, program);
      words[0] = random.below(530) + (random.once(4) ? 0x40000000 : 0);
      words[1] = random.pick(arches);
      return words;
    });
    agree(program, calls);
  }
});

test(`${programs} random programs answer ${CALLS} calls each as the interpreter does`, () => {
  const random = new Random(seedOf("bpf/jit/random programs"));
  for (let i = 0; i < programs; i++) {
    const program = randomProgram(random, { maxLength: random.once(20) ? 600 : 60 });
    agree(
      program,
      Array.from({ length: CALLS }, () => callOf(random, program)),
    );
  }
});

test(`the programs of ${programs / 10} random policies do so too, ${CALLS} calls each`, () => {
  const random = new Random(seedOf("bpf/jit/random policies"));
  for (let i = 0; i < programs / 10; i++) {
    const policy = randomPolicy(random);
    const { program } = compile(policy);
    assert.is(program.endian, abi(policy.arches[0] ?? "x86_64").endian);
    const calls = Array.from({ length: CALLS }, () => packData(randomCall(random, policy), program.endian));
    agree(program, calls);
  }
});

test.run();
