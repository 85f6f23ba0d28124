import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abiOf } from "../../arch/index.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { compile } from "../../src/compile/index.ts";
import { allow, deny, policy } from "../../src/policy/builder.ts";
import { programBoundary } from "../../src/testing/boundary.ts";
import { hostAbi } from "../../src/testing/expect.ts";
import {
  boundaryOf,
  type FilterLayer,
  generateTests,
  readTestFile,
  runTests,
  writeTestFile,
} from "../../src/testing/index.ts";
import { randomPolicy } from "../policy/random.ts";
import { Random, seedOf } from "../seed.ts";

const generating = suite("testing/generate");

const both = policy({ default: "kill_process", arches: ["x86_64", "s390x"] }, [
  allow("read").if("count < 5"),
  deny("EPERM", "ptrace"),
]);
const program = (...lines: string[]) => assembleProgram(lines.join("\n"));

generating(
  "the tests of random policies, written and read back, all pass, and reach every rule that they can",
  () => {
    const random = new Random(seedOf("testing/generate"));
    for (let i = 0; i < 6; i++) {
      const one = randomPolicy(random);
      const layers: FilterLayer[] = random.once(2) ? [one] : [one, compile(one).program];
      const made = generateTests(layers, one.arches);
      const names = layers.map((_, layer) => `layer ${layer}`);
      const file = readTestFile(writeTestFile(names, made));
      assert.equal(
        file.stack.map(({ path }) => path),
        names,
      );
      assert.is(file.cases.length, made.tests.length);
      for (const { ok, ...rest } of runTests(file, layers).results) assert.ok(ok, JSON.stringify(rest));
    }
  },
);

generating("both sides of an edge are pinned, on each arch, in its own byte order", () => {
  const { tests, complete } = generateTests(both, both.arches);
  assert.ok(complete);
  for (const abi of both.arches) {
    const reads = tests.filter((test) => test.abi === abi && test.call === "read");
    const kind = (count: bigint) =>
      reads.find(({ args }) => Object.entries(args).join() === `count,${count}`)?.action.kind;
    assert.is(kind(4n), "allow");
    assert.is(kind(5n), "kill_process");
    assert.is(kind(0xffffffff_00000005n), "kill_process");
  }
});

generating("what no policy may say is pinned all the same: errno 0, trap 0, unknown actions", () => {
  const strange = program(
    "ld [0]",
    "jeq #1, e",
    "jeq #2, t",
    "jeq #3, u",
    "ret #0x7fff0000",
    "e: ret #0x50000",
    "t: ret #0x30000",
    "u: ret #0x12340000",
  );
  const made = generateTests(strange, ["x86_64"]);
  const file = readTestFile(writeTestFile(["a filter"], made));
  const wanted = new Map(
    file.cases.filter(({ arch }) => arch === "x86_64").map((one) => [one.call, one.wanted]),
  );
  assert.equal(
    ["read", "write", "open", "close"].map((call) => wanted.get(call)),
    ["allow", "errno 0", "trap 0", "kill_process"],
  );
  assert.ok(runTests(file, [strange]).results.every(({ ok }) => ok));
  const other = program("ld [0]", "jeq #2, t", "ret #0x7fff0000", "t: ret #0x30005");
  const failed = runTests(file, [other]).results.filter(({ ok, abi }) => !ok && abi === "x86_64");
  assert.equal(
    failed.map(({ sentence }) => sentence),
    ["write() gets errno 0", "open() gets trap 0", "close() gets kill_process"],
  );
});

generating(
  "a program that looks at no arch is pinned on this machine's; an unfinished search is told",
  () => {
    const made = generateTests(program("ld [16]", "jeq #7, a", "ret #0", "a: ret #0x7fff0000"), []);
    const reads = made.tests.filter(({ abi, call }) => abi === hostAbi() && call === "read");
    assert.ok(reads.some(({ action }) => action.kind === "allow"));
    assert.not.match(writeTestFile(["x"], made), /There are more edges/);
    const text = writeTestFile(["x y: z", "-"], { ...made, complete: false });
    assert.match(text, /^# .*\n# There are more edges: the search for them ended at its limit\.\nstack: /);
    assert.equal(
      readTestFile(text).stack.map(({ path }) => path),
      ["x y: z", "-"],
    );
  },
);

generating("a policy and its programs agree at their edges, in both byte orders", () => {
  const { calls, complete, answers, mismatches } = boundaryOf(both);
  assert.ok(complete);
  assert.equal(Object.keys(answers), ["allow", "errno EPERM", "kill_process"]);
  assert.is(
    Object.values(answers).reduce((a, b) => a + b, 0),
    calls,
  );
  assert.equal(mismatches, []);
});

generating("a program that is not the policy's is told by its calls, with both answers", () => {
  const arches = { arches: ["x86_64"] } as const;
  const wrong = compile(
    policy({ default: "kill_process", ...arches }, [allow("read").if("count <= 5")]),
  ).program;
  const right = policy({ default: "kill_process", ...arches }, [allow("read").if("count < 5")]);
  const { mismatches = [] } = programBoundary([wrong], right);
  assert.ok(mismatches.length > 0);
  for (const { call, expected, actual } of mismatches) {
    assert.equal([call.nr, call.args[2], abiOf(call.arch, call.nr)], [0, 5n, "x86_64"]);
    assert.equal([expected, actual], ["kill_process", "allow"]);
  }
  assert.not("mismatches" in boundaryOf(wrong));
});

generating.run();
