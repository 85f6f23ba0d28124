// A libc changes the calls behind its functions; a policy learned from one libc kills the same program on
// another. Which calls those are, arch/twin.ts says.

import { type AbiName, type SyscallName, twinsOn } from "../../arch/index.ts";

/** A call in a trace that another libc makes differently. */
export interface SuccessorNote {
  readonly old: SyscallName;
  /** The calls that the ABI has instead, likeliest first. */
  readonly now: readonly SyscallName[];
  /** Whether the trace has one of them already. */
  readonly seen: boolean;
  readonly since: string;
}

/** What other libcs call instead of the calls in `seen`; `told` are those that had their telling argument. */
export function successorsOf(
  name: AbiName,
  seen: ReadonlySet<string>,
  told: ReadonlySet<string>,
): readonly SuccessorNote[] {
  return twinsOn(name).flatMap(({ call, twins, outdated, args, why }) => {
    if (!outdated || !seen.has(call) || (args !== undefined && !told.has(call))) return [];
    return [{ old: call, now: twins, seen: twins.some((twin) => seen.has(twin)), since: why }];
  });
}
