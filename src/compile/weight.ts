/**
 * How often each number is looked up in a program: the prior, and what the kernel looks up by itself.
 *
 * Since Linux 5.11 the kernel answers a call that a filter always allows from a bitmap, without running it, so
 * such calls weigh nothing there. Source: seccomp_cache_prepare() in kernel/seccomp.c.
 */
import {
  type AbiName,
  isSyscallName,
  type SyscallName,
  syscallAlias,
  syscallNr,
  syscallsOf,
} from "../../arch/index.ts";
import { actionValues } from "../abi/action.ts";
import type { Segment } from "./dispatch.ts";
import { prior } from "./prior.ts";

/** Shares of calls by name, in any unit. */
export type CallWeights = Readonly<Record<string, number>>;

/** The share that all known calls divide evenly among them, so that none is taken for impossible. */
const FLOOR = 0.005;

/** The name that an ABI has for what the prior counted under another one on x86_64. */
const heirs: Readonly<Partial<Record<SyscallName, readonly SyscallName[]>>> = {
  newfstatat: ["fstatat64", "statx"],
  mmap: ["mmap2"],
  lseek: ["_llseek"],
  fcntl: ["fcntl64"],
  fstat: ["fstat64"],
  access: ["faccessat"],
  readlink: ["readlinkat"],
  dup2: ["dup3"],
  prlimit64: ["ugetrlimit"],
  geteuid: ["geteuid32"],
  getuid: ["getuid32"],
  getgid: ["getgid32"],
  getegid: ["getegid32"],
  futex: ["futex_time64"],
  epoll_wait: ["epoll_pwait"],
};

const priors = new Map<AbiName, ReadonlyMap<number, number>>();

/** Shares of all look-ups per number on `abi`, in number order; they sum to 1. `counts` replaces the built-in prior. */
export function numberWeights(abi: AbiName, counts?: CallWeights): ReadonlyMap<number, number> {
  if (counts) return weightsOf(abi, counts);
  const known = priors.get(abi) ?? weightsOf(abi, prior);
  priors.set(abi, known);
  return known;
}

function weightsOf(abi: AbiName, counts: CallWeights): ReadonlyMap<number, number> {
  const calls = syscallsOf(abi);
  const weights = new Map(calls.map(([, nr]) => [nr, FLOOR / calls.length]));
  const found = Object.entries(counts).flatMap(([name, count]) => {
    const nr = isSyscallName(name) ? numberOf(abi, name) : undefined;
    return nr === undefined ? [] : [{ nr, count }];
  });
  const total = found.reduce((sum, { count }) => sum + count, 0) || 1;
  for (const { nr, count } of found) weights.set(nr, (weights.get(nr) ?? 0) + ((1 - FLOOR) * count) / total);
  return weights;
}

function numberOf(abi: AbiName, name: SyscallName): number | undefined {
  const alias = syscallAlias(name, abi);
  for (const candidate of [name, ...(alias ? [alias] : []), ...(heirs[name] ?? [])]) {
    const nr = syscallNr(abi, candidate);
    if (nr !== undefined) return nr;
  }
  return undefined;
}

/** `weights` (in number order) without the numbers that `segments` always allow. */
export function withoutAllowed(
  weights: ReadonlyMap<number, number>,
  segments: readonly Segment[],
): Map<number, number> {
  const left = new Map<number, number>();
  let [at, total] = [0, 0];
  for (const [nr, weight] of weights) {
    while ((segments[at]?.to ?? nr) < nr) at++;
    const node = segments[at]?.node;
    if (node?.kind === "leaf" && node.ret === actionValues.allow) continue;
    left.set(nr, weight);
    total += weight;
  }
  for (const [nr, weight] of left) left.set(nr, weight / total);
  return left;
}
