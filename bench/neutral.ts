/**
 * The neutral form of the bench policies: rules of one syscall are alternatives, every comparison is 64 bits
 * wide, as libseccomp and its kin write them.
 */
import { readFileSync } from "node:fs";
import { type AbiName, isAbiName, isSyscallName } from "../arch/index.ts";
import type { CompareOp, Condition, Policy, PolicyAction, Rule } from "../src/policy/types.ts";

interface NeutralAction {
  readonly action: string;
  readonly value?: number;
}

interface NeutralArg {
  readonly index: number;
  readonly op: string;
  readonly value: number | string;
  readonly mask?: number | string;
}

interface NeutralPolicy {
  readonly name: string;
  readonly archs: readonly string[];
  readonly badArch: NeutralAction;
  readonly default: NeutralAction;
  readonly rules: readonly {
    readonly syscall: string;
    readonly action: NeutralAction;
    readonly args: readonly NeutralArg[];
  }[];
}

const ops: Readonly<Record<string, CompareOp>> = {
  eq: "==",
  ne: "!=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
  masked_eq: "==",
};

/** The policy in the file `path`; `typed` compares arguments at their declared widths instead. */
export function readNeutral(path: string, typed = false): Policy {
  const neutral: NeutralPolicy = JSON.parse(readFileSync(path, "utf8"));
  return {
    name: neutral.name,
    imported: true,
    arches: neutral.archs.map(toAbi),
    badArch: toAction(neutral.badArch),
    default: toAction(neutral.default),
    rules: neutral.rules.map(({ syscall, action, args }): Rule => {
      if (!isSyscallName(syscall)) throw new Error(`${path}: unknown syscall ${syscall}`);
      const tests = args.map((arg) => toCondition(arg, typed));
      const rule = { action: toAction(action), syscalls: [syscall] };
      return tests.length === 0 ? rule : { ...rule, when: { kind: "and", of: tests } };
    }),
  };
}

function toAbi(name: string): AbiName {
  if (!isAbiName(name)) throw new Error(`unknown arch ${name}`);
  return name;
}

function toAction({ action, value }: NeutralAction): PolicyAction {
  switch (action) {
    case "allow":
    case "log":
    case "kill_process":
    case "kill_thread":
      return { kind: action };
    case "errno":
      return { kind: "errno", errno: value ?? 1 };
    default:
      throw new Error(`unknown action ${action}`);
  }
}

function toCondition({ index, op, value, mask }: NeutralArg, typed: boolean): Condition {
  const known = ops[op];
  if (known === undefined) throw new Error(`unknown comparison ${op}`);
  const side = {
    arg: typed ? { index } : ({ index, as: "u64" } as const),
    ...(mask === undefined ? {} : { mask: BigInt(mask) }),
  };
  return { kind: "compare", ...side, op: known, value: BigInt(value) };
}
