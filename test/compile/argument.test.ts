import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packData } from "../../src/abi/data.ts";
import { run } from "../../src/bpf/run.ts";
import { compile } from "../../src/compile/index.ts";
import { allow, arg, policy } from "../../src/policy/builder.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import type { Condition } from "../../src/policy/types.ts";
import { Random, seedOf } from "../seed.ts";

const compiling = suite("compile/argument");
const head = { default: "kill_process", arches: ["x86_64"] } as const;

compiling("rules about one argument melt into one decision, however they are written", () => {
  const apart = policy(head, [
    allow("fcntl").if("cmd == F_GETFL"),
    allow("fcntl").if("cmd == F_SETFD"),
    allow("fcntl").if("cmd in {F_GETFD}"),
  ]);
  const together = policy(head, [allow("fcntl").if("cmd in {F_GETFD, F_SETFD, F_GETFL}")]);
  assert.equal(compile(apart).program.insns, compile(together).program.insns);
});

compiling("equal conditions of different calls are one piece of code", () => {
  const two = policy(head, [allow("socket", "socketpair").if("domain == AF_UNIX")]);
  const loads = compile(two).program.insns.filter(({ code, k }) => code === 0x20 && k >= 16);
  assert.is(loads.length, 1);
});

compiling("a mask that leaves nothing, or all, costs no instruction", () => {
  const plain = policy(head, [allow("read").if("u32(count) == 5")]);
  const masked = policy(head, [allow("read").if("u32(count) & 0xffffffff == 5 && count & 0 == 0")]);
  assert.equal(compile(masked).program.insns, compile(plain).program.insns);
});

compiling("comparisons of one value are one set, joined or ruled out, whatever stands between them", () => {
  const insns = (when: string) => compile(policy(head, [allow("read").if(when)])).program.insns;
  const values = Array.from({ length: 200 }, (_, i) => 3 * i);
  const all = values.join(", ");
  const between = values.map((value) => `fd == ${value}`).join(" || u64(arg1) == 7 || ");
  assert.equal(insns(between), insns(`u64(arg1) == 7 || fd in {${all}}`));
  const none = values.map((value) => `fd != ${value}`).join(" && u64(arg1) s< 7 && ");
  assert.equal(insns(none), insns(`u64(arg1) s< 7 && !(fd in {${all}})`));
  assert.equal(insns("fd >= 5 && u64(fd) >= 5 && fd <= 9"), insns("fd in {5..9} && u64(fd) >= 5"));
});

compiling("conditions over so many masks that no diagram holds them are tested as written", () => {
  const random = new Random(seedOf("compile/argument"));
  const bits = () =>
    (2n ** BigInt(random.below(32))) | (2n ** BigInt(random.below(32))) | (2n ** BigInt(random.below(32)));
  const masks = Array.from({ length: 26 }, () => ({ first: bits(), second: bits() }));
  const of = masks.map(
    ({ first, second }): Condition => ({
      kind: "and",
      of: [arg(0).as("u32").and(first).ne(0), arg(1).as("u32").and(second).eq(second)],
    }),
  );
  const wild = policy(head, [allow("ioctl").if({ kind: "or", of })]);
  const { program } = compile(wild);
  assert.ok(program.insns.length < 26 * 6 + 20, `${program.insns.length} instructions`);
  for (let i = 0; i < 3000; i++) {
    const args = [BigInt(random.u32() & random.u32()), BigInt(random.u32() & random.u32())];
    const data = { nr: 16, arch: 0xc000003e, args };
    assert.is(run(program, packData(data, "little")), evaluate(wild, data).ret);
  }
});

compiling("arches of both byte orders need two programs", () => {
  const both = policy({ ...head, arches: ["x86_64", "s390x"] }, [allow("read")]);
  assert.throws(() => compile(both), /both byte orders/);
  assert.is(compile(both, { arches: ["s390x"] }).program.endian, "big");
  assert.throws(() => compile(both, { arches: ["aarch64"] }), /does not speak about aarch64/);
});

compiling.run();
