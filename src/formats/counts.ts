/** Counts of calls as JSON: `{"read": 120, "write": 44}`, or what `seccat trace --json` prints. */
import { isSyscallName, type SyscallName, syscallAlias, syscallNames } from "../../arch/index.ts";
import { type Issue, type Place, throwIssues } from "../abi/error.ts";
import { readJson } from "./json.ts";
import { Reading } from "./reading.ts";
import { show, sourceOf } from "./text.ts";
import type { MapTree, Tree } from "./tree.ts";

/** How often calls were made, in any unit. */
export interface CallCounts {
  readonly counts: Readonly<Partial<Record<SyscallName, number>>>;
  readonly warnings: readonly Issue[];
}

/**
 * The counts in a JSON text.
 * Throws a SeccatError with every unknown name and every count that is none; "schema" when all are 0.
 */
export function readCounts(text: string, file?: string): CallCounts {
  const reading = new Reading();
  const counts: Partial<Record<SyscallName, number>> = {};
  const tree = readJson(sourceOf(text, file));
  const map = reading.map(tree, "counts of calls");
  for (const { name, place, value } of map ? countsIn(reading, map) : []) {
    const call = nameAt(reading, name, place);
    const count = countAt(reading, value, name);
    if (call !== undefined && count !== undefined) counts[call] = (counts[call] ?? 0) + count;
  }
  if (reading.issues.length === 0 && !Object.values(counts).some((count) => count > 0))
    reading.wrong(tree, "no call is counted here", '{"read": 120, "write": 44}, say');
  throwIssues(reading.issues);
  return { counts, warnings: reading.warnings };
}

interface Row {
  readonly name: string;
  readonly place: Place;
  readonly value: Tree;
}

/** The counts of a map of them, or of the calls in a report on a trace. */
function countsIn(reading: Reading, map: MapTree): Row[] {
  const report = map.entries.find(({ key }) => key === "report")?.value;
  if (report?.kind !== "map")
    return map.entries.map(({ key, place, value }) => ({ name: key, place, value }));
  const calls = report.entries.find(({ key }) => key === "syscalls")?.value;
  const items = calls && reading.list(calls, "syscalls");
  return items?.items.flatMap((item) => reportedCall(reading, item) ?? []) ?? [];
}

function reportedCall(reading: Reading, item: Tree): Row | undefined {
  const map = reading.map(item, "a call of a report");
  const at = (key: string) => map?.entries.find((entry) => entry.key === key)?.value;
  const [call, count] = [at("call"), at("count")];
  if (!map) return undefined;
  if (!call || !count)
    return reading.wrong(item, "a call of a report lacks its name or count", "call, count");
  if (call.kind === "scalar" && typeof call.value === "bigint")
    return reading.warn(call.place, `the call with number ${call.value} has no name, and is left out`);
  const name = reading.text(call, "a call's name");
  return name && { name: name.value, place: name.place, value: count };
}

function nameAt(reading: Reading, name: string, place: Place): SyscallName | undefined {
  if (isSyscallName(name)) return name;
  return syscallAlias(name) ?? reading.unknown(place, "syscall", name, syscallNames);
}

function countAt(reading: Reading, tree: Tree, name: string): number | undefined {
  const value =
    tree.kind === "scalar" && (typeof tree.value === "bigint" || typeof tree.value === "number")
      ? Number(tree.value)
      : undefined;
  if (value !== undefined && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
  const what = value === undefined ? "has to be a number" : value < 0 ? "is negative" : "is out of range";
  return reading.wrong(tree, `the count of ${show(name)} ${what}`, `0..${Number.MAX_SAFE_INTEGER}`);
}
