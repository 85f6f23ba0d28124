import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../../src/abi/error.ts";
import { assembleProgram } from "../../../src/bpf/assemble.ts";
import { jitStack } from "../../../src/bpf/jit/index.ts";
import { runStack } from "../../../src/bpf/run.ts";
import { Random, seedOf } from "../../seed.ts";
import { randomProgram, randomWords } from "../random.ts";

const test = suite("bpf/jit/stack");

test("300 random stacks answer as the interpreter's do, on kernels old and new", () => {
  const random = new Random(seedOf("bpf/jit/stack"));
  for (let i = 0; i < 300; i++) {
    const programs = Array.from({ length: random.below(5) }, () => randomProgram(random, { maxLength: 30 }));
    const version = random.pick(["", "3.10", "4.14", "4.19", "5.10", "6.14", "6.18"]);
    const kernel = version === "" ? undefined : { version };
    const stack = jitStack(programs, kernel);
    assert.is(stack.kind, "jit");
    for (let c = 0; c < 20; c++) {
      const words = randomWords(random, random.pick([...programs, assembleProgram("ret ALLOW")]));
      if (random.once(3)) words.set([335 + random.below(2), 0xc000003e]);
      const expected = runStack(programs, words, kernel);
      assert.is(stack.evaluate(words), expected);
      assert.is(stack.evaluateAt(words, 0), expected);
      assert.equal([...stack.evaluateMany(words)], [expected]);
      assert.equal([...stack.batch(words, new Uint32Array(1))()], [expected]);
    }
  }
});

test("a stack of nothing allows, and writes where it is told", () => {
  const returns = new Uint32Array(4);
  assert.is(jitStack([]).evaluateMany(new Uint32Array(32), returns), returns);
  assert.equal([...returns], [0x7fff0000, 0x7fff0000, 0, 0]);
});

test("what is no list of programs is refused", () => {
  for (const text of ["{}", '"program"', "[null]"])
    assert.throws(
      () => jitStack(JSON.parse(text)),
      (error: unknown) => error instanceof SeccatError && error.code === "schema",
    );
});

test("a batch that is cut off is refused", () => {
  assert.throws(
    () => jitStack([]).evaluateMany(new Uint32Array(17)),
    (error: unknown) => error instanceof SeccatError && error.code === "usage",
  );
});

test.run();
