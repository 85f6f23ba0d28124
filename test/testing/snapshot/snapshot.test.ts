import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abiOf, syscallArgs, syscallName } from "../../../arch/index.ts";
import { actionNames, decodeAction, encodeAction } from "../../../src/abi/action.ts";
import { assembleProgram } from "../../../src/bpf/text.ts";
import { compile } from "../../../src/compile/index.ts";
import { evaluate } from "../../../src/policy/evaluate.ts";
import type { Policy } from "../../../src/policy/types.ts";
import { parseWhen } from "../../../src/policy/when.ts";
import { cases, describeCall } from "../../../src/prove/index.ts";
import { actionText } from "../../../src/testing/action.ts";
import {
  formatSnapshot,
  parseSnapshot,
  type Snapshot,
  snapshotChanges,
  takeSnapshot,
} from "../../../src/testing/index.ts";
import { randomPolicy } from "../../policy/random.ts";
import { Random, seedOf } from "../../seed.ts";

const snapshots = suite("testing/snapshot");

const child = (when = "domain == AF_UNIX", more: Partial<Policy> = {}): Policy => ({
  arches: ["x86_64"],
  default: { kind: "kill_process" },
  rules: [
    { action: { kind: "allow" }, syscalls: ["read", 5000] },
    { action: { kind: "allow" }, syscalls: ["socket"], when: parseWhen(when) },
    { action: { kind: "errno", errno: "EPERM" }, syscalls: ["ptrace"] },
  ],
  ...more,
});
const taken = (policy: Policy, kernels?: readonly string[]) => takeSnapshot([policy], policy.arches, kernels);

snapshots("it is a text with a line for every call that is not answered as most are", () => {
  assert.is(
    formatSnapshot(taken(child()), "p.yaml"),
    `# What p.yaml answers. Written by seccat test --snapshot, and anew by --update.

x86_64
  ptrace: errno EPERM
  read: allow
  socket:
    allow when domain == 1
    kill_process otherwise
  number 5000: allow
  every other call: kill_process

every other little-endian arch
  every call: kill_process
`,
  );
});

snapshots("a condition is written in the language of policies, in its shortest form", () => {
  const socket = (when: string) => taken(child(when))[0]?.rows.get("socket")?.[0];
  for (const [when, text] of [
    ["domain in {1, 2, 16}", "allow when domain in {1..2, 16}"],
    ["domain != 3 && domain < 9", "allow when domain in {0..2, 4..8}"],
    ["domain == 1 && type & 15 == 1", "allow when domain == 1 && type & 15 == 1"],
    ["u64(domain) == 1", "allow when u64(domain) == 1"],
    ["domain <= 7", "allow when domain <= 7"],
    ["protocol == 0 || domain == 1", "allow when domain != 1 && protocol == 0 || domain == 1"],
  ] as const)
    assert.is(socket(when), text);
  const clear = taken(child("type & 0x800 == 0"))[0]?.rows.get("socket");
  assert.equal([...(clear ?? [])].sort(), ["allow when type & 2048 == 0", "kill_process otherwise"]);
});

snapshots("stacks, kernels and both byte orders have their sections", () => {
  const both = child("domain == 1", { arches: ["x86_64", "s390x"] });
  const titles = taken(both, ["4.9", "6.1"]).map(({ title }) => title);
  assert.equal(titles, [
    "x86_64, Linux 4.9",
    "every other little-endian arch, Linux 4.9",
    "s390x, Linux 4.9",
    "every other big-endian arch, Linux 4.9",
    "x86_64, Linux 6.1",
    "every other little-endian arch, Linux 6.1",
    "s390x, Linux 6.1",
    "every other big-endian arch, Linux 6.1",
  ]);
  assert.equal(taken(both, ["4.9"])[0]?.rows.get("every other call"), ["kill_thread"]);
  const outer = assembleProgram("ld [0]\njeq #0, y\nret #0x7fff0000\ny: ret #0x50001");
  assert.equal(takeSnapshot([outer, child()], ["x86_64"])[0]?.rows.get("read"), ["errno EPERM"]);
});

snapshots("a text is read back, also with another end of line; what is none is told by its line", () => {
  for (const policy of [
    child(),
    child("u64(domain) == 1"),
    child("domain == 1", { arches: ["x86_64", "s390x"] }),
  ]) {
    const snapshot = taken(policy, ["4.9", "6.1"]);
    const text = formatSnapshot(snapshot, "p.yaml");
    assert.equal(parseSnapshot(text, "p.snap"), snapshot);
    assert.equal(parseSnapshot(text.replaceAll("\n", "\r\n"), "p.snap"), snapshot);
  }
  for (const [text, line] of [
    ["<<<<<<< HEAD\n", 1],
    ["x86_64\n  read: allow\n=======\n", 3],
    ["x86_64\n  read: allow\n  read: log\n", 3],
    ["  read: allow\n", 1],
    ["x86_64\n    allow\n", 2],
  ] as const)
    try {
      parseSnapshot(text, "p.snap");
      assert.unreachable(text);
    } catch (error) {
      assert.equal((error as { where?: unknown }).where, { file: "p.snap", line });
    }
});

snapshots("what changed is told call by call, with a call that is answered otherwise", () => {
  const changes = snapshotChanges(taken(child()), taken(child("domain in {1, 2}")));
  assert.is(changes.length, 1);
  const [change] = changes;
  assert.equal([change?.title, change?.call], ["x86_64", "socket"]);
  assert.equal(change?.before, ["allow when domain == 1", "kill_process otherwise"]);
  assert.equal(change?.after, ["allow when domain in {1..2}", "kill_process otherwise"]);
  assert.is(change?.example?.text, "socket(domain=2): kill_process before, allow now");
  const calls = (a: Policy, b: Policy) =>
    snapshotChanges(taken(a), taken(b)).map(({ title, call }) => `${title}: ${call}`);
  assert.equal(calls(child(), child("domain == 1", { default: { kind: "log" } })), [
    "x86_64: socket",
    "x86_64: every other call",
  ]);
  assert.equal(calls(child(), child("domain == 1", { badArch: { kind: "allow" } })), [
    "x86_64: numbers 0x40000000..0x7fffffff, 0xc0000000..0xffffffff",
    "every other little-endian arch: every call",
  ]);
  const numbers = (...syscalls: number[]) =>
    child("domain == 1", { rules: [{ action: { kind: "allow" }, syscalls }] });
  assert.equal(calls(numbers(5000, 5002), numbers(5000, 5001, 5003)), [
    "x86_64: numbers 5001, 5003",
    "x86_64: number 5002",
  ]);
  const more = calls(child(), child("domain == 1", { arches: ["x86_64", "aarch64"] }));
  assert.ok(more.includes("aarch64: read") && !more.includes("x86_64: read"));
});

snapshots("another spelling of the same answers is no change", () => {
  const text = formatSnapshot(taken(child("domain in {1, 2}")), "p.yaml");
  const other = text
    .replace("domain in {1..2}", "domain == 2 || u32(domain) == 1")
    .replace(": allow", ":\n    allow");
  assert.is.not(text, other);
  assert.equal(snapshotChanges(parseSnapshot(other, "p.snap"), taken(child("domain in {1, 2}"))), []);
});

snapshots("conditions that no text says in full differ by their marks", () => {
  const hash = (k: number) =>
    takeSnapshot(
      [assembleProgram(`ld [16]\nmul #${k}\nrsh #27\njeq #5, y\nret #0\ny: ret #0x7fff0000`)],
      ["x86_64"],
    );
  const one = hash(4097);
  assert.equal(snapshotChanges(one, one), []);
  const changes = snapshotChanges(one, hash(4099));
  assert.ok(changes.length > 300);
  assert.match(changes[0]?.after[0] ?? "", /and more, #[0-9a-f]{16}$/);
});

snapshots("programs of the same meaning have the same snapshot, and it says what the policy says", () => {
  const random = new Random(seedOf("testing/snapshot"));
  let compared = 0;
  for (let i = 0; i < 5 || (compared < 1000 && i < 50); i++) {
    const policy = randomPolicy(random);
    const own = taken(policy);
    for (const optimise of ["speed", "size"] as const)
      assert.equal(takeSnapshot([compile(policy, { optimise }).program], policy.arches), own);
    for (const call of cases(policy, { limit: 4000 }).calls.filter((one) => describeCall(one).possible)) {
      const text = said(own, call);
      if (text === undefined) continue;
      compared++;
      const abi = abiOf(call.arch, call.nr);
      const wanted = abi && actionText(decodeAction(evaluate(policy, call).ret), abi);
      assert.is(text, wanted, `policy ${i}, number ${call.nr}`);
    }
  }
  assert.ok(compared >= 1000, `${compared} calls compared`);
});

type Call = ReturnType<typeof cases>["calls"][number];

/** What the snapshot says of a call that has a name, its row's conditions read as policies; undefined where one is cut. */
function said(snapshot: Snapshot, call: Call): string | undefined {
  const abi = abiOf(call.arch, call.nr);
  const rows = snapshot.find(({ title }) => title === abi)?.rows;
  const name = abi && syscallName(abi, call.nr);
  if (!rows || abi === undefined || name === undefined) return undefined;
  // No policy can name an argument that lies in two registers, as the row's text does.
  if (syscallArgs(abi, name)?.some(({ split }) => split)) return undefined;
  const answers = rows.get(name) ?? rows.get("every other call") ?? [];
  for (const answer of answers) {
    const [action = "", when] = answer.replace(/ otherwise$/, "").split(" when ");
    if (answer.includes("#")) return undefined;
    if (when === undefined) return action;
    const rules = [{ action: { kind: "allow" as const }, syscalls: [name], when: parseWhen(when) }];
    if (evaluate({ ...holding, arches: [abi], rules }, call).ret === encodeAction({ kind: "allow" }))
      return action;
  }
  return undefined;
}

const holding: Policy = { imported: true, arches: ["x86_64"], default: { kind: "kill_process" }, rules: [] };

snapshots("every action of the kernel is one word of a snapshot, and read back from it", () => {
  for (const kind of actionNames) {
    const data = kind === "errno" || kind === "trap" || kind === "trace" ? 3 : 0;
    const ret = encodeAction({ kind, data } as Parameters<typeof encodeAction>[0]);
    const one = (k: number) => assembleProgram(`ld [16]\njeq #${k}, y\nret #0x7fff0001\ny: ret #${ret}`);
    const [a, b] = [1, 2].map((k) => takeSnapshot([one(k)], ["x86_64"]));
    if (!a || !b || kind === "allow") continue;
    const example = snapshotChanges(a, b).find(({ call }) => call === "read")?.example;
    assert.ok(example?.text.includes(actionText(decodeAction(ret), "x86_64")), kind);
  }
});

snapshots.run();
