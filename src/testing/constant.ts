/** Names for numbers, as the policy that is tested has them: `AF_UNIX` and not 1, where a rule says `AF_UNIX`. */
import { type AbiName, constant, syscallArgs, syscallName } from "../../arch/index.ts";
import type { ArgRef, Condition, Policy, Value } from "../policy/types.ts";

/** The constant with which a condition of `policies` on that argument of that call compares, when it is `value`. */
export function constantFor(
  policies: readonly Policy[],
  abi: AbiName,
  nr: number,
  index: number,
  value: bigint,
): string | undefined {
  const call = syscallName(abi, nr);
  const arg = call === undefined ? undefined : syscallArgs(abi, call)?.[index];
  const names = arg ? [arg.name, ...arg.aliases] : [];
  const isMeant = (ref: ArgRef) =>
    ref.index === index || (ref.name !== undefined && names.includes(ref.name));
  const conditions = policies.flatMap(({ rules }) => rules.flatMap(({ when }) => (when ? [when] : [])));
  const used = conditions.flatMap((condition) => constantsOf(condition, isMeant));
  return used.find((name) => constant(abi, name) === value);
}

function constantsOf(condition: Condition, isMeant: (ref: ArgRef) => boolean): string[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.of.flatMap((part) => constantsOf(part, isMeant));
    case "not":
      return constantsOf(condition.of, isMeant);
    case "compare":
      return isMeant(condition.arg) ? namesIn(condition.value) : [];
    case "in":
      return isMeant(condition.arg)
        ? condition.set.flatMap(({ from, to }) => [...namesIn(from), ...namesIn(to)])
        : [];
  }
}

function namesIn(value: Value): string[] {
  if (typeof value === "bigint") return [];
  if (value.kind === "constant") return [value.name];
  return value.kind === "or" ? value.of.flatMap(namesIn) : [];
}
