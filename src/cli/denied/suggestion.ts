/** `seccat run --suggest FILE`: the policy with rules that allow what was denied. */
import { readFileSync, realpathSync } from "node:fs";
import { SeccatError } from "../../abi/error.ts";
import {
  isJsonText,
  type Notation,
  readPolicy,
  type WidenedText,
  widenText,
  yamlRuleLine,
} from "../../formats/index.ts";
import type { Allowance } from "../../policy/allow.ts";
import { lintOrThrow } from "../../policy/lint.ts";
import type { Policy } from "../../policy/types.ts";
import { type Widening, wideningFor } from "../../policy/widen.ts";
import { hostAbi } from "../arch.ts";
import { usage } from "../args.ts";
import type { Loaded } from "../binary.ts";
import { readIncluded } from "../input.ts";
import { checkOutput, printIssue, say, visible, writeOutput } from "../output.ts";

/** A policy to be written with what was denied added to it. */
export interface Suggestion {
  /** Index of the filter. */
  readonly filter: number;
  /** The policy's file. */
  readonly from: string;
  /** The file to write. */
  readonly to: string;
  readonly text: string;
  readonly policy: Policy;
  readonly notation: Notation;
}

/**
 * The files that --suggest names, one for each filter, in order. Throws a SeccatError where one cannot be written, would
 * overwrite an input that it does not name, or where a filter is no policy.
 */
export function readSuggestions(
  paths: readonly string[],
  filters: readonly Loaded[],
  inputs: readonly string[],
): Suggestion[] {
  if (paths.length === 0) return [];
  if (paths.length !== filters.length)
    throw usage(`there are ${filters.length} policies and ${paths.length} files to suggest to`, {
      expected: "--suggest once for each --policy, in the same order",
    });
  return paths.map((to, filter) => {
    const { policy, text, name } = filters[filter] ?? {};
    const from = inputs[filter] ?? "";
    if (!policy || text === undefined || name === undefined)
      throw usage(`${from} is a program, which has no rules to add to`, {
        expected: "--suggest with a policy",
        fix: "give --policy the policy that it was compiled from",
      });
    if (to === "-")
      throw usage("--suggest - : standard output is the command's", { expected: "--suggest FILE" });
    refuseOverwriting(to, from, inputs);
    checkOutput(to);
    const notation = notationOf(to, isJsonText(text, { file: name }));
    const suggestion = { filter, from, to, text, policy, notation };
    rehearse(suggestion);
    return suggestion;
  });
}

function notationOf(to: string, isJson: boolean): Notation {
  const named = /\.(json|ya?ml)$/i.exec(to)?.[1]?.toLowerCase();
  if (named) return named === "json" ? "json" : "yaml";
  return isJson ? "json" : "yaml";
}

/** Files that rules come from are overwritten only by their own names. */
function refuseOverwriting(to: string, from: string, inputs: readonly string[]): void {
  const place = realPath(to);
  if (place === undefined || to === from) return;
  const same = inputs.find((input) => input !== "-" && realPath(input) === place);
  if (same !== undefined)
    throw usage(`${to} is the file of ${same}`, {
      expected: "another file; or the policy itself by the same name, to change it",
      received: to,
    });
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // not there yet
  }
}

/** Finds out now, and not when the command has run, whether the policy can be written to where it should go. */
function rehearse(suggestion: Suggestion): void {
  const { to, policy } = suggestion;
  const here = new Set(policy.rules.flatMap(({ where }) => where?.file ?? []));
  if (
    [...here].some(
      (file) => realPath(file) === realPath(to) && realPath(to) !== undefined && file !== suggestion.from,
    )
  )
    throw usage(`${to} is included by ${suggestion.from}`, { expected: "another file", received: to });
  widened(suggestion, wideningFor(policy, []));
}

function widened(suggestion: Suggestion, widening: Widening): WidenedText {
  const { text, from, to, notation } = suggestion;
  const native = hostAbi();
  const options = { native, readFile: readIncluded };
  const result = widenText(text, widening, notation, { ...options, file: from });
  // Included files are sought beside the new one.
  const { policy } = readPolicy(result.text, { ...options, file: to, format: notation });
  lintOrThrow(policy);
  return result;
}

/** Writes the policy that allows all of `allowances`, and says what it did. Prints what keeps it from that. */
export function writeSuggestion(suggestion: Suggestion, allowances: readonly Allowance[]): void {
  const { from, to, text, policy } = suggestion;
  try {
    if (to === from && readFileSync(to, "utf8").replace(/^\ufeff/, "") !== text)
      throw new SeccatError({
        code: "file",
        message: `${to} was changed while the command ran, and is left as it is`,
        fix: "run it again, or name another file",
      });
    const widening = wideningFor(policy, allowances);
    const result = widened(suggestion, widening);
    writeOutput(to, result.text);
    say(`seccat: ${visible(changesText(suggestion, widening, result))}`);
    for (const { rule } of result.left)
      printIssue(
        {
          code: "policy",
          message: `not added, because the rule that denies it is in an included file: ${yamlRuleLine(rule)}`,
          where: { file: from },
        },
        "warning",
      );
  } catch (error) {
    if (!(error instanceof SeccatError)) throw error;
    for (const issue of error.issues) printIssue(issue);
  }
}

function changesText(
  { to }: Suggestion,
  { insertions, dropped }: Widening,
  { left, rewritten }: WidenedText,
): string {
  const added = insertions.length - left.length;
  const rules = (count: number) => `${count} ${count === 1 ? "rule" : "rules"}`;
  const parts = [added === 0 ? "nothing to add" : `${rules(added)} added`];
  if (dropped.length > 0) parts.push(`${rules(dropped.length)} removed that nothing is left for`);
  if (rewritten) parts.push("written anew, without comments");
  return `wrote ${to}: ${parts.join(", ")}`;
}
