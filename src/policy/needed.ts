/** Adds to a policy what a trace has missed: only what is asked for, each with its reason. */
import {
  isSyscallName,
  type Needed,
  neededFor,
  neededSetNames,
  neededSets,
  type SyscallName,
  syscallAlias,
  syscallNames,
  syscallNr,
} from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";
import type { Policy, Rule } from "./types.ts";

/** A policy with calls added. */
export interface Added {
  readonly policy: Policy;
  readonly added: readonly SyscallName[];
  /** Those of `added` that the policy allowed under conditions only, which narrow nothing any more. */
  readonly unconditioned: readonly SyscallName[];
}

/** What words such as `usual` or `exit` ask for. Throws a SeccatError "name" for one that is neither set nor call. */
export function neededBy(words: readonly string[]): readonly Needed[] {
  return words.flatMap((word) => {
    const set = neededSetNames.find((name) => name === word);
    if (set) return neededSets[set];
    const call = isSyscallName(word) ? word : syscallAlias(word);
    if (call !== undefined) return [{ calls: [call], why: neededFor(call) ?? "asked for by name" }];
    const fix = didYouMean(word, [...neededSetNames, ...syscallNames]);
    throw new SeccatError({
      code: "name",
      message: "there is neither a set nor a system call of this name to add",
      received: word,
      expected: `${neededSetNames.join(", ")}, or a system call`,
      ...(fix === undefined ? {} : { fix }),
    });
  });
}

/** `policy` with what is `needed`, and not allowed so far, allowed behind its other rules; not what no arch has. */
export function addNeeded(policy: Policy, needed: readonly Needed[]): Added {
  const plain = new Set(callsOf(policy, (rule) => !rule.when));
  const narrowed = new Set(callsOf(policy, (rule) => rule.when !== undefined));
  const added: SyscallName[] = [];
  const rules: Rule[] = [];
  for (const { calls, why } of needed) {
    const fresh = calls.filter(
      (call) =>
        !plain.has(call) &&
        !added.includes(call) &&
        policy.arches.some((abi) => syscallNr(abi, call) !== undefined),
    );
    if (fresh.length === 0) continue;
    added.push(...fresh);
    rules.push({ action: { kind: "allow" }, syscalls: fresh, why: `added: ${why}` });
  }
  const unconditioned = added.filter((call) => narrowed.has(call));
  const kept = policy.rules.flatMap((rule) => {
    const syscalls = rule.when
      ? rule.syscalls.filter((name) => !unconditioned.some((call) => call === name))
      : rule.syscalls;
    return syscalls.length > 0 ? [{ ...rule, syscalls }] : [];
  });
  return { policy: { ...policy, rules: [...kept, ...rules] }, added, unconditioned };
}

function callsOf({ rules }: Policy, which: (rule: Rule) => boolean): readonly (string | number)[] {
  return rules
    .filter((rule) => rule.action.kind === "allow" && which(rule))
    .flatMap(({ syscalls }) => syscalls);
}
