import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assembleProgram } from "../../src/bpf/text.ts";
import { allow, deny, policy } from "../../src/policy/builder.ts";
import {
  coverageTotals,
  type FilterLayer,
  mergeCoverage,
  readTestFile,
  runTests,
} from "../../src/testing/index.ts";

const covering = suite("testing/coverage");

const child = policy({ default: "kill_process", arches: ["x86_64", "s390x"] }, [
  allow("read"),
  allow("socket").if("domain == AF_UNIX"),
  deny("EPERM", "ptrace"),
]);
const raw = assembleProgram("ld [0]\njeq #0, y\nret #0x80000000\ny: ret #0x7fff0000");
const run = (layers: readonly FilterLayer[], ...tests: string[]) => {
  const stack = layers.map((_, i) => `layer${i}`).join(", ");
  const text = `stack: [${stack}]\ntests:\n${tests.map((test) => `  - ${test}\n`).join("")}`;
  return runTests(readTestFile(text), layers).coverage;
};
const reads = "{ allows: read, arch: x86_64 }";
const writes = "{ denies: write, arch: x86_64 }";

covering("a program's instructions and the two ways of its jumps are counted", () => {
  const { rules, instructions, branches, layers } = run([raw], reads);
  assert.equal(rules, { reached: 0, all: 0 });
  assert.equal(instructions, { reached: 3, all: 4 });
  assert.equal(branches, { reached: 1, all: 2 });
  assert.equal(layers[0]?.programs[0]?.instructions, [1, 1, 0, 1]);
  assert.equal(layers[0]?.programs[0]?.branches, [{ pc: 1, yes: 1, no: 0 }]);
  assert.not("rules" in (layers[0] ?? {}));
});

covering("a rule is reached when it decides, by the policy's own semantics", () => {
  const { rules, layers } = run([child], reads, "{ denies: socket, arch: x86_64 }", reads);
  assert.equal(rules, { reached: 1, all: 3 });
  assert.equal(
    layers[0]?.rules?.map(({ hits }) => hits),
    [2, 0, 0],
  );
});

covering("a policy of two byte orders has two programs, and each is counted", () => {
  const [one] = run([child], reads).layers;
  assert.equal(
    one?.programs.map(({ endian, instructions }) => [endian, instructions.some((hits) => hits > 0)]),
    [
      ["little", true],
      ["big", false],
    ],
  );
});

covering("layers of a stack are counted apart, also when they are the same", () => {
  const { layers, instructions } = run([raw, raw], reads);
  assert.equal(instructions, { reached: 6, all: 8 });
  assert.equal(
    layers.map(({ programs }) => programs[0]?.instructions),
    [
      [1, 1, 0, 1],
      [1, 1, 0, 1],
    ],
  );
});

covering("what several files reached of one filter is added", () => {
  const merged = mergeCoverage([...run([child], reads).layers, ...run([child], writes, reads).layers]);
  assert.equal(
    merged.rules?.map(({ hits }) => hits),
    [2, 0, 0],
  );
  assert.is(merged.programs.length, 2);
  assert.is(merged.programs[0]?.instructions[0], 3);
  const alone = mergeCoverage(run([raw], reads).layers);
  const both = mergeCoverage([...run([raw], reads).layers, ...run([raw], writes).layers]);
  assert.equal(coverageTotals([alone]).branches, { reached: 1, all: 2 });
  assert.equal(coverageTotals([both]).branches, { reached: 2, all: 2 });
});

covering.run();
