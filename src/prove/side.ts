/** What can be compared: policies, programs, and stacks of programs; each as a diagram, and asked for one call. */
import { abiOf } from "../../arch/index.ts";
import { type Action, combineReturns, decodeAction } from "../abi/action.ts";
import { packData, type SeccompData } from "../abi/data.ts";
import { isFields } from "../abi/fields.ts";
import { checkProgram } from "../bpf/check.ts";
import type { Program, SockFilter } from "../bpf/program.ts";
import { type Trace, trace } from "../bpf/run.ts";
import { holds } from "../policy/condition.ts";
import { evaluate } from "../policy/evaluate.ts";
import { type ResolvedPolicy, resolve } from "../policy/resolve.ts";
import type { Policy } from "../policy/types.ts";
import { policyDiagram } from "./policy.ts";
import type { Space } from "./space.ts";
import type { Node } from "./table.ts";
import { combined, weakest, weakestReturn } from "./verdict.ts";
import { programDiagram } from "./walk.ts";

/** A policy, by names or in numbers; a program; the programs of a stack, newest first; or a union of policies. */
export type Side = Policy | ResolvedPolicy | Program | readonly Program[] | Union;

/** What several policies answer together: the most permissive of their answers, by the kernel's precedence. */
export interface Union {
  /** At least one; of answers that are as permissive as each other, the first one's. */
  readonly anyOf: readonly Policy[];
}

/** What a side says of one call. */
export interface Answer {
  /** The u32 that it returns; of a stack, the one that wins. */
  readonly ret: number;
  /** What the kernel does for that. */
  readonly action: Action;
  /** The way through each program, newest first; none for a policy. */
  readonly traces: readonly Trace[];
  /** Index into `policy.rules` of the rule that decides, when one does. */
  readonly rule?: number;
}

/** The programs of a side, newest first; none for a policy. */
export function programsOf(side: Side): readonly Program[] {
  if (isStack(side)) return side;
  if (isUnion(side)) return [];
  return isProgram(side) ? [side] : [];
}

/** The policy of a side in numbers; undefined for programs and unions. Throws a SeccatError when it does not resolve. */
export function resolvedOf(side: Side): ResolvedPolicy | undefined {
  if (isStack(side) || isUnion(side) || isProgram(side)) return undefined;
  return isResolved(side) ? side : resolve(side);
}

/** Whether two sides are the same programs in the same order, instruction by instruction. */
export function sameStack(a: Side, b: Side): boolean {
  const [left, right] = [programsOf(a), programsOf(b)];
  if (left.length === 0 || left.length !== right.length || isStack(a) !== isStack(b)) return false;
  return left.every((program, i) => right[i] !== undefined && sameProgram(program, right[i]));
}

/** What a side answers, as a diagram; undefined when the parts of a stack or union take too much together. */
export function sideDiagram(space: Space, side: Side): Node | undefined {
  if (isUnion(side)) {
    const parts = side.anyOf.map((policy) => policyDiagram(space, resolve(policy)));
    return space.table.attempt(space.budget, () => weakest(space, parts));
  }
  const policy = resolvedOf(side);
  if (policy) return policyDiagram(space, policy);
  const diagrams = programsOf(side).map((program) => programDiagram(space, program));
  return isStack(side) ? space.table.attempt(space.budget, () => combined(space, diagrams)) : diagrams[0];
}

/** What a side answers to one call, by the interpreter or by the policy's own semantics; no diagram is asked. */
export function answer(side: Side, call: SeccompData): Answer {
  if (isUnion(side)) {
    const ret = weakestReturn(side.anyOf.map((policy) => evaluate(policy, call).ret));
    return { ret, action: decodeAction(ret), traces: [] };
  }
  if (isStack(side) || isProgram(side)) {
    const traces = programsOf(side).map((program) => trace(program, packData(call, program.endian)));
    const rets = traces.map(({ ret }) => ret);
    const ret = isStack(side) ? combineReturns(rets) : (rets[0] ?? 0);
    return { ret, action: decodeAction(ret), traces };
  }
  const { ret, rule } = isResolved(side) ? decision(side, call) : evaluate(side, call);
  return { ret, action: decodeAction(ret), traces: [], ...(rule === undefined ? {} : { rule }) };
}

/** As evaluate, for a policy in numbers. */
function decision({ arches, badArch }: ResolvedPolicy, { arch, nr, args }: SeccompData) {
  const abi = abiOf(arch, nr);
  const table = arches.find((candidate) => candidate.abi === abi);
  if (!table) return { ret: badArch, rule: undefined };
  const claim = table.calls.get(nr)?.find(({ when }) => !when || holds(when, args));
  const newer = nr > table.newest && !table.beyond.includes(nr);
  return claim ?? { ret: newer ? table.newer : table.default, rule: undefined };
}

function isStack(side: Side): side is readonly Program[] {
  if (!Array.isArray(side)) return false;
  for (const program of side) checkProgram(program);
  return true;
}

function isUnion(side: Side): side is Union {
  return !Array.isArray(side) && isFields(side) && "anyOf" in side;
}

function isProgram(side: Policy | ResolvedPolicy | Program | Union): side is Program {
  if (!isFields(side) || !("insns" in side)) return false;
  checkProgram(side);
  return true;
}

function isResolved(side: Policy | ResolvedPolicy): side is ResolvedPolicy {
  return isFields(side) && "skipped" in side;
}

function sameProgram(a: Program, b: Program): boolean {
  if (a === b) return true;
  const same = (insn: SockFilter, other: SockFilter | undefined) =>
    insn.code === other?.code && insn.jt === other.jt && insn.jf === other.jf && insn.k === other.k;
  return (
    a.endian === b.endian &&
    a.insns.length === b.insns.length &&
    a.insns.every((insn, pc) => same(insn, b.insns[pc]))
  );
}
