/** `seccat merge`: the union of policies, and what the parts of logs tell together. */
import { writePolicy } from "../formats/index.ts";
import { mergePolicies } from "../policy/merge.ts";
import type { Policy } from "../policy/types.ts";
import { type Learned, newLearner } from "../trace/index.ts";
import {
  formatPartial,
  isPartialText,
  logsOf,
  mergePartials,
  missingParts,
  type Partial,
  readPartials,
  tellPartials,
} from "../trace/partial.ts";
import { type Args, usage } from "./args.ts";
import { type Delivery, deliver, extrasOf, widened, withExtras } from "./delivery.ts";
import { policyOf } from "./filter.ts";
import { inFile, inputName, readInput } from "./input.ts";
import { checkOutput, Exit, errStyle, printIssue, printJson, say, writeOutput } from "./output.ts";
import { optionsOf } from "./traceoptions.ts";

interface Inputs {
  readonly partials: readonly Partial[];
  readonly policies: readonly Policy[];
}

/** Options about what partial profiles tell. */
const forPartials = ["only", "pid", "after-marker", "until-marker", "split", "default"] as const;

/** `seccat merge`. */
export async function mergeCommand(args: Args): Promise<number> {
  const output = args.output();
  if (output !== undefined) checkOutput(output);
  const { partials, policies } = readAll(args.texts("inputs"), args.flag("partial"));
  const parts = mergePartials(partials);
  if (args.flag("partial")) {
    if (policies.length > 0)
      throw usage("a policy is no part of a partial profile", {
        fix: "leave out --partial to write a policy",
      });
    if (args.flag("json")) throw usage("a partial profile is JSON already", { fix: "leave out --json" });
    writeOutput(output ?? "-", parts.map(formatPartial).join(""));
    return Exit.yes;
  }
  const idle = parts.length > 0 ? undefined : forPartials.find((name) => args.maybe(name) !== undefined);
  if (idle !== undefined)
    throw usage(`--${idle} is for partial profiles, and there are only policies`, {
      fix: `leave out --${idle}`,
    });
  const delivery: Delivery = { output, json: args.flag("json"), split: args.maybe("split") };
  const extras = extrasOf(args);
  const learned = parts.length > 0 ? learnParts(parts, args) : undefined;
  if (learned && policies.length === 0) deliver(widened(learned, extras), delivery);
  else {
    const union = mergePolicies([...(learned ? [learned.policy] : []), ...policies]);
    writeUnion(withExtras(union, extras), delivery);
  }
  return Exit.yes;
}

function readAll(paths: readonly string[], isPartial: boolean): Inputs {
  if (paths.filter((path) => path === "-").length > 1)
    throw usage("standard input can be read once only", { fix: "write one of them to a file" });
  const partials: Partial[] = [];
  const policies: Policy[] = [];
  for (const path of paths) {
    const bytes = readInput(path);
    const file = inputName(path);
    const text = Buffer.from(bytes).toString("utf8");
    // What a combiner gets where no log was.
    if (isPartial && text.trim() === "") continue;
    if (isPartialText(text)) {
      for (const partial of inFile(file, () => readPartials(text))) partials.push(partial);
      continue;
    }
    const { policy, warnings } = policyOf(bytes, file);
    for (const warning of warnings) printIssue(warning, "warning");
    policies.push(policy);
  }
  return { partials, policies };
}

function learnParts(parts: readonly Partial[], args: Args): Learned {
  for (const { log, of, missing } of missingParts(parts))
    say(
      `${errStyle().yellow("warning")}: of the ${of} parts of ${log} some are missing: ${missing.join(", ")}`,
    );
  const asked = optionsOf(args, logsOf(parts).join(", "));
  const made = parts[0]?.options;
  if (asked.split === "phase" && !made?.phases && made?.markFd === undefined)
    throw usage("the partial profiles tell no phases apart", {
      fix: "give seccat trace --partial what begins a phase, such as --phases accept,read",
    });
  const learner = newLearner({ ...asked, ...made });
  tellPartials(parts, (event) => learner.see(event));
  return learner.finish();
}

function writeUnion(policy: Policy, { output, json }: Delivery): void {
  const inJson = output !== undefined && /\.json$/i.test(output);
  if (output !== undefined || !json)
    writeOutput(output ?? "-", writePolicy(policy, inJson ? "json" : "yaml"));
  if (json) printJson({ policy: JSON.parse(writePolicy(policy, "json")) });
  else if (output !== undefined && output !== "-") say(`wrote ${output}`);
}
