/** Policy tests: assertions for any test runner, test files, reports and snapshots. */
export { type Boundary, boundaryOf, type Mismatch } from "./boundary.ts";
export {
  type CoveragePart,
  type CoverageTotals,
  coverageParts,
  coverageTotals,
  type LayerCoverage,
  mergeCoverage,
  type ProgramHits,
  type Reached,
  type RuleHits,
} from "./coverage.ts";
export { type Denial, type Expectation, ExpectationError, expect } from "./expect.ts";
export type { Decision, Failure } from "./failure.ts";
export { isTestFile, readTestFile, type TestCase, type TestFile } from "./file.ts";
export type { FilterInput, FilterLayer } from "./filter.ts";
export { type Generated, generateTests, type Pinned } from "./generate.ts";
export {
  type Coverage,
  type RunOptions,
  runTests,
  type TestResult,
  type TestRun,
  testedArches,
} from "./runner.ts";
export {
  formatSnapshot,
  parseSnapshot,
  type Snapshot,
  type SnapshotChange,
  snapshotChanges,
  takeSnapshot,
} from "./snapshot/index.ts";
export { writeTestFile } from "./write.ts";
