/** What `seccat run` does with --explain, -o and --suggest, before and after the command. */
import { realpathSync } from "node:fs";
import { notifyStack } from "../../enforce/denials.ts";
import type { Denial, RunResult } from "../../enforce/index.ts";
import { hostAbi } from "../arch.ts";
import { type Args, usage } from "../args.ts";
import type { Loaded } from "../binary.ts";
import { printIssue } from "../output.ts";
import { Explainer } from "./explainer.ts";
import { sourceOf } from "./origin.ts";
import { openLines } from "./output.ts";
import { readSuggestions, writeSuggestion } from "./suggestion.ts";

/** The explaining side of one run. */
export interface Explanation {
  readonly onDenied: (denial: Denial) => void;
  /** To be called when the command has ended; false when a signal of its filters ended it of which nothing was heard. */
  readonly end: (result: Extract<RunResult, { kind: "ended" }>) => boolean;
}

/** Gets everything ready that could go wrong. Throws a SeccatError when it does. */
export function prepareExplanation(args: Args, filters: readonly Loaded[]): Explanation {
  const inputs = args.texts("policy");
  const output = args.maybe("output");
  const suggestions = readSuggestions(args.texts("suggest"), filters, inputs);
  for (const other of [...inputs, ...suggestions.map(({ to }) => to)])
    if (output !== undefined && output !== "-" && isSame(output, other))
      throw usage(`-o ${output} would overwrite ${other}`, { fix: "name another file" });
  const lines = openLines(output);
  sayUnheard(filters);
  const own = hostAbi() ?? "x86_64";
  const explainer = new Explainer(filters.map(sourceOf), lines, { json: args.flag("json"), own });
  let fault: unknown;
  return {
    onDenied(denial) {
      try {
        explainer.hear(denial);
      } catch (error) {
        fault ??= error; // the call is denied as its policy says all the same
      }
    },
    end(result) {
      explainer.end(result);
      if (fault !== undefined)
        printIssue({ code: "internal", message: `a call could not be explained: ${fault}` });
      for (const suggestion of suggestions)
        writeSuggestion(suggestion, explainer.allowances(suggestion.filter));
      return result.signal !== "SIGSYS" || explainer.killed;
    },
  };
}

function isSame(a: string, b: string): boolean {
  try {
    return a === b || realpathSync(a) === realpathSync(b);
  } catch {
    return false; // one of them is not there yet
  }
}

function sayUnheard(filters: readonly Loaded[]): void {
  if (notifyStack(filters.map(({ program }) => program)).heard === "all") return;
  const newest = filters.at(-1)?.name ?? "";
  printIssue(
    {
      code: "limit",
      message: `only what ${newest} denies is explained: the programs are too long to be asked together`,
      expected: "at most 4096 instructions in all",
    },
    "warning",
  );
}
