/**
 * GHSA-4q85-33p6-j5g6: libseccomp before 2.6.1 merges several 64-bit comparisons of one argument wrongly. The prover
 * is given what Debian's 2.5.4 makes of random policies, and no word about where to look.
 *
 * test/data/libseccomp/mmap-2.5.4.bpf is what that library exports for `mmapRules` below.
 */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi } from "../../arch/index.ts";
import { packData, type SeccompData } from "../../src/abi/data.ts";
import { readProgram } from "../../src/bpf/codec.ts";
import type { Program } from "../../src/bpf/program.ts";
import { run } from "../../src/bpf/run.ts";
import { SCMP_ACT_KILL_PROCESS } from "../../src/libseccomp.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import type { Policy } from "../../src/policy/types.ts";
import { cases, type Proof, proveProgram } from "../../src/prove/index.ts";
import { root } from "../root.ts";
import { Random, seedOf } from "../seed.ts";
import { faultOn, forgottenLoads } from "./fault.ts";
import {
  type Alternatives,
  halvesCommands,
  placedOf,
  policyOf,
  randomAlternatives,
  sharesHalf,
} from "./halves.ts";
import { knownFault } from "./known.ts";
import { openOracle } from "./oracle.ts";

const advisory = suite("libseccomp/advisory");
const POLICIES = process.env.SECCAT_LONG ? 4_000 : 400;
const ALLOW = 0x7fff0000;

const oracle = openOracle();
const library = "missing" in oracle ? undefined : oracle;
if ("missing" in oracle) console.log(`libseccomp/advisory: the committed program only, ${oracle.missing}`);
/** Whether the library that is here has the fault. */
const faulty = /^(1|2\.[0-5]|2\.6\.0)(\.|$)/.test(library?.version ?? "");
if (library && !faulty)
  console.log(`libseccomp/advisory: nothing to find, libseccomp ${library.version} is mended`);

/** May map 1 MiB to read and write, and 16 MiB to read. */
const mmapRules: Alternatives = {
  name: "mmap",
  rules: [
    [
      { index: 1, op: "<=", value: 0x100000n },
      { index: 2, op: "==", value: 3n },
    ],
    [
      { index: 1, op: "<=", value: 0x1000000n },
      { index: 2, op: "==", value: 1n },
    ],
  ],
};

/** What the library makes of each; undefined where it refused a rule, as it does when the fault ties a knot. */
function builtBy(ask: (commands: readonly string[]) => string[], all: readonly Alternatives[]) {
  const commands = all.map(halvesCommands);
  const answers = ask(commands.flat());
  let at = 0;
  return commands.map((mine): Program | undefined => {
    const theirs = answers.slice(at, at + mine.length);
    at += mine.length;
    const [code, bytes = ""] = theirs.at(-1)?.split(" ") ?? [];
    const isBuilt = code === "0" && theirs.slice(0, -1).every((answer) => answer === "0");
    return isBuilt ? readProgram(Buffer.from(bytes, "hex")) : undefined;
  });
}

/** Asks the interpreter and the policy about a witness, or about the boundary calls of what was proved equal. */
function confirm(proof: Proof, program: Program, policy: Policy): void {
  const ask = (call: SeccompData) =>
    [run(program, packData(call, program.endian)), evaluate(policy, call).ret] as const;
  if (proof.answer === "differs") {
    const [mine, meant] = ask(proof.witness.call);
    assert.equal([mine, meant], [proof.witness.a.ret, proof.witness.b.ret]);
    assert.is.not(mine, meant);
    return;
  }
  assert.is(proof.answer, "proved");
  for (const call of [...cases(policy, { limit: 2_000 }).calls, ...cases(program, { limit: 2_000 }).calls]) {
    const [mine, meant] = ask(call);
    assert.is(mine, meant);
  }
}

/** What is known of libseccomp's faults, from its source and from the program itself, says that it shows here. */
function faultOf(alternatives: Alternatives, program: Program, call: SeccompData): string | undefined {
  const { auditArch } = abi("x86_64");
  const words = packData(call, program.endian);
  const loads = forgottenLoads(program, new Set([auditArch]));
  const byRules = knownFault("x86_64", placedOf(alternatives));
  const byProgram = faultOn(program, words, loads, new Set([ALLOW, SCMP_ACT_KILL_PROCESS]));
  return byRules ?? byProgram ?? (sharesHalf(alternatives) ? "upper half shared otherwise" : undefined);
}

function text(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `0x${value.toString(16)}` : value;
}

if (library)
  advisory(
    `of ${POLICIES} random policies in libseccomp each is proved, or given a call that is real`,
    () => {
      const random = new Random(seedOf("libseccomp/advisory"));
      const all = Array.from({ length: POLICIES }, () => randomAlternatives(random));
      const found = { refused: 0, proved: 0, stricter: 0, weaker: 0, halves: 0 };
      for (const [i, program] of builtBy(library.ask, all).entries()) {
        const alternatives = all[i];
        if (!program || !alternatives) {
          found.refused++;
          continue;
        }
        const policy = policyOf(alternatives);
        const proof = proveProgram(program, policy);
        confirm(proof, program, policy);
        if (proof.answer !== "differs") {
          found.proved++;
          continue;
        }
        found[proof.witness.a.ret === ALLOW ? "weaker" : "stricter"]++;
        const reason = faultOf(alternatives, program, proof.witness.call);
        if (reason === undefined)
          assert.unreachable(`no known fault of libseccomp: ${JSON.stringify(alternatives.rules, text)}`);
        if (reason === "halves") found.halves++;
      }
      console.log(`libseccomp ${library.version}:`, found);
      assert.ok(found.proved > POLICIES / 4, JSON.stringify(found));
      if (faulty) assert.ok(Math.min(found.weaker, found.halves) > POLICIES / 20, JSON.stringify(found));
      else assert.is(found.halves, 0);
    },
  );

advisory("the program that libseccomp 2.5.4 made for two mmap rules lets 16 MiB be mapped to write", () => {
  const program = readProgram(readFileSync(`${root}test/data/libseccomp/mmap-2.5.4.bpf`));
  if (library?.version === "2.5.4") assert.equal(program, builtBy(library.ask, [mmapRules])[0]);
  const policy = policyOf(mmapRules);
  const proof = proveProgram(program, policy);
  confirm(proof, program, policy);
  if (proof.answer !== "differs") return assert.unreachable(proof.answer);
  const { call, a, b } = proof.witness;
  assert.equal([a.action.kind, b.action.kind], ["allow", "kill_process"]);
  assert.is(call.args[2], 3n);
  const length = call.args[1] ?? 0n;
  assert.ok(length > 0x100000n && length <= 0x1000000n);
  // That many lengths, whatever the four other arguments (256 bits) and the instruction pointer (64) are.
  assert.equal(proof.size, { count: 0xf00000n, bits: 192 });
});

advisory.run();
