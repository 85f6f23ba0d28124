import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packData } from "../../src/abi/data.ts";
import { jit } from "../../src/bpf/jit/index.ts";
import { run } from "../../src/bpf/run.ts";
import { seccompData } from "../../src/policy/call.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { actionText } from "../../src/testing/action.ts";
import { programsOf } from "../../src/testing/filter.ts";
import { argumentCases } from "./arguments.ts";
import { nameCases } from "./names.ts";

const cases = suite("cases");
const groups = [...nameCases, ...argumentCases];

for (const { name, policy, cases: list } of groups) {
  for (const { sentence, abi, call, args, gives } of list) {
    cases(`${name}: ${sentence}`, () => {
      const data = seccompData({ abi, call, args });
      const verdict = evaluate(policy, data);
      const text = actionText(verdict.action, abi);
      const plain = "data" in verdict.action ? `${verdict.action.kind} ${verdict.action.data}` : text;
      assert.ok([text, plain].includes(gives), `evaluate gives ${text}, expected ${gives}`);
      for (const program of programsOf(policy, abi)) {
        const words = packData(data, program.endian);
        assert.is(run(program, words), verdict.ret, "the program agrees");
        assert.is(jit(program).evaluate(words), verdict.ret, "its JavaScript agrees");
      }
    });
  }
}

cases("there are at least 300 of them, and no two have one name", () => {
  const names = groups.flatMap((group) => group.cases.map(({ sentence }) => `${group.name}: ${sentence}`));
  assert.ok(names.length >= 300, `${names.length} cases`);
  assert.is(new Set(names).size, names.length, "a name is used twice");
});

cases.run();
