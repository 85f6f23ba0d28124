import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encode } from "../../src/bpf/codec.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { policyText } from "./policies.ts";
import { type Ended, seccat, withFiles } from "./seccat.ts";

const test = suite("seccat diff");

const bytes = (...lines: string[]) => encode(assembleProgram(lines.join("\n")));
const product = ["ld [16]", "tax", "ld [24]", "mul x", "tax", "ld [32]", "mul x"];
const end = ["ret #0x80000000", "a: ret #0x7fff0000"];

const changed = policyText
  .replace("F_SETFD}", "F_SETFD, F_SETFL}")
  .replace("exit_group]", "exit_group, clone, execve]")
  .replace("[x86_64]", "[x86_64, aarch64]")
  .replace("EPERM", "EACCES")
  .replace(
    "rules:",
    "rules:\n  - action: allow\n    syscalls: [unshare]\n    when: flags & (CLONE_NEWUSER|CLONE_NEWNET) == 0",
  );
const files = {
  "p.yaml": policyText.replace("[x86_64]", "[x86_64, aarch64]"),
  "changed.yaml": changed,
  "product77.bpf": bytes(...product, "jeq #77, a", ...end),
  "again77.bpf": bytes("ld #0", ...product, "jeq #77, a", ...end),
  "product78.bpf": bytes(...product, "jeq #78, a", ...end),
  "sum.bpf": bytes("ld [16]", "tax", "ld [24]", "add x", "jeq #7, a", ...end),
  "kill.bpf": bytes("ret #0x80000000"),
  "allow.bpf": bytes("ret #0x7fff0000"),
};

function diff(...args: string[]): Ended {
  return withFiles(files, (cwd) => seccat(["diff", ...args], { cwd }));
}

test("differences are sentences, by arch and call, with one example each", () => {
  const { code, stdout, stderr } = diff("p.yaml", "changed.yaml");
  assert.is(stderr, "");
  assert.is(code, 1);
  assert.is(
    stdout,
    `A  p.yaml: a policy of 3 rules
B  changed.yaml: a policy of 4 rules

x86_64, aarch64
  clone, execve
    A kills the process, B allows; e.g. clone(flags=0, stack=0, parent_tid=0, child_tid=0, tls=0)
  fcntl
    when cmd == F_SETFL: A kills the process, B allows; e.g. fcntl(fd=0, cmd=F_SETFL, arg=0)
  ptrace
    A denies with EPERM, B denies with EACCES; e.g. ptrace(request=PTRACE_TRACEME, pid=0, addr=0,
      data=0)
  unshare
    when flags & (CLONE_NEWUSER|CLONE_NEWNET) == 0: A kills the process, B allows; e.g.
      unshare(flags=0)

4 differences
`,
  );
});

test("no differences: exit code 0", () => {
  const { code, stdout } = diff("p.yaml", "p.yaml");
  assert.is(code, 0);
  assert.match(stdout, /\n\nno differences\n$/);
});

test("--refines tells only where A is more permissive", () => {
  assert.match(
    diff("p.yaml", "changed.yaml", "--refines").stdout,
    /\n\nA is nowhere more permissive than B\n$/,
  );
  const { code, stdout } = diff("changed.yaml", "p.yaml", "--refines");
  assert.is(code, 1);
  assert.match(stdout, /\n\n3 differences\n$/);
  assert.not.match(stdout, /ptrace/);
});

test("--arch keeps to the arches asked about", () => {
  assert.match(diff("p.yaml", "changed.yaml", "--arch", "aarch64").stdout, /\n\naarch64\n/);
  assert.is(diff("p.yaml", "changed.yaml", "--arch", "x32,ppc").code, 0);
});

test("--limit says how many more there are, and the exit code stays", () => {
  const { code, stdout } = diff("p.yaml", "changed.yaml", "--limit", "1");
  assert.is(code, 1);
  assert.match(stdout, /clone, execve/);
  assert.not.match(stdout, /fcntl/);
  assert.match(stdout, /\nand 3 more differences\n\n4 differences\n$/);
});

test("filters for all arches are compared on all of them", () => {
  const { code, stdout } = diff("kill.bpf", "allow.bpf");
  assert.is(code, 1);
  assert.match(
    stdout,
    /\n\nevery arch\n {2}every call\n {4}A kills the process, B allows; e\.g\. read\(fd=0, buf=0, count=0\)\n\n1 difference\n$/,
  );
});

test("a condition on several words at once is told to be one", () => {
  const { code, stdout } = diff("kill.bpf", "sum.bpf", "--arch", "x86_64");
  assert.is(code, 1);
  assert.match(stdout, /for some of these, by a condition on several words at once: A kills/);
});

test("--exact tells the numbers returned", () => {
  const { stdout } = diff("kill.bpf", "allow.bpf", "--exact", "--arch", "x86");
  assert.match(stdout, /A returns 0x80000000 \(kills the process\), B returns 0x7fff0000 \(allows\)/);
});

test("nothing found and something open: exit code 3, with the instruction", () => {
  const { code, stdout } = diff("product77.bpf", "again77.bpf");
  assert.is(code, 3);
  assert.match(
    stdout,
    /\nNot everything was compared:\n {2}A {2}product77\.bpf, instruction 0003: A \*= X\n/,
  );
  assert.match(stdout, /\n {5}open: every call on every arch; such as read\(/);
  assert.match(stdout, /\n\nno difference was found\n$/);
});

test("a difference in an open part that a trial finds is told: exit code 1", () => {
  const { code, stdout } = diff("product77.bpf", "product78.bpf");
  assert.is(code, 1);
  assert.match(
    stdout,
    /Among what was not compared they differ, as a trial shows: on x86_64, A allows, B kills/,
  );
  const data = JSON.parse(diff("product77.bpf", "product78.bpf", "--json").stdout);
  assert.is.not(data.tried.a.ret, data.tried.b.ret);
});

test("--json has sentences, groups, conditions and witnesses", () => {
  const { code, stdout } = diff("p.yaml", "changed.yaml", "--json");
  assert.is(code, 1);
  const data = JSON.parse(stdout);
  assert.equal(data.sections[0].differences[1], {
    calls: ["fcntl"],
    sentences: [
      {
        when: "when cmd == F_SETFL",
        a: "kills the process",
        b: "allows",
        example: "fcntl(fd=0, cmd=F_SETFL, arg=0)",
      },
    ],
  });
  assert.is(data.groups.length, 8);
  const [first] = data.groups[0].cases;
  assert.equal([first.a, first.b], [0x80000000, 0x7fff0000]);
  assert.is(first.witness.b.layers[0].where.file, "changed.yaml");
  assert.equal(data.open, []);
});

for (const [args, expected] of [
  [["p.yaml", "p.yaml", "--limit", "-1"], "seccat: error: --limit is no number that can be used"],
  [["p.yaml"], "seccat: error: B is missing"],
] as const)
  test(`diff ${args.join(" ")} is refused with exit code 2`, () => {
    const { code, stderr } = diff(...args);
    assert.is(code, 2);
    assert.is(stderr.split("\n")[0], expected);
  });

test.run();
