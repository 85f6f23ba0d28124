import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assemble } from "../../src/bpf/assemble.ts";
import { check } from "../../src/bpf/check.ts";
import { allow, deny, policy, rule } from "../../src/policy/builder.ts";
import { ExpectationError, expect } from "../../src/testing/expect.ts";

const testing = suite("testing/expect");

const child = policy({ default: "kill_process", arches: ["x86_64", "aarch64"] }, [
  allow("read", "write"),
  allow("socket").if("domain == AF_UNIX"),
  deny("EPERM", "ptrace"),
  rule({ trap: 5 }, "mount"),
  rule("log", "getpid"),
]);

testing("met expectations return the same chain", () => {
  expect(child, "x86_64")
    .allows("read")
    .allows("getpid")
    .allows("socket", ["AF_UNIX", "SOCK_STREAM|SOCK_CLOEXEC"])
    .allows("socket", { domain: 1 })
    .denies("execve")
    .denies("execve", { action: "kill_process" })
    .denies("ptrace", { errno: "EPERM" })
    .denies("ptrace", { errno: 1 })
    .denies("socket", { args: ["AF_INET"], action: "kill_process" })
    .gives("trap 5", "mount")
    .gives("trap", "mount")
    .gives("log", "getpid")
    .gives("errno EPERM", "ptrace")
    .on("aarch64")
    .allows("read")
    .denies("ptrace", { errno: "EPERM" })
    .on("riscv64")
    .denies("read", { action: "kill_process" });
});

const unmet: readonly (readonly [string, () => unknown, expected: string, actual: string])[] = [
  ["allows a denied call", () => expect(child, "x86_64").allows("execve"), "allow", "kill_process"],
  ["denies an allowed call", () => expect(child, "x86_64").denies("read"), "a denial", "allow"],
  ["denies a logged call", () => expect(child, "x86_64").denies("getpid"), "a denial", "log"],
  [
    "denies with another errno",
    () => expect(child, "x86_64").denies("ptrace", { errno: "EACCES" }),
    "errno EACCES",
    "errno EPERM",
  ],
  [
    "denies with another action",
    () => expect(child, "x86_64").denies("ptrace", { action: "kill_process" }),
    "kill_process",
    "errno EPERM",
  ],
  ["gives other data", () => expect(child, "x86_64").gives("trap 6", "mount"), "trap 6", "trap 5"],
  ["gives allow where it logs", () => expect(child, "x86_64").gives("allow", "getpid"), "allow", "log"],
];
for (const [sentence, make, expected, actual] of unmet) {
  testing(`throws when it ${sentence}, with both sides and the way through the program`, () => {
    try {
      make();
    } catch (error) {
      assert.instance(error, ExpectationError);
      if (!(error instanceof ExpectationError)) return;
      assert.is(error.code, "ERR_ASSERTION");
      assert.is(error.expected, expected);
      assert.is(error.actual, actual);
      assert.match(
        error.message,
        /on x86_64: expected .*, got .*\n {2}(by|as) .*\n(.*\n)? {2}0000 {2}A = arch/,
      );
      assert.match(error.path, /return /);
      return;
    }
    assert.unreachable("it did not throw");
  });
}

testing("a stack gives the strongest answer, the newest on a tie", () => {
  const outer = policy({ default: "allow", arches: ["x86_64"] }, [
    deny("EPERM", "read"),
    deny("EACCES", "write"),
  ]);
  const inner = policy({ default: "allow", arches: ["x86_64"] }, [
    deny("EBUSY", "write"),
    rule("log", "read"),
  ]);
  expect([inner, outer], "x86_64").gives("errno EPERM", "read").gives("errno EBUSY", "write").allows("open");
  expect([outer, inner], "x86_64").gives("errno EACCES", "write");
  expect([], "x86_64").allows("reboot");
});

testing("programs of any origin can be asked", () => {
  const program = check(assemble("ld nr\njeq #39, no, yes\nno: ret ERRNO(13)\nyes: ret ALLOW"), "little");
  expect(program, "x86_64").denies("getpid", { errno: "EACCES" }).allows("getppid").allows(99_999);
});

testing("names what does not exist, with the nearest name", () => {
  // @ts-expect-error: a misspelt call does not compile either
  assert.throws(() => expect(child, "x86_64").allows("raed"), /unknown syscall raed/);
  assert.throws(() => expect(child, "x86_64").allows("socket", { domian: 1 }), /no argument named domian/);
  assert.throws(() => expect(child, "x86_64").allows("socket", ["AF_UNIXX"]), /no constant AF_UNIXX/);
  assert.throws(() => expect(child, "x86_64").denies("ptrace", { errno: "EPRM" }), /unknown errno EPRM/);
  assert.throws(() => expect(child, "x86_65" as never), /unknown arch x86_65/);
  assert.throws(() => expect(child, "aarch64").allows("open"), /aarch64 has no syscall open/);
  assert.throws(() => expect(child, "x86_64").allows("read", [1, 2, 3, 4, 5, 6, 7]), /six arguments/);
});

testing("a policy of both byte orders is compiled for the one asked about", () => {
  const both = policy({ default: "kill_process", arches: ["x86_64", "s390x"] }, [
    allow("read").if("count < 5"),
  ]);
  expect(both, "x86_64")
    .allows("read", [0, 0, 4])
    .denies("read", { args: [0, 0, 5] });
  expect(both, "s390x")
    .allows("read", [0, 0, 4])
    .denies("read", { args: [0, 0, 5n << 32n] });
});

testing.run();
