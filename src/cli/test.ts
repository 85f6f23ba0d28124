import { dirname, isAbsolute, join } from "node:path";
import { formatPlace, type Issue, SeccatError } from "../abi/error.ts";
import { decodeText } from "../formats/text.ts";
import type { NamedFilter } from "../testing/file.ts";
import {
  type Boundary,
  boundaryOf,
  type FilterLayer,
  isTestFile,
  readTestFile,
  runTests,
  type TestResult,
  type TestRun,
} from "../testing/index.ts";
import { type Args, usage } from "./args.ts";
import { readFilter } from "./filter.ts";
import { boundaryText, writeGenerated } from "./generate.ts";
import { inFile, inputName, readInput, readText } from "./input.ts";
import { Exit, outStyle, print, printJson, visible } from "./output.ts";

/** The outcomes of one test file; with --generate also what each layer answers at its edges. */
interface FileRun {
  readonly file: string;
  readonly run: TestRun;
  readonly boundaries?: readonly (Boundary & { readonly filter: string })[];
}

/** `seccat test`: runs policy test files; exit code 1 when a test fails. */
export async function test(args: Args): Promise<number> {
  const paths = args.texts("files");
  const generate = args.flag("generate");
  const texts = new Map(generate ? paths.map((path) => [path, testText(path)]) : []);
  const filter = paths.find((path) => generate && texts.get(path) === undefined);
  if (filter !== undefined && paths.length === 1) return writeGenerated(filter, args);
  if (filter !== undefined)
    throw usage("--generate writes the tests of one filter", {
      expected: "one file",
      received: paths.join(" "),
    });
  if (args.output() !== undefined)
    throw usage("-o takes the tests of a filter", { expected: "--generate POLICY -o FILE" });
  const runs = runAll(paths, generate, (path) => texts.get(path) ?? readText(path));
  const failed = runs.reduce((sum, run) => sum + failuresOf(run), 0);
  if (args.flag("json")) printJson({ failed, files: runs.map(({ run, ...rest }) => ({ ...rest, ...run })) });
  else {
    for (const run of runs) printRun(run);
    const style = outStyle();
    const all = runs.reduce((sum, run) => sum + outcomesOf(run), 0);
    print(failed === 0 ? style.green(`${all} passed\n`) : style.red(`${failed} of ${all} failed\n`));
  }
  return failed === 0 ? Exit.yes : Exit.no;
}

/** The text of a test file; undefined for any other file. Standard input is one, since its filter has a name. */
function testText(path: string): string | undefined {
  const bytes = readInput(path);
  if (path !== "-" && bytes.includes(0)) return undefined;
  const text = decodeText(bytes, inputName(path));
  return path === "-" || isTestFile(text, path) ? text : undefined;
}

/** All files' outcomes. Throws a SeccatError with the faults of all of them. */
function runAll(paths: readonly string[], generate: boolean, textOf: (path: string) => string): FileRun[] {
  const runs: FileRun[] = [];
  const issues: Issue[] = [];
  for (const path of paths) {
    try {
      runs.push(runFile(path, textOf(path), generate));
    } catch (error) {
      if (!(error instanceof SeccatError)) throw error;
      issues.push(...error.issues);
    }
  }
  const [first, ...more] = issues;
  if (first) throw new SeccatError(first, more);
  return runs;
}

function runFile(path: string, text: string, generate: boolean): FileRun {
  const name = inputName(path);
  const file = readTestFile(text, name);
  const layers = file.stack.map((named) => layerOf(named, path));
  return inFile(name, () => {
    const run = runTests(file, layers);
    if (!generate) return { file: name, run };
    const boundaries = layers.map((layer, i) => ({
      filter: file.stack[i]?.path ?? "",
      ...boundaryOf(layer),
    }));
    return { file: name, run, boundaries };
  });
}

/** The tests, and each policy's word against its program's. */
function outcomesOf({ run, boundaries = [] }: FileRun): number {
  return run.results.length + boundaries.filter(({ mismatches }) => mismatches).length;
}

function failuresOf({ run, boundaries = [] }: FileRun): number {
  const disagreeing = boundaries.filter(({ mismatches = [] }) => mismatches.length > 0);
  return run.results.filter(({ ok }) => !ok).length + disagreeing.length;
}

/** What a test file names, found beside it. */
function layerOf(named: NamedFilter, path: string): FilterLayer {
  const beside = path === "-" || isAbsolute(named.path) ? named.path : join(dirname(path), named.path);
  const filter = readFilter(beside);
  return filter.policy ?? filter.program;
}

function printRun({ file, run: { results, coverage }, boundaries = [] }: FileRun): void {
  const style = outStyle();
  print(`${style.bold(file)}\n`);
  for (const result of results) print(resultText({ ...result, sentence: visible(result.sentence) }));
  for (const boundary of boundaries) print(boundaryText(boundary.filter, boundary));
  const { instructions, rules } = coverage;
  const parts = [`${instructions.reached} of ${instructions.all} instructions`];
  if (rules.all > 0) parts.unshift(`${rules.reached} of ${rules.all} rules`);
  print(style.dim(`  reached: ${parts.join(", ")}\n`));
  if (rules.missed.length > 0)
    print(style.dim(`  rules that no test reached: ${rules.missed.map((rule) => rule + 1).join(", ")}\n`));
}

function resultText({ sentence, abi, ok, expected, actual, path, where }: TestResult): string {
  const style = outStyle();
  if (ok) return `  ${style.green("ok")}   ${sentence} ${style.dim(`(${abi})`)}\n`;
  return [
    `  ${style.red("FAIL")} ${sentence} ${style.dim(`(${abi})`)}`,
    `       ${formatPlace(where)}: expected ${expected}, got ${actual}`,
    ...(path ?? "").split("\n").map((line) => `     ${style.dim(line)}`),
    "",
  ].join("\n");
}
