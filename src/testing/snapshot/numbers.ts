/** Rows about numbers without a name, which may be cut in other places in another snapshot: compared number by number. */
import { rangesText } from "./condition.ts";
import type { SnapshotSection } from "./text.ts";

/** Numbers that are not answered as before. */
export interface NumberChange {
  /** `number 5000`, `numbers 5000..5007, 5009`. */
  readonly call: string;
  /** One of them. */
  readonly example: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** A row's numbers, and their answers. */
interface Part {
  readonly from: bigint;
  readonly to: bigint;
  readonly answers: readonly string[];
}

/** `number 5000`, `numbers 5000..5007, 5009`. */
export function numbersRow(ranges: readonly { readonly from: bigint; readonly to: bigint }[]): string {
  const [first, second] = ranges;
  const one = first && !second && first.from === first.to;
  return `${one ? "number" : "numbers"} ${rangesText(ranges)}`;
}

/** Whether numbersRow writes such a row. */
export function isNumbersRow(call: string): boolean {
  return partsOf(call, []) !== undefined;
}

/** The numbers of rows that numbersRow wrote whose answers differ; `rest` are the answers to those without a row. */
export function numberChanges(
  before: SnapshotSection | undefined,
  after: SnapshotSection | undefined,
  rest: readonly [readonly string[], readonly string[]],
): NumberChange[] {
  const parts = [before, after].map((section) =>
    [...(section?.rows ?? [])].flatMap(([call, answers]) => partsOf(call, answers) ?? []),
  );
  const starts = parts.flat().flatMap(({ from, to }) => [from, to + 1n]);
  const sorted = [...new Set(starts)].sort((a, b) => (a < b ? -1 : 1));
  const changes = new Map<string, { ranges: { from: bigint; to: bigint }[] } & Omit<NumberChange, "call">>();
  sorted.forEach((from, i) => {
    const next = sorted[i + 1];
    if (next === undefined) return;
    const at = (own: readonly Part[] = []) =>
      own.find((part) => part.from <= from && from <= part.to)?.answers;
    const [old, now] = [at(parts[0]), at(parts[1])];
    if (!old && !now) return;
    const change = { before: old ?? rest[0], after: now ?? rest[1] };
    const key = JSON.stringify(change);
    if (JSON.stringify(change.before) === JSON.stringify(change.after)) return;
    const known = changes.get(key) ?? { ...change, ranges: [], example: `number ${from}` };
    const last = known.ranges.at(-1);
    if (last && last.to + 1n === from) last.to = next - 1n;
    else known.ranges.push({ from, to: next - 1n });
    changes.set(key, known);
  });
  return [...changes.values()].map(({ ranges, ...change }) => ({ ...change, call: numbersRow(ranges) }));
}

function partsOf(call: string, answers: readonly string[]): Part[] | undefined {
  const list = /^numbers? ([\da-fx., ]+)$/.exec(call)?.[1]?.split(", ");
  return list?.map((text) => {
    const [from = "", to = from] = text.split("..");
    return { from: BigInt(from), to: BigInt(to), answers };
  });
}
