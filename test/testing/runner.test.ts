import { suite } from "uvu";
import * as assert from "uvu/assert";
import { check } from "../../src/bpf/check.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { allow, policy, rule } from "../../src/policy/builder.ts";
import { hostAbi } from "../../src/testing/expect.ts";
import {
  expect,
  type FilterLayer,
  type RunOptions,
  readTestFile,
  runTests,
} from "../../src/testing/index.ts";

const running = suite("testing/runner");

const child = policy({ default: "kill_process", arches: ["x86_64", "aarch64"] }, [
  allow("read", "open"),
  rule("log", "write"),
]);
const raw = assembleProgram("ret #0x7fff0000");
const run = (
  tests: string,
  options: RunOptions = {},
  head = "",
  layers: readonly FilterLayer[] = [child],
) => {
  const file = readTestFile(`policy: p.yaml\n${head}tests: ${tests}\n`);
  return runTests(file, layers, options).results.map(
    ({ abi, kernel, ok, actual }) => `${abi} ${kernel ?? "-"} ${ok ? "ok" : actual}`,
  );
};

running("every test is asked on every arch and under every kernel", () => {
  assert.equal(run("[{ denies: execve, with: kill_process }]", {}, 'kernels: ["4.9", "6.1"]\n'), [
    "x86_64 4.9 kill_thread",
    "x86_64 6.1 ok",
    "aarch64 4.9 kill_thread",
    "aarch64 6.1 ok",
  ]);
  assert.equal(
    run("[{ allows: write, kernel: '4.9' }, { allows: write, arch: x86_64 }]", {}, 'kernels: ["6.1"]\n'),
    ["x86_64 4.9 kill_thread", "aarch64 4.9 kill_thread", "x86_64 6.1 ok"],
  );
});

running(
  "what is asked for takes the place of the file's, and leaves out tests of other arches and kernels",
  () => {
    const tests =
      "[{ allows: read }, { allows: read, arch: x86_64 }, { allows: read, kernel: '6.1' }, { allows: open }]";
    assert.equal(run(tests, { arches: ["aarch64"] }), ["aarch64 - ok", "aarch64 6.1 ok"]);
    assert.equal(run(tests, { arches: ["x86_64"], kernels: ["5.0"] }), [
      "x86_64 5.0 ok",
      "x86_64 5.0 ok",
      "x86_64 5.0 ok",
    ]);
  },
);

running("a misspelt call is an error, wherever it is asked", () => {
  assert.throws(() => run("[{ allows: raed }]", { arches: ["aarch64"] }), /unknown syscall raed/);
});

running("a program is not asked on an arch of the other byte order, whoever names it", () => {
  const ask = [
    () => run("[{ allows: read }]", { arches: ["s390x"] }, "", [raw]),
    () => run("[{ allows: read }]", {}, "arches: [s390x]\n", [raw]),
    () => run("[{ allows: read, arch: s390x }]", {}, "arches: [x86_64]\n", [raw]),
    () => run("[{ allows: read }]", { arches: ["s390x"] }, "", [child, raw]),
    () => expect(raw, "s390x").allows("read"),
  ];
  for (const asking of ask) assert.throws(asking, /little-endian, and s390x is big-endian/);
});

running("a program is asked on the arches that it looks at, on whatever machine", () => {
  const looking = assembleProgram(
    `ld arch\njeq #${0xc00000b7}, ok\njeq #${0xc00000f3}, ok\nret KILL_PROCESS\nok: ret ALLOW`,
  );
  const tests = "[{ allows: read }]";
  assert.equal(run(tests, {}, "", [looking]), ["aarch64 - ok", "riscv64 - ok"]);
  assert.equal(run(tests, {}, "arches: [x86_64]\n", [looking]), ["x86_64 - kill_process"]);
  const big = check(
    [
      { code: 0x20, jt: 0, jf: 0, k: 4 },
      { code: 0x15, jt: 0, jf: 1, k: 0x80000016 },
      { code: 6, jt: 0, jf: 0, k: 0x7fff0000 },
      { code: 6, jt: 0, jf: 0, k: 0 },
    ],
    "big",
  );
  assert.equal(run(tests, {}, "", [big]), ["s390x - ok"]);
  const both = policy({ default: "allow", arches: ["s390x", "x86_64"] }, [rule("log", "write")]);
  assert.equal(run(tests, {}, "", [big, both]), ["s390x - ok"], "a stack runs on machines of one byte order");
  assert.equal(run(tests, {}, "", [raw]), [`${hostAbi()} - ok`]);
});

running("the ways through the programs of a stack stand under their names", () => {
  const file = readTestFile("stack: [new.bpf, old.bpf]\ntests: [{ denies: read, arch: x86_64 }]");
  const [result] = runTests(file, [raw, raw]).results;
  const line = "  0000  return ALLOW  A = 0";
  assert.is(result?.path, `new.bpf:\n${line}\nold.bpf:\n${line}`);
  assert.equal(result?.reasons, ["every filter lets it pass", "no other arguments would be denied"]);
});

running("lists that are empty, and versions that are none, are errors", () => {
  for (const [head, message] of [
    ["kernels: []\n", /kernels is empty/],
    ["arches: []\n", /arches is empty/],
    ["kernels: [6.1]\n", /the kernel version has to be a text/],
    ['kernels: ["six"]\n', /no kernel version/],
  ] as const)
    assert.throws(() => run("[{ allows: read }]", {}, head), message);
});

running.run();
