/**
 * How long does a proof take, and how much memory?
 *
 *     npm run bench -- prove [POLICY ...]
 *
 * Each policy is compiled by Seccat and, where gcc and libseccomp-dev are there, by libseccomp; each program is held
 * against the policy, and libseccomp's two against each other. `large` is the longest policy whose program the kernel
 * takes. libseccomp's programs differ from most policies: it knows fewer calls, and answers numbers from 0x80000000 on
 * in another way; the time is that of the whole answer, with its witness.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SeccatError } from "../src/abi/error.ts";
import { readProgram } from "../src/bpf/codec.ts";
import { BPF_MAXINSNS, type Program } from "../src/bpf/program.ts";
import { compile as compileOnly } from "../src/compile/index.ts";
import { compile } from "../src/proof.ts";
import { compare, type Proof, proveProgram } from "../src/prove/index.ts";
import { largePolicy } from "./large.ts";
import { machine } from "./machine.ts";
import { readNeutral, rulesForLibseccomp } from "./neutral.ts";
import { buildLibseccomp, runLibseccomp } from "./peer.ts";
import { quantile } from "./quantile.ts";
import { root } from "./root.ts";

const ROUNDS = 40;
const ROUNDS_LARGE = 10;
const WARM_UP = 5;
const MULTI = `${root}bench/policies/docker-default-multi.json`;

interface Row {
  readonly maker: string;
  readonly instructions: number;
  readonly prove: () => Proof;
}

/** The programs of the neutral policy in `file`, each with the question to answer about it. */
function rowsOf(file: string, harness: string | undefined, folder: string): Row[] {
  const policy = () => readNeutral(file);
  const ours = compileOnly(policy()).program;
  const rows: Row[] = [row("Seccat", ours, (program) => proveProgram(program, policy()))];
  const [list, tree] = harness ? [false, true].map((asTree) => theirs(harness, file, asTree, folder)) : [];
  if (list) rows.push(row("libseccomp", list, (program) => compare(program, policy())));
  if (tree) rows.push(row("libseccomp, tree", tree, (program) => compare(program, policy())));
  if (list && tree) rows.push(row("libseccomp, both", list, (program) => compare(program, tree)));
  return rows;
}

function row(maker: string, program: Program, prove: (program: Program) => Proof): Row {
  return { maker, instructions: program.insns.length, prove: () => prove(program) };
}

/** libseccomp's program; undefined when it is longer than the kernel takes. */
function theirs(binary: string, file: string, tree: boolean, folder: string): Program | undefined {
  const out = join(folder, "out");
  runLibseccomp(binary, rulesForLibseccomp(file), tree, out, 1);
  const bytes = readFileSync(out);
  return bytes.length / 8 > BPF_MAXINSNS ? undefined : readProgram(bytes, "little");
}

/** The most rules for which `fits` says yes, by halving. */
function mostRules(fits: (rules: number) => boolean): number {
  let [from, to] = [100, 2000];
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (fits(middle)) from = middle;
    else to = middle;
  }
  return from;
}

function seccatTakes(file: string): boolean {
  try {
    compileOnly(readNeutral(file));
    return true;
  } catch (error) {
    if (error instanceof SeccatError && error.code === "limit") return false;
    throw error;
  }
}

function report(title: string, rows: readonly Row[], rounds: number): void {
  const times = rows.map((): number[] => []);
  const proofs = rows.map(({ prove }) => prove());
  for (let round = 0; round < WARM_UP + rounds; round++) {
    for (const [i, { prove }] of rows.entries()) {
      const start = performance.now();
      prove();
      if (round >= WARM_UP) times[i]?.push(performance.now() - start);
    }
  }
  console.log(`\n${title}`);
  console.log(`  ${"".padEnd(18)}  instrs   nodes  proof ms (p10..p90)     answer`);
  for (const [i, { maker, instructions }] of rows.entries()) {
    const [proof, own] = [proofs[i], times[i] ?? []];
    if (!proof) continue;
    const ms = (at: number) => quantile(own, at).toFixed(1);
    const time = `${ms(0.5).padStart(8)}  (${ms(0.1)}..${ms(0.9)})`;
    const numbers = `${String(instructions).padStart(8)}${String(proof.stats.nodes).padStart(8)}`;
    console.log(`  ${maker.padEnd(18)}${numbers}${time.padEnd(24)}  ${answerText(proof)}`);
  }
}

function answerText(proof: Proof): string {
  if (proof.answer !== "differs") return proof.answer;
  const { syscall, call, abi } = proof.witness;
  return `differs: ${syscall ?? `0x${call.nr.toString(16)}`} on ${abi ?? `0x${call.arch.toString(16)}`}`;
}

/** What a process of its own needs to compile the profile for three arches and prove it. */
function memory(): void {
  const done = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--memory"], {
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(done.stderr);
  console.log(`\n${done.stdout.trim()}`);
}

function memoryOfThisProcess(): void {
  const { proof, program } = compile(readNeutral(MULTI));
  const { maxRSS } = process.resourceUsage();
  console.log(
    `a process that compiles docker-default-multi (${program.insns.length} instructions) and proves it ` +
      `(${proof?.nodes} nodes): at most ${(maxRSS / 1024).toFixed(0)} MB of memory`,
  );
}

function main(wanted: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), "seccat-bench-"));
  try {
    console.log(machine());
    const built = buildLibseccomp(folder);
    if ("missing" in built) console.log(`libseccomp is left out: ${built.missing}`);
    const harness = "missing" in built ? undefined : built.binary;
    const asked = (name: string) => wanted.length === 0 || wanted.includes(name);
    for (const name of ["randomcat", "docker-default", "args-heavy", "docker-default-multi"])
      if (asked(name)) report(name, rowsOf(`${root}bench/policies/${name}.json`, harness, folder), ROUNDS);
    if (asked("large")) large(harness, folder);
    if (asked("docker-default-multi")) memory();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function large(harness: string | undefined, folder: string): void {
  const file = join(folder, "large.json");
  const write = (rules: number) => {
    writeFileSync(file, largePolicy(rules));
    return file;
  };
  const ours = mostRules((rules) => seccatTakes(write(rules)));
  report(`large: ${ours} rules, the most for Seccat`, rowsOf(write(ours), undefined, folder), ROUNDS_LARGE);
  if (!harness) return;
  for (const tree of [false, true]) {
    const most = mostRules((rules) => theirs(harness, write(rules), tree, folder) !== undefined);
    const name = `libseccomp${tree ? ", tree" : ""}`;
    report(`large: ${most} rules, the most for ${name}`, rowsOf(write(most), harness, folder), ROUNDS_LARGE);
  }
}

const args = process.argv.slice(2);
if (args[0] === "--memory") memoryOfThisProcess();
else main(args);
