import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Issue, SeccatError } from "../../src/abi/error.ts";
import { allow, deny, type PolicyHead, policy, rule } from "../../src/policy/builder.ts";
import { lint } from "../../src/policy/lint.ts";
import { resolve } from "../../src/policy/resolve.ts";
import type { Policy, Rule } from "../../src/policy/types.ts";

const linting = suite("policy/lint");
const head: PolicyHead = { default: "kill_process", arches: ["x86_64"] };

function issuesOf(make: () => unknown): readonly Issue[] {
  try {
    make();
  } catch (error) {
    if (error instanceof SeccatError) return error.issues;
    throw error;
  }
  return [];
}

const dead: readonly (readonly [sentence: string, rules: readonly Rule[], message: string])[] = [
  [
    "a condition that contradicts itself",
    [allow("read").if("fd == 1 && fd == 2")],
    "the rule can never match: its condition contradicts itself",
  ],
  [
    "a masked value with bits outside the mask",
    [allow("open").if("flags & 0xf0 == 1")],
    "the rule can never match: its condition contradicts itself",
  ],
  [
    "a number below zero, unsigned",
    [allow("read").if("fd < 0")],
    "the rule can never match: its condition contradicts itself",
  ],
  [
    "a rule behind one without a condition",
    [deny("EPERM", "read"), allow("read").if("fd == 0")],
    "the rule can never match: rule 1 before it takes all of its calls",
  ],
  [
    "a rule that two before it cover together",
    [allow("read").if("fd < 10"), deny("EPERM", "read").if("fd >= 5"), deny("EACCES", "read")],
    "the rule can never match: rules 1, 2 before it take all of its calls",
  ],
  [
    "a group that the listed arches lack",
    [allow("read"), allow(999_999).if("arg0 == 1 && arg0 == 2")],
    "the rule can never match: its condition contradicts itself",
  ],
];
for (const [sentence, rules, message] of dead) {
  linting(`refuses ${sentence}`, () => {
    const issues = issuesOf(() => policy(head, rules));
    assert.is(issues.length, 1);
    assert.is(issues[0]?.message, message);
    assert.is(issues[0]?.where?.path, `rules[${rules.length - 1}]`);
  });
  linting(`only warns of ${sentence} in an imported profile`, () => {
    const imported: Policy = { imported: true, arches: ["x86_64"], default: { kind: "allow" }, rules };
    const findings = lint(imported).filter(({ severity }) => severity === "error");
    assert.equal(findings, []);
    assert.ok(lint(imported).some((finding) => finding.message === message));
  });
}

linting("accepts a rule that the ones before it leave something of", () => {
  const made = policy(head, [
    allow("read").if("fd < 10"),
    deny("EPERM", "read").if("fd > 10"),
    deny("EACCES", "read"),
  ]);
  assert.equal(lint(made), []);
});

linting("warns of a written name that is decided already, while the rule's others are not", () => {
  const made = policy(head, [allow("read"), deny("EPERM", "read", "write")]);
  assert.equal(
    lint(made).map(({ message, severity }) => [severity, message]),
    [["warning", "read is decided before this rule: rule 1 before it takes all of its calls"]],
  );
});

linting("says nothing of members of a group that are decided already", () => {
  assert.equal(lint(policy(head, [deny("EPERM", "mount"), allow("@mount")])), []);
});

linting("warns of a name that one listed arch lacks", () => {
  const made = policy({ ...head, arches: ["x86_64", "aarch64", "riscv64"] }, [allow("open", "openat")]);
  assert.equal(
    lint(made).map(({ message }) => message),
    ["open does not exist on aarch64, riscv64; the rule is left out there"],
  );
});

const warnings: readonly (readonly [
  sentence: string,
  head: Partial<PolicyHead>,
  rules: readonly Rule[],
  message: string,
])[] = [
  [
    "a written number that is decided already",
    {},
    [deny("EPERM", "read"), deny("EACCES", 0, "write")],
    "read is decided before this rule: rule 1 before it takes all of its calls",
  ],
  [
    "another spelling of a name that is decided already",
    {},
    [deny("EPERM", "pread64"), deny("EACCES", "pread" as never, "write")],
    "pread64 is decided before this rule: rule 1 before it takes all of its calls",
  ],
  [
    "a condition that one arch's registers are too narrow for, with the arch",
    { arches: ["x86_64", "x86"] },
    [deny("EPERM", "read").if("count == 0x100000005")],
    "the condition can never hold for read (on x86)",
  ],
  [
    "a policy for a kernel beyond the tables",
    { kernel: "99.0" },
    [allow("read")],
    "the tables end at Linux 7.2: calls that came since are not known here, and count as newer ones",
  ],
  [
    "riscv32, whose calls a 64-bit kernel reports as another arch's",
    { arches: ["riscv32"] },
    [allow("read")],
    "a 64-bit kernel reports the calls of riscv32 programs as riscv64's, with riscv32's numbers: this policy's riscv32 is for 32-bit kernels alone",
  ],
];
for (const [sentence, own, rules, message] of warnings) {
  linting(`warns of ${sentence}`, () => {
    const findings = lint(policy({ ...head, ...own }, rules));
    assert.equal(
      findings.map((finding) => [finding.severity, finding.message]),
      [["warning", message]],
    );
  });
}

linting("blames no rule that takes nothing of a dead one's calls", () => {
  const rules = [
    deny("EPERM", "read").if("fd == 77"),
    deny("EPERM", "read").if("count > 5"),
    deny("EPERM", "read").if("count == 7"),
  ];
  const [issue] = issuesOf(() => policy(head, rules));
  assert.is(issue?.message, "the rule can never match: rule 2 before it takes all of its calls");
});

linting("names the first of many rules that take a dead one's calls together", () => {
  const rules = Array.from({ length: 20 }, (_, i) => allow("close").if(`fd == ${i}`));
  const [issue] = issuesOf(() => policy(head, [...rules, allow("close").if("fd < 20")]));
  const message =
    "the rule can never match: rules 1, 2, 3, 4, 5, 6, 7, 8 and 12 more before it take all of its calls";
  assert.is(issue?.message, message);
});

linting("leaves warnings about other arches out when some are asked for", () => {
  const made = policy({ ...head, arches: ["x86_64", "aarch64"] }, [allow("open", "openat")]);
  assert.is(lint(made).length, 1);
  assert.equal(lint(made, ["x86_64"]), []);
});

linting("says that it does not know, once, when conditions take too many steps", () => {
  const pairs = Array.from({ length: 300 }, (_, i) => (1n << BigInt(i % 20)) | (1n << BigInt(20 + (i % 41))));
  const masks = pairs.map((mask) => allow("read").if(`count & ${mask} == ${mask}`));
  const findings = lint(policy(head, [...masks, deny("EPERM", "read")]));
  const [finding] = findings;
  assert.is(findings.length, 1);
  assert.is(finding?.severity, "warning");
  assert.match(finding?.message ?? "", /^whether rules 201, .* can ever match was not found out/);
});

linting("judges 3,000 rules on one call", () => {
  const rules = Array.from({ length: 3000 }, (_, i) => allow("ioctl").if(`request == ${i}`));
  const issues = issuesOf(() => policy(head, [...rules, allow("ioctl").if("request == 2999")]));
  assert.is(issues.length, 1);
  assert.match(issues[0]?.message ?? "", /^the rule can never match: rules 1, 2, 3/);
});

const refusals: readonly (readonly [sentence: string, make: () => unknown, issue: Partial<Issue>])[] = [
  [
    "a misspelt syscall, with the nearest name",
    () => resolve({ ...base(), rules: [raw("raed")] }),
    { code: "name", message: "unknown syscall raed", fix: "did you mean read?" },
  ],
  [
    "a misspelt group, with the nearest name",
    () => resolve({ ...base(), rules: [raw("@mountt")] }),
    { code: "name", message: "unknown group @mountt", fix: "did you mean @mount?" },
  ],
  [
    "a misspelt arch, with the nearest name",
    () => resolve({ ...base(), arches: ["x86-64" as never] }),
    { code: "name", message: "unknown arch x86-64", fix: "did you mean x86_64?" },
  ],
  [
    "a misspelt errno, with the nearest name",
    () => policy(head, [rule({ errno: "EPREM" as never }, "read")]),
    { code: "name", message: "unknown errno EPREM", fix: "did you mean EPERM?" },
  ],
  [
    "a misspelt constant, with the nearest name",
    () => policy(head, [allow("socket").if("domain == AF_UNIXX")]),
    { code: "name", message: "x86_64 has no constant AF_UNIXX", fix: "did you mean AF_UNIX?" },
  ],
  [
    "a misspelt argument, with the nearest name",
    () => policy(head, [allow("socket").if("domian == 1")]),
    { code: "name", message: "socket has no argument named domian", fix: "did you mean domain?" },
  ],
  [
    "a syscall that no listed arch has",
    () => policy({ ...head, arches: ["aarch64"] }, [allow("open")]),
    { code: "name", message: "no listed arch has the syscall open" },
  ],
  [
    "an errno of 0",
    () => policy(head, [deny(0, "read")]),
    { message: "the errno is out of range", received: "0" },
  ],
  [
    "an errno above 4095",
    () => policy(head, [deny(4096, "read")]),
    { message: "the errno is out of range", expected: "1..4095" },
  ],
  [
    "trap data above 16 bits",
    () => policy(head, [rule({ trap: 65536 }, "read")]),
    { message: "the data of trap is out of range" },
  ],
  [
    "a condition on a pointer",
    () => policy(head, [allow("openat").if("pathname == 5")]),
    { message: "pathname of openat is a pointer: a filter sees the address, not what is there" },
  ],
  [
    "more than a null test of ptr()",
    () => policy(head, [allow("openat").if("ptr(pathname) == 5")]),
    { message: "ptr(pathname) is only for the null test" },
  ],
  [
    "a value too large for an int",
    () => policy(head, [allow("socket").if("domain == 0x100000001")]),
    { message: "the value does not fit the argument's 32 bits", received: "0x100000001" },
  ],
  [
    "an argument that the call does not have",
    () => policy(head, [allow("close").if("arg1 == 0")]),
    { message: "close has no arg1", expected: "arg0..arg0" },
  ],
  [
    "an empty range",
    () => policy(head, [allow("close").if("fd in {5..3}")]),
    { message: "the range is empty", received: "5..3" },
  ],
  [
    "a split argument on a 32-bit ABI",
    () => policy({ ...head, arches: ["x86"] }, [allow("fallocate").if("offset == 0")]),
    { message: "on x86 the registers of fallocate differ from offset on" },
  ],
  [
    "no arch",
    () => policy({ ...head, arches: [] }, [allow("read")]),
    { message: "the policy lists no arch" },
  ],
  ["no syscall", () => policy(head, [allow()]), { message: "the rule names no syscall" }],
  [
    "a kernel version that is none",
    () => policy({ ...head, kernel: "six" }, [allow("read")]),
    { message: "this is no kernel version", received: "six" },
  ],
];

function base(): Policy {
  return { arches: ["x86_64"], default: { kind: "kill_process" }, rules: [] };
}
function raw(name: string): Rule {
  return { action: { kind: "allow" }, syscalls: [name as never] };
}

for (const [sentence, make, expected] of refusals) {
  linting(`refuses ${sentence}`, () => {
    const [first] = issuesOf(make);
    assert.ok(first, "it was accepted");
    for (const [key, value] of Object.entries(expected))
      assert.is(Reflect.get(first ?? {}, key), value, `${key} of ${JSON.stringify(first)}`);
  });
}

linting("reports every fault at once", () => {
  const issues = issuesOf(() =>
    policy(head, [allow("socket").if("domain == AF_UNIXX && typo == 1"), deny(0, "read")]),
  );
  assert.is(issues.length, 3);
});

linting.run();
