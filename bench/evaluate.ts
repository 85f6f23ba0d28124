/**
 * How many calls a second can a filter be asked off-box, against interpreters in C in the same run?
 *
 *     npm run bench -- evaluate [POLICY ...] [--json FILE]
 *
 * Every engine judges the same random calls (bench/calls.ts) in rounds that take turns; what counts is the median
 * round. Filters: the bench policies compiled by Seccat, and Debian's libseccomp's list and tree of the same.
 * All answers of all engines are compared first. Needs gcc; libseccomp-dev for its programs and libpcap-dev for
 * bpf_filter are left out with a word where they are missing.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { encode, readProgram } from "../src/bpf/codec.ts";
import { jit } from "../src/bpf/jit/index.ts";
import type { Program } from "../src/bpf/program.ts";
import { run } from "../src/bpf/run.ts";
import { compile } from "../src/compile/index.ts";
import { longest } from "../test/bpf/jit/longest.ts";
import { Random, seedOf } from "../test/seed.ts";
import { randomCalls } from "./calls.ts";
import { machine } from "./machine.ts";
import { readNeutral, rulesForLibseccomp } from "./neutral.ts";
import { buildLibseccomp, type Interpreter, runLibseccomp, startInterpreter } from "./peer.ts";
import { quantile } from "./quantile.ts";
import { root } from "./root.ts";

const CALLS = 1 << 15;
const MANY = 1 << 20;
const ROUNDS = 25;
const BUILDS = 9;
const policies = ["randomcat", "docker-default", "args-heavy", "docker-default-multi"];
const engines = ["C", "bpf_filter", "run", "evaluate", "evaluateMany"] as const;

type Engine = (typeof engines)[number];

/** Median with the tenth and ninetieth percentile. */
interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

interface Filter {
  readonly policy: string;
  readonly maker: string;
  readonly shape: "tree" | "list";
  readonly program: Program;
}

interface Result {
  readonly policy: string;
  readonly maker: string;
  readonly shape: "tree" | "list";
  readonly instructions: number;
  /** Milliseconds to build the JIT's function in a fresh process. */
  readonly build: Spread;
  /** Nanoseconds for one call. */
  readonly engines: Partial<Record<Engine, Spread>>;
}

function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), p10: quantile(values, 0.1), p90: quantile(values, 0.9) };
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

/** Milliseconds of each build, every one in a process of its own. */
function buildTimes(file: string): Spread {
  const script = fileURLToPath(new URL(`./build.${import.meta.url.split(".").at(-1)}`, import.meta.url));
  const times = Array.from({ length: BUILDS }, () => {
    const done = spawnSync(process.execPath, [script, file], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(done.stderr);
    return Number(done.stdout);
  });
  return spreadOf(times);
}

/** Seccat's engines: each judges all calls once and leaves the answers in `returns`. */
function ownEngines(program: Program, calls: Uint32Array, returns: Uint32Array) {
  const evaluator = jit(program);
  const single = Array.from({ length: returns.length }, (_, i) => calls.subarray(16 * i, 16 * i + 16));
  return {
    run: () => single.forEach((words, i) => (returns[i] = run(program, words))),
    evaluate: () => single.forEach((words, i) => (returns[i] = evaluator.evaluate(words))),
    evaluateMany: () => void evaluator.evaluateMany(calls, returns),
  };
}

async function compete(
  { program, ...filter }: Filter,
  peer: Interpreter,
  folder: string,
  random: Random,
): Promise<Result> {
  const [programFile, callsFile, answersFile] = ["program", "calls", "answers"].map((name) =>
    join(folder, name),
  );
  const { arches } = readNeutral(`${root}bench/policies/${filter.policy}.json`);
  const calls = randomCalls(random, program, arches, CALLS);
  const returns = new Uint32Array(CALLS);
  writeFileSync(`${programFile}`, encode(program));
  writeFileSync(`${callsFile}`, calls);
  for (const command of [`program ${programFile}`, `calls ${callsFile}`]) await peer.ask(command);
  const own = ownEngines(program, calls, returns);
  const times: Record<Engine, number[]> = { C: [], bpf_filter: [], run: [], evaluate: [], evaluateMany: [] };
  const judge = async (engine: Engine): Promise<number | undefined> => {
    if (engine === "C" || engine === "bpf_filter") {
      const answer = await peer.ask(engine === "C" ? "own" : "pcap");
      return answer === "no" ? undefined : Number(answer);
    }
    const start = performance.now();
    own[engine]();
    return (performance.now() - start) * 1e6;
  };
  let expected: Uint32Array | undefined;
  for (let round = -3; round < ROUNDS; round++) {
    for (const engine of engines) {
      const time = await judge(engine);
      if (time === undefined) continue;
      if (round >= 0) times[engine].push(time / CALLS);
      if (round !== -3) continue;
      const answers = engine in own ? returns.slice() : await saved(peer, `${answersFile}`);
      expected ??= answers;
      if (answers.some((ret, i) => ret !== expected?.[i])) throw new Error(`${engine} answers otherwise`);
    }
  }
  const measured = engines.filter((engine) => times[engine].length > 0);
  return {
    ...filter,
    instructions: program.insns.length,
    build: buildTimes(`${programFile}`),
    engines: Object.fromEntries(measured.map((engine) => [engine, spreadOf(times[engine])])),
  };
}

async function saved(peer: Interpreter, file: string): Promise<Uint32Array> {
  await peer.ask(`save ${file}`);
  const bytes = readFileSync(file);
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** How fast a million calls can be judged, and how fast their numbers and arches can be read at all. */
function bound(program: Program, random: Random) {
  const calls = randomCalls(random, program, ["x86_64"], MANY);
  const returns = new Uint32Array(MANY);
  const evaluator = jit(program);
  const [judged, read]: [number[], number[]] = [[], []];
  for (let round = -3; round < ROUNDS; round++) {
    const start = performance.now();
    evaluator.evaluateMany(calls, returns);
    const between = performance.now();
    const sum = touch(calls);
    const end = performance.now();
    if (Number.isNaN(sum)) throw new Error("unreachable");
    if (round < 0) continue;
    judged.push(((between - start) * 1e6) / MANY);
    read.push(((end - between) * 1e6) / MANY);
  }
  return { calls: MANY, evaluateMany: spreadOf(judged), read: spreadOf(read) };
}

/** Reads nr and arch of each call and does nothing with them. */
function touch(calls: Uint32Array): number {
  let sum = 0;
  for (let at = 0; at < calls.length; at += 16) sum = (sum + ((calls[at] ?? 0) ^ (calls[at + 1] ?? 0))) | 0;
  return sum;
}

function longestBuilds(folder: string): readonly (readonly [name: string, build: Spread])[] {
  return longest.map(([name, program]) => {
    const file = join(folder, "longest.bpf");
    writeFileSync(file, encode(program));
    return [name, buildTimes(file)];
  });
}

const number = (value: number | undefined, digits: number, width: number) =>
  (value === undefined ? "-" : value.toFixed(digits)).padStart(width);

function printResult({ policy, maker, shape, instructions, build, engines: times }: Result): void {
  const own = times.C?.median ?? Number.NaN;
  const ratio = (engine: Engine) => own / (times[engine]?.median ?? Number.NaN);
  const many = times.evaluateMany;
  const spread = many ? `${many.p10.toFixed(1)}..${many.p90.toFixed(1)}` : "";
  console.log(
    `${policy.padEnd(22)}${`${maker}, ${shape}`.padEnd(18)}${number(instructions, 0, 6)}` +
      engines.map((engine) => number(times[engine]?.median, 1, engine.length > 9 ? 14 : 11)).join("") +
      `${number(ratio("evaluate"), 1, 11)}${number(ratio("evaluateMany"), 1, 13)}${number(build.median, 1, 10)}  ${spread}`,
  );
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { json: { type: "string" } },
    allowPositionals: true,
  });
  const folder = mkdtempSync(join(tmpdir(), "seccat-bench-"));
  try {
    const peer = startInterpreter(folder);
    if ("missing" in peer) {
      console.error(`there is nothing to compare with: ${peer.missing}`);
      process.exitCode = 3;
      return;
    }
    const libseccomp = buildLibseccomp(folder);
    if ("missing" in libseccomp) console.log(`libseccomp is left out: ${libseccomp.missing}`);
    if (peer.pcap !== true) console.log(`bpf_filter is left out: ${peer.pcap}`);
    const seed = seedOf("bench/evaluate");
    const random = new Random(seed);
    const on = `${machine()}; C: ${peer.compiler}`;
    console.log(on);
    console.log(
      `nanoseconds a call, median of ${ROUNDS} rounds of ${CALLS} random calls, all engines in turn`,
    );
    console.log(
      `${"policy".padEnd(22)}${"filter".padEnd(18)}instrs${engines.map((engine) => engine.padStart(engine.length > 9 ? 14 : 11)).join("")}   evaluate  many, x as C  build ms  evaluateMany p10..p90`,
    );
    const chosen = policies.filter((name) => positionals.length === 0 || positionals.includes(name));
    const results: Result[] = [];
    for (const filter of chosen.flatMap((name) =>
      filtersOf(name, folder, "missing" in libseccomp ? undefined : libseccomp.binary),
    )) {
      progress(`${filter.policy} by ${filter.maker}, ${filter.shape}`);
      results.push(await compete(filter, peer, folder, random));
      progress("");
      printResult(results[results.length - 1] ?? unreachable());
    }
    peer.end();
    const limits = bound(compile(readNeutral(`${root}bench/policies/docker-default.json`)).program, random);
    console.log(
      `docker-default, ${MANY} calls: ${(1000 / limits.evaluateMany.median).toFixed(0)} million a second (${limits.evaluateMany.median.toFixed(2)} ns); reading nr and arch alone takes ${limits.read.median.toFixed(2)} ns`,
    );
    const builds = longestBuilds(folder);
    for (const [name, build] of builds)
      console.log(`4096 instructions, ${name}: built in ${build.median.toFixed(0)} ms`);
    if (values.json !== undefined) {
      const json = {
        bench: "evaluate",
        machine: on,
        date: new Date().toISOString(),
        seed,
        rounds: ROUNDS,
        calls: CALLS,
      };
      writeFileSync(values.json, `${JSON.stringify({ ...json, results, limits, builds }, undefined, 2)}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function unreachable(): never {
  throw new Error("no result");
}

await main();
