/**
 * How good are compiled programs, and how long does a compile take, against libseccomp in the same run?
 *
 *     npm run bench -- compile [POLICY ...]
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
import { machine } from "./machine.ts";
import { type Measured, measure, readMix } from "./measure.ts";
import { readNeutral, rulesForLibseccomp } from "./neutral.ts";
import { buildLibseccomp, runLibseccomp } from "./peer.ts";
import { quantile } from "./quantile.ts";
import { root } from "./root.ts";

/** Compiles before the clock starts: V8 needs that many to translate the compiler. */
const WARM_UP = 150;
const BATCHES = 15;
const PER_BATCH = 20;

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
    for (const { options, times } of ours) times.push(...time(fresh, options, PER_BATCH));
    for (const { tree, out, times } of theirs)
      times.push(...runLibseccomp(harness ?? "", rules, tree, out, PER_BATCH));
  }
  const made = theirs.map(({ name, out, times }) => ({
    name,
    times,
    program: readProgram(readFileSync(out), "little"),
  }));
  return [...ours, ...made];
}

function row(
  name: string,
  cost: Partial<Measured>,
  times: readonly number[],
  proofs?: readonly number[],
): string {
  const number = (value: number | undefined, digits: number) =>
    (value === undefined || Number.isNaN(value) ? "-" : value.toFixed(digits)).padStart(8);
  const time = times.length
    ? `${number(quantile(times, 0.5), 2)}  (${quantile(times, 0.1).toFixed(2)}..${quantile(times, 0.9).toFixed(2)})`
    : "";
  const { instructions, mean, max, weighted, uncached } = cost;
  const counts = [number(instructions, 0), number(mean, 1), number(max, 0), number(weighted, 2)].join("");
  const proof = proofs ? number(quantile(proofs, 0.5), 1) : "".padStart(8);
  return `  ${name.padEnd(24)}${counts}${number(uncached, 2)}${proof}${time}`;
}

function report(
  title: string,
  policy: Policy,
  makers: readonly Maker[],
  mix: ReadonlyMap<number, number>,
): void {
  console.log(`\n${title}`);
  console.log(`  ${"".padEnd(24)}  instrs    mean     max   mix-w.uncachedproof ms compile ms (p10..p90)`);
  for (const { name, program, times, proofs } of makers)
    console.log(row(name, measure(program, policy, mix), times, proofs));
  for (const [name, instructions, weighted, uncached] of recorded[title] ?? [])
    console.log(row(`${name} *`, { instructions, weighted, ...(uncached ? { uncached } : {}) }, []));
  const [own, peer] = ["Seccat", "libseccomp"].map((maker) => makers.find(({ name }) => name === maker));
  if (!own || !peer) return;
  const ratio = quantile(own.times, 0.5) / quantile(peer.times, 0.5);
  console.log(`  a compile takes ${ratio.toFixed(2)} times as long as libseccomp's list`);
}

const folder = mkdtempSync(join(tmpdir(), "seccat-bench-"));
try {
  const built = buildLibseccomp(folder);
  if ("missing" in built) console.log(`libseccomp is left out: ${built.missing}`);
  const harness = "missing" in built ? undefined : built.binary;
  const mix = readMix(`${root}bench/mix.json`);
  const wanted = process.argv.slice(2);
  console.log(machine());
  for (const name of ["randomcat", "docker-default", "args-heavy", "docker-default-multi"]) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const file = `${root}bench/policies/${name}.json`;
    const policy = readNeutral(file);
    for (const typed of name === "docker-default" ? [false, true] : [false]) {
      const title = typed ? `${name}, declared widths` : name;
      report(title, readNeutral(file, typed), compete(file, typed, harness, folder), mix);
    }
    if (policy.arches.some((arch) => abi(arch).endian === "big"))
      throw new Error("little-endian policies only");
  }
  console.log("\nEvery program of Seccat's was proved equal to its policy.");
  console.log("* recorded earlier, not in this run");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
