/**
 * How good are compiled programs, and how long does a compile take, against libseccomp in the same run?
 *
 *     npm run bench -- compile [POLICY ...] [--json FILE] [--svg FILE]
 *
 * Needs gcc and libseccomp-dev for the comparison; what other compilers made of the same policies was recorded
 * once, and stands beside it.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { abi } from "../arch/index.ts";
import { readProgram } from "../src/bpf/codec.ts";
import type { Program } from "../src/bpf/program.ts";
import { type CompileOptions, compile } from "../src/compile/index.ts";
import type { Policy } from "../src/policy/types.ts";
import { compile as compileProven } from "../src/proof.ts";
import type { Chart } from "./chart.ts";
import { machine } from "./machine.ts";
import { type Measured, measure, readMix } from "./measure.ts";
import { readNeutral, rulesForLibseccomp } from "./neutral.ts";
import { buildLibseccomp, runLibseccomp } from "./peer.ts";
import { type Spread, spreadOf } from "./quantile.ts";
import { asked, deliver, printTable, progress } from "./report.ts";
import { root } from "./root.ts";

/** Compiles before the clock starts: V8 needs that many to translate the compiler. */
const WARM_UP = 300;
const BATCHES = 15;
const PER_BATCH = 20;
/** The first of each batch do not count, for either side: the other one had the caches. */
const AGAIN_WARM = 10;

/** What others made of the same policies: instructions, mean over the mix, mean over its uncached calls. */
const recorded: Readonly<Record<string, readonly (readonly [string, number, number, number | undefined])[]>> =
  {
    randomcat: [
      ["kafel, declared widths", 21, 8.0, undefined],
      ["minijail, tree", 15, 8.6, undefined],
      ["gVisor", 20, 9.2, undefined],
      ["Chromium's, modelled", 21, 9.0, undefined],
    ],
    "docker-default": [
      ["kafel, 64-bit compares", 108, 9.2, 10.5],
      ["kafel, declared widths", 92, 9.1, undefined],
      ["minijail, tree", 105, 7.9, 13.4],
      ["gVisor", 170, 11.6, 13.9],
      ["Chromium's, modelled", 111, 11.3, 15.0],
    ],
    "args-heavy": [
      ["kafel, 64-bit compares", 207, 11.2, 11.3],
      ["kafel, declared widths", 139, 10.8, undefined],
      ["minijail, tree", 239, 10.3, 10.7],
      ["gVisor", 151, 12.6, 12.8],
      ["Chromium's, modelled", 210, 11.8, 12.1],
    ],
  };

interface Maker {
  readonly name: string;
  readonly program: Program;
  /** Milliseconds of the compiles, without a proof. */
  readonly times: number[];
  /** Milliseconds of proofs that the program is equal to the policy. */
  readonly proofs?: readonly number[];
}

const variants: readonly (readonly [string, CompileOptions])[] = [
  ["Seccat", {}],
  ["Seccat, kernel 5.4", { kernel: "5.4" }],
  ["Seccat, size", { optimise: "size" }],
];

/** Milliseconds of `rounds` compiles, each of a policy that was not seen before. */
function time(fresh: () => Policy, options: CompileOptions, rounds: number): number[] {
  return Array.from({ length: rounds }, fresh).map((policy) => {
    const start = performance.now();
    compile(policy, options);
    return performance.now() - start;
  });
}

/** Milliseconds of a proof. Throws when the program is not what the policy says. */
function prove(policy: Policy, options: CompileOptions): number {
  const { proof } = compileProven(policy, options);
  if (!proof) throw new Error("the proof is missing");
  return proof.ms;
}

function compete(file: string, typed: boolean, harness: string | undefined, folder: string): Maker[] {
  const fresh = () => readNeutral(file, typed);
  const ours = variants.map(([name, options]) => {
    const proofs = Array.from({ length: PER_BATCH }, () => prove(fresh(), options));
    return { name, options, program: compile(fresh(), options).program, proofs, times: [] as number[] };
  });
  const theirs = (harness && !typed ? [false, true] : []).map((tree) => {
    const name = `libseccomp${tree ? ", tree" : ""}`;
    return { name, tree, out: join(folder, `out-${tree}`), times: [] as number[] };
  });
  const rules = rulesForLibseccomp(file);
  for (const { options } of ours) time(fresh, options, WARM_UP);
  for (let batch = 0; batch < BATCHES; batch++) {
    for (const { options, times } of ours)
      times.push(...time(fresh, options, AGAIN_WARM + PER_BATCH).slice(AGAIN_WARM));
    for (const { tree, out, times } of theirs)
      times.push(...runLibseccomp(harness ?? "", rules, tree, out, AGAIN_WARM + PER_BATCH).slice(AGAIN_WARM));
  }
  const made = theirs.map(({ name, out, times }) => ({
    name,
    times,
    program: readProgram(readFileSync(out), "little"),
  }));
  return [...ours, ...made];
}

/** What a maker's program is and cost to make. */
interface Result extends Partial<Measured> {
  readonly policy: string;
  readonly maker: string;
  /** Milliseconds. */
  readonly compile?: Spread;
  readonly proof?: Spread;
}

function resultsFor(
  title: string,
  policy: Policy,
  makers: readonly Maker[],
  mix: ReadonlyMap<number, number>,
): Result[] {
  const made = makers.map(({ name, program, times, proofs }): Result => {
    const proof = proofs && { proof: spreadOf(proofs) };
    return {
      policy: title,
      maker: name,
      ...measure(program, policy, mix),
      compile: spreadOf(times),
      ...proof,
    };
  });
  const others = (recorded[title] ?? []).map(([name, instructions, weighted, uncached]): Result => {
    return { policy: title, maker: `${name} *`, instructions, weighted, ...(uncached ? { uncached } : {}) };
  });
  return [...made, ...others];
}

function printResults(results: readonly Result[]): void {
  const number = (value: number | undefined, digits: number) =>
    value === undefined || Number.isNaN(value) ? "-" : value.toFixed(digits);
  printTable(
    [
      "policy",
      "program",
      "instrs",
      "mean",
      "max",
      "mix-w.",
      "uncached",
      "proof ms",
      "compile ms",
      "p10..p90",
    ],
    results.map(({ policy, maker, instructions, mean, max, weighted, uncached, compile: time, proof }) => [
      ...[policy, maker, number(instructions, 0), number(mean, 1), number(max, 0)],
      ...[number(weighted, 2), number(uncached, 2), number(proof?.median, 1), number(time?.median, 2)],
      time ? `${time.p10.toFixed(2)}..${time.p90.toFixed(2)}` : "",
    ]),
  );
  for (const policy of new Set(results.map((result) => result.policy))) {
    const of = (maker: string) =>
      results.find((result) => result.policy === policy && result.maker === maker)?.compile?.median;
    const ratio = (of("Seccat") ?? Number.NaN) / (of("libseccomp") ?? Number.NaN);
    if (!Number.isNaN(ratio))
      console.log(`${policy}: a compile takes ${ratio.toFixed(2)} times as long as libseccomp's list`);
  }
}

function chartOf(results: readonly Result[]): Chart {
  const series = ["Seccat", "libseccomp, tree", "libseccomp"];
  const policies = [...new Set(results.map(({ policy }) => policy))];
  return {
    title: "Instructions that a call runs, where the kernel does not answer by itself",
    unit: "instructions",
    form: "bars",
    series: series.map((name) => (name === "libseccomp" ? "libseccomp, list" : name)),
    groups: policies.flatMap((policy) => {
      const values = series.map((maker) => {
        const mean = results.find((result) => result.policy === policy && result.maker === maker)?.uncached;
        return mean === undefined || Number.isNaN(mean) ? undefined : { median: mean, p10: mean, p90: mean };
      });
      // What only Seccat has compares nothing.
      return values.filter((value) => value !== undefined).length > 1 ? [{ name: policy, values }] : [];
    }),
    notes: ["Counted, not timed: the mean over calls as common programs make them."],
  };
}

function resultsOf(name: string, harness: string | undefined, folder: string): Result[] {
  const mix = readMix(`${root}bench/mix.json`);
  const file = `${root}bench/policies/${name}.json`;
  if (readNeutral(file).arches.some((arch) => abi(arch).endian === "big"))
    throw new Error("little-endian policies only");
  return (name === "docker-default" ? [false, true] : [false]).flatMap((typed) => {
    const title = typed ? `${name}, declared widths` : name;
    progress(title);
    return resultsFor(title, readNeutral(file, typed), compete(file, typed, harness, folder), mix);
  });
}

const wanted = asked(["randomcat", "docker-default", "args-heavy", "docker-default-multi"]);
const folder = mkdtempSync(join(tmpdir(), "seccat-bench-"));
try {
  const built = buildLibseccomp(folder);
  if ("missing" in built) console.log(`libseccomp is left out: ${built.missing}`);
  const harness = "missing" in built ? undefined : built.binary;
  console.log(`${machine()}\n`);
  const results = wanted.names.flatMap((name) => resultsOf(name, harness, folder));
  printResults(results);
  console.log("\nEvery program of Seccat's was proved equal to its policy.");
  console.log("* recorded earlier, not in this run");
  deliver(wanted, { bench: "compile", data: { results }, chart: chartOf(results) });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
