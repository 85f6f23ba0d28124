/** The files that `seccat test` is given, each run to the end, with everything that reports want to know. */
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { AbiName } from "../../arch/index.ts";
import { type Issue, SeccatError } from "../abi/error.ts";
import { decodeText } from "../formats/text.ts";
import {
  type Boundary,
  boundaryOf,
  type FilterLayer,
  isTestFile,
  type LayerCoverage,
  mergeCoverage,
  readTestFile,
  runTests,
  type TestFile,
  type TestRun,
  takeSnapshot,
  testedArches,
} from "../testing/index.ts";
import {
  coverageSummary,
  missedRules,
  type Outcome,
  outcomeOf,
  type Suite,
} from "../testing/report/index.ts";
import { type Filter, readStack } from "./filter.ts";
import { boundaryOutcome } from "./generate.ts";
import { inFile, inputName, readInput } from "./input.ts";
import { processOf } from "./process.ts";
import { checkSnapshot, type SnapshotRun, snapshotOutcome } from "./snapshot.ts";

/** What is asked of every file. */
export interface SuiteOptions {
  readonly arches: readonly AbiName[] | undefined;
  readonly kernels: readonly string[] | undefined;
  readonly generate: boolean;
  readonly snapshot: { readonly update: boolean; readonly ci: boolean } | undefined;
  /** The text of a test file, undefined for any other; a pipe can be read once only. */
  readonly textOf: (path: string) => string | undefined;
  /** Is told of every file that is about to be read. */
  readonly onRead: (path: string) => void;
}

/** What came of one file. */
export interface SuiteRun {
  readonly file: string;
  readonly ms: number;
  /** The filter's files, newest first. */
  readonly filters: readonly string[];
  /** Absent for a policy or program of which only a snapshot is taken. */
  readonly run?: TestRun;
  /** With --generate: what each layer answers at its edges. */
  readonly boundaries?: readonly (Boundary & { readonly filter: string })[];
  readonly snapshot?: SnapshotRun;
}

/** What was reached of one filter by all test files. */
export interface FilterCoverage {
  readonly file: string;
  readonly coverage: LayerCoverage;
}

/** The text of a test file; undefined for any other file. Standard input is one, since its filter has a name. */
export function testText(path: string): string | undefined {
  if (processOf(path)) return undefined;
  const bytes = readInput(path);
  if (path !== "-" && bytes.includes(0)) return undefined;
  const text = decodeText(bytes, inputName(path));
  return path === "-" || isTestFile(text, path) ? text : undefined;
}

/** What comes of all files. Throws a SeccatError with the faults of all of them. */
export function runSuites(paths: readonly string[], options: SuiteOptions): SuiteRun[] {
  const runs: SuiteRun[] = [];
  const issues: Issue[] = [];
  const known = new Map<string, readonly Filter[]>();
  const filtersAt = (path: string) => {
    const filters = known.get(resolve(path)) ?? newestFirst(path, options);
    known.set(resolve(path), filters);
    return filters;
  };
  for (const path of paths) {
    try {
      runs.push(runSuite(path, options, filtersAt));
    } catch (error) {
      if (!(error instanceof SeccatError)) throw error;
      issues.push(...error.issues);
    }
  }
  const [first, ...more] = issues;
  if (first) throw new SeccatError(first, more);
  return runs;
}

/** What a FILTER means, newest first: one filter of a file, all of a process. */
type FiltersAt = (path: string) => readonly Filter[];

function newestFirst(path: string, { onRead }: SuiteOptions): readonly Filter[] {
  const { filters, process } = readStack(path, { onRead });
  return filters.map((filter) => (process ? filter : { ...filter, name: path })).reverse();
}

function runSuite(path: string, options: SuiteOptions, filtersAt: FiltersAt): SuiteRun {
  const start = performance.now();
  const name = inputName(path);
  if (path !== "-") options.onRead(path);
  const text = options.textOf(path) ?? (options.snapshot ? undefined : faultyTestText(path));
  const run =
    text === undefined ? snapshotOnly(path, options, filtersAt) : testsOf(path, text, options, filtersAt);
  return { file: name, ms: performance.now() - start, ...run };
}

/** The text of a file that lists no tests but was meant to. Throws a SeccatError for a policy, a program, any other. */
function faultyTestText(path: string): string {
  const bytes = readInput(path);
  const text = bytes.includes(0) ? "" : decodeText(bytes, path);
  if (/^[\s{-]*["']?(policy|stack|tests)["']?\s*:/m.test(text)) return text;
  throw new SeccatError({
    code: "schema",
    message: "this is no test file",
    where: { file: path },
    expected: "policy: FILE, and tests: a list of tests",
    fix: "of a policy or program, --generate writes one and --snapshot a table of its answers",
  });
}

type Run = Omit<SuiteRun, "file" | "ms">;

function testsOf(path: string, text: string, options: SuiteOptions, filtersAt: FiltersAt): Run {
  const name = inputName(path);
  const file = readTestFile(text, name);
  const loaded = file.stack.flatMap((named) => filtersAt(beside(path, named.path)));
  const filters = loaded.map((filter) => filter.name);
  const layers = loaded.map(layerOf);
  return inFile(name, () => {
    const run = runTests(file, layers, options);
    const { snapshot } = options;
    return {
      filters,
      run,
      ...(options.generate ? { boundaries: boundariesOf(loaded) } : {}),
      ...(snapshot ? { snapshot: snapshotOf(path, file, loaded, options) } : {}),
    };
  });
}

function boundariesOf(filters: readonly Filter[]) {
  return filters.map((filter) => ({ filter: filter.name, ...boundaryOf(layerOf(filter)) }));
}

function snapshotOnly(path: string, options: SuiteOptions, filtersAt: FiltersAt): Run {
  const filters = filtersAt(path);
  return inFile(path, () => ({
    filters: filters.map(({ name }) => name),
    snapshot: snapshotOf(path, {}, filters, options),
  }));
}

function snapshotOf(
  path: string,
  file: Pick<TestFile, "arches" | "kernels">,
  filters: readonly Filter[],
  options: SuiteOptions,
): SnapshotRun {
  const layers = filters.map(layerOf);
  const arches = testedArches(file, layers, options);
  const taken = takeSnapshot(layers, arches, options.kernels ?? file.kernels);
  const { snapshot = { update: false, ci: false } } = options;
  return checkSnapshot(`${path}.snap`, basename(path), taken, snapshot);
}

/** A file that a test file names stands beside it. */
function beside(path: string, named: string): string {
  return path === "-" || isAbsolute(named) || processOf(named) ? named : join(dirname(path), named);
}

function layerOf({ policy, program }: Filter): FilterLayer {
  return policy ?? program;
}

/** What came of one file, in words. */
export function suiteOf({ file, ms, filters, run, boundaries = [], snapshot }: SuiteRun): Suite {
  const edges = boundaries.map((boundary) => boundaryOutcome(boundary.filter, boundary));
  const outcomes: Outcome[] = [
    ...(run?.results ?? []).map(outcomeOf),
    ...edges.flatMap(({ outcome }) => outcome ?? []),
    ...(snapshot ? [snapshotOutcome(snapshot)] : []),
  ];
  const missed = run && missedRules(run.coverage.layers, filters);
  const notes = [
    ...edges.flatMap(({ note }) => note ?? []),
    ...(run ? [coverageSummary(run.coverage)] : []),
    ...(missed === undefined ? [] : [missed]),
  ];
  return { name: file, outcomes, notes, ms };
}

/** What the files reached together, by filter in the order in which they are named. */
export function coverageOf(runs: readonly SuiteRun[]): FilterCoverage[] {
  const byFile = new Map<string, { file: string; layers: LayerCoverage[] }>();
  for (const { filters, run } of runs)
    run?.coverage.layers.forEach((layer, i) => {
      const file = filters[i] ?? "";
      const key = resolve(file);
      const known = byFile.get(key) ?? { file, layers: [] };
      known.layers.push(layer);
      byFile.set(key, known);
    });
  return [...byFile.values()].map(({ file, layers }) => ({ file, coverage: mergeCoverage(layers) }));
}
