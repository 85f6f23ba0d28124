/** What changed between two snapshots: not their texts, but what a call gets. */
import { compareRows, type SnapshotExample } from "./meaning.ts";
import { isNumbersRow, numberChanges } from "./numbers.ts";
import { EVERY_OTHER, type Snapshot, type SnapshotSection } from "./text.ts";

/** A call that is not answered as before. */
export interface SnapshotChange {
  /** The section: an arch, and a kernel where the snapshot is of several. */
  readonly title: string;
  /** A syscall, numbers without a name, or all that are not told of. */
  readonly call: string;
  /** Its answers, each with its condition; none where the snapshot had no such arch. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** One call that is answered in another way; absent where the answers do not tell one. */
  readonly example?: SnapshotExample;
}

/** The changes from `before` to `after`; none when every call is answered alike. */
export function snapshotChanges(before: Snapshot, after: Snapshot): SnapshotChange[] {
  const titles = new Set([...before, ...after].map(({ title }) => title));
  return [...titles].flatMap((title) => {
    const of = (snapshot: Snapshot) => snapshot.find((section) => section.title === title);
    return sectionChanges(title, of(before), of(after));
  });
}

function sectionChanges(
  title: string,
  before: SnapshotSection | undefined,
  after: SnapshotSection | undefined,
): SnapshotChange[] {
  const calls = new Set([...(before?.rows.keys() ?? []), ...(after?.rows.keys() ?? [])]);
  calls.delete(EVERY_OTHER);
  const rest = [answersOf(before, EVERY_OTHER), answersOf(after, EVERY_OTHER)] as const;
  const named = [...calls].filter((call) => !isNumbersRow(call));
  const all = [
    ...named.map((call) => ({
      call,
      example: call,
      before: answersOf(before, call),
      after: answersOf(after, call),
    })),
    ...numberChanges(before, after, rest),
    { call: EVERY_OTHER, example: EVERY_OTHER, before: rest[0], after: rest[1] },
  ];
  return all.flatMap(({ call, example, before: old, after: now }) => {
    if (old.join("\n") === now.join("\n")) return [];
    const found = compareRows(title, example, old, now);
    if (found === "same") return [];
    return [{ title, call, before: old, after: now, ...(found ? { example: found } : {}) }];
  });
}

function answersOf(section: SnapshotSection | undefined, call: string): readonly string[] {
  return section?.rows.get(call) ?? section?.rows.get(EVERY_OTHER) ?? [];
}
