import { suite } from "uvu";
import * as assert from "uvu/assert";
import { policyText } from "./policies.ts";
import { seccat } from "./seccat.ts";

const test = suite("seccat explain");

test("it tells, arch by arch, which call gets which action, and under what conditions", () => {
  const { code, stdout, stderr } = seccat(["explain", "-"], { input: policyText });
  assert.is(code, 0, stderr);
  assert.is(
    stdout.replace(/^.*\n/, ""),
    `
x86_64 (AUDIT_ARCH_X86_64)
  allow (5 calls)
    read, write, close, brk, exit_group
  errno EPERM
    ptrace
  fcntl
    allow when cmd in {2, 3}
    kill_process otherwise
  every other call
    kill_process

x32 (AUDIT_ARCH_X86_64)
  every call
    kill_process

every other arch
  kill_process
`,
  );
});

test("--arch keeps to the arches asked for", () => {
  const { stdout } = seccat(["explain", "-", "--arch", "x86_64"], { input: policyText });
  assert.not.match(stdout, /^x32/m);
});

test("--json has the same in data", () => {
  const data = JSON.parse(seccat(["explain", "-", "--json"], { input: policyText }).stdout);
  assert.ok(data.complete);
  assert.is(data.arches[0].arch, "x86_64");
  assert.equal(data.arches[0].groups[0], {
    cases: [{ when: [], verdict: "allow" }],
    syscalls: ["read", "write", "close", "brk", "exit_group"],
    numbers: [],
  });
  assert.equal(data.others, [{ when: [], verdict: "kill_process" }]);
});

test("a program that does not look at the arch is told to be one", () => {
  const program = Buffer.from("060000000000ff7f", "hex");
  const { code, stdout } = seccat(["explain", "-", "--arch", "x86_64"], { input: program });
  assert.is(code, 0);
  assert.match(stdout, /The program does not look at the arch/);
});

test.run();
