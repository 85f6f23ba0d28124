/** All denials of a run, by call and by what denied it. */
import type { AbiName } from "../../../arch/index.ts";
import type { RunResult } from "../../enforce/index.ts";
import { visible } from "../output.ts";
import type { Style } from "../style.ts";
import type { Kind } from "./explainer.ts";
import { allowanceText, type Origin, originText } from "./origin.ts";
import { clock, originJson } from "./record.ts";

/** Denials of one call by the same rules, which the same lines would allow. */
export interface Row {
  readonly syscall: string;
  readonly arch: AbiName | undefined;
  readonly verdict: string;
  readonly times: number;
  readonly first: Date;
  readonly origins: readonly Origin[];
}

/** The rows of these kinds, in the order of their first denial. */
export function rowsOf(kinds: readonly Kind[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { syscall, arch, verdict, count, first, origins } of kinds) {
    const parts = origins.map((origin) => [originText(origin), allowanceText(origin)]);
    const key = JSON.stringify([syscall, arch, verdict, parts]);
    const had = rows.get(key);
    rows.set(key, {
      syscall,
      arch,
      verdict,
      origins,
      times: count + (had?.times ?? 0),
      first: had?.first ?? first,
    });
  }
  return [...rows.values()];
}

/** The summary as lines for people. */
export function summaryText(rows: readonly Row[], style: Style): string {
  const all = rows.reduce((sum, { times }) => sum + times, 0);
  const lines = rows.flatMap(({ syscall, verdict, times, first, origins }) => [
    `  ${style.bold(syscall)}: ${number(times)} ${times === 1 ? "time" : "times"}, first at ${clock(first)}: ${verdict}`,
    ...origins.flatMap((origin) => [
      `    ${style.dim("by:")} ${visible(originText(origin))}`,
      `    ${style.dim("allow:")} ${visible(allowanceText(origin))}`,
    ]),
  ]);
  return [`seccat: ${number(all)} ${all === 1 ? "call was" : "calls were"} denied`, ...lines].join("\n");
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
