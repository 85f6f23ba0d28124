/**
 * What of a program was reached, from the steps that the interpreter shows. Jumps go forward only, so the step
 * at 0 begins a call, and the step after a jump says which way it took.
 */
import { opcodeOf } from "../abi/opcode.ts";
import type { Program } from "./program.ts";
import type { StepHook } from "./run.ts";

/** How often a conditional jump went each way. */
export interface Branch {
  readonly pc: number;
  /** Times that its condition held. */
  readonly yes: number;
  readonly no: number;
}

/** Counts over all calls that were run with `hook`. */
export interface ProgramCoverage {
  readonly program: Program;
  /** To be passed to run(); for one call at a time. */
  readonly hook: StepHook;
  /** How often each instruction ran. */
  readonly hits: Uint32Array;
  /** The conditional jumps in order, those left out whose two ways are one. */
  branches(): readonly Branch[];
}

/** Counters at 0 for `program`. */
export function coverage(program: Program): ProgramCoverage {
  const { insns } = program;
  const hits = new Uint32Array(insns.length);
  const held = new Uint32Array(insns.length);
  const parting = insns.map(({ code, jt, jf }) => opcodeOf(code)?.kind === "jump" && jt !== jf);
  let jump = -1;
  return {
    program,
    hits,
    hook(pc) {
      hits[pc] = (hits[pc] ?? 0) + 1;
      if (pc > 0 && jump >= 0 && pc === jump + 1 + (insns[jump]?.jt ?? 0)) held[jump] = (held[jump] ?? 0) + 1;
      jump = parting[pc] ? pc : -1;
    },
    branches: () =>
      insns.flatMap((_, pc) => {
        const yes = held[pc] ?? 0;
        return parting[pc] ? [{ pc, yes, no: (hits[pc] ?? 0) - yes }] : [];
      }),
  };
}
