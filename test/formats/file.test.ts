import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Issue, SeccatError } from "../../src/abi/error.ts";
import { type ReadOptions, readPolicy } from "../../src/formats/index.ts";
import type { Policy, PolicyAction } from "../../src/policy/types.ts";
import { parseWhen } from "../../src/policy/when.ts";

const test = suite("formats/file");

function read(text: string, options: ReadOptions = {}): Policy {
  return readPolicy(text, { native: "x86_64", ...options }).policy;
}

function issuesOf(text: string, options: ReadOptions = {}): readonly Issue[] {
  try {
    read(text, options);
    return [];
  } catch (error) {
    assert.ok(error instanceof SeccatError, String(error));
    return error.issues;
  }
}

const randomcat = `# randomcat's serving child
default: kill_process
arches: [x86_64, aarch64]
kernel: "6.1"
newer: { errno: ENOSYS }
rules:
  - action: allow
    syscalls: [close, read]
  - action: allow
    syscalls: [fcntl]
    when: cmd in {F_GETFL, F_SETFD}
    why: opening the image folder
  - action: { errno: EPERM }
    syscalls: ["@mount", ptrace, 0x1_0]
`.replace("0x1_0", "0x10");

test("a policy in YAML is read whole, with the place of every rule and condition", () => {
  const place = (line: number, column: number) => ({ file: "p.yaml", line, column });
  assert.equal(read(randomcat, { file: "p.yaml" }), {
    arches: ["x86_64", "aarch64"],
    default: { kind: "kill_process" },
    kernel: "6.1",
    newer: { kind: "errno", errno: "ENOSYS" },
    rules: [
      { action: { kind: "allow" }, syscalls: ["close", "read"], where: place(7, 5) },
      {
        action: { kind: "allow" },
        syscalls: ["fcntl"],
        when: {
          kind: "in",
          arg: { name: "cmd" },
          set: ["F_GETFL", "F_SETFD"].map((name) => ({
            from: { kind: "constant", name },
            to: { kind: "constant", name },
          })),
          where: place(11, 11),
        },
        why: "opening the image folder",
        where: place(9, 5),
      },
      {
        action: { kind: "errno", errno: "EPERM" },
        syscalls: ["@mount", "ptrace", 16],
        where: place(13, 5),
      },
    ],
  });
});

test("the same policy in JSON means the same", () => {
  const json = JSON.stringify({
    $schema: "./policy.schema.json",
    default: "kill_process",
    arches: ["x86_64", "aarch64"],
    kernel: "6.1",
    newer: { errno: "ENOSYS" },
    rules: [
      { action: "allow", syscalls: ["close", "read"] },
      {
        action: "allow",
        syscalls: ["fcntl"],
        when: "cmd in {F_GETFL, F_SETFD}",
        why: "opening the image folder",
      },
      { action: { errno: "EPERM" }, syscalls: ["@mount", "ptrace", 16] },
    ],
  });
  assert.equal(withoutPlaces(read(json)), withoutPlaces(read(randomcat)));
});

function withoutPlaces(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item) =>
      key === "where" ? undefined : typeof item === "bigint" ? `${item}n` : item,
    ),
  );
}

const actions: readonly (readonly [string, PolicyAction])[] = [
  ["allow", { kind: "allow" }],
  ["log", { kind: "log" }],
  ["kill_process", { kind: "kill_process" }],
  ["kill_thread", { kind: "kill_thread" }],
  ["user_notif", { kind: "user_notif" }],
  ["trap", { kind: "trap", data: 0 }],
  ["trace", { kind: "trace", data: 0 }],
  ["{ trap: 65535 }", { kind: "trap", data: 65535 }],
  ["{ trace: 0 }", { kind: "trace", data: 0 }],
  ["{ errno: EPERM }", { kind: "errno", errno: "EPERM" }],
  ["{ errno: 4095 }", { kind: "errno", errno: 4095 }],
  ["{ errno: 0x26 }", { kind: "errno", errno: 38 }],
  ["&deny { errno: 0o17 }", { kind: "errno", errno: 15 }],
];

for (const [text, action] of actions)
  test(`${text} is an action`, () => {
    assert.equal(read(`default: ${text}\nrules: []\n`).default, action);
  });

test("without arches the policy is for this machine's", () => {
  assert.equal(read("default: allow\nrules: []", { native: "riscv64" }).arches, ["riscv64"]);
});

test("native is this machine's arch, and no duplicate of it", () => {
  const text = "default: allow\narches: [aarch64, native, x86_64]\nrules: []";
  assert.equal(read(text).arches, ["aarch64", "x86_64"]);
  assert.equal(read(text, { native: "s390x" }).arches, ["aarch64", "s390x", "x86_64"]);
});

test("native on a machine that Linux does not know is an error where it stands", () => {
  const [issue] = issuesOf("default: allow\narches: [x86_64, native]\nrules: []", { native: undefined });
  assert.equal([issue?.where?.line, issue?.where?.column], [2, 18]);
  assert.is(issuesOf("default: allow\nrules: []", { native: undefined }).length, 1);
  assert.is(issuesOf("default: allow\narches: [arm]\nrules: []", { native: undefined }).length, 0);
});

test("another spelling of a name becomes the kernel's name on each listed arch", () => {
  const rules = (arches: string) =>
    read(`default: allow\narches: ${arches}\nrules: [{action: log, syscalls: [pread, fstatat]}]`, {
      file: "p.yaml",
    }).rules[0]?.syscalls;
  assert.equal(rules("[x86_64]"), ["pread64", "newfstatat"]);
  assert.equal(rules("[x86_64, x86]"), ["pread64", "newfstatat", "fstatat64"]);
});

test("what is listed twice is warned of where it stands again, and kept once", () => {
  const text =
    "default: allow\narches: [arm, arm]\nrules:\n  - action: log\n    syscalls: [read, '@mount', read, 5, 0x5]\n";
  const { policy, warnings } = readPolicy(text);
  assert.equal(policy.arches, ["arm"]);
  assert.equal(policy.rules[0]?.syscalls, ["read", "@mount", 5]);
  assert.equal(
    warnings.map(({ message, where }) => [message, where?.line, where?.column]),
    [
      ["arm is listed twice", 2, 15],
      ["read is listed twice in this rule", 5, 32],
      ["5 is listed twice in this rule", 5, 41],
    ],
  );
});

test("a kernel that the tables do not reach is warned of", () => {
  const { warnings } = readPolicy('default: allow\narches: [arm]\nkernel: "99.0"\nrules: []');
  assert.is(warnings.length, 1);
  assert.match(warnings[0]?.message ?? "", /^Linux 99\.0 is newer than the tables, which end at \d+\.\d+$/);
});

test("a condition keeps its places over several lines", () => {
  const { rules } = read(
    "default: allow\nrules:\n  - action: log\n    syscalls: [socket]\n    when: >-\n      domain == 1 &&\n      (type == 2 ||\n       !(protocol in {0}))\n",
  );
  const places: (readonly (number | undefined)[])[] = [];
  JSON.stringify(rules[0]?.when, (key, value) => {
    if (key === "where") places.push([value.line, value.column]);
    return typeof value === "bigint" ? String(value) : value;
  });
  assert.equal(places, [
    [6, 7],
    [7, 8],
    [8, 10],
  ]);
});

test("a condition means the same however it is quoted", () => {
  const wanted = withoutPlaces(parseWhen("domain == AF_UNIX && type & 0xf in {1, 2}"));
  const forms = [
    "domain == AF_UNIX && type & 0xf in {1, 2}",
    "'domain == AF_UNIX && type & 0xf in {1, 2}'",
    '"domain == AF_UNIX \\u0026& type & 0xf in {1, 2}"',
    ">-\n      domain == AF_UNIX &&\n      type & 0xf in {1, 2}",
    "|\n      domain == AF_UNIX\n      && type & 0xf in {1, 2}",
  ];
  for (const form of forms)
    assert.equal(
      withoutPlaces(
        read(`default: allow\nrules:\n  - action: log\n    syscalls: [socket]\n    when: ${form}\n`).rules[0]
          ?.when,
      ),
      wanted,
      form,
    );
});

test("the format is told by its name, by the file's ending, and by the first character", () => {
  const flow = "{default: allow, rules: []}";
  const json = '{"default": "allow", "rules": []}';
  const ok = (text: string, options: ReadOptions) => issuesOf(text, options).length === 0;
  assert.ok(ok(flow, { file: "p.yaml" }));
  assert.ok(ok(flow, { file: "p.YML" }));
  assert.ok(ok(flow, { format: "yaml" }));
  assert.ok(ok(flow, { file: "p.json", format: "yaml" }));
  assert.not.ok(ok(flow, {}), "a text that begins with { is JSON");
  assert.not.ok(ok(flow, { file: "-" }));
  assert.not.ok(ok(flow, { file: "p.json" }));
  assert.ok(ok(json, { file: "p.json" }));
  assert.ok(ok(`\ufeff \n${json}`, {}));
  assert.ok(ok(json, { file: "p.yaml" }), "JSON is YAML");
  assert.ok(ok("default: allow\nrules: []", { file: "p.txt" }));
});

const files: Readonly<Record<string, string>> = {
  "base/net.yaml": "- action: allow\n  syscalls: [socket]\n- include: ../common.json\n",
  "common.json": '[{"action": "allow", "syscalls": ["read"]}]',
  "whole.yaml":
    'name: whole\ndefault: kill_process\nkernel: "6.1"\nrules:\n  - action: log\n    syscalls: [write]\n',
  "/etc/x.yaml": "- action: allow\n  syscalls: [close]\n",
  "deep/a.yaml": "- include: ./b.yaml\n- include: b.yaml\n",
  "deep/b.yaml": "- include: ../deep/../common.json\n",
};
const seen: string[] = [];
function readFile(path: string): string {
  seen.push(path);
  const text = files[path];
  if (text === undefined) throw new Error(`ENOENT: ${path}`);
  return text;
}

function included(rules: string, file = "p.yaml") {
  seen.length = 0;
  return readPolicy(`default: kill_process\nrules:\n${rules}`, { file, native: "x86_64", readFile });
}

test("an included file's rules stand where it is included, lists and policies alike", () => {
  const { policy, warnings } = included(
    "  - action: allow\n    syscalls: [brk]\n  - include: base/net.yaml\n  - include: whole.yaml\n  - include: /etc/x.yaml\n",
  );
  assert.equal(
    policy.rules.map(({ syscalls, where }) => [syscalls[0], where?.file, where?.line]),
    [
      ["brk", "p.yaml", 3],
      ["socket", "base/net.yaml", 1],
      ["read", "common.json", 1],
      ["write", "whole.yaml", 5],
      ["close", "/etc/x.yaml", 1],
    ],
  );
  assert.equal(seen, ["base/net.yaml", "common.json", "whole.yaml", "/etc/x.yaml"]);
  assert.equal(
    warnings.map(({ message }) => message),
    ["kernel of an included policy has no effect: only its rules are taken"],
  );
});

test("files are sought beside the one that includes them", () => {
  const names = (file: string) => {
    included("  - include: a.yaml\n", file);
    return seen;
  };
  assert.equal(names("deep/p.yaml"), [
    "deep/a.yaml",
    "deep/b.yaml",
    "common.json",
    "deep/b.yaml",
    "common.json",
  ]);
  assert.throws(() => names("p.yaml"), /cannot read a\.yaml: ENOENT/);
});

test("a file may be included twice, but not in itself", () => {
  assert.is(included("  - include: common.json\n  - include: common.json\n").policy.rules.length, 2);
  const [issue] = issuesOf("default: allow\nrules:\n  - include: ./sub/../p.yaml\n", {
    file: "p.yaml",
    readFile,
  });
  assert.is(issue?.message, "the files include each other: p.yaml -> p.yaml");
});

test("files that include ever more files are refused", () => {
  const [issue] = issuesOf("default: allow\nrules:\n  - include: 1.yaml\n", {
    readFile: (path) => {
      const next = Number.parseInt(path, 10) + 1;
      return `- include: ${next}.yaml\n- include: ${next}.yaml\n`;
    },
  });
  assert.is(issue?.code, "limit");
});

test("include without anything to read files with is an error", () => {
  const [issue] = issuesOf("default: allow\nrules:\n  - include: a.yaml\n");
  assert.equal([issue?.code, issue?.where?.line, issue?.where?.column], ["file", 3, 14]);
});

test("whatever the text, the only error is a SeccatError", () => {
  const bits = [
    "default",
    ": ",
    "allow",
    "rules",
    "\n",
    "  - ",
    "{",
    "}",
    "[",
    "]",
    "'",
    '"',
    "&a ",
    "*a",
    "!!x ",
    "|\n",
    "when",
    "syscalls",
    "action",
    "include",
    "? ",
    ",",
    "0",
    "\t",
    "#",
    "---\n",
    "\\",
    "\u0000",
    "😀",
    "errno",
    "read",
  ];
  const seed = Number(process.env.SECCAT_SEED ?? Date.now() % 1e6);
  console.log(`seed ${seed}`);
  let state = seed;
  const next = (n: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % n;
  };
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: 1 + next(14) }, () => bits[next(bits.length)]).join("");
    try {
      readPolicy(text, { native: "x86_64", ...(i % 2 ? { format: "yaml" } : {}) });
    } catch (error) {
      assert.ok(
        error instanceof SeccatError && error.code !== "internal",
        `${JSON.stringify(text)}: ${error}`,
      );
    }
  }
});

test.run();
