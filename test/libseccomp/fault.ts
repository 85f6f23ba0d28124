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
import type { Program, SockFilter } from "../../src/bpf/program.ts";
import { trace } from "../../src/bpf/run.ts";

/** A fault that a program shows on the way to one answer. */
export type ProgramFault = "forgotten load" | "swapped return";

/** A once it was equal to an arch: nothing is left to ask of it. */
const KNOWN_ARCH = "the arch, known";
const ARCH = `[${ARCH_OFFSET}]`;

/** The tests of `program` at which A need not hold the word that is meant; `arches` are its AUDIT_ARCH_* values. */
export function forgottenLoads(program: Program, arches: ReadonlySet<number>): ReadonlySet<number> {
  const held = program.insns.map(() => new Set<string>());
  held[0]?.add("0");
  const faults = new Set<number>();
  program.insns.forEach((insn, pc) => {
    const before = held[pc] ?? new Set();
    const isTest = opcodeOf(insn.code)?.kind === "jump";
    const noArch = before.has(ARCH) && !arches.has(insn.k);
    if (isTest && (before.size > 1 || before.has(KNOWN_ARCH) || noArch)) faults.add(pc);
    for (const [i, to] of successors(insn, pc).entries())
      for (const word of before) held[to]?.add(next(insn, word, i));
  });
  return faults;
}

/** The word in A after an instruction, on its first or second way on. */
function next({ code, k }: SockFilter, word: string, way: number): string {
  if (code === Op.LD_ABS) return `[${k}]`;
  if (code === Op.AND) return `${word} & ${k}`;
  return code === Op.JEQ && word === ARCH && way === 0 ? KNOWN_ARCH : word;
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
