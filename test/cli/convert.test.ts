import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { policyText } from "./policies.ts";
import { seccat, withFiles } from "./seccat.ts";

const test = suite("seccat convert");

test("YAML to JSON and back is the same policy", () => {
  withFiles({ "p.yaml": policyText }, (folder) => {
    const there = seccat(["convert", "p.yaml", "-o", "p.json"], { cwd: folder });
    assert.is(there.code, 0, there.stderr);
    assert.equal(JSON.parse(readFileSync(`${folder}/p.json`, "utf8")).arches, ["x86_64"]);
    const back = seccat(["convert", "p.json", "--to", "yaml"], { cwd: folder });
    assert.is(back.stdout, seccat(["convert", "p.yaml", "--to", "yaml"], { cwd: folder }).stdout);
    assert.is(back.stdout.replace(/,? *\n */g, " "), policyText.replace(/,? *\n */g, " "));
  });
});

test("comments are told to be lost", () => {
  const { code, stderr } = seccat(["convert", "-", "--to", "json"], { input: `# mine\n${policyText}` });
  assert.is(code, 0);
  assert.is(stderr, "(standard input):1: warning: comments do not carry over\n  fix: a rule's `why` does\n");
});

test("a container profile becomes a policy", () => {
  const profile = JSON.stringify({
    defaultAction: "SCMP_ACT_ERRNO",
    architectures: ["SCMP_ARCH_X86_64"],
    syscalls: [{ names: ["read"], action: "SCMP_ACT_ALLOW" }],
  });
  const { code, stdout, stderr } = seccat(["convert", "-", "--to", "json", "--json"], { input: profile });
  assert.is(code, 0, stderr);
  const data = JSON.parse(stdout);
  assert.equal(JSON.parse(data.text).default, { errno: "EPERM" });
});

test("which notation is meant has to be told", () => {
  const { code, stderr } = seccat(["convert", "-"], { input: policyText });
  assert.is(code, 2);
  assert.is(
    stderr,
    "seccat: error: which notation is meant cannot be told\n  expected: -o with a name that ends in .yaml or .json, or --to yaml, or --to json\n",
  );
});

test("a policy with a fault leaves the output as it was", () => {
  withFiles({ "p.yaml": "default: allow\nruels: []\n", "p.json": "old" }, (folder) => {
    const { code, stderr } = seccat(["convert", "p.yaml", "-o", "p.json"], { cwd: folder });
    assert.is(code, 2);
    assert.match(stderr, /^p\.yaml:2:1: error: unknown key ruels$/m);
    assert.is(readFileSync(`${folder}/p.json`, "utf8"), "old");
  });
});

test.run();
