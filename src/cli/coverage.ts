/** `seccat test --min-coverage` and `--lcov`. */
import { basename, dirname, join, relative, resolve } from "node:path";
import { annotate, list } from "../bpf/text.ts";
import { type CoveragePart, coverageParts, coverageTotals, type ProgramHits } from "../testing/index.ts";
import { type LcovSource, lcovReport, type Suite } from "../testing/report/index.ts";
import { usage } from "./args.ts";
import { writeOutput } from "./output.ts";
import type { FilterCoverage } from "./suite.ts";

/** The least percentage of each part. */
export type Minimum = Readonly<Partial<Record<CoveragePart, number>>>;

/** What `--min-coverage` asks for: `90` of every part, or `rules=100,branches=80`. Throws a SeccatError "usage". */
export function minimumOf(text: string): Minimum {
  const whole = percentOf(text);
  if (whole !== undefined) return Object.fromEntries(coverageParts.map((part) => [part, whole]));
  const named = new Set<string>();
  const entries = text.split(",").map((entry) => {
    const [name, value = "", ...more] = entry.split("=").map((word) => word.trim());
    const part = coverageParts.find((one) => one === name);
    const percent = percentOf(value);
    if (part === undefined || percent === undefined || more.length > 0)
      throw usage("--min-coverage is no percentage", {
        expected: "0..100, or such as rules=100,instructions=90,branches=80",
        received: text,
      });
    if (named.has(part)) throw usage(`--min-coverage names ${part} twice`, { received: text });
    named.add(part);
    return [part, percent] as const;
  });
  return Object.fromEntries(entries);
}

function percentOf(text: string): number | undefined {
  const value = /^\d+(\.\d{1,6})?$/.test(text) ? Number(text) : undefined;
  return value !== undefined && value <= 100 ? value : undefined;
}

/** Whether enough was reached, as a suite of its own. A part of which there is nothing is enough. */
export function minimumSuite(coverage: readonly FilterCoverage[], minimum: Minimum): Suite {
  const totals = coverageTotals(coverage.map((one) => one.coverage));
  const outcomes = coverageParts.flatMap((part) => {
    const least = minimum[part];
    if (least === undefined) return [];
    const { reached, all } = totals[part];
    const name = `at least ${least} % of ${part} are reached`;
    if (isEnough(reached, all, least)) return [{ name, ok: true }];
    return [{ name, ok: false, message: `${reached} of ${all} are, ${shownPercent(reached, all)} %` }];
  });
  return { name: "coverage", outcomes, notes: [], ms: 0 };
}

/** In integers: 64.4 % of 250 is more than 161 in floating point. */
function isEnough(reached: number, all: number, least: number): boolean {
  const millionths = BigInt(least.toFixed(6).replace(".", ""));
  return BigInt(reached) * 100_000_000n >= millionths * BigInt(all);
}

/** Rounded down, so that 99.96 is not shown as 100. */
function shownPercent(reached: number, all: number): string {
  return (Math.floor((1000 * reached) / all) / 10).toString();
}

/**
 * Writes the tracefile to `path`, and each program's listing beside it: `lcov.info.p.yaml.asm`, with the byte order in
 * the name where a policy has a program for each.
 */
export function writeLcov(path: string, coverage: readonly FilterCoverage[]): void {
  const taken = new Set<string>();
  const sources = coverage.map(({ file, coverage: own }): LcovSource => {
    const stem = free(flat(file), taken);
    const names = new Map<ProgramHits, string>();
    for (const one of own.programs) {
      const same = own.programs.filter(({ endian }) => endian === one.endian).indexOf(one);
      const order = own.programs.length > 1 ? `.${one.endian}${same > 0 ? same + 1 : ""}` : "";
      names.set(one, join(dirname(path), `${basename(path)}.${stem}${order}.asm`));
    }
    for (const [{ program }, name] of names)
      writeOutput(name, list(program, { comments: annotate(program) }));
    return { coverage: own, listing: (one) => names.get(one) ?? "" };
  });
  writeOutput(
    path,
    lcovReport(sources, (name) => name),
  );
}

/** `name`, or where a/b and a-b are one name, `name.2`, which is then taken. */
function free(name: string, taken: Set<string>): string {
  let [own, count] = [name, 1];
  while (taken.has(own)) own = `${name}.${++count}`;
  taken.add(own);
  return own;
}

/** A path as part of a file's name. */
function flat(file: string): string {
  return relative(".", resolve(file))
    .replace(/^(\.\.?[/\\])+/, "")
    .replace(/[/\\]/g, "-");
}
