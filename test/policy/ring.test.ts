import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatAction } from "../../src/abi/action.ts";
import { allow, deny, policy } from "../../src/policy/builder.ts";
import { seccompData } from "../../src/policy/call.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { lint } from "../../src/policy/lint.ts";
import { answerRings, diesOfRing } from "../../src/policy/ring.ts";
import type { Policy, Rule } from "../../src/policy/types.ts";

const test = suite("policy/ring");
const head = { default: "kill_process", arches: ["x86_64", "aarch64"] } as const;
const node = allow("@node-runtime/worker_threads");
const say = (policy: Policy, call: string) =>
  policy.arches.map((abi) => formatAction(evaluate(policy, seccompData({ abi, call })).action));

/** Policies, and what they say of io_uring_setup when they are to let Node live. */
const cases: readonly (readonly [
  what: string,
  rules: Rule[],
  byDefault: typeof head.default | "log" | { errno: "EPERM" },
  said: string,
  dies: boolean,
])[] = [
  ["a group of Node's under kill_process", [node], "kill_process", "errno(38)", true],
  [
    "a group of Node's without an event loop",
    [allow("@node-runtime/http")],
    "kill_process",
    "errno(38)",
    false,
  ],
  ["no group of Node's", [allow("read", "@file-system")], "kill_process", "kill_process", false],
  [
    "a group of Node's that is denied",
    [deny("EPERM", "@node-runtime/start")],
    "kill_process",
    "kill_process",
    false,
  ],
  ["a rule about it", [node, deny("EPERM", "io_uring_setup")], "kill_process", "errno(1)", false],
  ["a rule that allows it", [node, allow("io_uring_setup")], "kill_process", "allow", false],
  ["an error by default", [node], { errno: "EPERM" }, "errno(1)", false],
  ["a default that logs", [node], "log", "log", false],
];

for (const [what, rules, byDefault, said, dies] of cases)
  test(`${what}: io_uring_setup gets ${said}`, () => {
    const given = policy({ ...head, default: byDefault }, rules);
    const answered = answerRings(given);
    assert.equal(say(answered, "io_uring_setup"), [said, said]);
    assert.is(answered === given, !said.startsWith("errno(38)"), "changed only where that is needed");
    for (const call of ["read", "io_uring_enter", "io_uring_register", "openat", "mount"])
      assert.equal(say(answered, call), say(given, call), call);
    assert.is(diesOfRing(given), dies);
    assert.is(diesOfRing(answered), false);
  });

test("lint warns of a policy under which Node dies of asking for a ring, and says what to add", () => {
  const given = policy(head, [node]);
  const [finding, ...more] = lint(given);
  assert.is(finding?.severity, "warning");
  assert.match(finding?.fix ?? "", /errno: ENOSYS.*io_uring_setup/);
  assert.equal(more, []);
  assert.equal(lint(answerRings(given)), []);
});

test.run();
