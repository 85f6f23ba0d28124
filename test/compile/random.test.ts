import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi } from "../../arch/index.ts";
import { packData } from "../../src/abi/data.ts";
import { run } from "../../src/bpf/run.ts";
import { compile } from "../../src/compile/index.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { randomCall, randomPolicy } from "../policy/random.ts";
import { Random, seedOf } from "../seed.ts";

const compiling = suite("compile/random");
const policies = Number(process.env.SECCAT_POLICIES ?? 300);

compiling(`the programs of ${policies} random policies decide as the policies do, 200 calls each`, () => {
  const random = new Random(seedOf("compile/random"));
  for (let i = 0; i < policies; i++) {
    const policy = randomPolicy(random);
    const { program } = compile(policy);
    assert.is(program.endian, abi(policy.arches[0] ?? "x86_64").endian);
    for (let j = 0; j < 200; j++) {
      const call = randomCall(random, policy);
      const expected = evaluate(policy, call);
      const ret = run(program, packData(call, program.endian));
      if (ret === expected.ret) continue;
      const show = (_: string, value: unknown) =>
        typeof value === "bigint" ? `0x${value.toString(16)}` : value;
      assert.unreachable(
        `policy ${i}: ret ${ret.toString(16)}, expected ${JSON.stringify(expected)} for ${JSON.stringify(call, show)} under ${JSON.stringify(policy, show)}`,
      );
    }
  }
});

compiling.run();
