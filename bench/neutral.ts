/**
 * The neutral form of the bench policies: rules of one syscall are alternatives, every comparison is 64 bits
 * wide, as libseccomp and its kin write them.
 */
import { readFileSync } from "node:fs";
import { type AbiName, isAbiName, isSyscallName } from "../arch/index.ts";
import { encodeAction } from "../src/abi/action.ts";
import { actionOn } from "../src/policy/action.ts";
import { typed } from "../src/policy/typed.ts";
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

/** The policy in the file `path`; `declared` compares arguments at their declared widths instead. */
export function readNeutral(path: string, declared = false): Policy {
  const neutral: NeutralPolicy = JSON.parse(readFileSync(path, "utf8"));
  const policy: Policy = {
    name: neutral.name,
    imported: true,
    arches: neutral.archs.map(toAbi),
    badArch: toAction(neutral.badArch),
    default: toAction(neutral.default),
    rules: neutral.rules.map(({ syscall, action, args }): Rule => {
      if (!isSyscallName(syscall)) throw new Error(`${path}: unknown syscall ${syscall}`);
      const tests = args.map(toCondition);
      const rule = { action: toAction(action), syscalls: [syscall] };
      return tests.length === 0 ? rule : { ...rule, when: { kind: "and", of: tests } };
    }),
  };
  return declared ? typed(policy).policy : policy;
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

function toCondition({ index, op, value, mask }: NeutralArg): Condition {
  const known = ops[op];
  if (known === undefined) throw new Error(`unknown comparison ${op}`);
  const side = {
    arg: { index, as: "u64" } as const,
    ...(mask === undefined ? {} : { mask: BigInt(mask) }),
  };
  return { kind: "compare", ...side, op: known, value: BigInt(value) };
}

const libseccompOps: Readonly<Record<string, number>> = {
  ne: 1,
  lt: 2,
  le: 3,
  eq: 4,
  ge: 5,
  gt: 6,
  masked_eq: 7,
};
/** libseccomp's tokens of the ABIs that the bench policies list besides x86_64. */
const libseccompArches: Readonly<Record<string, number>> = { x86: 0x40000003, x32: 0x4000003e };

/** The same policy as bench/libseccomp.c reads it. */
export function rulesForLibseccomp(path: string): string {
  const neutral: NeutralPolicy = JSON.parse(readFileSync(path, "utf8"));
  const value = (action: NeutralAction) => encodeAction(actionOn(toAction(action), "x86_64"));
  const lines = [`default ${value(neutral.default)}`, `badarch ${value(neutral.badArch)}`];
  for (const arch of neutral.archs) {
    const token = libseccompArches[arch];
    if (token !== undefined) lines.push(`arch ${token}`);
  }
  for (const { syscall, action, args } of neutral.rules) {
    const tests = args.map(({ index, op, value: v, mask }) => {
      const [a, b] = mask === undefined ? [v, 0] : [mask, v];
      return `${index} ${libseccompOps[op]} ${BigInt(a)} ${BigInt(b)}`;
    });
    lines.push(`rule ${value(action)} ${syscall} ${args.length} ${tests.join(" ")}`);
  }
  return `${lines.join("\n")}\n`;
}
