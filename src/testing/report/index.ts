/** Reports: pure functions from outcomes and coverage to text. */
export { coverageDetail, coverageSummary, missedRules } from "./coverage.ts";
export { junitReport } from "./junit.ts";
export { type LcovSource, lcovReport } from "./lcov.ts";
export { countOutcomes, type Outcome, outcomeOf, type Suite } from "./outcome.ts";
export { tapReport } from "./tap.ts";
export { type Paint, textReport } from "./text.ts";
