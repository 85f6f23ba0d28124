import { isSyscallName, type SyscallName } from "./syscall.ts";
import { type GroupName, groups } from "./table/group.ts";

export type { GroupName };

const lines = new Map(
  groups.split("\n").map((line): [string, string] => {
    const space = line.indexOf(" ");
    return [line.slice(0, space), line.slice(space + 1)];
  }),
);
const cache = new Map<string, readonly SyscallName[]>();

/** systemd's groups, then our own. */
export const groupNames: readonly GroupName[] = [...lines.keys()] as GroupName[];

/** Whether `s` (with its @) names a group. */
export function isGroupName(s: string): s is GroupName {
  return lines.has(s);
}

/** The calls of a group and of the groups in it, in order, each once. */
export function expandGroup(name: GroupName): readonly SyscallName[] {
  const had = cache.get(name);
  if (had) return had;
  const found = new Set<SyscallName>();
  for (const member of (lines.get(name) ?? "").split(" ")) {
    if (isGroupName(member)) for (const call of expandGroup(member)) found.add(call);
    else if (isSyscallName(member)) found.add(member);
  }
  const made = [...found].sort();
  cache.set(name, made);
  return made;
}
