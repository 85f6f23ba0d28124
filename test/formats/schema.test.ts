/**
 * The schema against the reader: both have to take and refuse the same texts, as far as a schema can speak.
 * SECCAT_WRITE=1 writes the shipped schema anew and then fails.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { policySchema, readPolicy } from "../../src/formats/index.ts";
import { root } from "../root.ts";

const test = suite("formats/schema");
const path = `${root}src/formats/policy.schema.json`;
const validate = new Ajv2020({ strict: true, strictRequired: "log", allowUnionTypes: true }).compile(
  policySchema(),
);

test("the shipped schema is the one that the code makes", () => {
  const made = JSON.stringify(policySchema(), null, 2);
  if (process.env.SECCAT_WRITE) {
    writeFileSync(path, `${made}\n`);
    assert.unreachable("the schema was written anew: format it, look at it, and run without SECCAT_WRITE");
  }
  assert.equal(JSON.parse(readFileSync(path, "utf8")), JSON.parse(made));
});

const rule = { action: "allow", syscalls: ["read"] };
const base = { default: "kill_process", rules: [rule] };
const withRule = (change: object) => ({ ...base, rules: [{ ...rule, ...change }] });

/** What a schema can decide: both have to say yes. */
const valid: readonly (readonly [string, unknown])[] = [
  ["a policy of two keys", base],
  ["a policy without rules", { default: "allow", rules: [] }],
  [
    "every key",
    {
      $schema: "./policy.schema.json",
      name: "all",
      default: { errno: "EPERM" },
      arches: ["native", "aarch64", "sheb"],
      badArch: { trap: 0 },
      kernel: "6.10",
      newer: { errno: 4095 },
      rules: [
        {
          action: { trace: 65535 },
          syscalls: ["@system-service", "read", 0, 4294967295],
          when: "fd == 1",
          why: "?",
        },
      ],
    },
  ],
  ...["allow", "kill_process", "kill_thread", "log", "user_notif", "trap", "trace"].map(
    (action) => [`the action ${action}`, withRule({ action })] as const,
  ),
  ["another spelling of a syscall", withRule({ syscalls: ["pread", "umount", "select"] })],
];

/** What a schema can decide: both have to say no. */
const invalid: readonly (readonly [string, unknown])[] = [
  ["nothing", null],
  ["a list", [rule]],
  ["a text", "allow"],
  ["no default", { rules: [] }],
  ["no rules", { default: "allow" }],
  ["an unknown key", { ...base, x32: true }],
  ["an unknown action", { ...base, default: "deny" }],
  ["errno without a number", { ...base, default: "errno" }],
  ["errno 0", { ...base, default: { errno: 0 } }],
  ["errno 4096", { ...base, default: { errno: 4096 } }],
  ["an errno with a fraction", { ...base, default: { errno: 1.5 } }],
  ["an unknown errno", { ...base, default: { errno: "EPERMM" } }],
  ["an errno in quotes", { ...base, default: { errno: "1" } }],
  ["an action with two keys", { ...base, default: { errno: 1, trap: 1 } }],
  ["an action with no key", { ...base, default: {} }],
  ["allow with data", { ...base, default: { allow: 1 } }],
  ["trap 65536", { ...base, default: { trap: 65536 } }],
  ["trace -1", { ...base, default: { trace: -1 } }],
  ["a list of actions", { ...base, default: ["allow"] }],
  ["an unknown arch", { ...base, arches: ["amd64"] }],
  ["no arch", { ...base, arches: [] }],
  ["an arch that is no list", { ...base, arches: "native" }],
  ["a kernel that is a number", { ...base, kernel: 6.1 }],
  ["a kernel of three numbers", { ...base, kernel: "6.1.2" }],
  ["a name that is a number", { ...base, name: 1 }],
  ["an empty name", { ...base, name: "" }],
  ["rules that are no list", { ...base, rules: {} }],
  ["a rule that is a name", { ...base, rules: ["read"] }],
  ["a rule without an action", { ...base, rules: [{ syscalls: ["read"] }] }],
  ["a rule without syscalls", { ...base, rules: [{ action: "allow" }] }],
  ["a rule with an unknown key", withRule({ args: [] })],
  ["an empty list of syscalls", withRule({ syscalls: [] })],
  ["a syscall that is no list", withRule({ syscalls: "read" })],
  ["an unknown syscall", withRule({ syscalls: ["raed"] })],
  ["an unknown group", withRule({ syscalls: ["@raed"] })],
  ["a negative number", withRule({ syscalls: [-1] })],
  ["a number of 33 bits", withRule({ syscalls: [4294967296] })],
  ["a number with a fraction", withRule({ syscalls: [1.5] })],
  ["a number in quotes", withRule({ syscalls: ["1"] })],
  ["a condition that is a truth value", withRule({ when: true })],
  ["an empty condition", withRule({ when: "" })],
  ["a condition of white space", withRule({ when: " \n" })],
  ["a reason that is a number", withRule({ why: 1 })],
  ["an include with an action", { ...base, rules: [{ include: "a.yaml", action: "allow" }] }],
  ["an include that is a list", { ...base, rules: [{ include: ["a.yaml"] }] }],
  ["an include of nothing", { ...base, rules: [{ include: "" }] }],
];

/** What only the reader can decide: the schema says yes, the reader no. */
const beyond: readonly (readonly [string, unknown])[] = [
  ["a condition that does not parse", withRule({ when: "fd ==" })],
  ["a file that cannot be included", { ...base, rules: [{ include: "a.yaml" }] }],
];

/** Whether the reader takes the value, written as JSON. */
function reads(value: unknown): boolean {
  try {
    readPolicy(JSON.stringify(value), { native: "x86_64", format: "json" });
    return true;
  } catch (error) {
    assert.ok(error instanceof SeccatError, String(error));
    return false;
  }
}

for (const [what, value] of valid)
  test(`schema and reader take ${what}`, () => {
    assert.ok(validate(value), JSON.stringify(validate.errors));
    assert.ok(reads(value));
  });

for (const [what, value] of invalid)
  test(`schema and reader refuse ${what}`, () => {
    assert.not.ok(validate(value));
    assert.not.ok(reads(value));
  });

for (const [what, value] of beyond)
  test(`only the reader refuses ${what}`, () => {
    assert.ok(validate(value));
    assert.not.ok(reads(value));
  });

test.run();
