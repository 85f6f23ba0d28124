import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi as factsOf, syscallNr } from "../../arch/index.ts";
import { actionValues, combineReturns, decodeAction, formatAction } from "../../src/abi/action.ts";
import { packData } from "../../src/abi/data.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { check } from "../../src/bpf/check.ts";
import type { Program } from "../../src/bpf/program.ts";
import { run } from "../../src/bpf/run.ts";
import { compile } from "../../src/compile/index.ts";
import { judge, logDenials, notifyDenials, notifyStack } from "../../src/enforce/denials.ts";
import { isAllowed } from "../../src/enforce/verdict.ts";
import { randomCalls, randomPolicy } from "../policy/random.ts";
import { Random, seedOf } from "../seed.ts";

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

/** What the kernel makes of a call under `stack`, whose newest program alone has a listener. */
function kernel(
  stack: readonly Program[],
  data: { nr: number; arch: number; args: readonly bigint[] },
): string {
  const returns = stack.map((program) => run(program, packData(data, program.endian)));
  const ret = combineReturns(returns.toReversed());
  const action = decodeAction(ret);
  if (action.kind !== "user_notif") return formatAction(action);
  return returns.lastIndexOf(ret) === stack.length - 1 ? "asked" : "ENOSYS";
}

const rank = (ret: number) => formatAction(decodeAction(ret));

test("of several programs every denial is handed over; what only the kernel can do stays with it", () => {
  const table = (nr: number, ret: number) => tableOf([nr, ret]);
  const older = [
    table(1, actionValues.errno | 13),
    table(2, actionValues.kill_process),
    table(3, actionValues.trap | 5),
  ];
  const newest = table(4, actionValues.errno | 1);
  const { programs, heard } = notifyStack([...older, newest]);
  assert.is(heard, "all");
  assert.is(programs.length, 4);
  const asked = [0, 1, 2, 3, 4].map((nr) => kernel(programs, { nr, arch, args: [] }));
  assert.equal(asked, ["allow", "asked", "asked", "trap(5)", "asked"]);
});

/** A program that answers some numbers and allows the others. */
function tableOf(...answers: (readonly [nr: number, ret: number])[]): Program {
  return check(
    [
      { code: 0x20, jt: 0, jf: 0, k: 0 },
      ...answers.flatMap(([nr, ret]) => [
        { code: 0x15, jt: 0, jf: 1, k: nr },
        { code: 0x06, jt: 0, jf: 0, k: ret },
      ]),
      { code: 0x06, jt: 0, jf: 0, k: actionValues.allow },
    ],
    "little",
  );
}

const count = process.env.SECCAT_LONG === "1" ? 1000 : 60;

test(`under ${count} random stacks a call is asked about, trapped, traced or allowed as the originals say, and judged as they do`, () => {
  const random = new Random(seedOf("enforce/denials"));
  for (let i = 0; i < count; i++) {
    const policies = Array.from({ length: 2 + random.below(3) }, () => randomPolicy(random, ["x86_64"]));
    const originals = policies.map((policy) => compile(policy).program);
    const { programs, heard } = notifyStack(originals);
    assert.is(heard, "all");
    const next = randomCalls(random, random.pick(policies));
    for (let j = 0; j < 40; j++) {
      const data = next();
      const returns = originals.map((original) => run(original, packData(data, "little")));
      const meant = combineReturns(returns.toReversed());
      const kernels = returns.filter((ret) => /^(trap|trace)/.test(rank(ret)));
      const denied = returns.some((ret) => !/^(allow|log|trap|trace)/.test(rank(ret)));
      const got = kernel(programs, data);
      const trapped = kernels.filter((ret) => rank(ret).startsWith("trap"));
      if (trapped.length > 0)
        assert.ok(
          trapped.some((ret) => rank(ret) === got),
          `${got} of ${returns.map(rank)}`,
        );
      else if (denied)
        assert.is(
          got,
          rank(returns.at(-1) ?? 0).startsWith("trace") ? "ENOSYS" : "asked",
          String(returns.map(rank)),
        );
      else if (kernels.length > 0) assert.match(got, /^trace/);
      else assert.match(got, /^(allow|log)$/);
      const { action, deniers } = judge(originals, { id: 1n, pid: 1, ...data });
      assert.equal(action, decodeAction(meant));
      if (isAllowed(meant)) assert.equal(deniers, []);
      else assert.is(returns[deniers[0] ?? -1], meant);
      assert.equal(
        [...deniers].sort((a, b) => a - b),
        returns.flatMap((ret, index) => (isAllowed(ret) ? [] : [index])),
      );
    }
  }
});

test("programs that are too long together leave the newest alone heard", () => {
  const long = check(
    Array.from({ length: 4096 }, () => ({ code: 0x06, jt: 0, jf: 0, k: actionValues.allow })),
    "little",
  );
  const { programs, heard } = notifyStack([long, table([actionValues.allow])]);
  assert.is(heard, "newest");
  assert.equal(programs[0], long, "the older one denies by itself");
});

test.run();
