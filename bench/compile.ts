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
import { buildHarness, quantile, runLibseccomp } from "./harness.ts";
import { machine } from "./machine.ts";
import { type Cost, measure, readMix } from "./measure.ts";
import { readNeutral, rulesForLibseccomp } from "./neutral.ts";
import { root } from "./root.ts";

const ROUNDS = 200;
const BATCHES = 7;

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
  /** Milliseconds, one for each round. */
  readonly times: number[];
}

const variants: readonly (readonly [string, CompileOptions])[] = [
  ["Seccat", {}],
  ["Seccat, kernel 5.4", { kernel: "5.4" }],
  ["Seccat, size", { optimise: "size" }],
];

function compete(file: string, typed: boolean, harness: string | undefined, folder: string): Maker[] {
  const fresh = () => readNeutral(file, typed);
  const ours = variants.map(([name, options]) => {
    return { name, options, program: compile(fresh(), options).program, times: [] as number[] };
  });
  const theirs = (harness && !typed ? [false, true] : []).map((tree) => {
    return {
      name: `libseccomp${tree ? ", tree" : ""}`,
      tree,
      out: join(folder, `out-${tree}`),
      times: [] as number[],
    };
  });
  const rules = rulesForLibseccomp(file);
  for (let batch = 0; batch < BATCHES; batch++) {
    for (const { options, times } of ours) {
      const policies = Array.from({ length: ROUNDS / 10 }, fresh);
      for (const policy of policies) {
        const start = performance.now();
        compile(policy, options);
        times.push(performance.now() - start);
      }
    }
    for (const { tree, out, times } of theirs)
      times.push(...runLibseccomp(harness ?? "", rules, { tree, rounds: ROUNDS / 10, out }));
  }
  const made = theirs.map(({ name, out, times }) => ({
    name,
    times,
    program: readProgram(readFileSync(out), "little"),
  }));
  return [...ours, ...made];
}

function row(name: string, cost: Partial<Cost>, times: readonly number[]): string {
  const number = (value: number | undefined, digits: number) =>
    (value === undefined || Number.isNaN(value) ? "-" : value.toFixed(digits)).padStart(8);
  const time = times.length
    ? `${number(quantile(times, 0.5), 2)}  (${quantile(times, 0.1).toFixed(2)}..${quantile(times, 0.9).toFixed(2)})`
    : "";
  const { instructions, mean, max, weighted, uncached } = cost;
  return `  ${name.padEnd(24)}${number(instructions, 0)}${number(mean, 1)}${number(max, 0)}${number(weighted, 2)}${number(uncached, 2)}${time}`;
}

function report(
  title: string,
  policy: Policy,
  makers: readonly Maker[],
  mix: ReadonlyMap<number, number>,
): void {
  console.log(`\n${title}`);
  console.log(`  ${"".padEnd(24)}  instrs    mean     max   mix-w. uncached compile ms (p10..p90)`);
  for (const { name, program, times } of makers) console.log(row(name, measure(program, policy, mix), times));
  for (const [name, instructions, weighted, uncached] of recorded[title] ?? [])
    console.log(row(`${name} *`, { instructions, weighted, ...(uncached ? { uncached } : {}) }, []));
}

const folder = mkdtempSync(join(tmpdir(), "seccat-bench-"));
try {
  const harness = buildHarness(folder);
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
  console.log("\n* recorded earlier, not in this run");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
