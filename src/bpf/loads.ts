/** Which words of a call a program looks at. */
import { ARCH_OFFSET, NR_OFFSET } from "../abi/data.ts";
import { type JumpOp, opcodeOf } from "../abi/opcode.ts";
import { successors } from "./cfg.ts";
import type { Program, SockFilter } from "./program.ts";

/**
 * The words of seccomp_data that `program` may load in calls with that AUDIT_ARCH and number (u32): bit i for the
 * word at offset 4 * i. A word that is not among them does not matter to such calls; one that is may not matter
 * either. Only comparisons of nr and arch with constants are followed.
 */
export function wordsRead({ insns }: Program, auditArch: number, nr: number): number {
  /** What A holds where an instruction is reached; undefined where it may hold several values. */
  const reached = new Map<number, number | undefined>([[0, 0]]);
  let words = 0;
  insns.forEach((insn, pc) => {
    if (!reached.has(pc)) return;
    const row = opcodeOf(insn.code);
    let a = reached.get(pc);
    let next = successors(insn, pc);
    if (row?.kind === "ld") a = row.operand === "abs" ? loaded(insn.k, auditArch, nr) : undefined;
    else if (row?.kind === "alu" || row?.kind === "neg" || row?.kind === "txa") a = undefined;
    else if (row?.kind === "jump" && row.operand === "k" && a !== undefined)
      next = [pc + 1 + (holds(row.jump, a, insn) ? insn.jt : insn.jf)];
    if (row?.operand === "abs") words |= 1 << (insn.k / 4);
    for (const to of next) reached.set(to, !reached.has(to) || reached.get(to) === a ? a : undefined);
  });
  return words;
}

function loaded(offset: number, auditArch: number, nr: number): number | undefined {
  if (offset === NR_OFFSET) return nr;
  return offset === ARCH_OFFSET ? auditArch : undefined;
}

function holds(jump: JumpOp, a: number, { k }: SockFilter): boolean {
  switch (jump) {
    case "jeq":
      return a === k;
    case "jgt":
      return a > k;
    case "jge":
      return a >= k;
    case "jset":
      return (a & k) !== 0;
  }
}
