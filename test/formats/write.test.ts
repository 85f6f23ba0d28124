import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abiNames, constantNames, errnoNames, groupNames, syscallNames } from "../../arch/index.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { readPolicy, writePolicy } from "../../src/formats/index.ts";
import type { ArgRef, Condition, Policy, PolicyAction, Rule, Value } from "../../src/policy/types.ts";

const test = suite("formats/write");
const seed = Number(process.env.SECCAT_SEED ?? Date.now() % 1e9);
console.log(`seed ${seed}`);

const action: fc.Arbitrary<PolicyAction> = fc.oneof(
  fc
    .constantFrom(
      "kill_process" as const,
      "kill_thread" as const,
      "user_notif" as const,
      "log" as const,
      "allow" as const,
    )
    .map((kind) => ({ kind })),
  fc.record({
    kind: fc.constant("errno" as const),
    errno: fc.oneof(fc.constantFrom(...errnoNames), fc.integer({ min: 1, max: 4095 })),
  }),
  fc.record({
    kind: fc.constantFrom("trap" as const, "trace" as const),
    data: fc.integer({ min: 0, max: 65535 }),
  }),
);

const number: fc.Arbitrary<Value> = fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n });
const constant: fc.Arbitrary<Value> = fc
  .constantFrom(...constantNames())
  .map((name) => ({ kind: "constant", name }));
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    number,
    constant,
    fc.array(tie("value"), { minLength: 2, maxLength: 3 }).map((of): Value => ({ kind: "or", of })),
    tie("value").map((of): Value => ({ kind: "not", of })),
  ),
})).value;

const reference: fc.Arbitrary<ArgRef> = fc
  .tuple(
    fc.oneof(
      fc.constantFrom("domain", "fd", "cmd", "in_", "s", "u64x").map((name) => ({ name })),
      fc.integer({ min: 0, max: 5 }).map((index) => ({ index })),
    ),
    fc.constantFrom(undefined, "u16" as const, "u32" as const, "u64" as const, "ptr" as const),
  )
  .map(([ref, as]) => (as === undefined ? ref : { ...ref, as }));

const mask = fc.option(value, { nil: undefined }).map((it) => (it === undefined ? {} : { mask: it }));
const compare: fc.Arbitrary<Condition> = fc
  .tuple(
    reference,
    mask,
    fc.constantFrom(
      "==" as const,
      "!=" as const,
      "<" as const,
      "<=" as const,
      ">" as const,
      ">=" as const,
      "s<" as const,
      "s<=" as const,
      "s>" as const,
      "s>=" as const,
    ),
    value,
  )
  .map(([arg, masked, op, wanted]) => ({ kind: "compare", arg, ...masked, op, value: wanted }));
const among: fc.Arbitrary<Condition> = fc
  .tuple(
    reference,
    mask,
    fc.array(
      fc.oneof(
        fc.tuple(value, value),
        value.map((it) => [it, it] as const),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([arg, masked, set]) => ({
    kind: "in",
    arg,
    ...masked,
    set: set.map(([from, to]) => ({ from, to })),
  }));
const condition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    compare,
    among,
    fc
      .tuple(
        fc.constantFrom("and" as const, "or" as const),
        fc.array(tie("condition"), { minLength: 2, maxLength: 3 }),
      )
      .map(([kind, of]): Condition => ({ kind, of })),
    tie("condition").map((of): Condition => ({ kind: "not", of })),
  ),
})).condition;

/** Texts of every kind, the awkward ones for YAML and JSON among them. */
const words = fc
  .oneof(
    fc.string({ minLength: 1, unit: "binary" }),
    fc.string({ minLength: 1, unit: "grapheme" }),
    fc.constantFrom(
      "no",
      "null",
      "1.0",
      "- a",
      "a: b",
      "a #b",
      " x ",
      "x ",
      "!x",
      "&x",
      "*x",
      "%x",
      "@x",
      "'",
      '"',
      "a\nb",
      "\u2028",
      "\ufeff",
      "\x7f\x85",
      "[a]",
      "{a}",
      "~",
      "0x10",
      "? a",
      "---",
      "a:",
      "=",
      "<<",
    ),
  )
  .filter((text) => text.trim() !== "");

const rule: fc.Arbitrary<Rule> = fc.record(
  {
    action,
    syscalls: fc.uniqueArray(
      fc.oneof(
        fc.constantFrom(...syscallNames),
        fc.constantFrom(...groupNames),
        fc.integer({ min: 0, max: 0xffffffff }),
      ),
      { minLength: 1, maxLength: 40 },
    ),
    when: condition,
    why: words,
  },
  { requiredKeys: ["action", "syscalls"] },
);

const policies: fc.Arbitrary<Policy> = fc.record(
  {
    name: words,
    arches: fc.uniqueArray(fc.constantFrom(...abiNames), { minLength: 1 }),
    default: action,
    badArch: action,
    kernel: fc
      .tuple(fc.integer({ min: 2, max: 7 }), fc.integer({ min: 0, max: 99 }))
      .map((parts) => parts.join(".")),
    newer: action,
    rules: fc.array(rule, { maxLength: 4 }),
  },
  { requiredKeys: ["arches", "default", "rules"] },
);

/** The policy without the places of its rules and conditions. */
function withoutPlaces(policy: Policy): unknown {
  return JSON.parse(
    JSON.stringify(policy, (key, item) =>
      key === "where" ? undefined : typeof item === "bigint" ? `${item}n` : item,
    ),
  );
}

for (const notation of ["yaml", "json"] as const)
  test(`any policy written as ${notation} is read back as itself`, () => {
    fc.assert(
      fc.property(policies, (policy) => {
        const text = writePolicy(policy, notation);
        const back = readPolicy(text, { file: `p.${notation}` });
        assert.equal(withoutPlaces(back.policy), withoutPlaces(policy), text);
        assert.is(writePolicy(back.policy, notation), text);
      }),
      { seed, numRuns: 300 },
    );
  });

const policy: Policy = {
  name: "no",
  arches: ["x86_64", "aarch64"],
  default: { kind: "kill_process" },
  badArch: { kind: "trap", data: 0 },
  kernel: "6.10",
  newer: { kind: "errno", errno: "ENOSYS" },
  rules: [
    { action: { kind: "allow" }, syscalls: ["read", "@mount", 5] },
    {
      action: { kind: "trap", data: 7 },
      syscalls: ["socket"],
      when: {
        kind: "compare",
        arg: { name: "domain" },
        op: "==",
        value: { kind: "constant", name: "AF_UNIX" },
      },
      why: "it talks: to the log",
    },
    {
      action: { kind: "log" },
      syscalls: [
        "clock_nanosleep",
        "epoll_pwait2",
        "getsockname",
        "io_uring_register",
        "landlock_add_rule",
        "name_to_handle_at",
      ],
    },
  ],
};

test("a policy as YAML has its keys in order, short lists in one line, long ones in many", () => {
  assert.is(
    writePolicy(policy, "yaml"),
    `name: "no"
default: kill_process
arches: [x86_64, aarch64]
badArch: trap
kernel: "6.10"
newer: { errno: ENOSYS }
rules:
  - action: allow
    syscalls: [read, "@mount", 5]
  - action: { trap: 7 }
    syscalls: [socket]
    when: domain == AF_UNIX
    why: "it talks: to the log"
  - action: log
    syscalls:
      - clock_nanosleep
      - epoll_pwait2
      - getsockname
      - io_uring_register
      - landlock_add_rule
      - name_to_handle_at
`,
  );
});

test("a policy as JSON has its keys in order, short lists in one line, long ones in many", () => {
  assert.is(
    writePolicy(policy, "json"),
    `{
  "name": "no",
  "default": "kill_process",
  "arches": ["x86_64", "aarch64"],
  "badArch": "trap",
  "kernel": "6.10",
  "newer": { "errno": "ENOSYS" },
  "rules": [
    {
      "action": "allow",
      "syscalls": ["read", "@mount", 5]
    },
    {
      "action": { "trap": 7 },
      "syscalls": ["socket"],
      "when": "domain == AF_UNIX",
      "why": "it talks: to the log"
    },
    {
      "action": "log",
      "syscalls": [
        "clock_nanosleep",
        "epoll_pwait2",
        "getsockname",
        "io_uring_register",
        "landlock_add_rule",
        "name_to_handle_at"
      ]
    }
  ]
}
`,
  );
});

test("a policy without rules is written", () => {
  const none: Policy = { arches: ["arm"], default: { kind: "allow" }, rules: [] };
  assert.is(writePolicy(none, "yaml"), "default: allow\narches: [arm]\nrules: []\n");
  assert.is(writePolicy(none, "json"), '{\n  "default": "allow",\n  "arches": ["arm"],\n  "rules": []\n}\n');
});

test("an errno that a policy file refuses is not written", () => {
  const rules: Rule[] = [{ action: { kind: "errno", errno: 0 }, syscalls: ["read"] }];
  assert.throws(
    () =>
      writePolicy(
        { imported: true, arches: ["arm"], default: { kind: "errno", errno: 4096 }, rules },
        "yaml",
      ),
    (error: unknown) => {
      assert.ok(error instanceof SeccatError);
      assert.equal(
        error.issues.map(({ where, received }) => [where?.path, received]),
        [
          ["default", "4096"],
          ["rules[0].action", "0"],
        ],
      );
      return true;
    },
  );
});

test.run();
