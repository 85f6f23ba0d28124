/** Several evaluators as one: what the kernel makes of a stack of filters, for many calls. */
import { combineReturns } from "../../abi/action.ts";
import { SECCOMP_DATA_WORDS } from "../../abi/data.ts";
import { type Kernel, kernelRules, settle } from "../kernel.ts";
import type { Program } from "../program.ts";
import { checkList } from "../run.ts";
import { batchOf, type Evaluator, jit, returnsFor } from "./evaluator.ts";

/**
 * The evaluator of a stack of programs for machines of one byte order, newest first: the strongest answer wins,
 * on a tie the newest. With `kernel` given, it returns the value for what that kernel does in the end (see
 * kernelRules). It is "interpreter" when one of its parts is. Throws a SeccatError "usage" for no version.
 */
export function jitStack(newestFirst: readonly Program[], kernel?: Kernel): Evaluator {
  checkList(newestFirst);
  const parts = newestFirst.map(jit);
  const rules = kernel && kernelRules(kernel);
  const combine = (returns: readonly number[], nr: number, arch: number) =>
    rules ? settle(returns, nr, arch, rules) : combineReturns(returns);
  const slow = parts.find(({ kind }) => kind === "interpreter");
  const evaluateMany = (calls: Uint32Array, given?: Uint32Array) => {
    const returns = returnsFor(calls, given);
    const answers = parts.map((part) => part.evaluateMany(calls));
    const count = calls.length / SECCOMP_DATA_WORDS;
    const column = new Array<number>(answers.length);
    for (let i = 0; i < count; i++) {
      for (let part = 0; part < answers.length; part++) column[part] = answers[part]?.[i] ?? 0;
      const at = i * SECCOMP_DATA_WORDS;
      returns[i] = combine(column, calls[at] ?? 0, calls[at + 1] ?? 0);
    }
    return returns;
  };
  return {
    kind: slow ? "interpreter" : "jit",
    ...(slow?.reason === undefined ? {} : { reason: slow.reason }),
    evaluate: (words) =>
      combine(
        parts.map((part) => part.evaluate(words)),
        words[0] ?? 0,
        words[1] ?? 0,
      ),
    evaluateAt: (words, at) =>
      combine(
        parts.map((part) => part.evaluateAt(words, at)),
        words[at] ?? 0,
        words[at + 1] ?? 0,
      ),
    evaluateMany,
    batch: batchOf(evaluateMany),
  };
}
