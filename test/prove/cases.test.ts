import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi, newestNr, X32_BIT } from "../../arch/index.ts";
import { readNeutral } from "../../bench/neutral.ts";
import { packData, type SeccompData } from "../../src/abi/data.ts";
import { check } from "../../src/bpf/check.ts";
import type { Program } from "../../src/bpf/program.ts";
import { run } from "../../src/bpf/run.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { compile } from "../../src/compile/index.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import type { Policy } from "../../src/policy/types.ts";
import { parseWhen } from "../../src/policy/when.ts";
import { cases } from "../../src/prove/index.ts";
import { randomPolicy } from "../policy/random.ts";
import { root } from "../root.ts";
import { Random, seedOf } from "../seed.ts";

const boundaries = suite("prove/cases");

const asm = (...lines: string[]): Program => assembleProgram(lines.join("\n"));
const words = (call: SeccompData) => packData(call, "little");
const END = ["k: ret #0x80000000", "a: ret #0x7fff0000"];

/** For JSON, which has no 64-bit numbers. */
function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `0x${value.toString(16)}` : value;
}

/** Which instructions, and which sides of its conditional jumps, the calls run. */
function coverage(program: Program, calls: readonly SeccompData[]): Set<string> {
  const seen = new Set<string>();
  for (const call of calls) {
    let last = -1;
    run(program, packData(call, program.endian), (pc) => {
      seen.add(`${last}-${pc}`);
      last = pc;
    });
  }
  return seen;
}

boundaries("the number compared with, and those next to it, are among the calls of a program", () => {
  const { calls, complete } = cases(asm("ld [0]", "jge #100, a", "ld [16]", "jeq #0x12345, a", ...END));
  assert.ok(complete);
  const numbers = new Set(calls.map(({ nr }) => nr));
  for (const nr of [99, 100, 101, 100 + X32_BIT, 100 + 2 ** 31, 0x7fffffff, 0x80000000, 0xffffffff])
    assert.ok(numbers.has(nr), `nr ${nr}`);
  const args = new Set(calls.map((call) => call.args[0]));
  for (const arg of [
    0x12344n,
    0x12345n,
    0x12346n,
    0x1_00012345n,
    0x80000000_00012345n,
    0xffffffff_00012345n,
    0x80012345n,
  ])
    assert.ok(args.has(arg), `arg ${arg.toString(16)}`);
  assert.ok(calls.some(({ arch }) => arch === abi("aarch64").auditArch));
  assert.ok(calls.some(({ arch }) => arch === 0));
  assert.ok(calls.some(({ nr }) => nr === newestNr("x86_64") + 1));
});

boundaries("a way that needs five words at once is found", () => {
  const steps = [4, 0, 16, 28, 32].map((offset, i) => [`ld [${offset}]`, `jne #${0x9e3779b1 - 7 * i}, k`]);
  const program = asm(...steps.flat(), "ret #0x50007", ...END);
  assert.ok(cases(program).calls.some((call) => run(program, words(call)) === 0x50007));
});

boundaries("masks, shifts, sums, products and quotients are undone", () => {
  for (const work of [
    "and #0xff0",
    "rsh #5",
    "add #77",
    "sub #77",
    "xor #0x5555",
    "mul #12",
    "mul #0x9e3779b1",
    "div #10",
    "neg",
    "or #0xf",
    "lsh #3",
  ]) {
    const goal = work === "or #0xf" ? 0x12f : work.startsWith("mul") ? 240 : 0x120;
    const program = asm("ld [40]", work, `jeq #${goal}, a`, ...END);
    const { calls } = cases(program);
    assert.ok(
      calls.some((call) => run(program, words(call)) === 0x7fff0000),
      work,
    );
  }
});

boundaries("comparisons with X and with cells are turned too", () => {
  const program = asm(
    "ld [16]",
    "st M[3]",
    "ld [24]",
    "ldx M[3]",
    "jeq x, e",
    "jgt x, a",
    "ret #0",
    "e: ret #0x50001",
    ...END,
  );
  const rets = new Set(cases(program).calls.map((call) => run(program, words(call))));
  assert.equal([...rets].sort(), [0, 0x50001, 0x7fff0000].sort());
});

boundaries("a word that several tests look at is turned for one of them without breaking the others", () => {
  for (const [why, ...tests] of [
    ["a mask forbids the neighbours of a number", "and #0x8a585598", "jge #0x80000000, k", "jge #1, a"],
    ["bits are clear, and the rest is large", "jset #0x82eef0b6, k", "jge #0x5f2b9f8, a"],
    ["the number is large, and bits are clear", "jge #0x101, g", "ret #0", "g: jset #0x7ffffe01, k, a"],
    ["between two numbers, not a third, and a bit", "jge #8, g", "ret #0", "g: jge #11, k", "jset #2, a"],
  ] as const) {
    const program = asm("ld [20]", ...tests, ...END);
    const { calls, complete } = cases(program);
    assert.ok(complete);
    assert.ok(
      calls.some((call) => run(program, words(call)) === 0x7fff0000),
      why,
    );
  }
});

boundaries("every instruction of compiled programs that some call reaches is reached by a case", () => {
  const random = new Random(seedOf("prove/cases"));
  let checked = 0;
  for (let i = 0; i < 40; i++) {
    const policy = randomPolicy(random);
    const { program } = compile(policy);
    const found = cases(program);
    if (!found.complete) continue;
    checked++;
    const mine = coverage(program, found.calls);
    const theirs = coverage(program, cases(policy).calls);
    for (const step of theirs) assert.ok(mine.has(step), `step ${step} of ${JSON.stringify(policy, plain)}`);
  }
  assert.ok(checked > 20, `${checked} of 40 searches came to an end`);
});

boundaries(
  "the cases of a policy and of its program agree with the reference, for the bench policies",
  () => {
    for (const name of ["randomcat", "docker-default", "args-heavy"]) {
      const policy = readNeutral(`${root}bench/policies/${name}.json`);
      const { program } = compile(policy);
      for (const side of [policy, program]) {
        const { calls, complete } = cases(side);
        assert.ok(complete);
        assert.ok(calls.length > 100);
        for (const call of calls) assert.is(run(program, words(call)), evaluate(policy, call).ret);
      }
    }
  },
);

boundaries("a policy's numbers, tests and ABIs are turned", () => {
  const policy: Policy = {
    arches: ["x86_64"],
    default: { kind: "kill_process" },
    rules: [
      {
        action: { kind: "allow" },
        syscalls: ["socket"],
        when: parseWhen("domain in {2..9} && u64(arg1) & 0xf0 == 0x30"),
      },
    ],
  };
  const { calls, complete } = cases(policy);
  assert.ok(complete);
  assert.ok(calls.some((call) => evaluate(policy, call).ret === 0x7fff0000));
  const sockets = calls.filter(({ nr, arch }) => nr === 41 && arch === abi("x86_64").auditArch);
  for (const domain of [1n, 2n, 3n, 8n, 9n, 10n, 0x1_00000002n, 0x80000002n])
    assert.ok(
      sockets.some(({ args }) => args[0] === domain),
      `domain ${domain}`,
    );
  for (const bits of [0x30n, 0x20n])
    assert.ok(sockets.some(({ args }) => ((args[1] ?? 0n) & 0xf0n) === bits));
  assert.ok(calls.some(({ nr }) => nr === 41 + X32_BIT));
  assert.ok(calls.some(({ arch }) => arch !== abi("x86_64").auditArch));
});

boundaries("the limit holds and is told, the same calls come each time, and none comes twice", () => {
  const { program } = compile(readNeutral(`${root}bench/policies/args-heavy.json`));
  const few = cases(program, { limit: 100 });
  assert.is(few.calls.length, 100);
  assert.not(few.complete);
  const all = cases(program);
  assert.ok(all.complete);
  assert.equal(all.calls.slice(0, 100), few.calls);
  assert.equal(cases(program).calls, all.calls);
  assert.is(new Set(all.calls.map((call) => words(call).join())).size, all.calls.length);
});

boundaries("a stack's cases turn the comparisons of each of its programs, in their own byte order", () => {
  const a = check(asm("ld [16]", "jeq #0x1234, a", ...END).insns, "little");
  const b = check(asm("ld [28]", "jeq #0x5678, a", ...END).insns, "big");
  const { calls } = cases([a, b]);
  assert.ok(calls.some(({ args }) => args[0] === 0x1234n));
  assert.ok(calls.some(({ args }) => args[1] === 0x5678n));
});

boundaries.run();
