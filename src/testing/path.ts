import { formatNumber, formatPc, listLines } from "../bpf/list.ts";
import type { Program } from "../bpf/program.ts";
import type { Trace } from "../bpf/run.ts";

/** The listing lines that ran, in order, with what A held before each: the way to a verdict. */
export function formatPath({ program, steps }: Trace & { readonly program: Program }): string {
  const lines = listLines(program);
  const rows = steps.map(({ pc, a }) => ({ pc, a, words: lines[pc]?.words ?? "" }));
  const width = Math.max(0, ...rows.map(({ words }) => words.length));
  return rows
    .map(({ pc, a, words }) => `  ${formatPc(pc)}  ${words.padEnd(width)}  A = ${formatNumber(a)}`)
    .join("\n");
}
