/** Coverage for people: a line of sums, and which rules, instructions and branches no test reached. */
import { formatPlace } from "../../abi/error.ts";
import { formatPc } from "../../bpf/list.ts";
import { annotate, listLines } from "../../bpf/text.ts";
import { type CoverageTotals, coverageParts, type LayerCoverage, type ProgramHits } from "../coverage.ts";

/** `reached: 3 of 3 rules, 44 of 55 instructions, 30 of 48 branches`. */
export function coverageSummary(totals: CoverageTotals): string {
  const parts = coverageParts
    .filter((part) => totals[part].all > 0)
    .map((part) => `${totals[part].reached} of ${totals[part].all} ${part}`);
  return `reached: ${parts.join(", ")}`;
}

/** `rules that no test reached: 2, 5 of p.yaml`; undefined when every rule was. */
export function missedRules(layers: readonly LayerCoverage[], names: readonly string[]): string | undefined {
  const missed = layers.flatMap(({ rules = [] }, i) => {
    const numbers = rules.flatMap(({ hits }, rule) => (hits === 0 ? [rule + 1] : []));
    if (numbers.length === 0) return [];
    return [layers.length > 1 ? `${numbers.join(", ")} of ${names[i]}` : numbers.join(", ")];
  });
  return missed.length === 0 ? undefined : `rules that no test reached: ${missed.join("; ")}`;
}

/** The lines about one layer: its rules with how often each decided, and its listings with what was missed. */
export function coverageDetail(layer: LayerCoverage, name: string): string[] {
  const rules = (layer.rules ?? []).map(({ hits, where }, i) => {
    const place = where?.line === undefined ? "" : `  ${formatPlace({ ...fileOf(where), line: where.line })}`;
    return `${times(hits)}  rule ${i + 1}${place}`;
  });
  return [name, ...rules, ...layer.programs.flatMap((one) => ["", ...programDetail(one)])];
}

function fileOf({ file }: { readonly file?: string }): { file?: string } {
  return file === undefined ? {} : { file };
}

function programDetail({ program, endian, instructions, branches }: ProgramHits): string[] {
  const missing = new Map(branches.map(({ pc, yes, no }) => [pc, missingWays(yes, no)]));
  const lines = listLines(program, { comments: annotate(program) });
  const width = Math.max(...lines.map(({ words }) => words.length));
  return [
    `its program, ${endian}-endian:`,
    ...lines.map(({ pc, words, comment }) => {
      const notes = [comment, missing.get(pc)].filter((note) => note);
      const tail = notes.length > 0 ? `${words.padEnd(width)}  ; ${notes.join("; ")}` : words;
      return `${times(instructions[pc] ?? 0)}  ${formatPc(pc)}  ${tail}`;
    }),
  ];
}

/** Of a jump that ran: the way that it never went. */
function missingWays(yes: number, no: number): string | undefined {
  if (yes + no === 0) return undefined;
  return yes === 0 ? "never true" : no === 0 ? "never false" : undefined;
}

function times(hits: number): string {
  return (hits === 0 ? "never" : `${hits}x`).padStart(7);
}
