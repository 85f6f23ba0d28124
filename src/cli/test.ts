import { kernelRules } from "../bpf/kernel.ts";
import { coverageTotals } from "../testing/index.ts";
import {
  countOutcomes,
  coverageDetail,
  junitReport,
  type Suite,
  tapReport,
  textReport,
} from "../testing/report/index.ts";
import { archesOf } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { type Minimum, minimumOf, minimumSuite, writeLcov } from "./coverage.ts";
import { writeGenerated } from "./generate.ts";
import { checkApart, checkOutput, Exit, outStyle, print, printJson, visible, writeOutput } from "./output.ts";
import { isCi } from "./snapshot.ts";
import {
  coverageOf,
  type FilterCoverage,
  runSuites,
  type SuiteOptions,
  type SuiteRun,
  suiteOf,
  testText,
} from "./suite.ts";
import { watchFiles } from "./watch.ts";

/** What is made of the results. */
interface Reports {
  readonly json: boolean;
  readonly reporter: "text" | "tap";
  readonly coverage: boolean;
  readonly minimum: Minimum | undefined;
  readonly junit: string | undefined;
  readonly lcov: string | undefined;
}

/** `seccat test`: runs policy test files; exit code 1 when a test fails. */
export async function test(args: Args): Promise<number> {
  const paths = args.texts("files");
  const texts = new Map(args.flag("generate") ? paths.map((path) => [path, testText(path)]) : []);
  const generated = generatedFrom(paths, texts, args);
  if (generated !== undefined) return writeGenerated(generated, args);
  const options = optionsOf(args);
  const reports = reportsOf(args);
  if (paths.includes("-") && (options.snapshot || args.flag("watch")))
    throw usage("--snapshot and --watch need a file with a name", { received: "-" });
  if (args.flag("watch")) return watchFiles((onRead) => runOnce(paths, { ...options, onRead }, reports));
  const textOf = (path: string) => texts.get(path) ?? testText(path);
  return runOnce(paths, { ...options, textOf }, reports);
}

/** The filter whose tests --generate writes; undefined when test files are run. */
function generatedFrom(
  paths: readonly string[],
  texts: ReadonlyMap<string, string | undefined>,
  args: Args,
): string | undefined {
  const filter = paths.find((path) => texts.has(path) && texts.get(path) === undefined);
  if (filter !== undefined && paths.length > 1)
    throw usage("--generate writes the tests of one filter", {
      expected: "one file",
      received: paths.join(" "),
    });
  if (filter === undefined && args.output() !== undefined)
    throw usage("-o takes the tests of a filter", { expected: "--generate POLICY -o FILE" });
  return filter;
}

function optionsOf(args: Args): SuiteOptions {
  const kernels = args.list("kernel");
  for (const version of kernels ?? []) kernelRules({ version });
  const update = args.flag("update");
  return {
    arches: archesOf(args.list("arch")),
    kernels: kernels && [...new Set(kernels)],
    generate: args.flag("generate"),
    snapshot: update || args.flag("snapshot") ? { update, ci: isCi(process.env) } : undefined,
    textOf: testText,
    onRead: () => {},
  };
}

function reportsOf(args: Args): Reports {
  const [junit, lcov] = (["junit", "lcov"] as const).map((name) => {
    const path = args.maybe(name);
    if (path === "-") throw usage(`--${name} writes a file`, { expected: "its name", received: "-" });
    if (path !== undefined) checkOutput(path);
    return path;
  });
  checkApart(junit, lcov === undefined ? [] : [lcov]);
  const minimum = args.maybe("min-coverage");
  return {
    json: args.flag("json"),
    reporter: args.maybe("reporter") === "tap" ? "tap" : "text",
    coverage: args.flag("coverage"),
    minimum: minimum === undefined ? undefined : minimumOf(minimum),
    junit,
    lcov,
  };
}

function runOnce(paths: readonly string[], options: SuiteOptions, reports: Reports): number {
  const read: string[] = [];
  const onRead = (path: string) => {
    read.push(path);
    options.onRead(path);
  };
  const runs = runSuites(paths, { ...options, onRead });
  const coverage = coverageOf(runs);
  const { minimum, junit, lcov } = reports;
  for (const path of [junit, lcov]) checkApart(path, read);
  const suites = [...runs.map(suiteOf), ...(minimum ? [minimumSuite(coverage, minimum)] : [])];
  const { failed, all } = countOutcomes(suites);
  if (all === 0)
    throw usage("no test is left to run", { expected: "arches and kernels that the files have tests for" });
  if (junit !== undefined) writeOutput(junit, junitReport(suites));
  if (lcov !== undefined) writeLcov(lcov, coverage);
  if (reports.json) printJson(toJson(failed, runs, coverage, minimum && suites.at(-1)));
  else printReport(suites, coverage, reports);
  return failed === 0 ? Exit.yes : Exit.no;
}

function printReport(suites: readonly Suite[], coverage: readonly FilterCoverage[], reports: Reports): void {
  const detail = reports.coverage
    ? coverage.flatMap((one) => [...coverageDetail(one.coverage, one.file), ""])
    : [];
  const shown = suites.map(visibleSuite);
  const lines = detail.map(visible);
  print(reports.reporter === "tap" ? tapReport(shown, lines) : textReport(shown, outStyle(), lines));
}

/** A file's texts must not steer the terminal. */
function visibleSuite({ name, outcomes, notes, ms }: Suite): Suite {
  return {
    name: visible(name),
    notes: notes.map(visible),
    ms,
    outcomes: outcomes.map(({ name: own, message, details, ...rest }) => ({
      ...rest,
      name: visible(own),
      ...(message === undefined ? {} : { message: visible(message) }),
      ...(details === undefined ? {} : { details: details.map(visible) }),
    })),
  };
}

function toJson(
  failed: number,
  runs: readonly SuiteRun[],
  coverage: readonly FilterCoverage[],
  minimum: Suite | undefined,
) {
  return {
    failed,
    files: runs.map(({ run, ...rest }) => {
      if (!run) return rest;
      const { layers, ...totals } = run.coverage;
      return { ...rest, results: run.results, coverage: { ...totals, layers: layers.map(layerJson) } };
    }),
    coverage: {
      ...coverageTotals(coverage.map((one) => one.coverage)),
      filters: coverage.map(({ file, coverage: own }) => ({ file, ...layerJson(own) })),
    },
    ...(minimum ? { minimum: minimum.outcomes } : {}),
  };
}

/** Counts by rule, by instruction and by branch; the program itself is what `compile` prints. */
function layerJson({ rules, programs }: FilterCoverage["coverage"]) {
  return {
    ...(rules ? { rules } : {}),
    programs: programs.map(({ endian, instructions, branches }) => ({ endian, instructions, branches })),
  };
}
