/**
 * `seccat test --snapshot`: the answers of a file's filter are held against FILE.snap.
 *
 *     missing    is written; where CI is set it is a failure, since nobody would look at what was written
 *     the same   passes, also when the program has another form
 *     changed    fails with the calls that changed; --update writes it anew
 */
import { existsSync } from "node:fs";
import {
  formatSnapshot,
  parseSnapshot,
  type Snapshot,
  type SnapshotChange,
  snapshotChanges,
} from "../testing/index.ts";
import type { Outcome } from "../testing/report/index.ts";
import { readText } from "./input.ts";
import { writeOutput } from "./output.ts";

/** How a snapshot fared. */
export interface SnapshotRun {
  readonly file: string;
  readonly status: "same" | "written" | "updated" | "missing" | "changed";
  readonly changes: readonly SnapshotChange[];
}

/** So many changed calls are shown. */
const SHOWN = 20;

/** Whether this is a CI server's run, as test runners tell it. */
export function isCi(env: NodeJS.ProcessEnv): boolean {
  return env.CI !== undefined && env.CI !== "" && env.CI !== "0" && env.CI !== "false";
}

/** Holds what the filter called `name` answers against the snapshot in `file`, or writes that. */
export function checkSnapshot(
  file: string,
  name: string,
  taken: Snapshot,
  { update, ci }: { readonly update: boolean; readonly ci: boolean },
): SnapshotRun {
  const text = formatSnapshot(taken, name);
  if (!existsSync(file)) {
    if (ci && !update) return { file, status: "missing", changes: [] };
    writeOutput(file, text);
    return { file, status: "written", changes: [] };
  }
  const before = readText(file);
  if (update) {
    if (before === text) return { file, status: "same", changes: [] };
    writeOutput(file, text);
    return { file, status: "updated", changes: [] };
  }
  const changes = snapshotChanges(parseSnapshot(before, file), taken);
  return { file, status: changes.length === 0 ? "same" : "changed", changes };
}

/** The same as an outcome of the tests of its file. */
export function snapshotOutcome({ file, status, changes }: SnapshotRun): Outcome {
  switch (status) {
    case "same":
      return { name: `every answer is as ${file} says`, ok: true };
    case "written":
      return { name: `${file} is written`, ok: true };
    case "updated":
      return { name: `${file} is written anew`, ok: true };
    case "missing":
      return {
        name: `every answer is as ${file} says`,
        ok: false,
        message: `${file} does not exist, and is not written where CI is set`,
        details: ["seccat test --snapshot writes it elsewhere; it belongs to the policy's repository"],
      };
    case "changed":
      return {
        name: `every answer is as ${file} says`,
        ok: false,
        message: `${changes.length === 1 ? "one answer has" : `${changes.length} answers have`} changed; --update accepts ${changes.length === 1 ? "it" : "them"}`,
        details: changeLines(changes),
      };
  }
}

function changeLines(changes: readonly SnapshotChange[]): string[] {
  const shown = changes
    .slice(0, SHOWN)
    .flatMap(({ title, call, before, after, example }) => [
      `${title}: ${call}`,
      ...before.filter((line) => !after.includes(line)).map((line) => `  - ${line}`),
      ...after.filter((line) => !before.includes(line)).map((line) => `  + ${line}`),
      ...(example && before.length + after.length > 2 ? [`  ${example.text}`] : []),
    ]);
  return changes.length > SHOWN ? [...shown, `and ${changes.length - SHOWN} more; --json has all`] : shown;
}
