/**
 * One decoded instruction, and the way to and from the kernel's four numbers.
 *
 * Both ways are total: a code that seccomp does not accept becomes `unknown`, and fields that the kernel does
 * not read are kept in `unused`, so encodeInsn(decodeInsn(f)) is f for every f.
 */
import { type AluOp, type JumpOp, type Opcode, opcodeOf, opcodes, readsK } from "../abi/opcode.ts";
import type { SockFilter } from "./program.ts";

/** Fields that the kernel does not read although they are not zero; those that it reads are 0 here. */
export interface Unused {
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** One decoded instruction; `op` is the opcode table's kind, `from` its operand. */
export type Insn = { readonly unused?: Unused } & (
  | { readonly op: "ld"; readonly from: "k" | "abs" | "mem"; readonly k: number } // A = k, data[k], M[k]
  | { readonly op: "ldx"; readonly from: "k" | "mem"; readonly k: number } // X = k, M[k]
  | { readonly op: "ld" | "ldx"; readonly from: "len" } // A, X = 64
  | { readonly op: "st" | "stx"; readonly from: "mem"; readonly k: number } // M[k] = A, X
  | { readonly op: "alu"; readonly alu: AluOp; readonly from: "k"; readonly k: number } // A = A op k
  | { readonly op: "alu"; readonly alu: AluOp; readonly from: "x" } // A = A op X
  | { readonly op: "ja"; readonly from: "k"; readonly k: number } // pc += k + 1
  | Jump
  | { readonly op: "ret"; readonly from: "k"; readonly k: number } // return k
  | { readonly op: "ret"; readonly from: "a" } // return A
  | { readonly op: "neg" | "tax" | "txa"; readonly from: "none" } // A = -A, X = A, A = X
  | ({ readonly op: "unknown" } & SockFilter)
);

/** A conditional jump: pc += (A op operand ? jt : jf) + 1. */
type Jump = {
  readonly op: "jump";
  readonly jump: JumpOp;
  readonly jt: number;
  readonly jf: number;
} & ({ readonly from: "k"; readonly k: number } | { readonly from: "x" });

/** The instruction that these four numbers are. */
export function decodeInsn(filter: SockFilter): Insn {
  const row = opcodeOf(filter.code);
  const { code, jt, jf, k } = filter;
  if (row === undefined) return { op: "unknown", code, jt, jf, k };
  const unused = unusedOf(filter, row);
  switch (row.kind) {
    case "ld":
      return row.operand === "len"
        ? { op: "ld", from: "len", ...unused }
        : { op: "ld", from: row.operand, k, ...unused };
    case "ldx":
      return row.operand === "len"
        ? { op: "ldx", from: "len", ...unused }
        : { op: "ldx", from: row.operand, k, ...unused };
    case "st":
    case "stx":
      return { op: row.kind, from: "mem", k, ...unused };
    case "alu":
      return row.operand === "k"
        ? { op: "alu", alu: row.alu, from: "k", k, ...unused }
        : { op: "alu", alu: row.alu, from: "x", ...unused };
    case "ja":
      return { op: "ja", from: "k", k, ...unused };
    case "jump":
      return row.operand === "k"
        ? { op: "jump", jump: row.jump, from: "k", k, jt, jf, ...unused }
        : { op: "jump", jump: row.jump, from: "x", jt, jf, ...unused };
    case "ret":
      return row.operand === "k"
        ? { op: "ret", from: "k", k, ...unused }
        : { op: "ret", from: "a", ...unused };
    case "neg":
    case "tax":
    case "txa":
      return { op: row.kind, from: "none", ...unused };
  }
}

/** The four numbers of an instruction. */
export function encodeInsn(insn: Insn): SockFilter {
  if (insn.op === "unknown") return { code: insn.code, jt: insn.jt, jf: insn.jf, k: insn.k };
  const unused = insn.unused ?? { jt: 0, jf: 0, k: 0 };
  return {
    code: codeOf(insn),
    jt: insn.op === "jump" ? insn.jt : unused.jt,
    jf: insn.op === "jump" ? insn.jf : unused.jf,
    k: "k" in insn ? insn.k : unused.k,
  };
}

const codes = new Map(opcodes.map((row) => [`${row.name} ${row.operand}`, row.code]));

/** The opcode of a known instruction: each member of the union is a row of the table. */
function codeOf(insn: Exclude<Insn, { op: "unknown" }>): number {
  const name = insn.op === "alu" ? insn.alu : insn.op === "jump" ? insn.jump : insn.op;
  const code = codes.get(`${name} ${insn.from}`);
  if (code === undefined) throw new RangeError(`no opcode for ${name} ${insn.from}`);
  return code;
}

function unusedOf(filter: SockFilter, row: Opcode): { readonly unused?: Unused } {
  const jumps = row.kind === "jump";
  const unused = {
    jt: jumps ? 0 : filter.jt,
    jf: jumps ? 0 : filter.jf,
    k: readsK(row) ? 0 : filter.k,
  };
  return unused.jt || unused.jf || unused.k ? { unused } : {};
}
