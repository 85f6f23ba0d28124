import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encode } from "../../src/bpf/codec.ts";
import { type CompileOptions, compile } from "../../src/compile/index.ts";
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

/** Calls enough for a program to be built in several ways. */
const broad = `default: { errno: EPERM }
arches: [x86_64, aarch64]
rules:
  - action: allow
    syscalls: ["@basic-io", "@sync", futex, brk, getpid, nanosleep, times, sysinfo, mlock, swapon, chroot]
  - action: allow
    syscalls: [socket]
    when: u64(domain) == AF_UNIX
  - action: kill_process
    syscalls: ["@mount", ptrace]
`;

const aims: readonly (readonly [options: readonly string[], same: CompileOptions])[] = [
  [["-O", "size"], { optimise: "size" }],
  [["-O", "speed"], {}],
  [["--optimise", "size", "--arch", "aarch64"], { optimise: "size", arches: ["aarch64"] }],
  [["--kernel", "5.4"], { kernel: "5.4" }],
  [["--kernel", "5.11"], { kernel: "5.11" }],
];
for (const [options, same] of aims) {
  test(`${options.join(" ")} makes the program that the compiler makes for it`, () => {
    const { code, stdout, stderr } = seccat(["compile", "-", "--format", "hex", ...options], {
      input: broad,
    });
    assert.is(code, 0, stderr);
    assert.is(stderr, "");
    const { program } = compile(readPolicy(broad).policy, same);
    assert.is(stdout, `${Buffer.from(encode(program)).toString("hex")}\n`);
  });
}

test("the aims lead to different programs", () => {
  const made = [...aims.filter(([, { arches }]) => !arches), [[], { weights: { swapon: 1 } }] as const];
  const programs = made.map(([, same]) =>
    Buffer.from(encode(compile(readPolicy(broad).policy, same).program)),
  );
  // Speed and 5.11 are what is made when nothing is said.
  assert.is(new Set(programs.map((program) => program.toString("hex"))).size, 4);
});

test("--typed compares at declared widths, also what says u64, and is proved to", () => {
  const call = (typed: boolean) => ["compile", "-", "--format", "asm", ...(typed ? ["--typed"] : [])];
  const [wide, narrow] = [false, true].map((typed) => seccat(call(typed), { input: broad }).stdout);
  assert.match(wide ?? "", /args\[0\]\.hi/);
  assert.not.match(narrow ?? "", /args\[0\]\.hi/);
  assert.is(narrow, seccat(call(false), { input: broad.replace("u64(domain)", "domain") }).stdout);
});

test("--typed leaves what does not fit an argument as it is, and says where", () => {
  const text = broad.replace("AF_UNIX", "0x100000001");
  withFiles({ "p.yaml": text }, (folder) => {
    const { code, stderr } = seccat(["compile", "p.yaml", "--typed", "-o", "p.bpf"], { cwd: folder });
    assert.is(code, 0);
    assert.is(
      stderr,
      "p.yaml:6:5 (rules[1].when): warning: rule 2 compares domain of socket with more than 32 bits: left at 64 bits\n",
    );
  });
});

test("a proof that does not come to an end within --nodes makes no file, and exit code 3", () => {
  withFiles({ "p.yaml": broad }, (folder) => {
    const { code, stderr } = seccat(["compile", "p.yaml", "--nodes", "50", "-o", "p.bpf"], { cwd: folder });
    assert.is(code, 3);
    assert.match(stderr, /^p\.yaml: error: the proof did not come to an end/);
    assert.match(stderr, /raise the budget \(--nodes/);
    assert.equal(readdirSync(folder), ["p.yaml"]);
    assert.is(seccat(["compile", "p.yaml", "--nodes", "50000", "-o", "p.bpf"], { cwd: folder }).code, 0);
  });
});

test("an action that came after the kernel meant is warned of", () => {
  const { code, stderr } = seccat(["compile", "-", "--kernel", "4.13", "-f", "hex"], { input: broad });
  assert.is(code, 0);
  assert.is(
    stderr,
    "seccat: warning: Linux 4.13 does not know kill_process, which came with 4.14: it kills instead\n",
  );
});

const calls: readonly (readonly [options: readonly string[], stderr: string])[] = [
  [["-O", "fast"], "seccat: error: --optimise cannot be fast\n  expected: speed, size\n  received: fast\n"],
  [
    ["--kernel", "six"],
    "seccat: error: --kernel is no kernel version\n  expected: numbers such as 6.1\n  received: six\n",
  ],
  [
    ["--kernel", "3.18"],
    "seccat: error: Linux 3.18 has no seccomp filters on aarch64\n  expected: --kernel 3.19 or newer\n  received: 3.18\n",
  ],
  [
    ["--nodes", "0"],
    "seccat: error: --nodes is no number of nodes\n  expected: 1..999999999\n  received: 0\n",
  ],
  [
    ["--weights", "-"],
    "seccat: error: the policy and the weights cannot both come from standard input\n  fix: name a file for one of them\n",
  ],
];
for (const [options, expected] of calls) {
  test(`${options.join(" ")} is refused`, () => {
    const { code, stdout, stderr } = seccat(["compile", "-", ...options], { input: broad });
    assert.is(code, 2);
    assert.is(stdout, "");
    assert.is(stderr, expected);
  });
}

test("a policy that is too long is told with its heaviest rules and their places, and makes no file", () => {
  const values = (count: number, from: number) =>
    Array.from({ length: count }, (_, i) => `0x${(from + 7 * i).toString(16)}${(4e9 + 11 * i).toString(16)}`);
  const rule = (name: string, count: number, from: number) =>
    `  - action: { errno: EACCES }\n    syscalls: [${name}]\n    when: u64(arg2) in {${values(count, from).join(", ")}}\n    why: ${name}'s requests\n`;
  const text = `${policyText}${rule("ioctl", 900, 0x1000)}${rule("prctl", 600, 0x90000)}`;
  withFiles({ "p.yaml": text }, (folder) => {
    const { code, stderr } = seccat(["compile", "p.yaml", "-o", "p.bpf"], { cwd: folder });
    assert.is(code, 2);
    assert.match(
      stderr,
      /^p\.yaml: error: the program is longer than the kernel takes\n {2}expected: at most 4096 instructions\n {2}received: \d+\n {2}fix: /,
    );
    const told = stderr.split("\n").filter((line) => line.includes(" takes "));
    assert.match(
      told[0] ?? "",
      /^p\.yaml:12:5 \(rules\[3\]\): error: rule 4 \(ioctl: ioctl's requests\) takes \d+ instructions: without it there are \d+$/,
    );
    assert.match(
      told[1] ?? "",
      /^p\.yaml:16:5 \(rules\[4\]\): error: rule 5 \(prctl: prctl's requests\) takes /,
    );
    assert.equal(readdirSync(folder), ["p.yaml"]);
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
