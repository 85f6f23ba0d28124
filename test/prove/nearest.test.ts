import { suite } from "uvu";
import * as assert from "uvu/assert";
import { actionValues } from "../../src/abi/action.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { compile } from "../../src/compile/index.ts";
import { seccompData } from "../../src/policy/call.ts";
import type { Policy } from "../../src/policy/types.ts";
import { parseWhen } from "../../src/policy/when.ts";
import { cases, describeCall, type Nearest, nearestIn } from "../../src/prove/index.ts";
import { answer, type Side } from "../../src/prove/side.ts";
import { randomPolicy } from "../policy/random.ts";
import { Random, seedOf } from "../seed.ts";

const nearest = suite("prove/nearest");

const allows = (ret: number) => ret === actionValues.allow;
const policyWith = (call: "socket" | "clone" | "pread64" | "kcmp", when: string): Policy => ({
  imported: true,
  arches: ["x86_64"],
  default: { kind: "kill_process" },
  rules: [{ action: { kind: "allow" }, syscalls: [call], when: parseWhen(when) }],
});
const argsOf = (found: Nearest) =>
  found.kind === "found" ? found.call.args.slice(0, 4).map(Number) : found.kind;

const table: readonly (readonly [
  what: string,
  call: "socket" | "clone" | "pread64" | "kcmp",
  when: string,
  args: readonly number[],
  nearest: readonly number[] | "none",
])[] = [
  ["a number goes to the nearest one below", "pread64", "count <= 4096", [3, 0, 5000, 9], [3, 0, 4096, 9]],
  ["or to the nearest one above", "pread64", "count >= 4096", [3, 0, 5, 9], [3, 0, 4096, 9]],
  ["of two the nearer one", "socket", "domain in {1, 16}", [14, 0, 0, 0], [16, 0, 0, 0]],
  ["at the same distance the smaller one", "socket", "domain in {4, 8}", [6, 0, 0, 0], [4, 0, 0, 0]],
  [
    "a flag is cleared, the others stay",
    "clone",
    "flags & 0x40000000 == 0",
    [0x70000011, 0, 0, 0],
    [0x30000011, 0, 0, 0],
  ],
  ["a flag is set, the others stay", "clone", "flags & 0x100 == 0x100", [0x11, 0, 0, 0], [0x111, 0, 0, 0]],
  [
    "one argument is changed rather than two",
    "kcmp",
    "arg0 == 1 && arg1 == 2 || arg2 == 900",
    [9, 9, 9, 0],
    [9, 9, 900, 0],
  ],
  ["two where one is not enough", "kcmp", "arg0 == 1 && arg3 == 2", [9, 8, 7, 6], [1, 8, 7, 2]],
  ["what no arguments get is not found", "socket", "domain == 1 && domain == 2", [1, 0, 0, 0], "none"],
];
for (const [what, call, when, args, wanted] of table)
  nearest(what, () => {
    const policy = policyWith(call, when);
    const data = seccompData({ abi: "x86_64", call, args });
    for (const side of [policy, compile(policy).program, [compile(policy).program]] satisfies Side[])
      assert.equal(argsOf(nearestIn(side)(data, allows)), wanted);
  });

nearest("a program that mixes words of the call is searched as well", () => {
  const sum = assembleProgram("ld [16]\ntax\nld [24]\nadd x\njeq #10, y\nret #0\ny: ret #0x7fff0000");
  const found = nearestIn(sum)(seccompData({ abi: "x86_64", call: "read", args: [4, 4] }), allows);
  assert.is(found.kind, "found");
  if (found.kind !== "found") return;
  assert.equal(found.changed, [0]);
  assert.equal(found.call.args.slice(0, 2), [6n, 4n]);
});

nearest("on an ABI of 32-bit registers no upper half is asked for", () => {
  const high = assembleProgram("ld [20]\njeq #1, y\nret #0\ny: ret #0x7fff0000");
  const data = (abi: "x86" | "x86_64") => seccompData({ abi, call: "read", args: [7] });
  assert.is(nearestIn(high)(data("x86"), allows).kind, "none");
  assert.equal(argsOf(nearestIn(high)(data("x86_64"), allows)), [2 ** 32, 0, 0, 0]);
});

nearest("what is computed from the call is not said to be none", () => {
  const computed = assembleProgram("ld [16]\nmul #2654435761\nret a");
  const data = seccompData({ abi: "x86_64", call: "read" });
  assert.is(nearestIn(computed)(data, (ret) => ret === 3).kind, "unknown");
});

nearest("of random policies: what is found is accepted, and no boundary call is nearer", () => {
  const random = new Random(seedOf("prove/nearest"));
  let [found, none] = [0, 0];
  for (let i = 0; i < 12; i++) {
    const policy = randomPolicy(random);
    const calls = cases(policy, { limit: 3000 }).calls.filter((call) => describeCall(call).possible);
    const search = nearestIn(policy);
    for (const call of calls.filter(() => random.once(15))) {
      const { ret } = answer(policy, call);
      const wanted = (other: number) => other !== ret;
      const result = search(call, wanted);
      const others = calls.filter(({ nr, arch, instructionPointer }) => {
        return nr === call.nr && arch === call.arch && instructionPointer === call.instructionPointer;
      });
      const distances = others
        .filter((other) => wanted(answer(policy, other).ret))
        .map((other) => other.args.filter((arg, index) => arg !== call.args[index]).length);
      if (result.kind === "none") {
        none++;
        assert.equal(distances, [], `policy ${i}, number ${call.nr}`);
        continue;
      }
      assert.is(result.kind, "found");
      if (result.kind !== "found") continue;
      found++;
      assert.ok(wanted(answer(policy, result.call).ret));
      const moved = result.call.args.flatMap((arg, index) => (arg === call.args[index] ? [] : [index]));
      assert.equal(moved, result.changed);
      assert.ok(distances.every((distance) => distance >= moved.length));
    }
  }
  assert.ok(found > 20 && none > 20, `${found} found, ${none} none`);
});

nearest.run();
