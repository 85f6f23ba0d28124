import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeAction } from "../../src/abi/action.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { allow, deny, policy } from "../../src/policy/builder.ts";
import { answer, expect, meets } from "../../src/testing/expect.ts";
import { failureOf, reasonLines } from "../../src/testing/failure.ts";
import type { FilterInput } from "../../src/testing/filter.ts";

const failing = suite("testing/failure");

const x86 = { default: "kill_process", arches: ["x86_64"] } as const;
const child = policy({ ...x86, kernel: "5.0", newer: { errno: "ENOSYS" } }, [
  allow("read", "write"),
  allow("socket").if("domain == AF_UNIX").because("keeps to this machine"),
  deny("EPERM", "ptrace"),
]);
const outer = policy({ ...x86, default: "allow" }, [deny("EACCES", "read")]);
const raw = assembleProgram("ld [0]\njeq #0, y\nret #0x80000000\ny: ret #0x7fff0000");

type Args = Parameters<typeof answer>[3];
const lines = (
  filter: FilterInput,
  wanted: string,
  call: string | number,
  args: Args = [],
  kernel?: string,
) => {
  const abi = "x86_64";
  const got = answer(filter, abi, call, args, kernel === undefined ? {} : { kernel: { version: kernel } });
  const accepts = (ret: number) => meets(decodeAction(ret), wanted, abi);
  assert.not(accepts(got.ret));
  const words = wanted === "pass" ? "allow" : wanted === "deny" ? "a denial" : wanted;
  return reasonLines(failureOf(filter, got, abi, accepts), words, ["new.yaml", "old.bpf"]);
};

const table: readonly (readonly [what: string, () => string[], lines: readonly string[]])[] = [
  [
    "a rule with its reason, and the constant of the policy in the nearest call",
    () => lines(child, "deny", "socket", { domain: 1, type: 2 }),
    [
      "by rule 2 of new.yaml: keeps to this machine",
      "the nearest call that is denied: socket(domain=0, type=2)",
    ],
  ],
  [
    "the default",
    () => lines(child, "pass", "socket", ["AF_INET"]),
    ["by the default of new.yaml", "the nearest call that is allowed: socket(domain=AF_UNIX)"],
  ],
  [
    "that no arguments help",
    () => lines(child, "errno EPERM", "execve"),
    ["by the default of new.yaml", "no other arguments would get errno EPERM"],
  ],
  [
    "a call that the policy does not know yet",
    () => lines(child, "pass", "clone3"),
    ["as newer than the policy's kernel, of new.yaml", "no other arguments would be allowed"],
  ],
  [
    "the instruction of a bare program",
    () => lines(raw, "pass", "write"),
    ["by instruction 0002 of new.yaml", "no other arguments would be allowed"],
  ],
  [
    "the layer of a stack that wins",
    () => lines([outer, raw], "pass", "write"),
    ["by instruction 0002 of old.bpf", "no other arguments would be allowed"],
  ],
  [
    "the newest of two that say the same",
    () => lines([child, raw], "pass", "execve"),
    ["by the default of new.yaml", "no other arguments would be allowed"],
  ],
  [
    "that every filter of a stack lets a call pass",
    () => lines([outer, child], "deny", "write"),
    ["every filter lets it pass", "no other arguments would be denied"],
  ],
  [
    "a call that the kernel shows to no filter",
    () => lines(child, "deny", "uretprobe", [], "6.14"),
    ["this kernel lets the call pass, whatever filters say"],
  ],
];
for (const [what, made, wanted] of table)
  failing(`it tells ${what}`, () => {
    assert.equal(made(), wanted);
  });

failing("a foreign arch is told, and the place of a rule that has one", () => {
  const rules = child.rules.map((rule) => ({
    ...rule,
    where: { file: "p.yaml", line: 7, column: 5, path: "x" },
  }));
  const placed = { ...child, rules };
  assert.match(
    reasonLines(
      failureOf(placed, answer(placed, "x86_64", "read"), "x86_64", () => false),
      "a denial",
    ).join(),
    /^by rule 1 \(p\.yaml:7:5\),no other/,
  );
  const got = answer(child, "aarch64", "read");
  const failure = failureOf(child, got, "aarch64", () => false);
  assert.is(failure.decision.reason, "badArch");
  assert.is(reasonLines(failure, "allow", ["p.yaml"])[0], "as an arch that p.yaml does not list");
  assert.is(reasonLines(failure, "allow")[0], "as an arch that the policy does not list");
});

failing("an assertion says the same, also under a kernel of some version", () => {
  assert.throws(
    () => expect(child, "x86_64").allows("socket", ["AF_INET"]),
    /expected allow, got kill_process\n {2}by the default\n {2}the nearest call .*socket\(domain=AF_UNIX\)\n {2}0000/,
  );
  expect(child, "x86_64")
    .under("4.9")
    .denies("execve", { action: "kill_thread" })
    .on("x86_64")
    .gives("kill_thread", "execve");
  assert.throws(
    () => expect(child, "x86_64").under("4.9").denies("execve", { action: "kill_process" }),
    /execve on x86_64 under Linux 4\.9: expected kill_process, got kill_thread/,
  );
  assert.throws(() => expect(child).under("six"), /no kernel version/);
});

failing.run();
