/** Policy tests: assertions for any test runner, and test files. */
export { type Boundary, boundaryOf, type Mismatch } from "./boundary.ts";
export { type Denial, type Expectation, ExpectationError, expect } from "./expect.ts";
export { isTestFile, readTestFile, type TestCase, type TestFile } from "./file.ts";
export type { FilterInput, FilterLayer } from "./filter.ts";
export { type Generated, generateTests, type Pinned } from "./generate.ts";
export { type Coverage, runTests, type TestResult, type TestRun } from "./runner.ts";
export { writeTestFile } from "./write.ts";
