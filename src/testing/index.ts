/** Policy tests: assertions for any test runner, and test files. */
export { type Denial, type Expectation, ExpectationError, expect } from "./expect.ts";
export { readTestFile, type TestCase, type TestFile } from "./file.ts";
export type { FilterInput, FilterLayer } from "./filter.ts";
export { type Coverage, runTests, type TestResult, type TestRun } from "./runner.ts";
