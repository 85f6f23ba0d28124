/** How a bench tells what it found: a table, progress while it works, and on demand JSON and a chart. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Chart, chartSvg } from "./chart.ts";
import { machine } from "./machine.ts";

/** What a bench was asked for on the command line: `[NAME ...] [--json FILE] [--svg FILE]`. */
export interface Asked {
  readonly names: readonly string[];
  readonly json: string | undefined;
  readonly svg: string | undefined;
}

/**
 * Reads the command line; a wrong one ends the process with 2. Names are some of `known`, in its order, and all of it
 * when none is given.
 */
export function asked(known: readonly string[]): Asked {
  try {
    const options = { json: { type: "string" }, svg: { type: "string" } } as const;
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const strange = positionals.find((name) => !known.includes(name));
    if (strange !== undefined)
      throw new Error(`there is no ${strange}${known.length > 0 ? `, but ${known.join(", ")}` : ""}`);
    const names = known.filter((name) => positionals.length === 0 || positionals.includes(name));
    return { names, json: values.json, svg: values.svg };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return process.exit(2);
  }
}

/** Says on a terminal what is being done; nothing anywhere else. "" takes it away. */
export function progress(text: string): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}

/** Prints a table: numbers to the right, words to the left. */
export function printTable(heads: readonly string[], rows: readonly (readonly string[])[]): void {
  progress("");
  const isNumber = heads.map((_, i) => rows.some((row) => /^[\d.-]/.test(row[i] ?? "")));
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => (row[i] ?? "").length)));
  for (const row of [heads, ...rows]) {
    const cells = row.map((cell, i) =>
      isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
    );
    console.log(cells.join("  ").trimEnd());
  }
}

/** What a bench found. */
export interface Finding {
  readonly bench: string;
  /** What else it was measured with, such as a compiler. */
  readonly with?: string;
  /** Goes into the JSON as it is. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly chart: Chart;
}

/** Writes what was asked for; machine and date stand in both. */
export function deliver({ json, svg }: Asked, { bench, with: more, data, chart }: Finding): void {
  const on = more === undefined ? machine() : `${machine()}; ${more}`;
  if (json !== undefined) {
    const head = { bench, machine: on, date: new Date().toISOString() };
    writeFileSync(json, `${JSON.stringify({ ...head, ...data }, undefined, 2)}\n`);
  }
  if (svg !== undefined) {
    const again = `npm run bench -- ${bench} --svg FILE`;
    writeFileSync(svg, chartSvg({ ...chart, notes: [...chart.notes, on, again] }));
  }
}
