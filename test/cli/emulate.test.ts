import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, seedOf } from "../seed.ts";
import { policyText } from "./policies.ts";
import { seccat, seccatArgs, withFiles } from "./seccat.ts";

const test = suite("seccat emulate");
const emulate = (...args: string[]) =>
  seccat(["emulate", "-", ...args, "--arch", "x86_64"], { input: policyText });

test("an allowed call exits 0, with the path to the verdict", () => {
  const { code, stdout, stderr } = emulate("read");
  assert.is(code, 0, stderr);
  assert.match(stdout, /^read\(fd=0, buf=0, count=0\) on x86_64: allow\nby rule 1 \(line 4\); the path/);
  assert.match(stdout, /\n {2}0000 +A = arch\n/);
  assert.match(stdout, /return ALLOW\n$/);
});

test("a denied call exits 1", () => {
  const { code, stdout } = emulate("execve");
  assert.is(code, 1);
  assert.match(stdout, /: kill_process\nby the default; /);
});

test("an errno exits 1 and is named", () => {
  const { code, stdout } = emulate("ptrace");
  assert.is(code, 1);
  assert.match(stdout, /: errno EPERM\nby rule 3 \(line 10\); /);
});

test("arguments are numbers, constants and sums of constants, and decide", () => {
  const verdict = (arg: string) => JSON.parse(emulate("fcntl", "3", arg, "--json").stdout).verdict;
  assert.is(verdict("3"), "allow");
  assert.is(verdict("0x3"), "allow");
  assert.is(verdict("F_GETFL"), "allow");
  assert.is(verdict("F_SETFD|1"), "allow");
  assert.is(verdict("F_GETFD"), "kill_process");
  assert.is(verdict("-1"), "kill_process");
  assert.is(verdict("0xffffffff00000003"), "allow", "the kernel reads 32 bits of cmd");
});

test("a negative argument is sign-extended", () => {
  assert.is(JSON.parse(emulate("read", "-1", "--json").stdout).args[0], "0xffffffffffffffff");
});

test("a call by number is the same as by name", () => {
  assert.is(JSON.parse(emulate("101", "--json").stdout).syscall, "ptrace");
  assert.is(emulate("0").code, 0);
});

test("--json has the verdict, the rule and every step", () => {
  const data = JSON.parse(emulate("fcntl", "3", "F_GETFL", "--json").stdout);
  assert.is(data.nr, 72);
  assert.is(data.rule, 2);
  assert.is(data.ret, 0x7fff0000);
  assert.is(data.steps[0].pc, 0);
  assert.is(data.steps.at(-1).a, 3);
});

test("another arch than the policy's is answered as such", () => {
  const { code, stdout } = seccat(["emulate", "-", "read", "--arch", "aarch64"], { input: policyText });
  assert.is(code, 1);
  assert.match(stdout, /on aarch64: kill_process\nas an arch that the policy does not list; /);
});

test("--ip is what the program sees", () => {
  const bytes = Buffer.from("20000000080000001500000134120000060000000000ff7f0600000000000000", "hex");
  assert.is(seccat(["emulate", "-", "read", "--arch", "x86_64", "--ip", "0x1234"], { input: bytes }).code, 0);
  assert.is(seccat(["emulate", "-", "read", "--arch", "x86_64", "--ip", "0x1235"], { input: bytes }).code, 1);
});

/** Emulates the lines of `input` with the policy. */
const stream = (input: string | Uint8Array, ...args: string[]) =>
  withFiles({ "p.yaml": policyText }, (cwd) =>
    seccat(["emulate", "p.yaml", "-", "--arch", "x86_64", ...args], { input, cwd }),
  );

/** Lines on standard input, and the answers to them. */
const answers: readonly (readonly [what: string, input: string, stdout: readonly string[], code: number])[] =
  [
    [
      "calls that pass exit 0",
      "read 3\nwrite 1 0x55aa 12\n0\n",
      ["1 read allow", "2 write allow", "3 read allow"],
      0,
    ],
    [
      "one that does not exits 1",
      "read\nexecve\n101",
      ["1 read allow", "2 execve kill_process", "3 ptrace errno EPERM"],
      1,
    ],
    [
      "blank lines and comments are counted, not answered",
      "\n# a comment\r\n\t close 3 \r\n",
      ["3 close allow"],
      0,
    ],
    ["a byte order mark is none of a name", "\ufeffread 3\n", ["1 read allow"], 0],
    [
      "arguments decide, as they do on the command line",
      "fcntl 3 3\nfcntl 3 0x3\nfcntl 3 F_SETFD|1\nfcntl 3 -1\nfcntl 3 0xffffffff00000003\nfcntl 3 4294967299\nfcntl 3 03",
      [
        "1 fcntl allow",
        "2 fcntl allow",
        "3 fcntl allow",
        "4 fcntl kill_process",
        "5 fcntl allow",
        "6 fcntl allow",
        "7 fcntl allow",
      ],
      1,
    ],
    [
      "a number without a name is shown as it is",
      "9999 1 2\n-1",
      ["1 9999 kill_process", "2 4294967295 kill_process"],
      1,
    ],
    [
      "strace's lines are calls, whatever stands before and behind them",
      '12:00:01 read(3</etc/passwd>, "x"..., 4096) = 1 <0.000004>\n[pid 7] execve("/bin/sh", ["sh"], 0x55 /* 3 vars */) = 0\n7 fcntl(3, F_GETFL) = 0x8002 (flags O_RDWR)\n--- SIGCHLD {si_signo=SIGCHLD} ---\n+++ exited with 0 +++\n',
      ["1 read allow", "2 execve kill_process", "3 fcntl allow"],
      1,
    ],
    [
      "a call that was interrupted is answered where it ends, with the line where it began",
      '5 read(3,  <unfinished ...>\n6 close(4) = 0\n5 <... read resumed>"x", 1) = 1\n',
      ["2 close allow", "1 read allow"],
      0,
    ],
    [
      "both sorts of lines can be mixed, and keep their numbers",
      "read 3\n\nclose(3) = 0\nwrite 1\n# x\nbrk(NULL) = 0x5\nbrk\n",
      ["1 read allow", "3 close allow", "4 write allow", "6 brk allow", "7 brk allow"],
      0,
    ],
  ];

for (const [what, input, stdout, code] of answers) {
  test(`on standard input: ${what}`, () => {
    const done = stream(input);
    assert.equal(
      done.stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.replaceAll("\t", " ")),
      stdout,
      done.stderr,
    );
    assert.is(done.code, code);
  });
}

test("a bad line is told with its number, the others are answered, and the exit code is 2", () => {
  const lines = [
    "read 3",
    "reed 3",
    "fcntl 3 F_GETF",
    "read 1 2 3 4 5 6 7",
    "read 0x1ffffffffffffffff",
    "(hello)",
    "close 3",
  ];
  const { code, stdout, stderr } = stream(lines.join("\n"));
  assert.is(code, 2);
  assert.is(stdout, "1\tread\tallow\n7\tclose\tallow\n");
  assert.equal(stderr.split("\n"), [
    "(standard input):2: error: unknown syscall reed",
    "  received: reed",
    "  fix: did you mean read?",
    "(standard input):3: error: x86_64 has no constant F_GETF",
    "  received: F_GETF",
    "  fix: did you mean F_GETFD?",
    "(standard input):4: error: a syscall has six arguments",
    "  expected: at most 6",
    "  received: 7",
    "(standard input):5: error: the value does not fit x86_64's registers",
    "  expected: 64 bits",
    "  received: 0x1ffffffffffffffff",
    "(standard input):6: error: this is neither a call nor a line of strace",
    "  received: (hello)",
    "2 calls: 2 allow",
    "5 lines not answered",
    "",
  ]);
});

test("of many bad lines all are counted and the first hundred told", () => {
  const { code, stdout, stderr } = stream(`${"reed\n".repeat(1000)}read\n`);
  assert.is(code, 2);
  assert.is(stdout, "1001\tread\tallow\n");
  assert.is(stderr.match(/unknown syscall reed/g)?.length, 100);
  assert.match(stderr, /\n1 call: 1 allow\n1000 lines not answered \(the first 100 are told above\)\n$/);
});

test("a verdict that hangs on what strace does not show is a problem, not a guess", () => {
  const policy = `default: kill_process
arches: [x86_64]
rules:
  - action: allow
    syscalls: [openat]
    when: flags & O_ACCMODE == O_RDONLY
  - action: allow
    syscalls: [clone]
    when: flags & CLONE_NEWUSER == 0
  - action: allow
    syscalls: [mprotect]
    when: ptr(addr) == 0
  - action: allow
    syscalls: [fcntl]
    when: cmd == F_GETFD || cmd == F_DUPFD && arg == 3
`;
  const log = `openat(AT_FDCWD, "/x", O_RDONLY|O_CLOEXEC) = 3
openat(AT_FDCWD</home>, "/x", O_WRONLY|O_CREAT, 0644) = 3
openat(AT_FDCWD, "/x", O_NEVER_HEARD_OF) = 3
clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f) = 5
clone(child_stack=NULL, flags=CLONE_NEWUSER|SIGCHLD) = 5
mprotect(NULL, 4096, PROT_NONE) = 0
mprotect([1], 4096, PROT_NONE) = 0
fcntl(3, F_GETFD) = 0
fcntl(3, F_DUPFD) = 0
fcntl(3, F_DUPFD, 3) = 3
`;
  withFiles({ "p.yaml": policy }, (cwd) => {
    const { code, stdout, stderr } = seccat(["emulate", "p.yaml", "-"], { input: log, cwd });
    assert.is(code, 2);
    const verdicts = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t").join(" "));
    assert.equal(verdicts, [
      "1 openat allow",
      "2 openat kill_process",
      "4 clone allow",
      "5 clone kill_process",
      "6 mprotect allow",
      "8 fcntl allow",
      "10 fcntl allow",
    ]);
    const told = [...stderr.matchAll(/:(\d+): error: the verdict depends on (\w+), whose/g)].map(
      ([, line, arg]) => `${line} ${arg}`,
    );
    assert.equal(told, ["3 flags", "7 addr", "9 arg"]);
  });
});

test("--json gives an object in each line, for bad ones too", () => {
  const { code, stdout } = stream('fcntl 3 0xffffffff00000003\nreed\nread(3, "x", 1) = 1\n9999\n', "--json");
  assert.is(code, 2);
  const [first, second, third, fourth] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(first, {
    line: 1,
    arch: "x86_64",
    nr: 72,
    syscall: "fcntl",
    args: ["0x3", "0xffffffff00000003", "0x0", "0x0", "0x0", "0x0"],
    action: "allow",
    data: null,
    verdict: "allow",
    ret: 0x7fff0000,
  });
  assert.equal(second, { line: 2, error: "unknown syscall reed" });
  assert.equal(third.args, ["0x3", null, "0x1", null, null, null]);
  assert.equal([fourth.nr, fourth.syscall, fourth.action], [9999, null, "kill_process"]);
});

test("one answer by one and the stream agree, on random calls", () => {
  const random = new Random(seedOf("cli/emulate"));
  const calls = Array.from({ length: 8 }, () => {
    const value = () =>
      random.pick([
        "0",
        "-1",
        "0x7",
        "F_GETFL",
        "F_SETFD|1",
        `${random.u32()}`,
        `0x${random.u32().toString(16)}0000`,
      ]);
    return [
      random.pick(["read", "fcntl", "ptrace", "execve", "72", "9999"]),
      ...Array.from({ length: random.below(7) }, value),
    ];
  });
  const lines = stream(calls.map((call) => call.join(" ")).join("\n"), "--json")
    .stdout.trimEnd()
    .split("\n");
  calls.forEach((call, i) => {
    const { steps: _, rule: __, ...alone } = JSON.parse(emulate(...call, "--json").stdout);
    const { line, ...streamed } = JSON.parse(lines[i] ?? "{}");
    assert.is(line, i + 1);
    assert.equal(streamed, alone, call.join(" "));
  });
});

test("--ip is what the program sees in every call of a stream", () => {
  const bytes = Buffer.from("20000000080000001500000134120000060000000000ff7f0600000000000000", "hex");
  withFiles({ "p.bpf": bytes }, (cwd) => {
    const code = (ip: string) =>
      seccat(["emulate", "p.bpf", "-", "--arch", "x86_64", "--ip", ip], { input: "read\n", cwd }).code;
    assert.is(code("0x1234"), 0);
    assert.is(code("0x1235"), 1);
  });
});

test("standard input may be a file of which somebody has read the beginning", () => {
  const lines = Array.from({ length: 40_000 }, (_, i) => (i % 2 ? "read 0 0 0" : "ptrace"));
  withFiles({ "cat.yaml": policyText, calls: `# not for us\n${lines.join("\n")}\n` }, (folder) => {
    const fd = openSync(join(folder, "calls"), "r");
    readSync(fd, Buffer.alloc(13));
    const args = [...seccatArgs, "emulate", join(folder, "cat.yaml"), "-", "--arch", "x86_64"];
    const done = spawnSync(process.execPath, args, { stdio: [fd, "pipe", "pipe"], encoding: "utf8" });
    closeSync(fd);
    assert.is(done.stderr, "40000 calls: 20000 errno EPERM, 20000 allow\n");
    const answered = done.stdout.split("\n");
    assert.equal([answered[0], answered[39_999]], ["1\tptrace\terrno EPERM", "40000\tread\tallow"]);
  });
});

test("a folder on standard input is refused", () => {
  withFiles({ "cat.yaml": policyText }, (folder) => {
    const fd = openSync(folder, "r");
    const args = [...seccatArgs, "emulate", join(folder, "cat.yaml"), "-"];
    const done = spawnSync(process.execPath, args, { stdio: [fd, "pipe", "pipe"], encoding: "utf8" });
    closeSync(fd);
    assert.is(done.status, 2);
    assert.match(done.stderr, /^seccat: error: cannot read \(standard input\): .*directory\n$/);
  });
});

test("a reader that leaves early ends it without a word", () => {
  withFiles({ "p.yaml": policyText }, (cwd) => {
    const quoted = [process.execPath, ...seccatArgs]
      .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
      .join(" ");
    const line = `yes 'read 3' | { timeout 60 ${quoted} emulate p.yaml - ; echo "code $?" >&2; } | head -n 2`;
    const { stdout, stderr } = spawnSync("sh", ["-c", line], { cwd, encoding: "utf8", timeout: 60_000 });
    assert.is(stdout, "1\tread\tallow\n2\tread\tallow\n");
    assert.is(stderr, "code 0\n");
  });
});

test("a line without an end is refused, and the memory stays small", () => {
  withFiles({ "p.yaml": policyText }, (cwd) => {
    const quoted = [process.execPath, "--max-old-space-size=64", ...seccatArgs]
      .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
      .join(" ");
    const line = `{ head -c 300000000 /dev/zero | tr '\\0' 'a'; printf '\\nread 3\\n'; yes 'read 3' | head -n 2000000; } | ${quoted} emulate p.yaml - | tail -n 1`;
    const { stdout, stderr } = spawnSync("sh", ["-c", line], { cwd, encoding: "utf8", timeout: 120_000 });
    assert.is(stdout, "2000002\tread\tallow\n");
    assert.match(
      stderr,
      /^\(standard input\):1: error: the line is too long\n {2}expected: at most 1048576 bytes\n/,
    );
    assert.match(stderr, /\n2000001 calls: 2000001 allow\n1 line not answered\n$/);
  });
});

/** Streams that are called wrongly. */
const wrong: readonly (readonly [args: readonly string[], input: string, stderr: RegExp])[] = [
  [["-", "-"], policyText, /standard input cannot be the filter and the calls/],
  [["p.yaml", "-", "3"], "read", /the arguments stand behind the calls/],
  [["p.yaml", "-"], "", /^seccat: error: there is no call on standard input\n {2}expected: calls such as /],
  [["p.yaml", "-"], "# nothing\n", /^seccat: error: there is no call on standard input\n/],
];

for (const [args, input, stderr] of wrong) {
  test(`emulate ${args.join(" ")} with ${JSON.stringify(input.slice(0, 12))} on stdin exits 2`, () => {
    const done = withFiles({ "p.yaml": policyText }, (cwd) => seccat(["emulate", ...args], { input, cwd }));
    assert.is(done.code, 2);
    assert.is(done.stdout, "");
    assert.match(done.stderr, stderr);
  });
}

/** Calls that are wrong, and all that is said about them. */
const bad: readonly (readonly [args: readonly string[], stderr: readonly string[]])[] = [
  [
    ["@file-system"],
    [
      "seccat: error: unknown syscall @file-system",
      "  received: @file-system",
      "  fix: name the calls one by one: a group is many",
    ],
  ],
  [["reed"], ["seccat: error: unknown syscall reed", "  received: reed", "  fix: did you mean read?"]],
  [
    ["fcntl", "3", "F_GETF"],
    ["seccat: error: x86_64 has no constant F_GETF", "  received: F_GETF", "  fix: did you mean F_GETFD?"],
  ],
  [
    ["read", "1", "2", "3", "4", "5", "6", "7"],
    ["seccat: error: a syscall has six arguments", "  expected: at most 6", "  received: 7"],
  ],
  [
    ["read", "0x1ffffffffffffffff"],
    [
      "seccat: error: the value does not fit x86_64's registers",
      "  expected: 64 bits",
      "  received: 0x1ffffffffffffffff",
    ],
  ],
  [
    ["read", "--ip", "here"],
    ["seccat: error: --ip is no address", "  expected: 0..2^64-1, decimal or 0x…", "  received: here"],
  ],
];

for (const [args, expected] of bad) {
  test(`emulate FILTER ${args.join(" ")} is refused with exit code 2`, () => {
    const { code, stdout, stderr } = emulate(...args);
    assert.is(code, 2);
    assert.is(stdout, "");
    assert.equal(stderr.split("\n"), [...expected, ""]);
  });
}

test.run();
