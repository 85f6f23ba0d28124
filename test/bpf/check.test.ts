import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { opcodes } from "../../src/abi/opcode.ts";
import { assemble } from "../../src/bpf/assemble.ts";
import {
  check,
  checkStack,
  MAX_INSNS_PER_PATH,
  pathCost,
  programIssues,
  stackCost,
} from "../../src/bpf/check.ts";
import type { SockFilter } from "../../src/bpf/program.ts";
import { verdicts } from "./verdicts.ts";

const test = suite("bpf/check");
const insn = (code: number, k = 0, jt = 0, jf = 0): SockFilter => ({ code, jt, jf, k });
const ret = insn(0x06, 0x7fff0000);

for (const { name, insns, refusedAt } of verdicts)
  test(`${name}: ${refusedAt.length === 0 ? "taken" : `refused at ${refusedAt.join(", ")}`}`, () => {
    assert.equal(
      programIssues(insns).map((issue) => issue.where?.pc),
      refusedAt,
    );
  });

test("of all 65536 codes exactly the 41 of the table are taken", () => {
  const taken: number[] = [];
  for (let code = 0; code <= 0xffff; code++) {
    const insns = [insn(0x02, 4), insn(code, 4), ...Array(5).fill(ret)];
    if (programIssues(insns).length === 0) taken.push(code);
  }
  assert.equal(
    taken,
    opcodes.map((row) => row.code),
  );
});

test("a program holds frozen copies and its byte order", () => {
  const mine = { ...ret };
  const program = check([mine], "big");
  mine.k = 0;
  assert.equal(program.insns, [ret]);
  assert.is(program.endian, "big");
  assert.ok(Object.isFrozen(program) && Object.isFrozen(program.insns) && Object.isFrozen(program.insns[0]));
});

test("every breach is told, in the order of the program, with what is right and what was there", () => {
  try {
    check([insn(0x20, 70), insn(0x94, 5), insn(0x64, 32), insn(0x05, 9), insn(0x60, 3)], "little");
    assert.unreachable("it must throw");
  } catch (error) {
    if (!(error instanceof SeccatError)) throw error;
    assert.is(error.code, "program");
    assert.equal(
      error.issues.map((issue) => [issue.where?.pc, issue.received]),
      [
        [0, "70"],
        [1, "0x94"],
        [2, "lsh #32"],
        [3, "13"],
        [4, undefined],
      ],
    );
    assert.ok(error.issues.every((issue) => issue.code === "program"));
  }
});

test("what socket filters have is named in the message", () => {
  assert.match(programIssues([insn(0x94, 1), ret])[0]?.message ?? "", /mod #k .* seccomp refuses it/);
  assert.match(programIssues([insn(0x28, 0), ret])[0]?.message ?? "", /ldh/);
});

test("numbers that do not fit struct sock_filter are refused, not cut", () => {
  for (const bad of [
    insn(0x06, -1),
    insn(0x06, 2 ** 32),
    insn(0x06, 0.5),
    insn(0x06, Number.NaN),
    insn(0x06, 0, 256),
    insn(0x06, 0, 0, -1),
  ]) {
    const [issue] = programIssues([bad]);
    assert.match(issue?.message ?? "", /does not fit/);
  }
});

test("a program that is too long is told so once", () => {
  assert.is(programIssues(Array(4096).fill(ret)).length, 0);
  assert.is(programIssues(Array(4097).fill(insn(0xff))).length, 1);
  assert.is(programIssues([])[0]?.received, "0");
});

const costs: readonly (readonly [text: string, cost: number])[] = [
  ["ret #0", 2],
  ["ret a", 1],
  ["ld [0]\nret a", 2],
  ["ldx #1\ndiv x\nret a", 7],
  ["div #1\nret a", 2],
  ["jeq #1, next, next\nret a", 2],
  ["jeq #1, +1, next\nret a\nret a", 3],
  ["jeq #1, next, +1\nret a\nret a", 3],
  ["jset #1, next, +1\nret a\nret a", 4],
  ["jset #1, +1, next\nret a\nret a", 3],
  ["jeq #1, +1, +1\nret a\nret a", 4],
  ["jeq #0x80000000, +1, next\nret a\nret a", 4],
  ["jge #0x80000000, next, +1\nret a\nret a", 4],
  ["jgt #0x7fffffff, next, +1\nret a\nret a", 3],
  ["jset #0xffffffff, next, +1\nret a\nret a", 5],
  ["jgt x, +1, +1\nret a\nret a", 4],
  ["ja next\nret a", 2],
];
for (const [text, cost] of costs)
  test(`the kernel counts ${text.replace(/\n/g, "; ")} as 3 + ${cost}`, () => {
    assert.is(pathCost(check(assemble(text), "little")), 3 + cost);
  });

test("a field that the kernel does not read does not change the cost", () => {
  assert.is(pathCost(check([insn(0x1d, 0x80000000), insn(0x16)], "little")), 3 + 2);
});

test("an installed filter costs 4 more than the one that is being installed", () => {
  const one = check([ret], "little");
  assert.is(stackCost([one]), 5);
  assert.is(stackCost([one, one]), 5 + 9);
  assert.is(stackCost([one, one, one]), 5 + 9 + 9);
});

test("3641 of the shortest filters can be installed, and no more", () => {
  const one = check([ret], "little");
  checkStack(Array(3641).fill(one));
  assert.throws(
    () => checkStack(Array(3642).fill(one)),
    (error: unknown) =>
      error instanceof SeccatError && error.code === "limit" && /32774/.test(error.received ?? ""),
  );
});

test("3 of the longest filters of ret k can be installed, and no more", () => {
  const long = check(Array(4096).fill(ret), "little");
  assert.ok(stackCost([long, long, long]) <= MAX_INSNS_PER_PATH);
  assert.ok(stackCost([long, long, long, long]) > MAX_INSNS_PER_PATH);
});

test.run();
