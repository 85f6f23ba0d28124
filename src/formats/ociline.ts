import { type AbiName, argsByRegister, isSyscallName } from "../../arch/index.ts";
import type { SeccompData } from "../abi/data.ts";
import type { Allowance } from "../policy/allow.ts";

/**
 * `{"names": ["ioctl"], "action": "SCMP_ACT_ALLOW", "args": [...]}`: the entry of a container profile that allows `data`
 * as the allowance does. It compares whole registers, as these profiles do, so with the number that the register had.
 * Undefined for a call without a name.
 */
export function ociAllowLine(
  { rule, tests }: Allowance,
  data: SeccompData,
  abi: AbiName | undefined,
): string | undefined {
  const [name] = rule.syscalls;
  if (typeof name !== "string" || !isSyscallName(name) || abi === undefined) return undefined;
  const args = argsByRegister(abi, name);
  const comparisons = tests.flatMap((test) => {
    const index = test.arg.index ?? args.findIndex((arg) => arg?.name === test.arg.name);
    const negated = test.kind === "compare" && test.op === "!=";
    const value = test.arg.as === "ptr" ? 0n : (data.args[index] ?? 0n);
    return [`{"index": ${index}, "value": ${value}, "op": "SCMP_CMP_${negated ? "NE" : "EQ"}"}`];
  });
  const rest = comparisons.length === 0 ? "" : `, "args": [${comparisons.join(", ")}]`;
  return `{"names": [${JSON.stringify(name)}], "action": "SCMP_ACT_ALLOW"${rest}}`;
}
