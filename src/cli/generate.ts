/** `seccat test --generate`: the calls at the edges of a filter's rules, asked or written down as tests. */
import { dirname, relative, resolve } from "node:path";
import { describeCall } from "../prove/index.ts";
import { type Boundary, generateTests, type Mismatch, writeTestFile } from "../testing/index.ts";
import type { Outcome } from "../testing/report/index.ts";
import type { Args } from "./args.ts";
import { printWarnings, readStack } from "./filter.ts";
import { inFile, inputName } from "./input.ts";
import { checkApart, checkOutput, Exit, printJson, say, visible, writeOutput } from "./output.ts";
import { processOf } from "./process.ts";

/** So many disagreements are shown of one filter. */
const SHOWN = 5;

/** Writes a test file that pins what the policy, the program or the stack that `path` means answers today. */
export function writeGenerated(path: string, args: Args): number {
  const output = args.output();
  if (output !== undefined) checkOutput(output);
  checkApart(output, [path]);
  const stack = readStack(path);
  const [{ policy, program, arches: tested }] = stack.filters;
  const input = stack.process ? stack.filters.map((filter) => filter.program).reverse() : (policy ?? program);
  const arches = policy?.arches ?? tested;
  const generated = inFile(stack.name, () => generateTests(input, arches));
  printWarnings(stack);
  if (args.flag("json")) printJson({ file: stack.name, ...generated });
  if (args.flag("json") && output === undefined) return Exit.yes;
  writeOutput(output ?? "-", writeTestFile([nameFrom(output, path)], generated));
  if (output !== undefined && output !== "-")
    say(`${visible(output)}: ${generated.tests.length} answers of ${visible(stack.name)}`);
  return Exit.yes;
}

/** How a test file at `output` names the filter at `path`. */
function nameFrom(output: string | undefined, path: string): string {
  if (output === undefined || output === "-" || processOf(path)) return path;
  return relative(dirname(resolve(output)), resolve(path));
}

/** What a layer answers at its edges: an outcome, or for a program that stands alone a note. */
export function boundaryOutcome(
  file: string,
  { calls, complete, answers, mismatches }: Boundary,
): { readonly outcome?: Outcome; readonly note?: string } {
  const name = inputName(file);
  const counts = Object.entries(answers).map(([answer, times]) => `${answer} ${times}`);
  const edges = `${calls} calls at the edges of ${name}${complete ? "" : ", and there are more"}`;
  if (mismatches === undefined) return { note: `${edges} (${counts.join(", ")})` };
  if (mismatches.length === 0) {
    const says = `${edges}, its program answers as it says`;
    return { outcome: { name: says, on: counts.join(", "), ok: true } };
  }
  const [first, ...more] = mismatches.slice(0, SHOWN).map(mismatchText);
  const failed = `${mismatches.length} of ${edges}`;
  return {
    outcome: { name: failed, ok: false, ...(first === undefined ? {} : { message: first }), details: more },
  };
}

function mismatchText({ call, expected, actual }: Mismatch): string {
  const { abi, syscall } = describeCall(call);
  const args = call.args.map((arg) => `0x${arg.toString(16)}`).join(", ");
  const arch = abi ?? `arch 0x${call.arch.toString(16)}`;
  return `${syscall ?? call.nr}(${args}) on ${arch}: the policy says ${expected}, its program ${actual}`;
}
