import {
  type AbiName,
  compareVersions,
  newestNr,
  syscallNames,
  syscallNr,
  syscallSince,
} from "../../arch/index.ts";

/** The numbers that are calls of one kernel version. */
export interface Limits {
  /** The highest ordinary number. */
  readonly newest: number;
  /** Numbers above `newest` that the kernel has all the same (x32's own block, ARM's private calls). */
  readonly beyond: readonly number[];
}

const limits = new Map<string, Limits>();

/** Which numbers a kernel has on `abi`; the same for all policies. */
export function kernelLimits(abi: AbiName, kernel: string): Limits {
  const key = `${abi} ${kernel}`;
  const known = limits.get(key);
  if (known) return known;
  const newest = newestNr(abi, kernel);
  const made = { newest, beyond: numbersBeyond(abi, newest, kernel) };
  limits.set(key, made);
  return made;
}

function numbersBeyond(abi: AbiName, newest: number, kernel: string): number[] {
  const numbers = new Set<number>();
  for (const name of syscallNames) {
    const nr = syscallNr(abi, name);
    if (nr === undefined || nr <= newest) continue;
    const since = syscallSince(name);
    if (since === undefined || compareVersions(since, kernel) <= 0) numbers.add(nr);
  }
  return [...numbers].sort((a, b) => a - b);
}
