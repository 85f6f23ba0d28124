/** Checks a rule as the caller wrote it, in libseccomp's order, and adds it. */
import type { scmp_arg_cmp } from "./compare.ts";
import { SCMP_CMP_MASKED_EQ, SCMP_FLTATR_ACT_DEFAULT, SCMP_FLTATR_API_TSKIP } from "./constant.ts";
import { type Failure, type FilterContext, isAction } from "./context.ts";
import { type Comparison, isCompareOp } from "./tree.ts";

/** Registers that a syscall takes. */
const MAX_ARGS = 6;

/** A rule: seccomp_rule_add's arguments behind the context. */
export interface RuleRequest {
  readonly action: number;
  readonly syscall: number;
  /** How many of `args` count. */
  readonly count: number;
  readonly args: readonly scmp_arg_cmp[];
  readonly exact: boolean;
}

/** Adds a rule to all architectures of `ctx`, or says why none has it now. */
export function addRule(ctx: FilterContext, rule: RuleRequest): Failure | undefined {
  const { action, syscall, count, exact } = rule;
  const countOk = Number.isInteger(count) && count >= 0 && count <= MAX_ARGS && count <= rule.args.length;
  if (!countOk || !ctx.usable || !isSyscall(ctx, syscall) || !isAction(action)) return "EINVAL";
  if (action === ctx.attribute(SCMP_FLTATR_ACT_DEFAULT)) return "EACCES";
  if (exact && ctx.arches.size > 1) return "EOPNOTSUPP";
  const used = rule.args.slice(0, count);
  const once = new Set(used.map(({ arg }) => arg)).size === count;
  const known = ({ arg, op }: scmp_arg_cmp) =>
    Number.isInteger(arg) && arg >= 0 && arg < MAX_ARGS && isCompareOp(op);
  if (!once || !used.every(known)) return "EINVAL";
  return ctx.addRule(action, { nr: syscall | 0, args: used.map(comparison), exact });
}

/** Whether rules may name this number: -2 to -99 are reserved; -1 is for tracers and must be asked for. */
export function isSyscall(ctx: FilterContext, nr: number): boolean {
  if (!Number.isInteger(nr) || nr < -0x80000000 || nr > 0xffffffff) return false;
  const signed = nr | 0;
  if (signed === -1) return ctx.attribute(SCMP_FLTATR_API_TSKIP) === 1;
  return signed >= 0 || signed < -99;
}

function comparison({ arg, op, datum_a, datum_b }: scmp_arg_cmp): Comparison {
  if (op === SCMP_CMP_MASKED_EQ) return { arg, op, mask: datum_a, datum: datum_b };
  return { arg, op, mask: 0xffff_ffff_ffff_ffffn, datum: datum_a };
}
