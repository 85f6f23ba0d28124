/**
 * Faults of a compiled program that show without its policy.
 *
 * forgotten load   A compiler means one word of seccomp_data by each test. Where A can hold several, by the way
 *                  that led there, or where the arch is compared with what is no arch, it forgot to load.
 * swapped return   A program returns what its policy nowhere says.
 */
import { ARCH_OFFSET } from "../../src/abi/data.ts";
import { Op, opcodeOf } from "../../src/abi/opcode.ts";
import { successors } from "../../src/bpf/cfg.ts";
import type { Program } from "../../src/bpf/program.ts";
import { trace } from "../../src/bpf/run.ts";

/** A fault that a program shows on the way to one answer. */
export type ProgramFault = "forgotten load" | "swapped return";

/** The tests of `program` at which A need not hold the word that is meant; `arches` are its AUDIT_ARCH_* values. */
export function forgottenLoads(program: Program, arches: ReadonlySet<number>): ReadonlySet<number> {
  const held = program.insns.map(() => new Set<string>());
  held[0]?.add("0");
  const faults = new Set<number>();
  program.insns.forEach((insn, pc) => {
    const before = held[pc] ?? new Set();
    if (opcodeOf(insn.code)?.kind === "jump") {
      const isArch = before.has(`[${ARCH_OFFSET}]`);
      if (before.size > 1 || (isArch && !arches.has(insn.k))) faults.add(pc);
    }
    const after = [...before].map((word) => next(insn.code, insn.k, word));
    for (const to of successors(insn, pc)) for (const word of after) held[to]?.add(word);
  });
  return faults;
}

function next(code: number, k: number, word: string): string {
  if (code === Op.LD_ABS) return `[${k}]`;
  return code === Op.AND ? `${word} & ${k}` : word;
}

/** The fault that shows when `program` answers `words`, if any; `actions` are those of its policy. */
export function faultOn(
  program: Program,
  words: Uint32Array,
  loads: ReadonlySet<number>,
  actions: ReadonlySet<number>,
): ProgramFault | undefined {
  const { ret, steps } = trace(program, words);
  if (steps.some(({ pc }) => loads.has(pc))) return "forgotten load";
  return actions.has(ret) ? undefined : "swapped return";
}
