/**
 * How many calls a second can a filter be asked off-box, against interpreters in C in the same run?
 *
 *     npm run bench -- evaluate [POLICY ...] [--json FILE] [--svg FILE]
 *
 * Every engine judges the same random calls (bench/calls.ts) in rounds that take turns; what counts is the median
 * round. Filters: the bench policies compiled by Seccat, and Debian's libseccomp's list and tree of the same.
 * All answers of all engines are compared first. Needs gcc; libseccomp-dev for its programs and libpcap-dev for
 * bpf_filter are left out with a word where they are missing.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { encode, readProgram } from "../src/bpf/codec.ts";
import { jit } from "../src/bpf/jit/index.ts";
import type { Program } from "../src/bpf/program.ts";
import { compile } from "../src/compile/index.ts";
import { longest } from "../test/bpf/jit/longest.ts";
import { Random, seedOf } from "../test/seed.ts";
import { randomCalls } from "./calls.ts";
import type { Chart } from "./chart.ts";
import { type Engine, engines, floorOf, type Terms, type Times } from "./duel.ts";
import { inFolder } from "./folder.ts";
import { machine } from "./machine.ts";
import { readNeutral, rulesForLibseccomp } from "./neutral.ts";
import { buildInterpreter, buildLibseccomp, runLibseccomp } from "./peer.ts";
import { type Spread, spreadOf } from "./quantile.ts";
import { type Asked, asked, deliver, printTable, progress } from "./report.ts";
import { root } from "./root.ts";

const CALLS = 1 << 13;
const MANY = 1 << 20;
const ROUNDS = 25;
const BUILDS = 15;
const policies = ["randomcat", "docker-default", "args-heavy", "docker-default-multi"];
/** How this file's neighbours end: .js when built, .ts otherwise. */
const extension = import.meta.url.split(".").at(-1);

interface Filter {
  readonly policy: string;
  readonly maker: string;
  readonly shape: "tree" | "list";
  readonly program: Program;
}

/** Milliseconds to build the JIT's function. */
interface Build {
  /** As the first thing that a process does: tables, and code for the calls that they know. */
  readonly first: Spread;
  /** After that, code for the calls of which they know nothing, when the first of those comes. */
  readonly general: Spread;
  /** Both, when others were built before. */
  readonly again: Spread;
}

interface Result {
  readonly policy: string;
  readonly maker: string;
  readonly shape: "tree" | "list";
  readonly instructions: number;
  readonly build: Build;
  /** Nanoseconds for one call. */
  readonly engines: Times;
}

function filtersOf(policy: string, folder: string, libseccomp: string | undefined): Filter[] {
  const file = `${root}bench/policies/${policy}.json`;
  const own: Filter = { policy, maker: "Seccat", shape: "tree", program: compile(readNeutral(file)).program };
  const out = join(folder, "libseccomp.bpf");
  const shapes = libseccomp === undefined ? [] : (["tree", "list"] as const);
  const theirs = shapes.map((shape): Filter => {
    runLibseccomp(libseccomp ?? "", rulesForLibseccomp(file), shape === "tree", out, 1);
    return { policy, maker: "libseccomp", shape, program: readProgram(readFileSync(out), "little") };
  });
  return [own, ...theirs];
}

/** The times of some builds of the program in `file`, in processes of their own. */
function buildTimes(file: string): Build {
  const script = fileURLToPath(new URL(`./build.${extension}`, import.meta.url));
  const times = Array.from({ length: BUILDS }, () => {
    const done = spawnSync(process.execPath, [script, file], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(done.stderr);
    return done.stdout.split(" ").map(Number);
  });
  const column = (at: number) => spreadOf(times.map((row) => row[at] ?? Number.NaN));
  return { first: column(0), general: column(1), again: column(2) };
}

async function compete({ program, ...filter }: Filter, terms: Omit<Terms, "arches">): Promise<Result> {
  const { arches } = readNeutral(`${root}bench/policies/${filter.policy}.json`);
  writeFileSync(terms.file, encode(program));
  const worker = new Worker(new URL(`./duel.${extension}`, import.meta.url), {
    workerData: { ...terms, arches },
  });
  const times: Times = await new Promise((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  });
  return { ...filter, instructions: program.insns.length, build: buildTimes(terms.file), engines: times };
}

/** How fast a million calls can be judged, and how fast what decides most of them can be read at all. */
function bound(program: Program, random: Random) {
  const calls = randomCalls(random, program, ["x86_64"], MANY);
  const returns = new Uint32Array(MANY);
  const evaluator = jit(program);
  const ways = [
    ["evaluateMany", () => evaluator.evaluateMany(calls, returns)],
    ["batch", evaluator.batch(calls, returns)],
    ["floor", floorOf(calls, returns)],
  ] as const;
  const times = ways.map((): number[] => []);
  for (let round = -3; round < ROUNDS; round++) {
    ways.forEach(([, judge], i) => {
      const start = performance.now();
      judge();
      if (round >= 0) times[i]?.push(((performance.now() - start) * 1e6) / MANY);
    });
  }
  return { calls: MANY, ways: ways.map(([name], i) => ({ name, time: spreadOf(times[i] ?? []) })) };
}

function longestBuilds(folder: string): readonly (readonly [name: string, build: Build])[] {
  return longest.map(([name, program]) => {
    const file = join(folder, "longest.bpf");
    writeFileSync(file, encode(program));
    return [name, buildTimes(file)];
  });
}

/** Two tables: nanoseconds of each engine, and how many times as fast as C that is, with the builds. */
function printResults(results: readonly Result[]): void {
  const text = (value: number | undefined) => (value === undefined ? "-" : value.toFixed(1));
  const head = ["policy", "program", "instrs"];
  const begin = ({ policy, maker, shape, instructions }: Result) => {
    return [policy, `${maker}, ${shape}`, String(instructions)];
  };
  printTable(
    [...head, ...engines],
    results.map((result) => [
      ...begin(result),
      ...engines.map((engine) => text(result.engines[engine]?.median)),
    ]),
  );
  const compared = engines.filter((engine) => engine !== "C");
  console.log(
    "\ntimes as fast as C (wanted: 2 for trees, 15 for lists); apart bounds evaluate, floor the others;",
  );
  console.log(
    "milliseconds to build in a fresh process, then for calls unlike all in the tables, and both again\n",
  );
  printTable(
    [...head, ...compared, "build", "general", "again"],
    results.map((result) => {
      const times = (engine: Engine) =>
        (result.engines.C?.median ?? Number.NaN) / (result.engines[engine]?.median ?? Number.NaN);
      const { first, general, again } = result.build;
      return [
        ...begin(result),
        ...compared.map((engine) => text(times(engine))),
        ...[first, general, again].map(({ median }) => text(median)),
      ];
    }),
  );
}

/** Every filter of the wanted policies in turn. */
async function competeAll(
  folder: string,
  names: readonly string[],
  binary: string,
  seed: number,
): Promise<Result[]> {
  const built = buildLibseccomp(folder);
  if ("missing" in built) console.log(`libseccomp is left out: ${built.missing}`);
  const filters = names.flatMap((name) =>
    filtersOf(name, folder, "missing" in built ? undefined : built.binary),
  );
  const results: Result[] = [];
  for (const filter of filters) {
    progress(`${filter.policy} by ${filter.maker}, ${filter.shape}`);
    const terms = { file: join(folder, "duel"), seed, calls: CALLS, rounds: ROUNDS, binary };
    const result = await compete(filter, terms);
    results.push(result);
  }
  printResults(results);
  return results;
}

function printLimits({ calls, ways }: ReturnType<typeof bound>): void {
  console.log(`\ndocker-default, ${calls} calls; floor reads nr and arch of each and writes a word for it`);
  for (const { name, time } of ways)
    console.log(
      `  ${name}: ${(1000 / time.median).toFixed(0)} million a second, ${time.median.toFixed(2)} ns each`,
    );
  console.log();
}

async function bench(folder: string, wanted: Asked): Promise<void> {
  const peer = buildInterpreter(folder);
  if ("missing" in peer) {
    console.error(`there is nothing to compare with: ${peer.missing}`);
    process.exitCode = 3;
    return;
  }
  if (peer.noPcap !== undefined) console.log(`bpf_filter is left out: ${peer.noPcap}`);
  const seed = seedOf("bench/evaluate");
  const compiler = `C: ${peer.compiler}`;
  console.log(
    `${machine()}; ${compiler}\nnanoseconds a call, median of ${ROUNDS} rounds over ${CALLS} random calls, engines in turn\n`,
  );
  const results = await competeAll(folder, wanted.names, peer.binary, seed);
  const docker = compile(readNeutral(`${root}bench/policies/docker-default.json`)).program;
  const limits = bound(docker, new Random(seed));
  printLimits(limits);
  const builds = longestBuilds(folder);
  for (const [name, build] of builds) {
    const [first, general, again] = [build.first, build.general, build.again].map((time) =>
      time.median.toFixed(0),
    );
    console.log(`4096 instructions, ${name}: built in ${first} + ${general} ms, again ${again} ms`);
  }
  const data = { seed, rounds: ROUNDS, calls: CALLS, results, limits, builds };
  deliver(wanted, { bench: "evaluate", with: compiler, data, chart: chartOf(results) });
}

const titles: Readonly<Record<Engine, string>> = {
  C: "C interpreter",
  bpf_filter: "libpcap's bpf_filter",
  run: "Seccat, interpreter",
  evaluate: "Seccat, JIT",
  evaluateAt: "Seccat, JIT, calls in one array",
  evaluateMany: "Seccat, JIT, whole arrays",
  batch: "Seccat, JIT, one array again",
  apart: "",
  floor: "",
};

function chartOf(results: readonly Result[]): Chart {
  const shown = engines.filter((engine) => engine !== "floor" && engine !== "apart");
  return {
    title: "Asking a filter off-box",
    unit: "nanoseconds a call",
    form: "dots",
    series: shown.map((engine) => titles[engine]),
    groups: results.map(({ policy, maker, shape, engines: times }) => ({
      name: `${policy}: ${maker}${shape === "list" ? ", list" : ""}`,
      values: shown.map((engine) => times[engine]),
    })),
    notes: [
      `${CALLS} random calls; medians of ${ROUNDS} rounds in which the engines take turns. Left is faster.`,
    ],
  };
}

const wanted = asked(policies);
await inFolder((folder) => bench(folder, wanted));
