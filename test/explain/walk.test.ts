import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi } from "../../arch/index.ts";
import { packData, type SeccompData, wordName } from "../../src/abi/data.ts";
import type { Program } from "../../src/bpf/program.ts";
import { run } from "../../src/bpf/run.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { compile } from "../../src/compile/index.ts";
import { type Way, walk } from "../../src/explain/walk.ts";
import { readPolicy } from "../../src/formats/index.ts";
import { Random, seedOf } from "../seed.ts";

const test = suite("the ways through a program");

/** A bit test of a plain word, as it is kept. */
const bitTest = /^([a-z0-9.[\]]+) & (\w+) != 0$/;

/** Whether the words of a call are what the way says of plain words; what it says of calculations is left open. */
function couldTake(way: Way, words: Uint32Array, program: Program): boolean {
  const wordOf = (name: string) => words.find((_, i) => wordName(4 * i, program.endian) === name) ?? 0;
  const inSets = [...way.values].every(([name, set]) => {
    const value = BigInt(wordOf(name));
    return set.some(({ from, to }) => from <= value && value <= to);
  });
  return (
    inSets &&
    way.tests.every(({ text, holds }) => {
      const [, name = "", mask = ""] = bitTest.exec(text) ?? [];
      return ((wordOf(name) & Number(mask)) !== 0) === holds;
    })
  );
}

/** Whether the way speaks of plain words alone, so that couldTake decides. */
function isPlain(way: Way): boolean {
  return (
    way.tests.every(({ text }) => bitTest.test(text)) &&
    [...way.values.keys()].every((text) => /^[a-z0-9.[\]]+$/.test(text))
  );
}

const policies = [
  "default: kill_process\narches: [x86_64]\nrules:\n  - action: allow\n    syscalls: [read, write, exit_group]\n",
  "default: allow\narches: [x86_64, x86, x32]\nrules:\n  - action: { errno: EPERM }\n    syscalls: ['@mount', ptrace]\n",
  "default: { errno: EPERM }\narches: [x86_64]\nkernel: '5.10'\nnewer: { errno: ENOSYS }\nrules:\n  - action: allow\n    syscalls: [lseek]\n    when: offset < 0x100000001 || offset == 0xffffffffffffffff\n  - action: log\n    syscalls: [fcntl]\n    when: cmd in {1, 3, 5..9}\n",
  "default: kill_process\narches: [s390x, mips64]\nrules:\n  - action: allow\n    syscalls: [lseek]\n    when: offset > 7\n",
];

test("every call takes exactly one way, and it ends as the interpreter does", () => {
  const random = new Random(seedOf("explain/walk"));
  for (const text of policies) {
    const { policy } = readPolicy(text);
    const { program } = compile(policy);
    const { ways, complete } = walk(program);
    assert.ok(complete);
    assert.ok(ways.every(isPlain), text);
    const constants = program.insns.map(({ k }) => k);
    const near = () => (random.pick(constants) + random.pick([-1, 0, 1])) >>> 0;
    for (let i = 0; i < 3000; i++) {
      const data: SeccompData = {
        nr: near(),
        arch: random.pick([...policy.arches.map((name) => abi(name).auditArch), 0]),
        args: Array.from({ length: 6 }, () => (BigInt(random.pick([0, 1, near()])) << 32n) | BigInt(near())),
      };
      const words = packData(data, program.endian);
      const taken = ways.filter((way) => couldTake(way, words, program));
      assert.is(taken.length, 1);
      assert.is(taken[0]?.ret, run(program, words));
    }
  }
});

const ends = (text: string) =>
  walk(assembleProgram(text)).ways.map(({ values, tests, ret }) => ({
    values: [...values].map(
      ([name, set]) => `${name} ${set.map(({ from, to }) => `${from}..${to}`).join(" ")}`,
    ),
    tests: tests.map((one) => `${one.holds ? "" : "not "}${one.text}`),
    ret,
  }));

test("a masked word is followed as a value of its own, bounded by its mask", () => {
  assert.equal(ends("ld [16]\nand #15\njgt #2, a, b\na: ret #1\nb: ret #2\n"), [
    { values: ["args[0].lo & 15 3..15"], tests: [], ret: 1 },
    { values: ["args[0].lo & 15 0..2"], tests: [], ret: 2 },
  ]);
});

test("high bits are intervals, scattered bits an open test", () => {
  assert.equal(ends("ld [0]\njset #0x40000000, a, b\na: ret #1\nb: ret #2\n"), [
    { values: ["nr 1073741824..2147483647 3221225472..4294967295"], tests: [], ret: 1 },
    { values: ["nr 0..1073741823 2147483648..3221225471"], tests: [], ret: 2 },
  ]);
  const scattered = ends("ld [0]\njset #5, a, b\na: ret #1\nb: ret #2\n");
  const far = scattered.filter(({ tests }) => tests.length > 0);
  assert.equal(
    far.map(({ tests, ret }) => [tests, ret]),
    [
      [["nr & 5 != 0"], 1],
      [["not nr & 5 != 0"], 2],
    ],
  );
});

test("bits of small numbers are told number by number", () => {
  assert.equal(ends("ld [0]\njge #8, b\njset #5, a, b\na: ret #1\nb: ret #2\n"), [
    { values: ["nr 8..4294967295"], tests: [], ret: 2 },
    { values: ["nr 1..1 3..7"], tests: [], ret: 1 },
    { values: ["nr 0..0 2..2"], tests: [], ret: 2 },
  ]);
});

test("an open test comes out the same each time on one way", () => {
  const twice = ends("ld [0]\njset #5, a, b\na: jset #5, c, b\nc: ret #1\nb: ret #2\n");
  assert.equal(
    twice.filter(({ tests }) => tests.length > 0).map(({ ret }) => ret),
    [1, 2],
  );
});

test("a division by an X that can be 0 is a way to kill_thread of its own", () => {
  const ways = ends("ld [16]\ntax\nld [0]\ndiv x\nret a\n");
  assert.equal(ways, [
    { values: ["args[0].lo 0..0"], tests: [], ret: 0 },
    { values: ["args[0].lo 1..4294967295"], tests: [], ret: "nr / args[0].lo" },
  ]);
});

test("known numbers are calculated", () => {
  assert.equal(ends("ld #7\nst M[1]\nldx M[1]\nadd x\nneg\nlsh #28\nrsh #28\nret a\n"), [
    { values: [], tests: [], ret: 2 },
  ]);
});

test("more ways than the limit are said to be more", () => {
  const text = `ld [0]\n${Array.from({ length: 12 }, (_, i) => `jset #${5 + 8 * i}, n${i}, n${i}\nn${i}: ld [0]\n`).join("")}ret #0\n`;
  const { ways, complete } = walk(assembleProgram(text), 100);
  assert.is(ways.length, 100);
  assert.not.ok(complete);
});

test.run();
