import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi as factsOf, syscallNr } from "../../arch/index.ts";
import { actionValues } from "../../src/abi/action.ts";
import { packData } from "../../src/abi/data.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { check } from "../../src/bpf/check.ts";
import type { Program } from "../../src/bpf/program.ts";
import { run } from "../../src/bpf/run.ts";
import { judge, logDenials, notifyDenials } from "../../src/enforce/denials.ts";

const test = suite("denials");

/** A program that answers `returns[nr]`, and kill_process beyond. */
function table(returns: readonly number[]): Program {
  return check(
    [
      { code: 0x20, jt: 0, jf: 0, k: 0 },
      ...returns.flatMap((ret, nr) => [
        { code: 0x15, jt: 0, jf: 1, k: nr },
        { code: 0x06, jt: 0, jf: 0, k: ret },
      ]),
      { code: 0x06, jt: 0, jf: 0, k: actionValues.kill_process },
    ],
    "little",
  );
}

const arch = factsOf("x86_64").auditArch;
const answer = (program: Program, nr: number) => run(program, packData({ nr, arch, args: [] }, "little"));

const returns = [
  actionValues.allow,
  actionValues.log,
  actionValues.errno | 13,
  actionValues.errno,
  actionValues.kill_thread,
  actionValues.kill_process,
  actionValues.trap | 5,
  actionValues.trace | 6,
  actionValues.user_notif,
  0x12340000, // no action that the kernel knows: it kills the process
];
const program = table(returns);

test("complaining allows what was allowed and logs all else", () => {
  const complaining = logDenials(program);
  assert.equal(
    [...returns, 0].map((_, nr) => answer(complaining, nr)),
    [actionValues.allow, ...Array(returns.length).fill(actionValues.log)],
  );
  assert.throws(
    () => logDenials(check([{ code: 0x16, jt: 0, jf: 0, k: 0 }], "little")),
    (error: unknown) => error instanceof SeccatError && error.code === "program" && error.where?.pc === 0,
  );
});

test("hands over errno, kills and what the kernel takes for one, and nothing else", () => {
  const notifying = notifyDenials(program);
  assert.equal(
    [...returns, 0].map((_, nr) => answer(notifying, nr)),
    [
      actionValues.allow,
      actionValues.log,
      ...Array(4).fill(actionValues.user_notif),
      actionValues.trap | 5,
      actionValues.trace | 6,
      ...Array(3).fill(actionValues.user_notif),
    ],
  );
  assert.is(notifying.insns.length, program.insns.length);
  assert.is(answer(program, 2), actionValues.errno | 13, "the original is as it was");
});

test("answers a handed-over call as the original would have", () => {
  const judged = (nr: number) => {
    const { action, answer } = judge([program], { id: 1n, pid: 1, nr, arch, args: [] });
    return [action.kind, answer];
  };
  assert.equal([2, 3, 4, 5, 8, 9, 100].map(judged), [
    ["errno", { errno: 13 }],
    ["errno", { value: 0n }],
    ["kill_thread", { kill: true }],
    ["kill_process", { kill: true }],
    ["user_notif", { errno: "ENOSYS" }],
    ["kill_process", { kill: true }],
    ["kill_process", { kill: true }],
  ]);
  assert.equal(judged(0), ["allow", { continue: true }]);
});

test("refuses a program that computes its answer, saying where", () => {
  try {
    notifyDenials(
      check(
        [
          { code: 0, jt: 0, jf: 0, k: 0 },
          { code: 0x16, jt: 0, jf: 0, k: 0 },
        ],
        "little",
      ),
    );
    assert.unreachable("it was taken");
  } catch (error) {
    assert.ok(error instanceof SeccatError && error.code === "program");
    assert.equal(error.where, { pc: 1 });
  }
});

test("never hands over a call that the original allows, whatever its arguments", () => {
  const ptrace = syscallNr("x86_64", "ptrace") ?? 0;
  const conditional = check(
    [
      { code: 0x20, jt: 0, jf: 0, k: 0 },
      { code: 0x15, jt: 0, jf: 3, k: ptrace },
      { code: 0x20, jt: 0, jf: 0, k: 16 },
      { code: 0x25, jt: 0, jf: 1, k: 7 },
      { code: 0x06, jt: 0, jf: 0, k: actionValues.errno | 1 },
      { code: 0x06, jt: 0, jf: 0, k: actionValues.allow },
    ],
    "little",
  );
  for (const request of [0n, 7n, 8n, 0xffffffffn]) {
    const words = packData({ nr: ptrace, arch, args: [request] }, "little");
    const expected =
      run(conditional, words) === actionValues.allow ? actionValues.allow : actionValues.user_notif;
    assert.is(run(notifyDenials(conditional), words), expected);
  }
});

test.run();
