/**
 * Planted faults: compiled programs with one thing changed. Each is proved equal to its policy all the same (then
 * every boundary call of policy, program and mutant must say so too), or shown to differ by a call.
 */
import { suite } from "uvu";
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
import { Random, seedOf } from "../seed.ts";

const mutants = suite("prove/mutant");
const wanted = process.env.SECCAT_LONG === "1" ? 30_000 : 2_500;

/** One change: where a jump leads, a constant, an operation, or what is returned. */
const changes = ["target", "constant", "opcode", "return"] as const;
type Change = (typeof changes)[number];

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

/** Every boundary call of any of them is answered alike. */
function confirmEqual(policy: Policy, original: Program, mutant: Program): number {
  const calls = [policy, original, mutant].flatMap((side) => cases(side, { limit: 3_000 }).calls);
  for (const call of calls)
    if (run(mutant, packData(call, mutant.endian)) !== evaluate(policy, call).ret)
      assert.unreachable(`proved equal, but not for ${JSON.stringify(call, String)} in ${show(mutant)}`);
  return calls.length;
}

function show({ insns }: Program): string {
  return JSON.stringify(insns.map(({ code, jt, jf, k }) => [code, jt, jf, k]));
}

mutants(
  `${wanted} programs with one planted fault are proved equal, and are, or are given a witness, which is real`,
  () => {
    const random = new Random(seedOf("prove/mutant"));
    const found = { proved: 0, differs: 0 };
    const made: Record<Change, number> = { target: 0, constant: 0, opcode: 0, return: 0 };
    let policy = randomPolicy(random);
    let program = compile(policy).program;
    for (let i = 0; i < wanted; ) {
      if (random.once(12)) {
        policy = randomPolicy(random);
        program = compile(policy).program;
      }
      const change = random.pick(changes);
      const mutant = mutate(random, program, change);
      if (!mutant || show(mutant) === show(program)) continue;
      i++;
      made[change]++;
      const proof = proveProgram(mutant, policy);
      if (proof.answer === "unknown")
        assert.unreachable(`unknown at ${JSON.stringify(proof.open[0]?.places)} of ${show(mutant)}`);
      found[proof.answer === "proved" ? "proved" : "differs"]++;
      if (proof.answer === "proved") confirmEqual(policy, program, mutant);
      if (proof.answer !== "differs") continue;
      const { call, a, b } = proof.witness;
      assert.is(run(mutant, packData(call, mutant.endian)), a.ret);
      assert.is(evaluate(policy, call).ret, b.ret);
      assert.is.not(a.ret, b.ret);
    }
    for (const change of changes) assert.ok(made[change] > wanted / 20, `${made[change]} of ${change}`);
    assert.ok(found.differs > wanted / 3 && found.proved > 0, JSON.stringify(found));
  },
);

mutants.run();
