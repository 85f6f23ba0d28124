/**
 * Does a launch ever die of its own filter, and what does it cost to start a command under one?
 *
 *     npm run bench -- launch [LAUNCHES] [ROUNDS]      5,000 launches with each FFI package, half of them while the
 *                                                      collector works; 40 rounds of starts, interleaved
 *     npm run bench -- launch LAUNCHES calls           launches by FFI calls, as on machines without a launcher
 *
 * Exits with 1 when a launch died, or when the median start overhead of `seccat run` over the command alone is above
 * 1.3 times that of `bwrap --seccomp` and of Node's own start together, which is that with an empty module; Seccat itself
 * is a script, with which Node starts faster, so the ratio to that is told too.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backendNames } from "../shim/index.ts";
import { encode } from "../src/bpf/codec.ts";
import { bareSource, launchApart } from "../test/enforce/launches.ts";
import { allowOnly, compileStatic } from "../test/enforce/programs.ts";
import { ffi, machine } from "./machine.ts";
import { quantile } from "./quantile.ts";
import { root } from "./root.ts";

const [launches = 5000, rounds = 40] = process.argv.slice(2).map(Number);
const byCalls = process.argv[3] === "calls";
const folder = mkdtempSync(join(tmpdir(), "seccat-bench-"));
const bare = join(folder, "bare");
const empty = join(folder, "empty.mjs");
const script = join(folder, "empty.cjs");
const program = join(folder, "bare.bpf");
console.log(`${machine()}\n${ffi()}`);
try {
  const problem = compileStatic(bareSource, bare);
  if (problem) throw new Error(problem);
  writeFileSync(empty, "");
  writeFileSync(script, "");
  writeFileSync(program, encode(allowOnly("execve", "write", "exit_group")));
  await survive();
  if (!byCalls) startOverhead();
} finally {
  rmSync(folder, { recursive: true });
}

/** Launches under a filter of three calls. */
async function survive(): Promise<void> {
  for (const backend of backendNames)
    for (const churn of [false, true]) {
      const { ffi, deaths, collections, ms, ...made } = await launchApart({
        backend,
        bare,
        launches: launches / 2,
        churn,
        ...(byCalls ? { way: "calls" as const } : {}),
      });
      const how = churn ? `${collections} collections` : "no collections forced";
      console.log(
        ffi === backend
          ? `${backend.padEnd(9)} ${deaths.length} deaths in ${made.launches} launches, ${how}, ${(ms / made.launches).toFixed(1)} ms each`
          : `${backend.padEnd(9)} left out: ${ffi}`,
      );
      if (deaths.length > 0) process.exitCode = 1;
    }
}

/** Starts of the same command by itself, by Node alone, by bwrap and by seccat. */
function startOverhead(): void {
  const filter = openSync(program, "r");
  const ways = [
    { name: "the command alone", words: [bare], status: 42 },
    { name: "node, an empty module", words: [process.execPath, empty], status: 0 },
    { name: "node, an empty script", words: [process.execPath, script], status: 0 },
    { name: "bwrap --seccomp", words: ["bwrap", "--dev-bind", "/", "/", "--seccomp", "3", bare], status: 42 },
    {
      name: "seccat run",
      words: [process.execPath, `${root}src/cli/seccat.cjs`, "run", "-p", program, "--", bare],
      status: 42,
    },
  ];
  const times = ways.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    ways.forEach(({ name, words, status }, i) => {
      const copy = openSync(`/proc/self/fd/${filter}`, "r"); // bwrap reads from where the last one stopped
      const begin = process.hrtime.bigint();
      const [command = "", ...rest] = words;
      const result = spawnSync(command, rest, { stdio: ["ignore", "ignore", "pipe", copy] });
      times[i]?.push(Number(process.hrtime.bigint() - begin) / 1e6);
      closeSync(copy);
      if (result.status !== status) throw new Error(`${name}: ${result.error ?? result.stderr}`);
    });
  const medians = times.map((values) => quantile(values, 0.5));
  ways.forEach(({ name }, i) => {
    const [low, high] = [0.1, 0.9].map((at) => quantile(times[i] ?? [], at).toFixed(1));
    console.log(`${name.padEnd(22)} ${medians[i]?.toFixed(1)} ms (${low} to ${high})`);
  });
  const [alone = 0, ...others] = medians;
  const [node = 0, asScript = 0, bwrap = 0, seccat = 0] = others.map((median) => median - alone);
  const ratio = seccat / (bwrap + node);
  console.log(
    `overhead of seccat run: ${seccat.toFixed(1)} ms, ${ratio.toFixed(2)} x (bwrap's ${bwrap.toFixed(1)} + Node's ${node.toFixed(1)}); the aim is 1.3. With Node's ${asScript.toFixed(1)} for a script it is ${(seccat / (bwrap + asScript)).toFixed(2)} x`,
  );
  if (ratio > 1.3) process.exitCode = 1;
}
