import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, abi, errnoNumber, newestNr, syscallNr } from "../../arch/index.ts";
import { encodeAction } from "../../src/abi/action.ts";
import { type ReadOptions, readPolicy, writePolicy } from "../../src/formats/index.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import type { Policy } from "../../src/policy/types.ts";
import { root } from "../root.ts";

const test = suite("formats/oci");

function read(profile: unknown, options: ReadOptions = {}): Policy {
  return readPolicy(JSON.stringify(profile), { native: "x86_64", ...options }).policy;
}

/** The warnings' messages, with what they received. */
function warned(profile: unknown, options: ReadOptions = {}): string[] {
  const { warnings } = readPolicy(JSON.stringify(profile), { native: "x86_64", ...options });
  return warnings.map(({ message, received }) =>
    received === undefined ? message : `${message}: ${received}`,
  );
}

function fixture(name: string, options: ReadOptions = {}) {
  const file = `test/data/policies/${name}`;
  return readPolicy(readFileSync(root + file, "utf8"), { file, native: "x86_64", ...options });
}

test("a profile becomes the policy that it means, comments as reasons, errnos by name", () => {
  assert.is(
    writePolicy(fixture("container.json").policy, "yaml"),
    `default: { errno: EPERM }
arches: [x86_64, x86, x32]
badArch: kill_thread
kernel: "5.16"
newer: { errno: ENOSYS }
rules:
  - action: allow
    syscalls: [read, write, close, exit_group, futex_waitv, _llseek, socketcall]
  - action: allow
    syscalls: [personality]
    when: u64(arg0) == 0
  - action: allow
    syscalls: [personality]
    when: u64(arg0) == 8
  - action: allow
    syscalls: [personality]
    when: u64(arg0) == 0xffffffff
  - action: allow
    syscalls: [clone]
    when: u64(arg0) & 0x7e020000 == 0
    why: no new namespaces
  - action: { errno: ENOSYS }
    syscalls: [clone3]
  - action: allow
    syscalls: [socket]
    when: u64(arg0) != 40
  - action: kill_thread
    syscalls: [ptrace]
`,
  );
});

test("a profile's warnings stand where their cause stands", () => {
  assert.equal(
    fixture("container.json").warnings.map(({ message, where }) => [message, where?.line, where?.column]),
    [
      ["flags are not carried over: they belong to installing a filter", 5, 12],
      ["on x32 libseccomp compares 32 bits of an argument, this policy 64", 7, 5],
    ],
  );
});

const call = (
  policy: Policy,
  name: Parameters<typeof syscallNr>[1],
  args: bigint[],
  on: AbiName = "x86_64",
) => evaluate(policy, { nr: syscallNr(on, name) ?? -1, arch: abi(on).auditArch, args }).ret;
const allow = encodeAction({ kind: "allow" });
const errno = (data: number) => encodeAction({ kind: "errno", data });

test("the profile's answers are those of a container runtime", () => {
  const { policy } = fixture("container.json");
  assert.is(policy.imported, true);
  const cases: readonly (readonly [Parameters<typeof syscallNr>[1], bigint[], number])[] = [
    ["read", [], allow],
    ["open", [], errno(1)],
    ["personality", [0n], allow],
    ["personality", [8n], allow],
    ["personality", [9n], errno(1)],
    ["personality", [0xffffffffn], allow],
    ["personality", [0x1_0000_0000n], errno(1)],
    ["personality", [0xffff_ffff_ffff_ffffn], errno(1)],
    ["clone", [0x11n], allow],
    ["clone", [0x1000_0011n], errno(1)],
    ["clone3", [], errno(38)],
    ["socket", [1n], allow],
    ["socket", [40n], errno(1)],
    ["ptrace", [], encodeAction({ kind: "kill_thread" })],
  ];
  for (const [name, args, ret] of cases) assert.is(call(policy, name, args), ret, `${name}(${args.join()})`);
  assert.is(evaluate(policy, { nr: 0, arch: abi("aarch64").auditArch, args: [] }).ret, 0);
  assert.is(
    evaluate(policy, { nr: newestNr("x86_64", "5.16"), arch: abi("x86_64").auditArch, args: [] }).ret,
    allow,
  );
  assert.is(
    evaluate(policy, { nr: newestNr("x86_64") + 1, arch: abi("x86_64").auditArch, args: [] }).ret,
    errno(38),
  );
});

test("Docker's conditions are decided as for a container without capabilities, and told", () => {
  const { policy, warnings } = fixture("docker.json");
  assert.equal(policy.arches, ["x86_64", "x86", "x32"]);
  assert.equal(
    policy.rules.map(({ syscalls, when }) => [syscalls.join(" "), when !== undefined]),
    [
      ["read write exit_group set_mempolicy_home_node", false],
      ["ptrace", false],
      ["arch_prctl", false],
      ["clone", true],
    ],
  );
  assert.equal(
    warnings.map(({ message, received }) => [message, received]),
    [
      ["archMap is read as on x86_64", "x86_64, x86, x32"],
      [
        "read as for a container without capabilities: 2 entries left out",
        "entries for CAP_SYS_ADMIN, CAP_SYS_CHROOT",
      ],
      [
        "read as for a container without capabilities: their absence is taken as given",
        "entries for containers without CAP_SYS_ADMIN",
      ],
      ["read as for x86_64: 1 entry for other architectures left out", undefined],
      ["entries with a least kernel are taken: the kernel is held to be new enough", "minKernel 4.8"],
    ],
  );
});

test("Docker's archMap and arches follow the machine", () => {
  const arm = fixture("docker.json", { native: "aarch64" }).policy;
  assert.equal(arm.arches, ["aarch64", "arm"]);
  assert.ok(arm.rules.some(({ syscalls }) => syscalls.includes("set_tls")));
  assert.not.ok(arm.rules.some(({ syscalls }) => syscalls.includes("arch_prctl")));
  assert.equal(fixture("docker.json", { native: "riscv64" }).policy.arches, ["riscv64"]);
  assert.equal(fixture("docker.json", { native: "sheb" }).policy.arches, ["sheb"]);
  assert.throws(() => fixture("docker.json", { native: undefined }), /lists no architecture/);
});

test("an entry excluded from a kernel that is new enough is left out", () => {
  const profile = {
    defaultAction: "SCMP_ACT_ERRNO",
    syscalls: [{ names: ["ptrace"], action: "SCMP_ACT_ALLOW", excludes: { minKernel: "4.8" } }],
  };
  assert.equal(read(profile).rules, []);
  assert.equal(warned(profile), ["1 entry for old kernels left out: the kernel is held to be new enough"]);
});

const entry = (names: string | string[], action: string, change: object = {}) => ({
  names: [names].flat(),
  action: `SCMP_ACT_${action}`,
  ...change,
});
const eq = (index: number, value: number, op = "EQ", valueTwo = 0) => ({
  index,
  value,
  valueTwo,
  op: `SCMP_CMP_${op}`,
});

test("every action of OCI has its counterpart", () => {
  const kinds = ["KILL", "KILL_THREAD", "KILL_PROCESS", "TRAP", "ERRNO", "TRACE", "LOG", "NOTIFY"];
  const { rules } = read({
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: kinds
      .map((kind) => entry("read", kind))
      .map((it, i) => ({
        ...it,
        names: [["read", "write", "open", "close", "stat", "fstat", "poll", "lseek"][i]],
      })),
  });
  assert.equal(
    rules.map(({ action }) => action),
    [
      { kind: "kill_thread" },
      { kind: "kill_thread" },
      { kind: "kill_process" },
      { kind: "trap", data: 0 },
      { kind: "errno", errno: "EPERM" },
      { kind: "trace", data: 1 },
      { kind: "log" },
      { kind: "user_notif" },
    ],
  );
  assert.equal(read({ defaultAction: "SCMP_ACT_TRACE", defaultErrnoRet: 0x10007 }).default, {
    kind: "trace",
    data: 7,
  });
});

test("errnos out of range become what the kernel makes of them, with a warning", () => {
  const profile = (errnoRet: number) => ({ defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: errnoRet });
  assert.equal(read(profile(4095)).default, { kind: "errno", errno: 4095 });
  assert.equal(warned(profile(4095)), []);
  assert.equal(read(profile(12345)).default, { kind: "errno", errno: 4095 });
  assert.equal(warned(profile(12345)), ["the kernel makes 4095 of this errno: 12345"]);
  assert.equal(read(profile(0)).default, { kind: "errno", errno: 0 });
  assert.equal(warned(profile(0)), ["errno 0 lets the call do nothing and report success"]);
  assert.equal(read(profile(0x10026)).default, { kind: "errno", errno: "ENOSYS" });
  assert.equal(warned(profile(0x10026)), ["only the low 16 bits of this errno reach the kernel"]);
  assert.equal(warned({ defaultAction: "SCMP_ACT_ALLOW", defaultErrnoRet: 1 }), [
    "SCMP_ACT_ALLOW has no errno: ignored",
  ]);
});

test("Podman's errno names have the numbers of the profile's arch", () => {
  const profile = {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrno: "ENOSYS",
    architectures: ["SCMP_ARCH_MIPS64"],
  };
  assert.equal(read(profile, { native: "mips64" }).default, { kind: "errno", errno: "ENOSYS" });
  const mixed = {
    ...profile,
    architectures: ["SCMP_ARCH_X86_64"],
    syscalls: [entry("read", "ERRNO", { errno: "EDEADLK" })],
  };
  assert.equal(read(mixed).rules[0]?.action, { kind: "errno", errno: "EDEADLK" });
});

test("an errno whose name means another number elsewhere stays a number", () => {
  const profile = {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: 38,
    architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_MIPS64"],
  };
  assert.is.not(errnoNumber("mips64", "ENOSYS"), 38);
  assert.equal(read(profile).default, { kind: "errno", errno: 38 });
});

test("numbers of 64 bits are read exactly", () => {
  const text = `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["lseek"], "action": "SCMP_ACT_KILL", "args": [
    {"index": 1, "value": 9007199254740993, "op": "SCMP_CMP_EQ"}, {"index": 2, "value": 18446744073709551615, "valueTwo": 18446744073709551614, "op": "SCMP_CMP_MASKED_EQ"}]}]}`;
  const { rules } = readPolicy(text, { native: "x86_64" }).policy;
  assert.equal(rules[0]?.when, {
    kind: "and",
    of: [
      { kind: "compare", arg: { index: 1, as: "u64" }, op: "==", value: 9007199254740993n },
      {
        kind: "compare",
        arg: { index: 2, as: "u64" },
        mask: (1n << 64n) - 1n,
        op: "==",
        value: (1n << 64n) - 2n,
      },
    ],
  });
});

test("comparisons of one argument are alternatives, as runc has it, of several all have to hold", () => {
  const when = (args: object[]) => {
    const [line] =
      writePolicy(
        read({ defaultAction: "SCMP_ACT_ERRNO", syscalls: [entry("ioctl", "ALLOW", { args })] }),
        "yaml",
      ).match(/when: .*/) ?? [];
    return line;
  };
  assert.is(when([eq(0, 1), eq(1, 2)]), "when: u64(arg0) == 1 && u64(arg1) == 2");
  assert.is(when([eq(0, 1), eq(0, 2)]), "when: u64(arg0) == 1 || u64(arg0) == 2");
  assert.is(
    when([eq(0, 1), eq(1, 2), eq(0, 3, "GT")]),
    "when: u64(arg0) == 1 || u64(arg1) == 2 || u64(arg0) > 3",
  );
  assert.is(when([eq(0, 1, "NE")]), "when: u64(arg0) != 1");
  assert.is(when([eq(0, 1, "LT")]), "when: u64(arg0) < 1");
  assert.is(when([eq(0, 1, "LE")]), "when: u64(arg0) <= 1");
  assert.is(when([eq(0, 1, "GE")]), "when: u64(arg0) >= 1");
  assert.is(when([eq(0, 6, "MASKED_EQ", 2)]), "when: u64(arg0) & 6 == 2");
  assert.is(when([eq(0, 0, "MASKED_EQ")]), undefined);
  assert.is(when([]), undefined);
});

const x86 = { defaultAction: "SCMP_ACT_ERRNO", architectures: ["SCMP_ARCH_X86_64"] };

const told: readonly (readonly [string, object, readonly string[]])[] = [
  [
    "an unknown syscall",
    { ...x86, syscalls: [entry(["raed", "pread", "futex_waitv"], "ALLOW")] },
    [
      "unknown syscall raed: ignored, as container runtimes do: undefined",
      "unknown syscall pread: ignored, as container runtimes do: undefined",
    ],
  ],
  [
    "calls that no listed arch has",
    {
      ...x86,
      syscalls: [
        entry(
          [
            "_llseek",
            "_newselect",
            "arm_fadvise64_64",
            "bdflush",
            "break",
            "cacheflush",
            "chown32",
            "futex_waitv",
          ],
          "ALLOW",
        ),
      ],
    },
    [
      "calls that x86_64 does not have are left out: _llseek, _newselect, arm_fadvise64_64, bdflush, break and 2 more",
    ],
  ],
  [
    "an entry that an unconditional one overrules",
    {
      ...x86,
      syscalls: [entry("socket", "KILL", { args: [eq(0, 40)] }), entry(["socket", "futex_waitv"], "ALLOW")],
    },
    ["for socket this entry has no effect: the entry on line 1 has no conditions and wins"],
  ],
  [
    "an entry with the default action that would have denied",
    {
      ...x86,
      syscalls: [entry("socket", "ERRNO", { args: [eq(0, 40)] }), entry(["socket", "futex_waitv"], "ALLOW")],
    },
    [
      "for socket this entry has no effect: runtimes drop entries with the default action: the entry on line 1 decides",
    ],
  ],
  [
    "entries of unlike actions that can both hold",
    {
      ...x86,
      syscalls: [
        entry("socket", "ALLOW", { args: [eq(0, 40, "LT")] }),
        entry("socket", "KILL", { args: [eq(0, 16)] }),
        entry("futex_waitv", "ALLOW"),
      ],
    },
    [
      "for socket this entry and the one on line 1 can both hold: libseccomp, whose releases differ in this, asks the one on line 1 first",
    ],
  ],
  [
    "nothing where entries of unlike actions exclude each other",
    {
      ...x86,
      syscalls: [
        entry("socket", "ALLOW", { args: [eq(0, 16, "NE")] }),
        entry("socket", "KILL", { args: [eq(0, 16)] }),
        entry("futex_waitv", "ALLOW"),
      ],
    },
    [],
  ],
  [
    "bits outside of a mask",
    {
      ...x86,
      syscalls: [
        entry("socket", "ALLOW", { args: [eq(0, 1, "MASKED_EQ", 3)] }),
        entry("futex_waitv", "ALLOW"),
      ],
    },
    ["bits outside of the mask are not compared: 0x2"],
  ],
  [
    "ENOSYS that no kernel version expresses",
    { ...x86, syscalls: [entry("read", "ALLOW")] },
    [
      "runc's ENOSYS for calls above the highest one named here is only approximated: ENOSYS for calls newer than Linux 2.6",
    ],
  ],
  [
    "wide values where a listed arch has 32 bits",
    {
      ...x86,
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
      syscalls: [entry("mmap", "ALLOW", { args: [eq(1, 2 ** 32)] }), entry("futex_waitv", "ALLOW")],
    },
    ["on x86 libseccomp compares only the low 32 bits of these values: mmap"],
  ],
  [
    "arguments that a multiplexer hides",
    {
      ...x86,
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
      syscalls: [entry("socket", "ALLOW", { args: [eq(0, 40, "NE")] }), entry("futex_waitv", "ALLOW")],
    },
    ["on x86 libseccomp also lets these calls through socketcall, whatever their arguments: socket"],
  ],
  [
    "a machine whose own arch is not listed",
    { ...x86, architectures: ["SCMP_ARCH_AARCH64"], syscalls: [entry("futex_waitv", "ALLOW")] },
    ["x86_64 is not listed: on such a machine runc would add it"],
  ],
  [
    "unknown keys, at every level",
    { ...x86, listenerPath: "/s", comments: [], syscalls: [{ ...entry("futex_waitv", "ALLOW"), arg: [] }] },
    [
      "listenerPath is not carried over: it belongs to installing a filter: undefined",
      "unknown key comments: ignored, as container runtimes do: undefined",
      "unknown key arg: ignored, as container runtimes do: undefined",
    ],
  ],
  [
    "an entry without names",
    { ...x86, syscalls: [entry([], "ALLOW"), entry("futex_waitv", "ALLOW")] },
    ["the entry names no syscall: undefined"],
  ],
];

for (const [what, profile, messages] of told)
  test(`a profile's reader tells of ${what}`, () => {
    assert.equal(
      warned(profile),
      messages.map((message) => message.replace(/: undefined$/, "")),
    );
  });

test("keys are known in any case, as Go has it", () => {
  const profile = {
    DefaultAction: "SCMP_ACT_ERRNO",
    Syscalls: [
      { Names: ["read"], Action: "SCMP_ACT_ALLOW", ARGS: [{ Index: 2, VALUE: 1, Op: "SCMP_CMP_EQ" }] },
    ],
  };
  assert.is(read(profile).rules.length, 1);
  assert.ok(read(profile).rules[0]?.when);
});

test("null is as good as absent", () => {
  const profile = {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: null,
    architectures: null,
    archMap: null,
    flags: null,
    syscalls: [
      {
        ...entry("read", "ALLOW"),
        args: null,
        includes: null,
        excludes: null,
        comment: null,
        errnoRet: null,
      },
    ],
  };
  assert.equal(read(profile).rules, [
    {
      action: { kind: "allow" },
      syscalls: ["read"],
      where: { line: 1, column: JSON.stringify(profile).indexOf('{"names"') + 1 },
    },
  ]);
  assert.equal(read({ defaultAction: "SCMP_ACT_ERRNO", syscalls: null }).rules, []);
});

test("a profile in YAML is a profile too", () => {
  const { policy } = readPolicy(
    "defaultAction: SCMP_ACT_ERRNO\nsyscalls:\n- names: [read]\n  action: SCMP_ACT_ALLOW\n",
    { native: "arm" },
  );
  assert.equal(policy.arches, ["arm"]);
  assert.equal(policy.rules[0]?.syscalls, ["read"]);
});

test("a policy that only looks for a profile's key is asked for it under the format oci", () => {
  assert.throws(
    () => readPolicy('{"syscalls": []}', { format: "oci", native: "arm" }),
    /has no defaultAction/,
  );
});

test("where all arches have 32 bits, comparisons have too, as libseccomp's", () => {
  const profile = {
    defaultAction: "SCMP_ACT_ERRNO",
    architectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    syscalls: [entry("personality", "ALLOW", { args: [eq(0, 2 ** 32 + 8)] }), entry("futex_waitv", "ALLOW")],
  };
  const policy = read(profile, { native: "x86" });
  assert.equal(policy.rules[0]?.when, { kind: "compare", arg: { index: 0, as: "u32" }, op: "==", value: 8n });
  assert.is(call(policy, "personality", [0xffff_ffff_0000_0008n], "x32"), allow);
  assert.is(warned(profile, { native: "x86" }).length, 0);
});

test("calls newer than the profile get the default where the default lets calls through or is ENOSYS", () => {
  const newer = (change: object) =>
    read({ ...x86, syscalls: [entry("futex_waitv", "KILL")], ...change }).newer;
  assert.equal(newer({}), { kind: "errno", errno: "ENOSYS" });
  assert.equal(newer({ defaultAction: "SCMP_ACT_KILL_PROCESS" }), { kind: "errno", errno: "ENOSYS" });
  for (const defaultAction of ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE"])
    assert.is(newer({ defaultAction }), undefined);
  assert.is(newer({ defaultErrnoRet: 38 }), undefined);
  assert.is(newer({ architectures: null }), undefined);
  assert.is(newer({ syscalls: [] }), undefined);
});

test.run();
