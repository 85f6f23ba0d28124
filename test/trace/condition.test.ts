import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { argMeaning, argValueName, constant, type SyscallName, syscallArgs } from "../../arch/index.ts";
import { LogJudge } from "../../src/cli/judge.ts";
import { writePolicy } from "../../src/formats/index.ts";
import { compile } from "../../src/index.ts";
import type { Policy } from "../../src/policy/types.ts";
import { formatWhen } from "../../src/policy/when.ts";
import { type Learned, learn } from "../../src/trace/learn.ts";
import { readStrace } from "../../src/trace/reader.ts";
import { seedOf } from "../seed.ts";

const test = suite("trace/condition");
const seed = seedOf("trace/condition");

function learned(lines: readonly string[]): Learned {
  return learn(readStrace([lines.map((line) => `${line}\n`).join("")]), { native: "x86_64", args: true });
}

function whenOf({ rules }: Policy, call: string): string | undefined {
  const rule = rules.find(({ syscalls }) => syscalls.some((name) => name === call));
  assert.ok(rule, `${call} has no rule`);
  return rule.when && formatWhen(rule.when);
}

/** Calls as strace shows them, and the condition that they come to; undefined for none. */
const table: readonly (readonly [name: string, lines: readonly string[], when: string | undefined])[] = [
  ["one command", ["fcntl(3, F_GETFL) = 0"], "cmd == F_GETFL"],
  ["commands", ["fcntl(3, F_SETFD, FD_CLOEXEC) = 0", "fcntl(3, F_GETFL) = 0"], "cmd in {F_SETFD, F_GETFL}"],
  ["raw numbers", ["fcntl(0x3, 0x3) = 0", "fcntl(3, 2, 1) = 0"], "cmd in {F_SETFD, F_GETFL}"],
  ["numbers with strace's words", ["fcntl(0x3, 0x3 /* F_GETFL */) = 0"], "cmd == F_GETFL"],
  [
    "a domain and a type with flags",
    ["socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3", "socket(AF_UNIX, SOCK_DGRAM, 0) = 3"],
    "domain == AF_UNIX && type & ~SOCK_CLOEXEC in {SOCK_STREAM, SOCK_DGRAM}",
  ],
  [
    "flags",
    ['openat(AT_FDCWD, "a", O_RDONLY|O_CLOEXEC) = 3', 'openat(AT_FDCWD, "a", O_WRONLY|O_CREAT, 0666) = 3'],
    "flags & ~(O_WRONLY|O_CREAT|O_CLOEXEC) == 0",
  ],
  ["no flag at all", ["getrandom(0x1, 8, 0) = 8"], "flags == 0"],
  [
    "protection as it was seen",
    ["mprotect(0x1, 4096, PROT_READ|PROT_WRITE) = 0", "mprotect(0x1, 4096, PROT_READ|PROT_EXEC) = 0"],
    "prot in {PROT_READ|PROT_WRITE, PROT_READ|PROT_EXEC}",
  ],
  ["signals", ["kill(7, SIGTERM) = 0", "kill(7, 0) = 0"], "sig in {0, SIGTERM}"],
  ["libc's own signal", ["rt_sigaction(SIGRT_1, NULL, NULL, 8) = 0"], "signum == 33"],
  [
    "a futex operation with a flag",
    ["futex(0x1, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL, NULL, FUTEX_BITSET_MATCH_ANY) = 0"],
    "futex_op == FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME",
  ],
  [
    "named arguments",
    ["clone(child_stack=NULL, flags=CLONE_VM|SIGCHLD) = 8"],
    "flags & ~(SIGCHLD|CLONE_VM) == 0",
  ],
  ["a call that does not tell it", ["fcntl(3, F_GETFL) = 0", "fcntl(3, WHATEVER) = 0"], undefined],
  ["a call that was cut off", ["fcntl(3, F_GETFL) = 0", "fcntl(3,  <unfinished ...>"], undefined],
  ["descriptors and pointers", ["read(3, 0x7, 4) = 4", "read(3, 0x7, 4) = 4"], undefined],
];
for (const [name, lines, when] of table)
  test(`${name}: ${when ?? "no condition"}`, () => {
    assert.is(whenOf(learned(lines).policy, /^\w+/.exec(lines[0] ?? "")?.[0] ?? ""), when);
  });

test("more values than anybody would read are no condition, more flags are", () => {
  const many = Array.from({ length: 40 }, (_, i) => `ioctl(3, 0x${(i + 0x7000).toString(16)}, 0) = 0`);
  const { policy, report } = learned(many);
  assert.is(whenOf(policy, "ioctl"), undefined);
  assert.is(report.syscalls[0]?.args?.[0]?.values.length, 40);
  const open = Array.from({ length: 40 }, (_, i) => `open("a", ${i}) = 3`);
  assert.is(whenOf(learned(open).policy, "open"), "flags & ~63 == 0");
});

test("each condition says how often it was seen, and one run with one value is told", () => {
  const { policy, report } = learned([
    "fcntl(3, F_GETFL) = 0",
    "kill(7, 0) = 0",
    "kill(7, 0) = 0",
    "kill(7, 9) = 0",
  ]);
  assert.equal(
    policy.rules.map(({ why }) => why),
    ["seen once: cmd always F_GETFL", "seen 3 times: sig 0 2, SIGKILL 1"],
  );
  assert.equal(report.notes, [
    "seen with one value only, and in one run, so that others may be missing: fcntl cmd",
  ]);
});

/** Calls with arguments of every meaning: commands, flags, both, protection, signals. */
const calls: readonly SyscallName[] = [
  "fcntl",
  "openat",
  "socket",
  "mmap",
  "mprotect",
  "kill",
  "futex",
  "clone",
  "ioctl",
  "madvise",
  "prctl",
  "getrandom",
  "faccessat2",
];

/** An argument in some way that strace may show it. */
function shown(call: SyscallName, index: number): fc.Arbitrary<string> {
  const meaning = argMeaning("x86_64", call, index);
  if (!meaning) return fc.constantFrom("0", "0x7f00", "NULL", "3</tmp/a>", '"a\\n"', "-1");
  const names = meaning.names.filter((name) => constant("x86_64", name) !== undefined);
  const named = fc.subarray(names, { minLength: 1, maxLength: meaning.bits ? 3 : 1 });
  const value = (parts: readonly string[]) =>
    parts.reduce((all, name) => all | (constant("x86_64", name) ?? 0n), 0n) & 0xffffffffn;
  return fc.oneof(
    { weight: 6, arbitrary: named.map((parts) => parts.join("|")) },
    { weight: 3, arbitrary: named.map((parts) => `0x${value(parts).toString(16)}`) },
    { weight: 1, arbitrary: named.map((parts) => `0x${value(parts).toString(16)} /* ${parts.join("|")} */`) },
    { weight: 1, arbitrary: fc.nat(0x7fffffff).map(String) },
    { weight: 1, arbitrary: fc.constantFrom("0", "WHAT_EVER", "-1", "0xffffffffffffffff", "") },
  );
}

const line = fc.constantFrom(...calls).chain((call) => {
  const args = (syscallArgs("x86_64", call) ?? []).map((_, index) => shown(call, index));
  return fc
    .tuple(
      fc.tuple(...args),
      fc.nat(args.length),
      fc.constantFrom(") = 0", ") = -1 EINVAL (Bad)", " <unfinished ...>"),
    )
    .map(([texts, cut, end]) => `${call}(${(cut === 0 ? texts.slice(0, 2) : texts).join(", ")}${end}`);
});

test("what is learned compiles, and denies nothing of the log that it was learned from", () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 30 }), (lines) => {
      const { policy } = learned(lines);
      const judge = new LogJudge(compile(policy).program, "x86_64");
      for (const event of readStrace([lines.map((one) => `${one}\n`).join("")])) {
        if (event.kind !== "call") continue;
        const judged = judge.judge(event, undefined);
        assert.ok(
          "ret" in judged && judged.passes,
          `${event.name}(${event.args})\n${writePolicy(policy, "yaml")}`,
        );
      }
    }),
    { seed, numRuns: 300 },
  );
});

test("a value spelled in words and the same in numbers are learned alike", () => {
  for (const call of calls)
    syscallArgs("x86_64", call)?.forEach((arg, index) => {
      const meaning = argMeaning("x86_64", call, index);
      if (!meaning) return;
      const name = meaning.names.find((one) => (constant("x86_64", one) ?? 0n) > 0n) ?? "";
      const value = constant("x86_64", name) ?? 0n;
      const [words, number] = [name, String(value)].map((text) => {
        const args = (syscallArgs("x86_64", call) ?? []).map((_, i) => (i === index ? text : "0"));
        return writePolicy(learned([`${call}(${args.join(", ")}) = 0`]).policy, "yaml");
      });
      assert.is(words, number, `${call} ${arg.name} ${argValueName("x86_64", call, index, value)}`);
    });
});

test.run();
