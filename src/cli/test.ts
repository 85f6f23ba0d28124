import { dirname, isAbsolute, join } from "node:path";
import { formatPlace, type Issue, SeccatError } from "../abi/error.ts";
import type { NamedFilter } from "../testing/file.ts";
import { type FilterLayer, readTestFile, runTests, type TestResult, type TestRun } from "../testing/index.ts";
import type { Args } from "./args.ts";
import { readFilter } from "./filter.ts";
import { inFile, inputName, readText } from "./input.ts";
import { Exit, outStyle, print, printJson, visible } from "./output.ts";

/** `seccat test`: runs policy test files; exit code 1 when a test fails. */
export async function test(args: Args): Promise<number> {
  const runs: { file: string; run: TestRun }[] = [];
  const issues: Issue[] = [];
  for (const path of args.texts("files")) {
    try {
      runs.push({ file: inputName(path), run: runFile(path) });
    } catch (error) {
      if (!(error instanceof SeccatError)) throw error;
      issues.push(...error.issues);
    }
  }
  const [first, ...more] = issues;
  if (first) throw new SeccatError(first, more);
  const failed = runs.flatMap(({ run }) => run.results.filter(({ ok }) => !ok)).length;
  if (args.flag("json")) printJson({ failed, files: runs.map(({ file, run }) => ({ file, ...run })) });
  else {
    for (const { file, run } of runs) printRun(file, run);
    const style = outStyle();
    const all = runs.reduce((sum, { run }) => sum + run.results.length, 0);
    print(failed === 0 ? style.green(`${all} passed\n`) : style.red(`${failed} of ${all} failed\n`));
  }
  return failed === 0 ? Exit.yes : Exit.no;
}

function runFile(path: string): TestRun {
  const name = inputName(path);
  const file = readTestFile(readText(path), name);
  const layers = file.stack.map((named) => layerOf(named, path));
  return inFile(name, () => runTests(file, layers));
}

/** What a test file names, found beside it. */
function layerOf(named: NamedFilter, path: string): FilterLayer {
  const beside = path === "-" || isAbsolute(named.path) ? named.path : join(dirname(path), named.path);
  const filter = readFilter(beside);
  return filter.policy ?? filter.program;
}

function printRun(file: string, { results, coverage }: TestRun): void {
  const style = outStyle();
  print(`${style.bold(file)}\n`);
  for (const result of results) print(resultText({ ...result, sentence: visible(result.sentence) }));
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
