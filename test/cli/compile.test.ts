import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encode } from "../../src/bpf/codec.ts";
import { compile } from "../../src/compile/index.ts";
import { readPolicy } from "../../src/formats/index.ts";
import { policyText } from "./policies.ts";
import { seccat, withFiles } from "./seccat.ts";

const test = suite("seccat compile");

const bytes = encode(compile(readPolicy(policyText).policy).program);

test("it writes the program's bytes, and nothing else", () => {
  withFiles({ "p.yaml": policyText }, (folder) => {
    const { code, stdout, stderr } = seccat(["compile", "p.yaml", "-o", "p.bpf"], { cwd: folder });
    assert.is(code, 0, stderr);
    assert.is(stdout, "");
    assert.is(stderr, "");
    assert.equal(new Uint8Array(readFileSync(`${folder}/p.bpf`)), bytes);
    assert.equal(readdirSync(folder).sort(), ["p.bpf", "p.yaml"]);
  });
});

test("from standard input to standard output", () => {
  const { code, stdout } = seccat(["compile", "-", "--format", "hex"], { input: policyText });
  assert.is(code, 0);
  assert.is(stdout, `${Buffer.from(bytes).toString("hex")}\n`);
});

test("every format says the same program", () => {
  const asm = seccat(["compile", "-", "--format", "asm"], { input: policyText }).stdout;
  assert.equal(
    JSON.parse(seccat(["asm", "-", "--json"], { input: asm }).stdout).instructions.length,
    bytes.length / 8,
  );
  const json = JSON.parse(seccat(["compile", "-", "--format", "json"], { input: policyText }).stdout);
  assert.is(json.instructions.length, bytes.length / 8);
  const c = seccat(["compile", "-", "--format", "c"], { input: policyText }).stdout;
  assert.match(
    c,
    /static const struct sock_filter seccomp_filter\[\] = \{\n {2}\{ 0x0020, 0x00, 0x00, 0x00000004 \},/,
  );
  assert.is(c.match(/^ {2}\{ /gm)?.length, bytes.length / 8);
});

test("--json prints program, statistics and warnings", () => {
  const data = JSON.parse(seccat(["compile", "-", "--json"], { input: policyText }).stdout);
  assert.is(data.hex, Buffer.from(bytes).toString("hex"));
  assert.is(data.stats.instructions, bytes.length / 8);
  assert.equal(data.arches, ["x86_64"]);
  assert.equal(data.warnings, []);
});

test("--stats tells sizes on stderr and leaves stdout to the program", () => {
  const { stdout, stderr } = seccat(["compile", "-", "--stats", "--format", "hex"], { input: policyText });
  assert.is(stdout, `${Buffer.from(bytes).toString("hex")}\n`);
  assert.match(stderr, /^arches {8}x86_64\ninstructions {2}\d+ of 4096 \(\d+ bytes\)\n/);
});

test("an arch that the policy does not list is refused", () => {
  withFiles({ "p.yaml": policyText }, (folder) => {
    const { code, stderr } = seccat(["compile", "p.yaml", "--arch", "aarch64"], { cwd: folder });
    assert.is(code, 2);
    assert.is(
      stderr,
      "p.yaml: error: the policy does not speak about aarch64\n  expected: some of x86_64\n  received: aarch64\n  fix: add aarch64 to its arches\n",
    );
  });
});

/** What is wrong with a policy, and all that is said about it. */
const bad: readonly (readonly [name: string, text: string, stderr: readonly string[]])[] = [
  [
    "malformed YAML",
    "default: allow\n\tarches: [x86_64]\nrules: []\n",
    ["p.yaml:2:1: error: not valid YAML: tabs are not allowed as indentation"],
  ],
  [
    "malformed JSON",
    '{"default": "allow", "arches" ["x86_64"]}',
    ["p.json:1:31: error: the colon after a key is missing", "  expected: :", "  received: ["],
  ],
  [
    "an unknown key",
    `${policyText}ruels: []\n`,
    [
      "p.yaml:12:1: error: unknown key ruels",
      "  expected: name, default, arches, badArch, kernel, newer, rules",
      "  received: ruels",
      "  fix: did you mean rules?",
    ],
  ],
  [
    "an unknown syscall",
    policyText.replace("brk", "brkk"),
    ["p.yaml:5:36: error: unknown syscall brkk", "  received: brkk", "  fix: did you mean brk?"],
  ],
  [
    "an unknown constant",
    policyText.replace("F_GETFL", "F_GETFLL"),
    [
      "p.yaml:8:11 (rules[1].when): error: x86_64 has no constant F_GETFLL",
      "  received: F_GETFLL",
      "  fix: did you mean F_GETFL?",
    ],
  ],
  [
    "an errno out of range",
    policyText.replace("EPERM", "5000"),
    ["p.yaml:10:22: error: the errno is out of range", "  expected: 1..4095", "  received: 5000"],
  ],
  [
    "a rule that contradicts itself",
    policyText.replace("cmd in {F_GETFL, F_SETFD}", "cmd == 1 && cmd == 2"),
    ["p.yaml:6:5 (rules[1]): error: the rule can never match: its condition contradicts itself"],
  ],
  [
    "a rule that can never be reached",
    policyText.replace("[ptrace]", "[brk]"),
    ["p.yaml:10:5 (rules[2]): error: the rule can never match: rule 1 before it takes all of its calls"],
  ],
  [
    "a condition on a pointer",
    policyText
      .replace("[close, read,", "[close,")
      .replace("[fcntl]", "[read]")
      .replace("cmd in {F_GETFL, F_SETFD}", "buf == 1"),
    [
      "p.yaml:8:11 (rules[1].when): error: buf of read is a pointer: a filter sees the address, not what is there",
      "  expected: ptr(buf) == 0 for a null test",
      "  fix: drop the test, or write u64(buf) if the address itself is meant",
    ],
  ],
];

for (const [name, text, expected] of bad) {
  test(`${name} is told with its place, and the output file stays as it was`, () => {
    const policy = text.startsWith("{") ? "p.json" : "p.yaml";
    withFiles({ [policy]: text, "p.bpf": "old" }, (folder) => {
      const { code, stdout, stderr } = seccat(["compile", policy, "-o", "p.bpf"], { cwd: folder });
      assert.is(code, 2);
      assert.is(stdout, "");
      assert.equal(stderr.split("\n"), [...expected, ""]);
      assert.is(readFileSync(`${folder}/p.bpf`, "utf8"), "old");
      assert.equal(readdirSync(folder).sort(), ["p.bpf", policy]);
    });
  });
}

test("a binary file is no policy", () => {
  withFiles({ "p.bpf": bytes }, (folder) => {
    const { code, stderr } = seccat(["compile", "p.bpf"], { cwd: folder });
    assert.is(code, 2);
    assert.is(
      stderr,
      "p.bpf: error: this is no policy but binary\n  expected: a policy in YAML or JSON\n  fix: seccat disasm lists a compiled program\n",
    );
  });
});

test("the output keeps the mode of the file that it replaces, and a link stays a link", () => {
  withFiles({ "p.yaml": policyText, target: "old" }, (folder) => {
    chmodSync(`${folder}/target`, 0o600);
    symlinkSync("target", `${folder}/p.bpf`);
    assert.is(seccat(["compile", "p.yaml", "-o", "p.bpf"], { cwd: folder }).code, 0);
    assert.ok(lstatSync(`${folder}/p.bpf`).isSymbolicLink());
    assert.is(statSync(`${folder}/target`).mode & 0o777, 0o600);
    assert.equal(new Uint8Array(readFileSync(`${folder}/target`)), bytes);
  });
});

test("a folder as output is refused", () => {
  withFiles({ "p.yaml": policyText }, (folder) => {
    const { code, stderr } = seccat(["compile", "p.yaml", "-o", folder], { cwd: folder });
    assert.is(code, 2);
    assert.match(stderr, /^seccat: error: cannot write /);
  });
});

test("a full disk is one line and exit code 2", () => {
  if (!existsSync("/dev/full")) {
    console.log("skipped: there is no /dev/full");
    return;
  }
  const { code, stderr } = seccat(["compile", "-", "-o", "/dev/full"], { input: policyText });
  assert.is(code, 2);
  assert.is(stderr, "seccat: error: cannot write /dev/full: no space left on device\n");
});

test.run();
