import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AbiName } from "../../arch/index.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { readPolicy, writePolicy } from "../../src/formats/index.ts";
import { lint } from "../../src/policy/lint.ts";
import { mergePolicies } from "../../src/policy/merge.ts";
import type { Policy, PolicyAction, Rule } from "../../src/policy/types.ts";
import { parseWhen } from "../../src/policy/when.ts";
import { compare, refines } from "../../src/prove/index.ts";
import { seedOf } from "../seed.ts";

const test = suite("policy/merge");
const seed = seedOf("policy/merge");

const whens = [
  "domain == AF_UNIX",
  "domain in {AF_UNIX, AF_INET}",
  "domain == AF_INET && type & SOCK_TYPE_MASK == SOCK_STREAM",
  "domain == AF_INET6 || protocol != 0",
  "!(domain == AF_UNIX)",
  "u64(arg0) > 5",
] as const;
const actions: readonly PolicyAction[] = [
  { kind: "allow" },
  { kind: "log" },
  { kind: "errno", errno: "EPERM" },
  { kind: "kill_process" },
];

const rule: fc.Arbitrary<Rule> = fc.record(
  {
    action: fc.constantFrom(...actions),
    syscalls: fc.uniqueArray(fc.constantFrom("socket", "read", "write", "openat"), { minLength: 1 }),
    why: fc.constantFrom("a", "b"),
  },
  { requiredKeys: ["action", "syscalls"] },
);
const socketRule: fc.Arbitrary<Rule> = fc.record({
  action: fc.constantFrom(...actions),
  syscalls: fc.constant(["socket" as const]),
  when: fc.constantFrom(...whens).map((text) => parseWhen(text)),
});

/** Policies whose rules overlap in every way, with one errno only. */
function policies(defaults: readonly PolicyAction[]): fc.Arbitrary<Policy> {
  return fc.record(
    {
      name: fc.constantFrom("one", "two"),
      imported: fc.constant(true),
      arches: fc.constantFrom<readonly AbiName[]>(["x86_64"], ["x86_64", "aarch64"]),
      default: fc.constantFrom(...defaults),
      rules: fc.array(fc.oneof(rule, socketRule), { maxLength: 6 }),
    },
    { requiredKeys: ["arches", "default", "imported", "rules"] },
  );
}

const any = policies(actions);
const denying = policies([{ kind: "kill_process" }]);

/** The text of a union, or of the first reason why there is none. */
function text(...of: readonly Policy[]): string {
  try {
    return writePolicy(mergePolicies(of), "yaml");
  } catch (error) {
    if (error instanceof SeccatError) return `refused: ${error.message}`;
    throw error;
  }
}

function merged(text: string): Policy {
  return { ...readPolicy(text).policy, imported: true };
}

test("the union allows what any of its policies allows, and nothing more", () => {
  fc.assert(
    fc.property(fc.array(any, { minLength: 1, maxLength: 4 }), (of) => {
      const union = text(...of);
      if (union.startsWith("refused")) return fc.pre(false);
      const made = merged(union);
      for (const part of of) assert.is(refines(part, made).answer, "proved");
      assert.is(compare(made, { anyOf: of }).answer, "proved", union);
    }),
    { seed, numRuns: 300 },
  );
});

test("the order of policies does not show, nor that one came twice", () => {
  fc.assert(
    fc.property(fc.array(any, { minLength: 1, maxLength: 4 }), (of) => {
      const union = text(...of);
      if (union.startsWith("refused")) assert.match(text(...of.toReversed()), "refused");
      else {
        assert.is(text(...of.toReversed()), union);
        assert.is(text(...of, ...of), union);
        assert.is(text(merged(union), merged(union)), union);
      }
    }),
    { seed, numRuns: 300 },
  );
});

test("policies that deny by killing can be put together in any groups", () => {
  fc.assert(
    fc.property(denying, denying, denying, (a, b, c) => {
      const union = text(a, b, c);
      const [left, right] = [text(a, b), text(b, c)];
      if ([union, left, right].some((one) => one.startsWith("refused"))) return fc.pre(false);
      assert.is(text(merged(left), c), union);
      assert.is(text(a, merged(right)), union);
    }),
    { seed, numRuns: 300 },
  );
});

function policyOf(yaml: string): Policy {
  return readPolicy(`arches: [x86_64]\n${yaml}`).policy;
}

test("rules of several policies become those of one, conditions joined and reasons kept", () => {
  const a = policyOf(`name: a
default: kill_process
rules:
  - { action: allow, syscalls: [write, read, socket], when: "arg0 == 1", why: of a }
`);
  const b = policyOf(`name: b
default: { errno: EPERM }
rules:
  - { action: allow, syscalls: [close, read] }
  - { action: allow, syscalls: [socket], when: "domain == AF_INET", why: of b }
`);
  assert.is(
    text(b, a),
    `name: a, b
default: { errno: EPERM }
arches: [x86_64]
rules:
  - action: allow
    syscalls: [close, read]
  - action: allow
    syscalls: [socket, write]
    when: arg0 == 1
    why: of a
  - action: allow
    syscalls: [socket]
    when: domain == AF_INET
    why: of b
`,
  );
});

test("a rule that another policy makes needless goes, so that the union compiles", () => {
  const a = policyOf(`default: kill_process
rules:
  - { action: { errno: EACCES }, syscalls: [socket], when: "domain == AF_INET" }
  - { action: allow, syscalls: [socket] }
`);
  const b = policyOf(`default: kill_process
rules:
  - { action: allow, syscalls: [socket], when: "domain == AF_INET" }
`);
  const union = mergePolicies([a, b]);
  assert.equal(
    union.rules.map(({ action, when }) => [action.kind, when]),
    [["allow", undefined]],
  );
  assert.equal(lint(union), []);
});

test("a list of what is denied stays one when both deny the same", () => {
  const deny = policyOf(`default: allow
rules:
  - { action: { errno: EPERM }, syscalls: [ptrace] }
  - { action: { errno: EPERM }, syscalls: [socket], when: "domain == AF_PACKET" }
`);
  assert.equal(mergePolicies([deny, deny]).rules.length, 2);
  const less = mergePolicies([deny, policyOf("default: allow\nrules: []\n")]);
  assert.equal(less.rules, []);
});

const refusals: readonly (readonly [sentence: string, a: string, b: string, message: RegExp])[] = [
  [
    "two errors for one call",
    "default: kill_process\nrules: [{ action: { errno: EPERM }, syscalls: [ptrace] }]\n",
    "default: kill_process\nrules: [{ action: { errno: ENOSYS }, syscalls: [ptrace] }]\n",
    /ptrace has two answers of which neither allows more: policy 1 says errno EPERM, policy 2 says errno ENOSYS/,
  ],
  [
    "two errors as default",
    "default: { errno: EPERM }\nrules: []\n",
    "default: { errno: EACCES }\nrules: []\n",
    /default has two answers/,
  ],
  [
    "kernels that `newer` counts from",
    'default: kill_process\nkernel: "5.1"\nnewer: { errno: ENOSYS }\nrules: []\n',
    'default: kill_process\nkernel: "6.1"\nnewer: { errno: ENOSYS }\nrules: []\n',
    /`newer` for different kernels: 5\.1, 6\.1/,
  ],
];
for (const [sentence, a, b, message] of refusals)
  test(`${sentence}: that cannot be merged, and is said`, () => {
    assert.throws(() => mergePolicies([policyOf(a), policyOf(b)]), message);
  });

test("what one arch needs is not allowed on another: such policies are refused", () => {
  const on = (arch: AbiName, ...syscalls: Rule["syscalls"]): Policy => ({
    arches: [arch],
    default: { kind: "kill_process" },
    rules: [{ action: { kind: "allow" }, syscalls }],
  });
  assert.throws(
    () => mergePolicies([on("x86_64", "read", "ioctl"), on("aarch64", "read")]),
    /ioctl would need another answer on x86_64 than on aarch64/,
  );
  const same = mergePolicies([on("x86_64", "read", "open"), on("aarch64", "read")]);
  assert.equal(same.arches, ["x86_64", "aarch64"]);
  assert.equal(same.rules[0]?.syscalls, ["open", "read"]);
});

test("errors of different arches have one name", () => {
  const one = policyOf("default: { errno: EPERM }\nrules: []\n");
  assert.equal(mergePolicies([one, { ...one, default: { kind: "errno", errno: 1 } }]).default, one.default);
});

test("`newer` stays when the policies agree on their kernel", () => {
  const yaml =
    'default: kill_process\nkernel: "5.1"\nnewer: { errno: ENOSYS }\nrules: [{ action: allow, syscalls: [openat2] }]\n';
  const a = policyOf(yaml);
  const b = policyOf("default: kill_process\nrules: [{ action: allow, syscalls: [read] }]\n");
  const union = mergePolicies([b, a]);
  assert.equal([union.kernel, union.newer], ["5.1", { kind: "errno", errno: "ENOSYS" }]);
  assert.is(compare(union, { anyOf: [a, b] }).answer, "proved");
});

test.run();
