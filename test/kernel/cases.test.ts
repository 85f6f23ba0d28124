import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SeccompData } from "../../src/abi/data.ts";
import type { Program } from "../../src/bpf/program.ts";
import { compile } from "../../src/compile/index.ts";
import { seccompData } from "../../src/policy/call.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { programsOf } from "../../src/testing/filter.ts";
import { argumentCases } from "../cases/arguments.ts";
import { nameCases } from "../cases/names.ts";
import { randomCall, randomPolicy } from "../policy/random.ts";
import { Random, seedOf } from "../seed.ts";
import { type Entry, type KernelCall, type Oracle, openOracle, outcomeOf } from "./oracle.ts";

const kernel = suite("kernel/cases");

/** How a call of that arch enters this kernel; undefined for arches of other machines. */
function entryOf(data: SeccompData, int80: boolean): Entry | undefined {
  if (data.arch === 0xc000003e) return "syscall";
  return data.arch === 0x40000003 && int80 ? "int80" : undefined;
}

function callOf(data: SeccompData, int80: boolean): KernelCall | undefined {
  const entry = entryOf(data, int80);
  // Linux 6.14 and 6.18 let no filter judge uretprobe and uprobe.
  if (entry === undefined || data.nr === 335 || data.nr === 336) return undefined;
  return { nr: data.nr, args: data.args, entry };
}

function judgeCases(oracle: Oracle): void {
  for (const { name, policy, cases } of [...nameCases, ...argumentCases]) {
    const asked = cases.flatMap((one) => {
      const data = seccompData({ abi: one.abi, call: one.call, args: one.args });
      const call = callOf(data, oracle.int80);
      return call ? [{ ...one, data, call }] : [];
    });
    if (asked.length === 0) continue;
    const [program] = programsOf(policy, "x86_64");
    kernel(`${name}: the kernel answers ${asked.length} cases as they say`, () => {
      const calls = asked.map(({ call }) => call);
      const [answer] = oracle.ask([{ newestFirst: [program?.insns ?? []], calls }]);
      assert.is(answer?.errno, 0, "the program was refused");
      asked.forEach(({ sentence, data }, i) => {
        assert.is(answer?.outcomes[i], outcomeOf(evaluate(policy, data).ret), sentence);
      });
    });
  }
}

function judgeRandom(oracle: Oracle): void {
  kernel("the kernel answers 4,000 calls under 100 random policies as evaluate does", () => {
    const random = new Random(seedOf("kernel/cases"));
    const questions = Array.from({ length: 100 }, () => {
      const policy = randomPolicy(random, random.once(2) ? ["x86_64"] : ["x86_64", "x86", "x32"]);
      const program: Program = compile(policy).program;
      const calls: KernelCall[] = [];
      while (calls.length < 40) {
        const call = callOf(randomCall(random, policy), oracle.int80);
        if (call) calls.push(call);
      }
      return { policy, program, calls };
    });
    const answers = oracle.ask(
      questions.map(({ program, calls }) => ({ newestFirst: [program.insns], calls })),
    );
    answers.forEach((answer, i) => {
      const { policy, calls } = questions[i] ?? {};
      assert.is(answer.errno, 0, "the program was refused");
      calls?.forEach((call, c) => {
        const expected = policy ? outcomeOf(evaluate(policy, oracle.dataOf(call)).ret) : "";
        const show = (_: string, value: unknown) =>
          typeof value === "bigint" ? `0x${value.toString(16)}` : value;
        assert.is(answer.outcomes[c], expected, JSON.stringify({ call, policy }, show));
      });
    });
  });
}

const oracle = openOracle();
if ("skip" in oracle) console.log(`kernel/cases: skipped, ${oracle.skip}`);
else {
  judgeCases(oracle);
  judgeRandom(oracle);
}

kernel.run();
