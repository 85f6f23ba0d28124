/**
 * What a policy says of one call, in the plainest way: the reference that compiler, interpreter, JIT and
 * prover are held against. Speed is no aim here.
 */
import { type AbiName, abiOf } from "../../arch/index.ts";
import { type Action, decodeAction } from "../abi/action.ts";
import { checkData, type SeccompData } from "../abi/data.ts";
import { holds } from "./condition.ts";
import { resolve } from "./resolve.ts";
import type { Policy } from "./types.ts";

/** Which part of the policy decided. */
export type Reason = "rule" | "default" | "newer" | "badArch";

/** A policy's answer to one call. */
export interface Verdict {
  readonly action: Action;
  /** The u32 that a filter of this policy returns. */
  readonly ret: number;
  readonly reason: Reason;
  /** The ABI that the call belongs to; absent when the tables have none for its arch. */
  readonly abi?: AbiName;
  /** Index into `policy.rules` when `reason` is `rule`. */
  readonly rule?: number;
}

/**
 * What `policy` decides about `data`.
 * Throws a SeccatError when the policy itself is at fault (see resolve).
 */
export function evaluate(policy: Policy, data: SeccompData): Verdict {
  const { arches, badArch } = resolve(policy);
  checkData(data);
  const abi = abiOf(data.arch, data.nr);
  const from = abi === undefined ? {} : { abi };
  const arch = arches.find((candidate) => candidate.abi === abi);
  const verdict = (ret: number, reason: Reason) => ({ action: decodeAction(ret), ret, reason, ...from });
  if (!arch) return verdict(badArch, "badArch");
  for (const { rule, when, ret } of arch.calls.get(data.nr) ?? []) {
    if (!when || holds(when, data.args)) return { ...verdict(ret, "rule"), rule };
  }
  const isNewer = data.nr > arch.newest && !arch.beyond.includes(data.nr);
  return isNewer ? verdict(arch.newer, "newer") : verdict(arch.default, "default");
}
