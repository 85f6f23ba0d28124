/**
 * Planted faults: compiled programs with one thing changed. Each is proved equal to its policy all the same (then
 * every boundary call of policy, program and mutant must say so too), or shown to differ by a call.
 */
import * as assert from "uvu/assert";
import { packData } from "../../src/abi/data.ts";
import { type Opcode, opcodeOf, opcodes, readsK } from "../../src/abi/opcode.ts";
import { check, programIssues } from "../../src/bpf/check.ts";
import type { Program, SockFilter } from "../../src/bpf/program.ts";
import { run } from "../../src/bpf/run.ts";
import { compile } from "../../src/compile/index.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import type { Policy } from "../../src/policy/types.ts";
import { cases, proveProgram } from "../../src/prove/index.ts";
import { randomWord } from "../bpf/random.ts";
import { randomPolicy } from "../policy/random.ts";
import type { Random } from "../seed.ts";

/** One change: where a jump leads, a constant, an operation, or what is returned. */
export const changes = ["target", "constant", "opcode", "return"] as const;
export type Change = (typeof changes)[number];

function mutate(random: Random, { insns, endian }: Program, change: Change): Program | undefined {
  const pc = random.below(insns.length);
  const insn = insns[pc];
  const row = insn && opcodeOf(insn.code);
  if (!insn || !row) return undefined;
  const changed = changedInsn(random, insn, row, insns.length - pc - 1, change);
  if (!changed) return undefined;
  const all = insns.map((other, i) => (i === pc ? changed : other));
  return programIssues(all).length === 0 ? check(all, endian) : undefined;
}

function changedInsn(
  random: Random,
  insn: SockFilter,
  row: Opcode,
  room: number,
  change: Change,
): SockFilter | undefined {
  const near = (value: number, limit: number) =>
    random.once(2) ? random.below(Math.min(limit, 256)) : Math.max(0, value + random.pick([-1, 1]));
  switch (change) {
    case "target":
      if (row.kind === "ja") return { ...insn, k: near(insn.k, room) };
      if (row.kind !== "jump") return undefined;
      if (random.once(4)) return { ...insn, jt: insn.jf, jf: insn.jt };
      return random.once(2) ? { ...insn, jt: near(insn.jt, room) } : { ...insn, jf: near(insn.jf, room) };
    case "constant": {
      if (!readsK(row) || row.kind === "ret") return undefined;
      if (row.operand === "abs") return { ...insn, k: 4 * random.below(16) };
      const k = random.pick([insn.k + 1, insn.k - 1, insn.k ^ (1 << random.below(32)), randomWord(random)]);
      return { ...insn, k: k >>> 0 };
    }
    case "opcode": {
      const same = opcodes.filter((other) => other.kind === row.kind || random.once(6));
      return { ...insn, code: random.pick(same).code };
    }
    case "return":
      if (row.kind !== "ret") return undefined;
      return {
        ...insn,
        k: random.pick([0x7fff0000, 0x80000000, 0x50000 + random.below(200), insn.k ^ 1, 0]) >>> 0,
      };
  }
}

/** What came of many planted faults. */
export interface Planted {
  readonly programs: number;
  /** Mutants by what was changed. */
  readonly made: Record<Change, number>;
  /** Mutants that mean what the original means. */
  readonly proved: number;
  readonly differs: number;
  /** Boundary calls that those proved were asked, each of which they answered as the policy does. */
  readonly asked: number;
  /** Searches for boundary calls that their limit ended. */
  readonly cut: number;
}

/** Times that a change is tried on a program until one is left that the kernel would load. */
const TRIES = 40;

/**
 * Changes each of `programs` programs of random policies once in each way, and proves each mutant; `limit` is the
 * most boundary calls of each side. Throws when a mutant is not proved equal and has no witness, when a witness is
 * not real, or when one is proved that a boundary call tells apart.
 */
export function plantFaults(random: Random, programs: number, limit?: number): Planted {
  const made: Record<Change, number> = { target: 0, constant: 0, opcode: 0, return: 0 };
  let [proved, differs, asked, cut] = [0, 0, 0, 0];
  for (let i = 0; i < programs; i++) {
    const policy = randomPolicy(random);
    const { program } = compile(policy);
    for (const change of changes) {
      const mutant = otherProgram(random, program, change);
      if (!mutant) continue;
      made[change]++;
      if (isProved(mutant, policy)) {
        const confirmed = confirmEqual(policy, program, mutant, limit);
        proved++;
        asked += confirmed.asked;
        cut += confirmed.cut;
      } else differs++;
    }
  }
  return { programs, made, proved, differs, asked, cut };
}

function otherProgram(random: Random, program: Program, change: Change): Program | undefined {
  for (let tries = 0; tries < TRIES; tries++) {
    const mutant = mutate(random, program, change);
    if (mutant && show(mutant) !== show(program)) return mutant;
  }
  return undefined;
}

/** Whether the mutant is proved equal; where it is not, its witness is asked. */
function isProved(mutant: Program, policy: Policy): boolean {
  const proof = proveProgram(mutant, policy);
  if (proof.answer === "unknown")
    assert.unreachable(`unknown at ${JSON.stringify(proof.open[0]?.places)} of ${show(mutant)}`);
  if (proof.answer !== "differs") return true;
  const { call, a, b } = proof.witness;
  assert.is(run(mutant, packData(call, mutant.endian)), a.ret);
  assert.is(evaluate(policy, call).ret, b.ret);
  assert.is.not(a.ret, b.ret);
  return false;
}

/** Asks the mutant every boundary call of any of them. */
function confirmEqual(policy: Policy, original: Program, mutant: Program, limit: number | undefined) {
  const searches = [policy, original, mutant].map((side) =>
    cases(side, limit === undefined ? {} : { limit }),
  );
  let asked = 0;
  for (const call of searches.flatMap(({ calls }) => calls)) {
    asked++;
    if (run(mutant, packData(call, mutant.endian)) !== evaluate(policy, call).ret)
      assert.unreachable(`proved equal, but not for ${JSON.stringify(call, plain)} in ${show(mutant)}`);
  }
  return { asked, cut: searches.filter(({ complete }) => !complete).length };
}

function show({ insns }: Program): string {
  return JSON.stringify(insns.map(({ code, jt, jf, k }) => [code, jt, jf, k]));
}

/** For JSON, which has no 64-bit numbers. */
function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `0x${value.toString(16)}` : value;
}
