/** What every command does with its FILTER: told with disasm, emulate and explain. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encode } from "../../src/bpf/codec.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { compile } from "../../src/compile/index.ts";
import { readPolicy } from "../../src/formats/index.ts";
import { policyText } from "./policies.ts";
import { seccat, seccatArgs, withFiles } from "./seccat.ts";

const test = suite("a FILTER");

const program = compile(readPolicy(policyText).policy).program;
const bytes = encode(program);

test("a policy and the program made of it list the same", () => {
  withFiles({ "p.yaml": policyText, "p.bpf": bytes }, (folder) => {
    const policy = seccat(["disasm", "p.yaml"], { cwd: folder });
    assert.is(policy.code, 0, policy.stderr);
    assert.is(policy.stdout, seccat(["disasm", "p.bpf"], { cwd: folder }).stdout);
    assert.match(
      policy.stdout,
      /^; little-endian, \d+ instructions\n.*\n 0000: 0x20 0x00 0x00 0x00000004 {2}A = arch\n/,
    );
    assert.match(policy.stdout, / ; ptrace$/m);
  });
});

test("what is in it decides, not its name", () => {
  withFiles({ "p.bpf": policyText, "p.yaml": bytes }, (folder) => {
    assert.is(seccat(["disasm", "p.bpf"], { cwd: folder }).code, 0);
    assert.is(seccat(["disasm", "p.yaml"], { cwd: folder }).code, 0);
  });
});

test("a program comes from standard input too, and disasm is undone by asm", () => {
  const listing = seccat(["disasm", "-"], { input: bytes });
  assert.is(listing.code, 0, listing.stderr);
  const back = JSON.parse(seccat(["asm", "-", "--json"], { input: listing.stdout }).stdout);
  assert.equal(
    back.instructions,
    program.insns.map((insn) => ({ ...insn })),
  );
});

test("a big-endian program is known as one", () => {
  const big = encode(assembleProgram("ld [4]\nret #0x7fff0000\n", { endian: "big" }));
  const { code, stdout } = seccat(["disasm", "-", "--json"], { input: big });
  assert.is(code, 0);
  assert.is(JSON.parse(stdout).endian, "big");
});

test("a program for the other byte order than the arch's is refused", () => {
  const { code, stderr } = seccat(["disasm", "-", "--arch", "s390x"], { input: bytes });
  assert.is(code, 2);
  assert.is(
    stderr,
    "seccat: error: the program is little-endian, and s390x is big-endian\n  received: (standard input)\n",
  );
});

test("a Docker profile is a policy", () => {
  const profile = JSON.stringify({
    defaultAction: "SCMP_ACT_ERRNO",
    architectures: ["SCMP_ARCH_X86_64"],
    syscalls: [{ names: ["read"], action: "SCMP_ACT_ALLOW" }],
  });
  const verdict = (call: string) =>
    JSON.parse(seccat(["emulate", "-", call, "--arch", "x86_64", "--json"], { input: profile }).stdout)
      .verdict;
  assert.is(verdict("read"), "allow");
  assert.is(verdict("write"), "errno EPERM");
});

/** Files that are no FILTER, and all that is said about them. */
const bad: readonly (readonly [name: string, data: string | Uint8Array, stderr: readonly string[]])[] = [
  ["an empty file", "", ["f: error: the file is empty", "  expected: a program or a policy"]],
  [
    "bytes that are no multiple of 8",
    bytes.subarray(0, 13),
    [
      "f: error: the last instruction is cut off",
      "  expected: a multiple of 8 bytes, 8 or more",
      "  received: 13 bytes",
    ],
  ],
  [
    "bytes that are no program",
    new Uint8Array(16).fill(0xee, 1),
    [
      "f: error: these bytes are no seccomp program in either byte order",
      "  expected: struct sock_filter instructions, 8 bytes each",
      "  received: 16 bytes that begin with 00 ee ee ee ee ee ee ee",
    ],
  ],
  [
    "a program that the kernel would refuse",
    new Uint8Array([0x20, 0, 0, 0, 4, 0, 0, 0, 0x15, 0, 0, 14, 0x3e, 0, 0, 0xc0]),
    [
      "f (pc 1): error: a jump past the end",
      "  expected: a target of at most 1",
      "  received: 2 and 16",
      "f (pc 1): error: the last instruction does not return",
      "  expected: ret #k or ret a",
      "  fix: end the program with a ret",
    ],
  ],
  [
    "text in UTF-16, which has zero bytes but is no program",
    Buffer.from("\ufeffdefault: allow\nrules: []\n", "utf16le"),
    ["f: error: the file is no text in UTF-8", "  expected: UTF-8", "  received: UTF-16"],
  ],
  [
    "bytes that are no text either",
    new Uint8Array([0x61, 0x0a, 0xff, 0xfe]),
    ["f: error: the file is no text in UTF-8", "  expected: UTF-8", "  received: bytes that are no UTF-8"],
  ],
];

for (const [name, data, expected] of bad) {
  test(`${name}: told, exit code 2`, () => {
    withFiles({ f: data }, (folder) => {
      for (const args of [
        ["disasm", "f"],
        ["explain", "f"],
        ["emulate", "f", "read"],
      ]) {
        const { code, stdout, stderr } = seccat(args, { cwd: folder });
        assert.is(code, 2);
        assert.is(stdout, "");
        assert.equal(stderr.split("\n"), [...expected, ""]);
      }
    });
  });
}

test("a verdict of an included rule tells the file of its line", () => {
  const policy = "default: allow\narches: [x86_64]\nrules:\n  - include: more.yaml\n";
  const more = "# one\n- action: { errno: EPERM }\n  syscalls: [ptrace]\n";
  withFiles({ "p.yaml": policy, "more.yaml": more }, (cwd) => {
    const { stdout } = seccat(["emulate", "p.yaml", "ptrace"], { cwd });
    assert.match(stdout, /\nby rule 1 \(more\.yaml:2\); /);
  });
});

test("what cannot be included is told once, where it is included; `-` is a file of that name", () => {
  const rules = ["nosuch.yaml", ".", "c.yaml", '"-"'].map((file) => `  - include: ${file}\n`).join("");
  const files = {
    "p.yaml": `default: allow\nrules:\n${rules}`,
    "c.yaml": "- { action: log, syscalls: [raed] }\n",
  };
  withFiles(files, (cwd) => {
    const { code, stderr } = seccat(["compile", "p.yaml", "-o", "out"], { cwd, input: "[]" });
    assert.is(code, 2);
    assert.equal(stderr.split("\n"), [
      "p.yaml:3:14: error: cannot read nosuch.yaml: no such file or directory",
      "p.yaml:4:14: error: cannot read .: it is a directory",
      "p.yaml:6:14: error: cannot read ./-: no such file or directory",
      "c.yaml:1:29: error: unknown syscall raed",
      "  received: raed",
      "  fix: did you mean read?",
      "",
    ]);
  });
});

test("a file that is not there: told, exit code 2", () => {
  const { code, stderr } = seccat(["disasm", "/nonexistent"]);
  assert.is(code, 2);
  assert.is(stderr, "seccat: error: cannot read /nonexistent: no such file or directory\n");
});

test("a folder: told, exit code 2", () => {
  const { code, stderr } = seccat(["disasm", "/"]);
  assert.is(code, 2);
  assert.is(stderr, "seccat: error: cannot read /: it is a directory\n");
});

test("what only looks like a process is a file, and told how a process is named", () => {
  for (const name of ["pid:1x", "pid:", "pid:1:0:0"]) {
    const { code, stderr } = seccat(["disasm", name]);
    assert.is(code, 2);
    assert.match(stderr, /no such file or directory\n {2}expected: .*pid:N or pid:N:I with its number\n$/);
  }
});

test("a running process has no policy, and the way to a file of that name is told", () => {
  const { code, stderr } = seccat(["compile", "pid:1"]);
  assert.is(code, 2);
  assert.is(
    stderr,
    [
      "seccat: error: a running process has programs, and no policy",
      "  expected: a policy in YAML or JSON",
      "  received: pid:1",
      "  fix: seccat explain pid:1 says what they do; for a file of that name, ./pid:1",
      "",
    ].join("\n"),
  );
  withFiles({ "pid:1": bytes }, (cwd) => assert.is(seccat(["disasm", "./pid:1"], { cwd }).code, 0));
});

test("a reader that leaves early is no error", async () => {
  const child = spawn(process.execPath, [...seccatArgs, "resolve", "@system-service", "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += String(data);
  });
  const [code] = await once(child, "close");
  assert.is(stderr, "");
  assert.is(code, 0);
});

test.run();
