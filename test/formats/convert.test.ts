import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { convertPolicy, readPolicy } from "../../src/formats/index.ts";
import { root } from "../root.ts";

const test = suite("formats/convert");

const yaml = `name: serving child
default: kill_process
arches: [native, aarch64]
badArch: kill_thread
kernel: "6.10"
newer: { errno: ENOSYS }
rules:
  - action: allow
    syscalls: [read, "@mount", 5, pread]
    when: (fd == 0x0010) || fd in {1,2}
    why: "a reason: with a colon"
  - include: common.yaml
`;

const json = `{
  "name": "serving child",
  "default": "kill_process",
  "arches": ["native", "aarch64"],
  "badArch": "kill_thread",
  "kernel": "6.10",
  "newer": { "errno": "ENOSYS" },
  "rules": [
    {
      "action": "allow",
      "syscalls": ["read", "@mount", 5, "pread"],
      "when": "(fd == 0x0010) || fd in {1,2}",
      "why": "a reason: with a colon"
    },
    { "include": "common.yaml" }
  ]
}
`;

test("YAML becomes JSON with native, includes, names and conditions as they stand", () => {
  assert.equal(convertPolicy(yaml, "json"), { text: json, warnings: [] });
});

test("JSON becomes YAML and is the same again", () => {
  assert.is(convertPolicy(json, "yaml").text, yaml);
  assert.is(convertPolicy(yaml, "yaml").text, yaml);
  assert.is(convertPolicy(json, "json").text, json);
});

test("a condition over several lines stays one text", () => {
  const text =
    "default: allow\nrules:\n  - action: log\n    syscalls: [read]\n    when: |\n      fd == 1\n        || fd == 2\n";
  const converted = convertPolicy(text, "json").text;
  assert.is(JSON.parse(converted).rules[0].when, "fd == 1\n  || fd == 2\n");
  assert.is(convertPolicy(converted, "yaml").text, convertPolicy(text, "yaml").text);
});

test("arches stay absent where the file has none", () => {
  assert.is(convertPolicy("default: allow\nrules: []", "yaml").text, "default: allow\nrules: []\n");
});

test("a container profile becomes the policy that it means, with its warnings", () => {
  const text = readFileSync(`${root}test/data/policies/container.json`, "utf8");
  const read = readPolicy(text, { native: "x86_64", file: "c.json" });
  const converted = convertPolicy(text, "yaml", { native: "x86_64", file: "c.json" });
  assert.equal(converted.warnings, read.warnings);
  const back = readPolicy(converted.text, { native: "x86_64" }).policy;
  assert.equal(
    back.rules.map(({ action, syscalls }) => [action, syscalls]),
    read.policy.rules.map(({ action, syscalls }) => [action, syscalls]),
  );
  assert.equal(
    [back.default, back.badArch, back.newer, back.kernel],
    [read.policy.default, read.policy.badArch, read.policy.newer, read.policy.kernel],
  );
});

test("what is wrong in the text is an error, and what is odd a warning", () => {
  assert.throws(() => convertPolicy("default: alow\nrules: []", "json"), /unknown action alow/);
  const { warnings } = convertPolicy(
    "default: allow\nrules: [{ action: log, syscalls: [read, read] }]",
    "json",
  );
  assert.equal(
    warnings.map(({ message }) => message),
    ["read is listed twice in this rule"],
  );
});

test.run();
