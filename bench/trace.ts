/**
 * How much slower does a program become while its calls are watched?
 *
 *     npm run bench -- trace [CALLS] [ROUNDS]      200,000 calls of getppid, 7 rounds of each way, interleaved
 *
 * The program measures its own loop, so what starting and learning cost is not in the figures. Each way runs free, and
 * with everything on one processor. Exits with 1 when the median slowdown under the notify engine is above an eighth of
 * that under `strace -f -o /dev/null` on a free machine, or above half of it on one processor.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../test/enforce/live/programs.ts";
import { machine } from "./machine.ts";
import { quantile } from "./quantile.ts";
import { progress } from "./report.ts";
import { root } from "./root.ts";

const [calls = 200_000, rounds = 7] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "seccat-bench-"));
const seccat = [process.execPath, `${root}src/cli/seccat.cjs`, "trace", "-o", join(folder, "p.yaml")];

interface Way {
  readonly name: string;
  readonly prefix: readonly string[];
}

const ways: readonly Way[] = [
  { name: "alone", prefix: [] },
  { name: "seccat trace", prefix: [...seccat, "--engine", "notify", "--"] },
  { name: "strace -f -o /dev/null", prefix: ["strace", "-f", "-o", "/dev/null", "--"] },
  { name: "seccat trace --engine strace", prefix: [...seccat, "--engine", "strace", "--"] },
];
const places = [
  { name: "free", pin: [], aim: 1 / 8 },
  { name: "on one processor", pin: ["taskset", "-c", "0"], aim: 1 / 2 },
];

console.log(machine());
try {
  const binary = build("calls", folder);
  for (const place of places) compare(place.name, place.pin, place.aim, binary);
} finally {
  rmSync(folder, { recursive: true });
}

function compare(where: string, pin: readonly string[], aim: number, binary: string): void {
  const times = ways.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    ways.forEach(({ name, prefix }, i) => {
      progress(`${where}: round ${round + 1} of ${rounds}: ${name}`);
      const [command = "", ...rest] = [...pin, ...prefix, binary, String(calls)];
      const result = spawnSync(command, rest, { encoding: "utf8" });
      const seconds = Number(result.stdout);
      if (result.status !== 0 || !(seconds > 0)) throw new Error(`${name}: ${result.error ?? result.stderr}`);
      times[i]?.push(seconds);
    });
  progress("");
  const medians = times.map((values) => quantile(values, 0.5));
  const [alone = 0, notify = 0, strace = 0] = medians;
  console.log(`\n${where}, ${calls} calls`);
  ways.forEach(({ name }, i) => {
    const [low, high] = [0.1, 0.9].map((at) => quantile(times[i] ?? [], at).toFixed(3));
    const each = (((medians[i] ?? 0) / calls) * 1e6).toFixed(2);
    console.log(`  ${name.padEnd(30)} ${medians[i]?.toFixed(3)} s (${low} to ${high}), ${each} µs a call`);
  });
  const ratio = (notify - alone) / (strace - alone);
  console.log(
    `  the notify engine adds 1/${(1 / ratio).toFixed(1)} of what strace adds; the aim is 1/${1 / aim}`,
  );
  if (ratio > aim) process.exitCode = 1;
}
