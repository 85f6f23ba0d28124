import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { jit } from "../../../src/bpf/jit/index.ts";
import { generalOf, tablesOf } from "../../../src/bpf/jit/table.ts";
import { generalText, programText } from "../../../src/bpf/jit/text.ts";
import { run } from "../../../src/bpf/run.ts";
import { Random, seedOf } from "../../seed.ts";
import { randomWords } from "../random.ts";
import { longest } from "./longest.ts";

const test = suite("bpf/jit/longest");
const seed = seedOf("bpf/jit/longest");

for (const [name, program] of longest)
  test(`4096 instructions, ${name}: 600 calls are answered as by the interpreter`, () => {
    assert.is(program.insns.length, 4096);
    const random = new Random(seed);
    const evaluator = jit(program);
    assert.is(evaluator.kind, "jit");
    for (let i = 0; i < 600; i++) {
      const words = randomWords(random, program);
      if (i % 2 === 0) words[0] = random.below(2100);
      if (i % 4 === 0) words[4] = random.below(2100);
      assert.is(evaluator.evaluate(words), run(program, words), `call ${i}: ${[...words]}`);
    }
  });

test("no function of theirs is so long that V8 would not optimise it", () => {
  for (const [name, program] of longest) {
    const text = programText(tablesOf(program)) + generalText(generalOf(program));
    const functions = text.split(/^function /m);
    const most = Math.max(...functions.map((text) => text.length));
    assert.ok(most < 40_000, `${name}: ${most} characters`);
  }
});

test("half of the usual stack is enough to make and to run each of them", async () => {
  const path = (file: string) =>
    new URL(`${file}.${import.meta.url.split(".").at(-1)}`, import.meta.url).href;
  const script = `
    const { parentPort } = require("node:worker_threads");
    (async () => {
      const { jit } = await import(${JSON.stringify(path("../../../src/bpf/jit/index"))});
      const { longest } = await import(${JSON.stringify(path("./longest"))});
      for (const [name, program] of longest) {
        if (jit(program).kind !== "jit") throw new Error(name);
        for (let nr = 0; nr < 50; nr++) jit(program).evaluate(new Uint32Array(16).fill(nr * 0x01010101));
      }
      parentPort.postMessage("done");
    })();`;
  const message = await new Promise((resolve, reject) => {
    const worker = new Worker(script, { eval: true, resourceLimits: { stackSizeMb: 0.5 } });
    worker.once("message", resolve).once("error", reject);
    worker.once("exit", (code) => reject(new Error(`ended with ${code}`)));
  });
  assert.is(message, "done");
});

test.run();
