/**
 * Coverage as an lcov tracefile. The lines of a policy are its rules, each counted at the line where it begins, in
 * the file that it stands in. The lines of a program are those of its listing, with the two ways of every conditional
 * jump as branches; so a reader needs the listings beside the tracefile.
 *
 * Source: geninfo(1), section FILES
 */
import type { LayerCoverage, ProgramHits } from "../coverage.ts";

/** A line of a listing is that of its instruction plus this: the two that head it are none. */
const LISTING_HEAD = 3;

/** What was reached of one filter, and where its listings are. */
export interface LcovSource {
  readonly coverage: LayerCoverage;
  /** The file of a program's listing, as a reader of the tracefile finds it. */
  readonly listing: (program: ProgramHits) => string;
}

/** The tracefile; `fileOf` says how a reader finds a file that a rule's place names. */
export function lcovReport(sources: readonly LcovSource[], fileOf: (name: string) => string): string {
  const policies = sources.map(({ coverage }) => ruleLines(coverage));
  const lines = new Map<string, Map<number, number>>();
  for (const { file, line, hits } of policies.flat()) {
    const own = lines.get(file) ?? new Map<number, number>();
    lines.set(file, own.set(line, (own.get(line) ?? 0) + hits));
  }
  const rules = [...lines].map(([file, own]) => record(fileOf(file), lineRows([...own])));
  const programs = sources.flatMap(({ coverage, listing }) =>
    coverage.programs.map((program) => record(listing(program), programRows(program))),
  );
  return [...rules, ...programs].join("");
}

function ruleLines({ rules = [] }: LayerCoverage): { file: string; line: number; hits: number }[] {
  return rules.flatMap(({ hits, where }) =>
    where?.file === undefined || where.line === undefined
      ? []
      : [{ file: where.file, line: where.line, hits }],
  );
}

function record(file: string, rows: readonly string[]): string {
  return `${["TN:", `SF:${file}`, ...rows, "end_of_record"].join("\n")}\n`;
}

function lineRows(lines: readonly (readonly [line: number, hits: number])[]): string[] {
  const sorted = lines.toSorted(([a], [b]) => a - b);
  const reached = sorted.filter(([, hits]) => hits > 0).length;
  return [...sorted.map(([line, hits]) => `DA:${line},${hits}`), `LF:${sorted.length}`, `LH:${reached}`];
}

function programRows({ instructions, branches }: ProgramHits): string[] {
  const ways = branches.flatMap(({ pc, yes, no }) => {
    const taken = (times: number) => (yes + no === 0 ? "-" : String(times));
    const line = pc + LISTING_HEAD;
    return [`BRDA:${line},0,0,${taken(yes)}`, `BRDA:${line},0,1,${taken(no)}`];
  });
  const reached = branches.flatMap(({ yes, no }) => [yes, no]).filter((times) => times > 0).length;
  const lines = instructions.map((hits, pc) => [pc + LISTING_HEAD, hits] as const);
  return [...ways, `BRF:${2 * branches.length}`, `BRH:${reached}`, ...lineRows(lines)];
}
