import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newestNr } from "../../arch/index.ts";
import { readNeutral } from "../../bench/neutral.ts";
import { actionValues } from "../../src/abi/action.ts";
import { bitmapOf, keepsBitmap } from "../../src/bpf/bitmap.ts";
import { type CompileOptions, compile } from "../../src/compile/index.ts";
import { allow, policy } from "../../src/policy/builder.ts";
import { type ResolvedArch, resolve } from "../../src/policy/resolve.ts";
import type { Policy } from "../../src/policy/types.ts";
import { randomPolicy } from "../policy/random.ts";
import { root } from "../root.ts";
import { Random, seedOf } from "../seed.ts";

const caching = suite("compile/bitmap");

const targets: readonly CompileOptions[] = [
  {},
  { optimise: "size" },
  { kernel: "5.4" },
  { weights: { write: 5, brk: 1 } },
];

/** The numbers of an arch that a policy allows whatever the arguments are, without a look at conditions. */
function alwaysAllowed({ abi, calls, default: base, newer, newest, beyond }: ResolvedArch): number[] {
  return Array.from({ length: newestNr(abi) + 1 }, (_, nr) => nr).filter((nr) => {
    const claims = calls.get(nr) ?? [];
    const last = claims.findIndex(({ when }) => when === undefined);
    const rest = nr > newest && !beyond.includes(nr) ? newer : base;
    const rets = (last < 0 ? claims : claims.slice(0, last + 1)).map(({ ret }) => ret);
    return [...rets, ...(last < 0 ? [rest] : [])].every((ret) => ret === actionValues.allow);
  });
}

/** How many numbers were looked at; each is in the bitmap. */
function check(made: Policy, what: string): number {
  let seen = 0;
  const { arches } = resolve(made);
  for (const target of targets) {
    const { program } = compile(made, target);
    for (const arch of arches.filter(({ abi }) => keepsBitmap(abi))) {
      const bitmap = bitmapOf(program, arch.abi);
      const numbers = alwaysAllowed(arch);
      seen += numbers.length;
      const lost = numbers.filter((nr) => !bitmap.has(nr));
      assert.equal(lost, [], `${what} on ${arch.abi}, ${JSON.stringify(target)}`);
    }
  }
  return seen;
}

caching(
  "the kernel answers by itself all that 100 random policies always allow, on every arch with a bitmap",
  () => {
    const random = new Random(seedOf("compile/bitmap"));
    let seen = 0;
    for (let i = 0; i < 100; i++) seen += check(randomPolicy(random), `policy ${i}`);
    assert.ok(seen > 500, `${seen} numbers`);
  },
);

for (const name of ["randomcat", "docker-default", "docker-default-multi", "args-heavy"]) {
  caching(`and all that the bench policy ${name} always allows`, () => {
    const file = `${root}bench/policies/${name}.json`;
    for (const typed of [false, true]) assert.ok(check(readNeutral(file, typed), name) > 0);
  });
}

caching("conditions that leave nothing out are none", () => {
  const { program } = compile(
    policy({ default: "kill_process", arches: ["x86_64"] }, [
      allow("read").if("count < 100"),
      allow("read").if("count >= 100"),
      allow("write").if("count & 0 == 0"),
    ]),
  );
  assert.equal([...bitmapOf(program, "x86_64", "6.1")], [0, 1]);
});

caching.run();
