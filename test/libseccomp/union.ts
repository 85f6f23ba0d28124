/**
 * The plainest meaning of rules without order: where all rules of a syscall have one action, a call gets it when
 * the comparisons of any of them hold, and else the default. Made without the product's trees and policies.
 */
import { type AbiName, abi, abiOf } from "../../arch/index.ts";
import type { SeccompData } from "../../src/abi/data.ts";
import type { Comparison } from "../../src/libseccomp/tree.ts";
import { SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_LE, SCMP_CMP_LT, SCMP_CMP_NE } from "../../src/libseccomp.ts";
import { type Placed, rulesAt } from "./known.ts";
import type { Filter } from "./random.ts";

/** What the rules of `filter` say of a call, as a return value; undefined where their order could count. */
export function union(filter: Filter, native: AbiName): (call: SeccompData) => number | undefined {
  const known = new Map<string, readonly Placed[]>();
  return (call) => {
    const arch = abiOf(call.arch, call.nr);
    if (arch === undefined || !filter.arches.includes(arch) || call.nr >= 0x80000000) return undefined;
    const key = `${arch} ${call.nr}`;
    const rules = known.get(key) ?? rulesAt(filter, arch, native, call.nr);
    known.set(key, rules);
    const [first, ...more] = rules;
    if (first === undefined) return filter.base;
    if (more.some(({ action }) => action !== first.action)) return undefined;
    const holds = ({ args }: Placed) => args.every((test) => compares(test, call.args, abi(arch).wordBits));
    return rules.some(holds) ? first.action : filter.base;
  };
}

function compares({ arg, op, mask, datum }: Comparison, args: readonly bigint[], bits: 32 | 64): boolean {
  const cut = (value: bigint) => BigInt.asUintN(bits, value);
  const value = cut(args[arg] ?? 0n) & cut(mask);
  const wanted = cut(datum) & cut(mask);
  switch (op) {
    case SCMP_CMP_NE:
      return value !== wanted;
    case SCMP_CMP_LT:
      return value < wanted;
    case SCMP_CMP_LE:
      return value <= wanted;
    case SCMP_CMP_GE:
      return value >= wanted;
    case SCMP_CMP_GT:
      return value > wanted;
    default:
      return value === wanted;
  }
}
