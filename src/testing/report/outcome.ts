/** What every report shows: suites of outcomes, in words. */
import { formatPlace } from "../../abi/error.ts";
import type { TestResult } from "../runner.ts";

/** One outcome. */
export interface Outcome {
  readonly name: string;
  /** Where it was asked: `x86_64`, `aarch64, Linux 4.9`. */
  readonly on?: string;
  readonly ok: boolean;
  /** What is wrong, of a failure. */
  readonly message?: string;
  /** Further lines, of a failure. */
  readonly details?: readonly string[];
}

/** The outcomes of one test file. */
export interface Suite {
  readonly name: string;
  readonly outcomes: readonly Outcome[];
  /** What is told besides. */
  readonly notes: readonly string[];
  readonly ms: number;
}

/** A test's result as an outcome. */
export function outcomeOf({ sentence, abi, kernel, ok, ...rest }: TestResult): Outcome {
  const on = kernel === undefined ? abi : `${abi}, Linux ${kernel}`;
  if (ok) return { name: sentence, on, ok };
  const { where, expected, actual, reasons = [], path = "" } = rest;
  const message = `${formatPlace(where)}: expected ${expected}, got ${actual}`;
  return {
    name: sentence,
    on,
    ok,
    message,
    details: [...reasons, ...path.split("\n").map((line) => line.trim())],
  };
}

/** The name of an outcome with where it was asked. */
export function fullName({ name, on }: Outcome): string {
  return on === undefined ? name : `${name} (${on})`;
}

/** How many outcomes of `suites` failed, and how many there are. */
export function countOutcomes(suites: readonly Suite[]): { readonly failed: number; readonly all: number } {
  const outcomes = suites.flatMap((suite) => suite.outcomes);
  return { failed: outcomes.filter(({ ok }) => !ok).length, all: outcomes.length };
}
