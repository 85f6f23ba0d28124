import { suite } from "uvu";
import * as assert from "uvu/assert";
import { policyText } from "./policies.ts";
import { seccat } from "./seccat.ts";

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

/** Calls that are wrong, and all that is said about them. */
const bad: readonly (readonly [args: readonly string[], stderr: readonly string[]])[] = [
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
