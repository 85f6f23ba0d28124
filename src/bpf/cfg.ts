import { opcodeOf } from "../abi/opcode.ts";
import type { SockFilter } from "./program.ts";

/** Where a jump can go: one index for ja, the true and the false one for a conditional jump, none for others. */
export function targets(insn: SockFilter, pc: number): readonly number[] {
  const kind = opcodeOf(insn.code)?.kind;
  if (kind === "ja") return [pc + 1 + insn.k];
  return kind === "jump" ? [pc + 1 + insn.jt, pc + 1 + insn.jf] : [];
}

/** Where execution can go on after an instruction: its targets, nowhere after ret, else the next one. */
export function successors(insn: SockFilter, pc: number): readonly number[] {
  const jumps = targets(insn, pc);
  if (jumps.length > 0) return jumps;
  return opcodeOf(insn.code)?.kind === "ret" ? [] : [pc + 1];
}

/** For each instruction, whether some way through the jumps reaches it; conditions are not looked at. */
export function reachable(insns: readonly SockFilter[]): readonly boolean[] {
  const reached = insns.map((_, pc) => pc === 0);
  insns.forEach((insn, pc) => {
    if (reached[pc]) for (const to of successors(insn, pc)) if (to < reached.length) reached[to] = true;
  });
  return reached;
}
