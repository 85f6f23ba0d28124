/**
 * runc's habit for calls newer than a profile: a call above the highest one that the profile names returns
 * ENOSYS, unless the default lets calls through. A policy says it with `kernel` and `newer`.
 * Source: libcontainer/seccomp/patchbpf of runc.
 */
import {
  type AbiName,
  compareVersions,
  errnoNumber,
  newestKernel,
  newestNr,
  type SyscallName,
  syscallName,
  syscallNr,
  syscallSince,
} from "../../arch/index.ts";
import type { Policy, PolicyAction } from "../policy/types.ts";

/** The part of a policy that says what calls newer than the profile get. */
export type NewerPart = Pick<Policy, "kernel" | "newer">;

/**
 * The kernel whose newest call comes closest to the highest that the profile names, and whether every arch
 * agrees to the number; undefined when runc leaves newer calls to the default.
 */
export function newerPart(
  arches: readonly AbiName[],
  fallback: PolicyAction,
  named: readonly SyscallName[],
): { readonly part: NewerPart; readonly exact: boolean } | undefined {
  if (fallback.kind === "allow" || fallback.kind === "log" || fallback.kind === "trace") return undefined;
  const [first] = arches;
  const enosys = first === undefined ? undefined : errnoNumber(first, "ENOSYS");
  if (fallback.kind === "errno" && fallback.errno === enosys) return undefined;
  const highest = arches.flatMap((name) => {
    const nr = highestOf(name, named);
    return nr === undefined ? [] : [{ name, nr }];
  });
  if (highest.length === 0) return undefined;
  const distance = (kernel: string) =>
    highest.reduce((sum, { name, nr }) => sum + Math.abs(newestNr(name, kernel) - nr), 0);
  let best = { kernel: newestKernel, distance: distance(newestKernel) };
  for (const kernel of new Set(highest.map(({ name, nr }) => kernelOf(name, nr)))) {
    const candidate = { kernel, distance: distance(kernel) };
    if (candidate.distance < best.distance) best = candidate;
  }
  const { kernel } = best;
  return { part: { kernel, newer: { kind: "errno", errno: "ENOSYS" } }, exact: best.distance === 0 };
}

/** The highest ordinary number that the profile names on an ABI: blocks of their own, far above, do not count. */
function highestOf(name: AbiName, named: readonly SyscallName[]): number | undefined {
  const last = newestNr(name);
  const numbers = named.flatMap((call) => syscallNr(name, call) ?? []).filter((nr) => nr <= last);
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

/** The kernel that brought the call of this number, as two numbers; calls older than 3.0 count as 2.6's. */
function kernelOf(name: AbiName, nr: number): string {
  const call = syscallName(name, nr);
  const since = call && syscallSince(call);
  return since !== undefined && /^\d+\.\d+$/.test(since) && compareVersions(since, "2.6") > 0 ? since : "2.6";
}
