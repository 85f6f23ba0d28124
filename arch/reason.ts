import { expandGroup, type GroupName, isGroupName } from "./group.ts";
import { isSyscallName, type SyscallName } from "./syscall.ts";
import { reasons } from "./table/reason.ts";

/** How it is known that a member belongs to its group: a trace has it, only many runs under load do, or the sources say so. */
export type Found = "trace" | "load" | "reading";

/** Why a call is a member of a group. */
export interface MemberReason {
  /** The group that lists it: the one asked for, or one in it. */
  readonly group: GroupName;
  /** The versions of Node that make the call: `20-26`. */
  readonly nodes: string;
  readonly found: Found;
  /** What for, in words. */
  readonly why: string;
}

/** What one line of the table says. */
interface Line extends MemberReason {
  readonly members: readonly string[];
}

const founds: readonly Found[] = ["trace", "load", "reading"];
let lines: readonly Line[] | undefined;

function parse(): readonly Line[] {
  return reasons.split("\n").flatMap((line) => {
    const [group = "", members = "", nodes = "", word = "", why = ""] = line.split("\t");
    const found = founds.find((known) => known === word);
    return isGroupName(group) && found ? [{ group, members: members.split(" "), nodes, found, why }] : [];
  });
}

/** Why each call of a group is in it, by name and in order; empty for groups that give no reasons, which are systemd's. */
export function groupReasons(name: GroupName): ReadonlyMap<SyscallName, MemberReason> {
  lines ??= parse();
  const found = new Map<SyscallName, MemberReason>();
  const own = lines.filter(({ group }) => group === name);
  for (const { members, ...reason } of own)
    for (const member of members) if (isSyscallName(member)) found.set(member, reason);
  for (const inner of own.flatMap(({ members }) => members.filter(isGroupName)))
    for (const [call, reason] of groupReasons(inner)) if (!found.has(call)) found.set(call, reason);
  return new Map(
    expandGroup(name).flatMap((call) => {
      const reason = found.get(call);
      return reason ? [[call, reason] as const] : [];
    }),
  );
}
