/** All denials of a run, by call and by what denied it. */
import type { AbiName } from "../../../arch/index.ts";
import type { RunResult } from "../../enforce/index.ts";
import { yamlRuleLine } from "../../formats/index.ts";
import { joinAllowances } from "../../policy/widen.ts";
import { visible } from "../output.ts";
import type { Style } from "../style.ts";
import type { Kind } from "./explainer.ts";
import { allowanceText, type Origin, originText } from "./origin.ts";
import { archText, clock, originJson } from "./record.ts";

/** Denials of one call by the same rules. */
export interface Row {
  readonly syscall: string;
  readonly arch: AbiName | undefined;
  readonly verdict: string;
  readonly times: number;
  readonly first: Date;
  /** What denied it; several of one filter where they differ in what would allow the call. */
  readonly origins: readonly Origin[];
}

/** The rows of these kinds, in the order of their first denial. */
export function rowsOf(kinds: readonly Kind[]): Row[] {
  const groups = new Map<string, Kind[]>();
  for (const kind of kinds) {
    const { syscall, arch, verdict, origins } = kind;
    const key = JSON.stringify([syscall, arch, verdict, origins.map(originText)]);
    const group = groups.get(key);
    if (group) group.push(kind);
    else groups.set(key, [kind]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const origins = group.flatMap((kind) => kind.origins);
    const times = group.reduce((sum, { count }) => sum + count, 0);
    return [{ ...first, first: first.first, times, origins: distinct(origins) }];
  });
}

/** Origins whose words differ, those of one filter together. */
function distinct(origins: readonly Origin[]): Origin[] {
  const byText = new Map(origins.map((origin) => [`${origin.filter} ${allowanceText(origin)}`, origin]));
  return [...byText.values()];
}

/** The summary as lines for people. */
export function summaryText(rows: readonly Row[], style: Style): string {
  const all = rows.reduce((sum, { times }) => sum + times, 0);
  const lines = rows.flatMap(({ syscall, arch, verdict, times, first, origins }) => [
    `  ${style.bold(syscall)}${archText(arch)}: ${number(times)} ${times === 1 ? "time" : "times"}, first at ${clock(first)}: ${verdict}`,
    ...byFilter(origins).flatMap(([origin, ...more]) => [
      `    ${style.dim("by:")} ${visible(originText(origin))}`,
      ...allowLines([origin, ...more]).map((text) => `    ${style.dim("allow:")} ${visible(text)}`),
    ]),
  ]);
  return [`seccat: ${number(all)} ${all === 1 ? "call was" : "calls were"} denied`, ...lines].join("\n");
}

function byFilter(origins: readonly Origin[]): [Origin, ...Origin[]][] {
  const groups = new Map<number, [Origin, ...Origin[]]>();
  for (const origin of origins) {
    const group = groups.get(origin.filter);
    if (group) group.push(origin);
    else groups.set(origin.filter, [origin]);
  }
  return [...groups.values()];
}

const MOST_LINES = 4;
const MOST_LETTERS = 400;

/** What would allow all that these origins of one filter denied: one rule where it is a policy of our own. */
function allowLines(origins: readonly [Origin, ...Origin[]]): string[] {
  const [first] = origins;
  const allowances = origins.flatMap(({ allowance }) => (allowance?.kind === "rule" ? [allowance] : []));
  const isOwn = allowances.length === origins.length && first.line?.startsWith("-");
  const texts = isOwn
    ? joinAllowances(allowances).map(({ rule }) => allowanceText({ ...first, line: yamlRuleLine(rule) }))
    : origins.map(allowanceText);
  const shown = texts
    .slice(0, MOST_LINES)
    .map((text) =>
      text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}… (--suggest writes all of it)` : text,
    );
  return texts.length > MOST_LINES ? [...shown, `and ${texts.length - MOST_LINES} more`] : shown;
}

function number(value: number): string {
  return value.toLocaleString("en");
}

/** The end of a run as plain data. */
export function summaryJson(rows: readonly Row[], result: Extract<RunResult, { kind: "ended" }>) {
  return {
    event: "ended",
    status: result.status,
    signal: result.signal ?? null,
    denied: rows.reduce((sum, { times }) => sum + times, 0),
    calls: rows.map(({ syscall, arch, verdict, times, first, origins }) => ({
      syscall,
      arch: arch ?? null,
      verdict,
      times,
      first: first.toISOString(),
      by: origins.map(originJson),
    })),
  };
}
