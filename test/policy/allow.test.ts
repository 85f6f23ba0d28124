import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi as factsOf, type SyscallName, syscallNr } from "../../arch/index.ts";
import type { SeccompData } from "../../src/abi/data.ts";
import { yamlRuleLine } from "../../src/formats/index.ts";
import { type Allowance, allowanceFor, tellingShape } from "../../src/policy/allow.ts";
import { allow, deny, policy } from "../../src/policy/builder.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { lint } from "../../src/policy/lint.ts";
import type { Policy } from "../../src/policy/types.ts";
import { widen, wideningFor } from "../../src/policy/widen.ts";
import { Random, seedOf } from "../seed.ts";
import { randomCalls, randomPolicy } from "./random.ts";

const allowing = suite("policy/allow");

const head = { default: "kill_process", arches: ["x86_64", "aarch64"] } as const;
const own = (rules: Parameters<typeof policy>[1]) => policy(head, rules);

function data(name: SyscallName, ...args: (number | bigint)[]): SeccompData {
  const nr = syscallNr("x86_64", name) ?? -1;
  const registers = Array.from({ length: 6 }, (_, i) => BigInt.asUintN(64, BigInt(args[i] ?? 0)));
  return { arch: factsOf("x86_64").auditArch, nr, args: registers };
}

const said = (from: Policy, call: SeccompData) => {
  const found = allowanceFor(from, call);
  return found.kind === "rule" ? `${found.at}: ${yamlRuleLine(found.rule)}` : found.why;
};

const cases: readonly (readonly [what: string, from: Policy, call: SeccompData, expected: string])[] = [
  [
    "a call whose arguments are all pointers and descriptors is allowed as it is",
    own([allow("read")]),
    data("fchdir", 3),
    "1: - { action: allow, syscalls: [fchdir] }",
  ],
  [
    "commands and flags are looked at, by their names",
    own([]),
    data("fcntl", 3, 4n, 0x800),
    "0: - { action: allow, syscalls: [fcntl], when: cmd == F_SETFL }",
  ],
  [
    "what lies above an int does not matter",
    own([]),
    data("fcntl", 3, 0x9_0000_0004n),
    "0: - { action: allow, syscalls: [fcntl], when: cmd == F_SETFL }",
  ],
  [
    "several tests must all hold",
    own([]),
    data("socket", 2, 0x80001, 6),
    "0: - { action: allow, syscalls: [socket], when: domain == AF_INET && type == SOCK_STREAM|SOCK_CLOEXEC && protocol == 6 }",
  ],
  [
    "a number without a name stays a number",
    own([]),
    data("ioctl", 0, 0xdeadbeefn),
    "0: - { action: allow, syscalls: [ioctl], when: request == 0xdeadbeef }",
  ],
  [
    "the rule goes before the one that denies",
    own([allow("read"), deny("EPERM", "kill", "mkdir"), allow("write")]),
    data("kill", 1, 9),
    "1: - { action: allow, syscalls: [kill], when: sig == SIGKILL }",
  ],
  [
    "an argument that the policy looks at is looked at",
    own([allow("mmap").if("length <= 0x1000")]),
    data("mmap", 0, 0x2000, 1, 2, -1),
    "1: - { action: allow, syscalls: [mmap], when: length == 0x2000 && prot == PROT_READ && flags == MAP_PRIVATE }",
  ],
  [
    "a pointer that the policy looks at is only ever null or not",
    own([allow("chdir").if("ptr(path) == 0")]),
    data("chdir", 0x7ffd0000),
    "1: - { action: allow, syscalls: [chdir], when: ptr(path) != 0 }",
  ],
  [
    "the mode of chmod means something, that of mkdir does not",
    own([]),
    data("fchmod", 3, 0o4755),
    "0: - { action: allow, syscalls: [fchmod], when: mode == S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IRWXU|S_ISUID }",
  ],
  ["mkdir's mode", own([]), data("mkdir", 0x7ffd0000, 0o755), "0: - { action: allow, syscalls: [mkdir] }"],
  [
    "a constant that another listed arch lacks is said as a number",
    own([]),
    data("mmap", 0, 1, 1, 0x42),
    "0: - { action: allow, syscalls: [mmap], when: prot == PROT_READ && flags == 66 }",
  ],
  [
    "an arch that is not listed cannot be allowed by a rule",
    own([]),
    { ...data("read"), arch: factsOf("x86").auditArch },
    "the policy does not list x86: add it to arches",
  ],
  [
    "no ABI at all",
    own([]),
    { ...data("read"), arch: 1 },
    "no architecture in the tables makes calls like this",
  ],
  [
    "a number without a name, where it may be another call elsewhere",
    own([]),
    { ...data("read"), nr: 9999 },
    "call 9999 has no name, and its number may be another call on the other arches",
  ],
  [
    "a number without a name, on one arch",
    policy({ default: "kill_process", arches: ["x86_64"] }, []),
    { ...data("read"), nr: 9999 },
    "0: - { action: allow, syscalls: [9999] }",
  ],
];

for (const [what, from, call, expected] of cases)
  allowing(what, () => {
    assert.is(said(from, call), expected);
  });

allowing(
  "calls are told apart as rules could: not by pointers but for null, nor by bits that nobody reads",
  () => {
    const { arch, nr } = data("fcntl");
    const abi = "x86_64";
    assert.is(arch, factsOf(abi).auditArch);
    const fcntl = tellingShape([], abi, nr);
    assert.is(fcntl([3n, 4n, 5n]), fcntl([9n, 0x7_0000_0004n, 6n]));
    assert.is.not(fcntl([3n, 4n, 5n]), fcntl([3n, 3n, 5n]));
    const chdir = tellingShape([own([allow("chdir").if("ptr(path) == 0")])], abi, data("chdir").nr);
    assert.is(chdir([0x1000n]), chdir([0x2000n]));
    assert.is.not(chdir([0x1000n]), chdir([0n]));
  },
);

const joins: readonly (readonly [
  what: string,
  from: Policy,
  calls: readonly SeccompData[],
  rules: readonly string[],
])[] = [
  [
    "calls without conditions share a rule",
    own([allow("read")]),
    [data("mkdir"), data("rmdir"), data("mkdir")],
    ["allow, syscalls: [read]", "allow, syscalls: [mkdir, rmdir]"],
  ],
  [
    "values of one argument become a set",
    own([]),
    [data("fcntl", 0, 3), data("fcntl", 0, 4), data("fcntl", 1, 3)],
    ['allow, syscalls: [fcntl], when: "cmd in {F_GETFL, F_SETFL}"'],
  ],
  [
    "where one of several arguments differs, it alone becomes a set",
    own([]),
    [data("socket", 1, 1), data("socket", 2, 1)],
    [
      'allow, syscalls: [socket], when: "domain in {AF_UNIX, AF_INET} && type == SOCK_STREAM && protocol == 0"',
    ],
  ],
  [
    "where more differ, the combinations are told apart",
    own([]),
    [data("socket", 1, 1), data("socket", 2, 2)],
    [
      "allow, syscalls: [socket], when: (domain == AF_UNIX && type == SOCK_STREAM && protocol == 0) || (domain == AF_INET && type == SOCK_DGRAM && protocol == 0)",
    ],
  ],
  [
    "a name that is allowed now leaves the rule that denied it",
    own([deny("EPERM", "mkdir", "rmdir")]),
    [data("mkdir")],
    ["allow, syscalls: [mkdir]", "{ errno: EPERM }, syscalls: [rmdir]"],
  ],
  [
    "a rule that denied nothing else goes, since one that never matches is an error",
    own([deny("EPERM", "mkdir"), deny("EACCES", "ioctl").if("request == TIOCSTI"), allow("read")]),
    [data("mkdir"), data("ioctl", 0, 0x5412)],
    [
      "allow, syscalls: [mkdir]",
      "allow, syscalls: [ioctl], when: request == TIOCSTI",
      "allow, syscalls: [read]",
    ],
  ],
  [
    "a group keeps its name",
    own([deny("EPERM", "@mount")]),
    [data("chroot")],
    ["allow, syscalls: [chroot]", '{ errno: EPERM }, syscalls: ["@mount"]'],
  ],
];

for (const [what, from, calls, rules] of joins)
  allowing(what, () => {
    const widened = widen(from, wideningFor(from, allowancesOf(from, calls)));
    assert.equal(
      widened.rules.map(yamlRuleLine),
      rules.map((rule) => `- { action: ${rule} }`),
    );
    for (const call of calls) assert.is(evaluate(widened, call).action.kind, "allow");
    assert.equal(
      lint(widened).filter(({ severity }) => severity === "error"),
      [],
    );
  });

function allowancesOf(from: Policy, calls: readonly SeccompData[]): Allowance[] {
  return calls.flatMap((call) => {
    const found = allowanceFor(from, call);
    return found.kind === "rule" ? [found] : [];
  });
}

const count = process.env.SECCAT_LONG === "1" ? 3000 : 300;

allowing(
  `${count} random policies: what was denied is allowed then, and no other call but to allow it`,
  () => {
    const random = new Random(seedOf("policy/allow"));
    let allowed = 0;
    for (let i = 0; i < count; i++) {
      const from = randomPolicy(random);
      const next = randomCalls(random, from);
      const denied = Array.from({ length: 12 }, next).filter(
        (call) => !/^(allow|log)$/.test(evaluate(from, call).action.kind),
      );
      const able = denied.filter((call) => allowanceFor(from, call).kind === "rule");
      const widened = widen(from, wideningFor(from, allowancesOf(from, able)));
      for (const call of able) {
        allowed++;
        assert.is(evaluate(widened, call).action.kind, "allow");
      }
      for (let j = 0; j < 60; j++) {
        const call = next();
        const [before, after] = [evaluate(from, call).ret, evaluate(widened, call)];
        assert.ok(after.action.kind === "allow" || after.ret === before, `seed as said, policy ${i}`);
      }
    }
    assert.ok(allowed > count, `only ${allowed} calls were denied and could be allowed`);
  },
);

allowing.run();
