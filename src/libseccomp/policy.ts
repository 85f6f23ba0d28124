/**
 * A filter context as Seccat's policies, and their one program.
 *
 * A policy's numbers hold on every arch that it lists, and a context may have other rules on each: so a context
 * is one policy per arch, joined after their names and numbers are resolved.
 */
import { type AbiName, abi, abiOf } from "../../arch/index.ts";
import { decodeAction, encodeAction } from "../abi/action.ts";
import type { SeccompData } from "../abi/data.ts";
import { SeccatError } from "../abi/error.ts";
import type { Program } from "../bpf/program.ts";
import { evaluate } from "../policy/evaluate.ts";
import { resolve } from "../policy/resolve.ts";
import type { CompareOp, Condition, Policy, PolicyAction, Rule } from "../policy/types.ts";
import { compileResolved } from "../proof.ts";
import { SCMP_FLTATR_ACT_BADARCH, SCMP_FLTATR_ACT_DEFAULT } from "./constant.ts";
import type { FilterContext, Rules } from "./context.ts";
import { type NodeTest, type Path, pathsOf } from "./tree.ts";

/** -1, which a tracer writes over the number of a call that is to be skipped. */
const SKIPPED = 0xffffffff;

/**
 * The policies that `ctx` is, one per arch. Next to x86_64 without x32 stands one for x32 that refuses all its
 * calls as those of a bad arch but one: -1 is no call of x32's, and is decided as x86_64's.
 */
export function policiesOf(ctx: FilterContext): Policy[] {
  const base = ctx.attribute(SCMP_FLTATR_ACT_DEFAULT) ?? 0;
  const badArch = ctx.attribute(SCMP_FLTATR_ACT_BADARCH) ?? 0;
  const policy = (arch: AbiName, otherwise: number, rules: readonly Rule[]): Policy => ({
    name: `libseccomp filter for ${arch}`,
    imported: true,
    arches: [arch],
    default: actionOf(otherwise),
    badArch: actionOf(badArch),
    rules,
  });
  const policies = [...ctx.arches].map(([arch, rules]) => policy(arch, base, rulesOf(arch, rules)));
  const x86 = ctx.arches.get("x86_64");
  if (x86 && !ctx.arches.has("x32")) {
    const rules = rulesOf("x86_64", new Map([...x86].filter(([nr]) => nr === -1)));
    const rest: Rule = { action: actionOf(base), syscalls: [SKIPPED] };
    policies.push(policy("x32", badArch, [...rules, rest]));
  }
  return policies;
}

/**
 * What the `policies` of a context say of one call, as the u32 that a filter returns: the reference for its
 * program. A call of an arch without a policy gets `badArch`.
 */
export function decide(policies: readonly Policy[], badArch: number, data: SeccompData): number {
  const arch = abiOf(data.arch, data.nr);
  const policy = policies.find(({ arches }) => arch !== undefined && arches.includes(arch));
  return policy ? evaluate(policy, data).ret : badArch;
}

/** The program of `ctx`. Throws a SeccatError "limit" when it is longer than the kernel takes. */
export function programOf(ctx: FilterContext): Program {
  const [arch] = ctx.arches.keys();
  if (arch === undefined)
    throw new SeccatError({
      code: "usage",
      message: "this filter context has no architecture, or was released",
      fix: "call seccomp_init, and keep an architecture in it",
    });
  return compileResolved({
    arches: policiesOf(ctx).flatMap((policy) => resolve(policy).arches),
    badArch: ctx.attribute(SCMP_FLTATR_ACT_BADARCH) ?? 0,
    skipped: [],
  }).program;
}

function rulesOf(arch: AbiName, rules: Rules): Rule[] {
  const existing = [...rules].filter(([nr]) => nr >= -1);
  return existing.flatMap(([nr, tree]) =>
    pathsOf(tree).map((path) => {
      const when = conditionOf(path, abi(arch).wordBits);
      return { action: actionOf(path.action), syscalls: [nr >>> 0], ...(when ? { when } : {}) };
    }),
  );
}

const opposite = { "==": "!=", "&": "!=", ">=": "<", ">": "<=" } as const;

function conditionOf(path: Path, bits: 32 | 64): Condition | undefined {
  const of = path.tests.map(({ test, holds }): Condition => compare(test, holds, bits));
  return of.length > 1 ? { kind: "and", of } : of[0];
}

function compare(test: NodeTest, holds: boolean, bits: 32 | 64): Condition {
  const straight: CompareOp = test.op === "&" ? "==" : test.op;
  return {
    kind: "compare",
    arg: { index: test.arg, as: bits === 64 ? "u64" : "u32" },
    ...(test.op === "&" ? { mask: test.mask } : {}),
    op: holds ? straight : opposite[test.op],
    value: test.datum,
  };
}

function actionOf(ret: number): PolicyAction {
  const action = decodeAction(ret);
  if (encodeAction(action) !== ret) throw new RangeError(`no action has the value ${ret}`);
  if (action.kind === "errno") return { kind: "errno", errno: action.data };
  if (action.kind === "trap" || action.kind === "trace") return { kind: action.kind, data: action.data };
  return { kind: action.kind };
}
