import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, abi, errnoNumber } from "../../arch/index.ts";
import { encodeAction } from "../../src/abi/action.ts";
import { packData } from "../../src/abi/data.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { run } from "../../src/bpf/run.ts";
import { compile } from "../../src/compile/index.ts";
import { allow, deny, policy } from "../../src/policy/builder.ts";
import { seccompData } from "../../src/policy/call.ts";
import { expect } from "../../src/testing/expect.ts";

const arches = suite("compile/arches");
const both = policy(
  { default: "kill_process", badArch: { errno: "ENOSYS" }, arches: ["x86_64", "aarch64"] },
  [allow("open"), deny("EPERM", "read").if("count > 5"), allow("read", "openat")],
);

function messageOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof SeccatError) return error.message;
    throw error;
  }
  return "";
}

arches("a part of a policy compiles although a rule has all its calls on the other part", () => {
  const { program, warnings } = compile(both, { arches: ["aarch64"] });
  assert.equal(
    warnings.map(({ message }) => message),
    ["open does not exist on aarch64; the rule is left out there"],
  );
  const ret = (name: AbiName, call: string) =>
    run(program, packData(seccompData({ abi: name, call }), program.endian));
  assert.is(ret("aarch64", "openat"), encodeAction({ kind: "allow" }));
  assert.is(ret("x86_64", "open"), encodeAction({ kind: "errno", data: 38 }));
});

arches("policies over both byte orders are tested although a rule has calls on one alone", () => {
  const made = policy({ default: "kill_process", arches: ["aarch64", "s390x"] }, [
    allow("open"),
    allow("read"),
  ]);
  expect(made, "aarch64").allows("read").on("s390x").allows("open");
});

arches("warnings about arches that are left out are left out", () => {
  assert.is(compile(both).warnings.length, 1);
  assert.equal(compile(both, { arches: ["x86_64"] }).warnings, []);
});

arches("the errno of other arches has the number of the first arch that is compiled for", () => {
  const made = policy({ default: "allow", badArch: { errno: "ENOSYS" }, arches: ["x86_64", "mips"] }, []);
  const { program } = compile(made, { arches: ["mips"] });
  const foreign = packData({ nr: 1, arch: abi("s390x").auditArch, args: [] }, program.endian);
  const data = errnoNumber("mips", "ENOSYS") ?? 0;
  assert.is(data, 89);
  assert.is(run(program, foreign), encodeAction({ kind: "errno", data }));
});

const refusals: readonly (readonly [sentence: string, chosen: readonly AbiName[], message: string])[] = [
  ["an arch that the policy does not list", ["arm"], "the policy does not speak about arm"],
  ["no arch at all", [], "there is no arch to compile for"],
];
for (const [sentence, chosen, message] of refusals) {
  arches(`refuses ${sentence}`, () => {
    assert.is(
      messageOf(() => compile(both, { arches: chosen })),
      message,
    );
  });
}

arches.run();
