/** `seccat test --generate`: the calls at the edges of a filter's rules, asked or written down as tests. */
import { dirname, relative, resolve } from "node:path";
import { describeCall } from "../prove/index.ts";
import { type Boundary, generateTests, type Mismatch, writeTestFile } from "../testing/index.ts";
import type { Args } from "./args.ts";
import { printWarnings, readFilter } from "./filter.ts";
import { inFile, inputName } from "./input.ts";
import { checkOutput, Exit, outStyle, printJson, say, visible, writeOutput } from "./output.ts";

/** So many disagreements are shown of one filter. */
const SHOWN = 5;

/** Writes a test file that pins what the policy or program in `path` answers today. */
export function writeGenerated(path: string, args: Args): number {
  const output = args.output();
  if (output !== undefined) checkOutput(output);
  const filter = readFilter(path);
  const layer = filter.policy ?? filter.program;
  const arches = filter.policy?.arches ?? filter.arches;
  const generated = inFile(filter.name, () => generateTests(layer, arches));
  printWarnings(filter);
  if (args.flag("json")) printJson({ file: filter.name, ...generated });
  if (args.flag("json") && output === undefined) return Exit.yes;
  writeOutput(output ?? "-", writeTestFile([nameFrom(output, path)], generated));
  if (output !== undefined && output !== "-")
    say(`${visible(output)}: ${generated.tests.length} answers of ${visible(filter.name)}`);
  return Exit.yes;
}

/** How a test file at `output` names the filter at `path`. */
function nameFrom(output: string | undefined, path: string): string {
  if (output === undefined || output === "-") return path;
  return relative(dirname(resolve(output)), resolve(path));
}

/** What a layer answers at its edges, as lines below the tests of a file. */
export function boundaryText(file: string, { calls, complete, answers, mismatches }: Boundary): string {
  const style = outStyle();
  const name = visible(inputName(file));
  const counts = Object.entries(answers).map(([answer, times]) => `${answer} ${times}`);
  const more = complete ? "" : ", and there are more";
  if (mismatches === undefined || mismatches.length === 0) {
    const mark = mismatches ? style.green("ok") : "  ";
    const says = mismatches ? ", its program answers as it says" : "";
    return `  ${mark}   ${calls} calls at the edges of ${name}${more}${says} ${style.dim(`(${counts.join(", ")})`)}\n`;
  }
  const lines = mismatches.slice(0, SHOWN).map((mismatch) => `       ${mismatchText(mismatch)}\n`);
  const head = `  ${style.red("FAIL")} ${mismatches.length} of ${calls} calls at the edges of ${name}${more}\n`;
  return head + lines.join("");
}

function mismatchText({ call, expected, actual }: Mismatch): string {
  const { abi, syscall } = describeCall(call);
  const args = call.args.map((arg) => `0x${arg.toString(16)}`).join(", ");
  const arch = abi ?? `arch 0x${call.arch.toString(16)}`;
  return `${syscall ?? call.nr}(${args}) on ${arch}: the policy says ${expected}, its program ${actual}`;
}
