import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, abi as factsOf, type SyscallName, syscallNr } from "../../arch/index.ts";
import type { SeccompData } from "../../src/abi/data.ts";
import { ociAllowLine, readPolicy, type WidenedText, widenText } from "../../src/formats/index.ts";
import type { Notation } from "../../src/formats/write.ts";
import { allowanceFor } from "../../src/policy/allow.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { wideningFor } from "../../src/policy/widen.ts";
import { root } from "../root.ts";

const widening = suite("formats/widen");

function data(name: SyscallName, ...args: (number | bigint)[]): SeccompData {
  const nr = syscallNr("x86_64", name) ?? -1;
  const registers = Array.from({ length: 6 }, (_, i) => BigInt(args[i] ?? 0));
  return { arch: factsOf("x86_64").auditArch, nr, args: registers };
}

interface Given {
  readonly file?: string;
  readonly notation?: Notation;
  readonly others?: Readonly<Record<string, string>>;
}

/** `text` with what allows `calls`; checks that they are allowed then, apart from those left out. */
function widened(text: string, calls: readonly SeccompData[], given: Given = {}): WidenedText {
  const { file = "p.yaml", notation = "yaml", others = {} } = given;
  const readFile = (path: string) => {
    const found = others[path];
    if (found === undefined) throw new Error("no such file");
    return found;
  };
  const options = { file, native: "x86_64" as AbiName, readFile };
  const { policy } = readPolicy(text, options);
  const allowances = calls.flatMap((call) => {
    const found = allowanceFor(policy, call);
    return found.kind === "rule" ? [found] : [];
  });
  assert.is(allowances.length, calls.length, "each can be allowed");
  const result = widenText(text, wideningFor(policy, allowances), notation, options);
  const after = readPolicy(result.text, { ...options, format: notation }).policy;
  if (result.left.length === 0)
    for (const call of calls) assert.is(evaluate(after, call).action.kind, "allow");
  return result;
}

const lines = (...all: string[]) => `${all.join("\n")}\n`;

const splices: readonly (readonly [
  what: string,
  before: string,
  calls: readonly SeccompData[],
  after: string,
])[] = [
  [
    "at the end, with the indentation and the comments as they were",
    lines(
      "# mine",
      "default:   kill_process  # really",
      "rules:",
      "- action: allow",
      "  syscalls: [ read,write ]   # both",
      "",
      "# the end",
    ),
    [data("mkdir"), data("fcntl", 0, 3)],
    lines(
      "# mine",
      "default:   kill_process  # really",
      "rules:",
      "- action: allow",
      "  syscalls: [ read,write ]   # both",
      "- action: allow",
      "  syscalls: [mkdir]",
      "- action: allow",
      "  syscalls: [fcntl]",
      "  when: cmd == F_GETFL",
      "",
      "# the end",
    ),
  ],
  [
    "before the rule that denies, above its comments",
    lines(
      "default: allow",
      "rules:",
      "    # first",
      "    - { action: log, syscalls: [read] }",
      "",
      "    # a rule",
      "    # of two lines",
      "    - action: kill_process",
      "      syscalls: [kill]",
    ),
    [data("kill", 1, 9)],
    lines(
      "default: allow",
      "rules:",
      "    # first",
      "    - { action: log, syscalls: [read] }",
      "",
      "    - action: allow",
      "      syscalls: [kill]",
      "      when: sig == SIGKILL",
      "    # a rule",
      "    # of two lines",
      "    - action: kill_process",
      "      syscalls: [kill]",
    ),
  ],
  [
    "names leave the rule that denied them, wherever they stand in its list",
    lines(
      "default: allow",
      "rules:",
      "  - action: kill_process",
      "    syscalls: [mkdir, rmdir, chdir, fchdir] # four",
    ),
    [data("rmdir"), data("fchdir"), data("mkdir")],
    lines(
      "default: allow",
      "rules:",
      "  - action: allow",
      "    syscalls: [rmdir, fchdir, mkdir]",
      "  - action: kill_process",
      "    syscalls: [chdir] # four",
    ),
  ],
  [
    "names leave a list of lines with their lines",
    lines(
      "default: allow",
      "rules:",
      "  - action: kill_process",
      "    syscalls:",
      "      - mkdir # one",
      "      - rmdir",
      "    why: no",
    ),
    [data("mkdir")],
    lines(
      "default: allow",
      "rules:",
      "  - action: allow",
      "    syscalls: [mkdir]",
      "  - action: kill_process",
      "    syscalls:",
      "      - rmdir",
      "    why: no",
    ),
  ],
  [
    "a rule that nothing is left for is taken out",
    lines(
      "default: allow",
      "rules:",
      "  - action: kill_process",
      "    syscalls: [mkdir]",
      "    why: |",
      "      of",
      "      old",
      "  - action: log",
      "    syscalls: [read]",
    ),
    [data("mkdir")],
    lines(
      "default: allow",
      "rules:",
      "  - action: allow",
      "    syscalls: [mkdir]",
      "  - action: log",
      "    syscalls: [read]",
    ),
  ],
  [
    "into an empty list",
    lines("rules: [] # none", "default: kill_process"),
    [data("mkdir")],
    lines("rules: ", "  - action: allow", "    syscalls: [mkdir] # none", "default: kill_process"),
  ],
  [
    "with the line ends of the file, and a last line without one",
    "default: kill_process\r\nrules:\r\n  - action: allow\r\n    syscalls: [read]",
    [data("mkdir")],
    "default: kill_process\r\nrules:\r\n  - action: allow\r\n    syscalls: [read]\r\n  - action: allow\r\n    syscalls: [mkdir]\r\n",
  ],
];

for (const [what, before, calls, after] of splices)
  widening(what, () => {
    const result = widened(before, calls);
    assert.is(result.text, after);
    assert.is(result.rewritten, false);
  });

widening(
  "a list in brackets, an alias and JSON are written anew, with includes and conditions as they were",
  () => {
    const flow = widened(
      lines(
        "# gone",
        "default: kill_process",
        "arches: [native]",
        "rules: [{ include: base.yaml }, { action: allow, syscalls: [fcntl], when: cmd == F_GETFL|0 }]",
      ),
      [data("mkdir")],
      { others: { "base.yaml": lines("- action: allow", "  syscalls: [read]") } },
    );
    assert.is(flow.rewritten, true);
    assert.is(
      flow.text,
      lines(
        "default: kill_process",
        "arches: [native]",
        "rules:",
        "  - include: base.yaml",
        "  - action: allow",
        "    syscalls: [fcntl]",
        "    when: cmd == F_GETFL|0",
        "  - action: allow",
        "    syscalls: [mkdir]",
      ),
    );
    const json = widened('{"default": "kill_process", "rules": []}', [data("mkdir")], {
      file: "p.json",
      notation: "json",
    });
    assert.equal(JSON.parse(json.text), {
      default: "kill_process",
      rules: [{ action: "allow", syscalls: ["mkdir"] }],
    });
  },
);

const included = lines(
  "- action: kill_process",
  "  syscalls: [ioctl]",
  "  when: request == TIOCSTI",
  "- action: { errno: EPERM }",
  "  syscalls: [ioctl, kill]",
);

widening(
  "a rule of an included file is gone before, where nothing else of that file speaks about the call",
  () => {
    const main = lines(
      "default: allow",
      "rules:",
      "  - action: log",
      "    syscalls: [read]",
      "  - include: base.yaml",
    );
    const others = { "base.yaml": included };
    const placed = widened(main, [data("kill", 1, 9)], { others });
    assert.is(
      placed.text,
      lines(
        "default: allow",
        "rules:",
        "  - action: log",
        "    syscalls: [read]",
        "  - action: allow",
        "    syscalls: [kill]",
        "    when: sig == SIGKILL",
        "  - include: base.yaml",
      ),
    );
    const left = widened(main, [data("ioctl", 0, 0x5401)], { others });
    assert.is(left.text, main);
    assert.is(left.left.length, 1);
  },
);

widening("Docker's profile becomes a policy of ours", () => {
  const text = readFileSync(`${root}test/data/policies/docker.json`, "utf8");
  const result = widened(text, [data("ptrace", 16), data("bpf", 5)], { file: "docker.json" });
  assert.is(result.rewritten, true);
  assert.match(result.text, /\n {2}- action: allow\n {4}syscalls: \[bpf\]\n {4}when: cmd == BPF_PROG_LOAD\n/);
});

widening("an entry of a container profile compares whole registers", () => {
  const { policy } = readPolicy('{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": []}', { native: "x86_64" });
  const entry = (call: SeccompData) => {
    const found = allowanceFor(policy, call);
    return found.kind === "rule" ? ociAllowLine(found, call, "x86_64") : undefined;
  };
  assert.is(entry(data("mkdir")), '{"names": ["mkdir"], "action": "SCMP_ACT_ALLOW"}');
  const call = data("ioctl", 0, 0xffff_ffff_8000_0001n);
  const line = entry(call) ?? "";
  assert.is(
    line,
    '{"names": ["ioctl"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "value": 18446744071562067969, "op": "SCMP_CMP_EQ"}]}',
  );
  const after = readPolicy(`{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [${line}]}`, {
    native: "x86_64",
  });
  assert.is(evaluate(after.policy, call).action.kind, "allow");
});

widening.run();
