import type { Issue } from "../abi/error.ts";
import { convertPolicy } from "../formats/index.ts";
import { hostAbi } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { inFile, inputName, placed, readIncluded, readText } from "./input.ts";
import { Exit, printIssue, printJson, writeOutput } from "./output.ts";

/** `seccat convert`: a policy in another notation; says what does not carry over. */
export async function convert(args: Args): Promise<number> {
  const path = args.text("in");
  const output = args.output();
  const to = notationOf(args.maybe("to"), output);
  const file = inputName(path);
  const text = readText(path);
  const converted = inFile(file, () =>
    convertPolicy(text, to, { file, native: hostAbi(), readFile: readIncluded }),
  );
  const warnings = [...lostComments(text), ...converted.warnings].map((warning) => placed(warning, file));
  if (args.flag("json")) {
    if (output !== undefined) writeOutput(output, converted.text);
    printJson({ to, text: converted.text, warnings });
    return Exit.yes;
  }
  for (const warning of warnings) printIssue(warning, "warning");
  writeOutput(output ?? "-", converted.text);
  return Exit.yes;
}

/** Comments are no part of a policy, so they do not carry over: said for the first line that is one. */
function lostComments(text: string): Issue[] {
  const line = text.split("\n").findIndex((words) => words.trimStart().startsWith("#"));
  if (line < 0) return [];
  return [
    {
      code: "policy",
      message: "comments do not carry over",
      where: { line: line + 1 },
      fix: "a rule's `why` does",
    },
  ];
}

function notationOf(to: string | undefined, output: string | undefined): "yaml" | "json" {
  const word = to ?? /\.(json|ya?ml)$/i.exec(output ?? "")?.[1]?.toLowerCase();
  if (word === "json") return "json";
  if (word === "yaml" || word === "yml") return "yaml";
  throw usage("which notation is meant cannot be told", {
    expected: "-o with a name that ends in .yaml or .json, or --to yaml, or --to json",
    ...(output === undefined ? {} : { received: output }),
  });
}
