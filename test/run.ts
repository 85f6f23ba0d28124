/**
 * Runs every test file in a process of its own, a few at a time, each with a time limit, and adds up.
 *
 *     node dist/test/run.js [PART OF A PATH ...]
 *
 * A file fails when its process does, or when it ends without the totals that uvu prints last: a suite that is
 * never run, or a process that ends early, must not pass for a success.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** SECCAT_LONG lets random tests run ten times as long. */
const MINUTES = process.env.SECCAT_LONG ? 40 : 4;
const LINES_OF_A_FAILURE = 8;
const folder = fileURLToPath(new URL("./", import.meta.url));

interface Outcome {
  readonly file: string;
  readonly output: string;
  readonly passed: number;
  readonly failed: number;
  readonly ms: number;
}

function testFiles(parts: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.test\.(js|ts)$/.test(name))
    .filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)))
    .sort();
}

function runFile(file: string): Promise<Outcome> {
  const start = performance.now();
  const child = spawn(process.execPath, [folder + file], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  const killGroup = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // The group has ended already.
    }
  };
  const limit = setTimeout(() => {
    output += `\nended after ${MINUTES} minutes\n`;
    killGroup();
  }, MINUTES * 60_000);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearTimeout(limit);
      killGroup();
      resolve(judge(file, output, code ?? signal, performance.now() - start));
    });
  });
}

function judge(file: string, output: string, end: number | string | null, ms: number): Outcome {
  const count = (word: string) =>
    [...output.matchAll(new RegExp(`^ *${word}: *(\\d+)`, "gm"))].map(firstGroup);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);
  const [totals, passed] = [count("Total"), sum(count("Passed"))];
  const unfinished = totals.length === 0 || (end !== 0 && sum(totals) === passed);
  const text = unfinished
    ? `${output}\n  the process ended with ${end}, ${totals.length ? "" : "without totals"}\n`
    : output;
  return { file, output: text, passed, failed: sum(totals) - passed + (unfinished ? 1 : 0), ms };
}

/** What failed in a file's output, again at the end for whoever sees only that: its last lines when no test is named. */
function gist(output: string): string {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const named = lines.flatMap((line, i) =>
    /^ *FAIL /.test(line) ? lines.slice(i, i + LINES_OF_A_FAILURE).map((text) => text.slice(0, 300)) : [],
  );
  return (named.length > 0 ? named : lines.slice(-LINES_OF_A_FAILURE)).join("\n");
}

function firstGroup(match: RegExpExecArray): number {
  return Number(match[1]);
}

async function main(): Promise<void> {
  const files = testFiles(process.argv.slice(2));
  const queue = [...files];
  const outcomes: Outcome[] = [];
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const outcome = await runFile(file);
      outcomes.push(outcome);
      const mark = outcome.failed > 0 ? "FAIL" : "ok  ";
      const seeds = outcome.output.split("\n").filter((line) => /skipped|SECCAT_SEED=/.test(line));
      console.log(`${mark} ${file}  ${outcome.passed} passed  ${(outcome.ms / 1000).toFixed(1)} s`);
      for (const line of outcome.failed > 0 ? [outcome.output] : seeds) console.log(`     ${line.trim()}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  for (const { file, output } of outcomes.filter((outcome) => outcome.failed > 0))
    console.log(`failed: ${file}\n${gist(output)}`);
  if (files.length === 0) console.log("no test file matches");
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

await main();
