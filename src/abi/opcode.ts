/**
 * The 41 classic-BPF opcodes that seccomp accepts, said once: listing, assembler, checker, interpreter, JIT
 * and prover all derive from this table.
 *
 *     code = class | size | mode          for LD, LDX
 *     code = class | source | operation   for ALU, JMP
 *
 * Source: include/uapi/linux/bpf_common.h, bpf_check_classic() in net/core/filter.c,
 * seccomp_check_filter() in kernel/seccomp.c.
 */

/** What an opcode does, apart from where its operand comes from. */
export type OpKind = "ld" | "ldx" | "st" | "stx" | "alu" | "neg" | "ja" | "jump" | "ret" | "tax" | "txa";

/** Where the operand comes from: the constant k, register X, register A, a data word, a scratch cell, the length. */
export type Operand = "k" | "x" | "a" | "abs" | "mem" | "len" | "none";

/** The arithmetic operations on A. */
export type AluOp = "add" | "sub" | "mul" | "div" | "or" | "and" | "lsh" | "rsh" | "xor";

/** The conditional jumps: unsigned A == v, A > v, A >= v, A & v != 0. */
export type JumpOp = "jeq" | "jgt" | "jge" | "jset";

/** One row of the opcode table. */
export type Opcode = {
  readonly code: number;
  /** The mnemonic that an assembler reads. */
  readonly name: string;
} & (
  | { readonly kind: "ld"; readonly operand: "k" | "abs" | "mem" | "len" }
  | { readonly kind: "ldx"; readonly operand: "k" | "mem" | "len" }
  | { readonly kind: "st" | "stx"; readonly operand: "mem" }
  | { readonly kind: "alu"; readonly operand: "k" | "x"; readonly alu: AluOp }
  | { readonly kind: "ja"; readonly operand: "k" }
  | { readonly kind: "jump"; readonly operand: "k" | "x"; readonly jump: JumpOp }
  | { readonly kind: "ret"; readonly operand: "k" | "a" }
  | { readonly kind: "neg" | "tax" | "txa"; readonly operand: "none" }
);

const aluCodes: readonly (readonly [AluOp, number])[] = [
  ["add", 0x00],
  ["sub", 0x10],
  ["mul", 0x20],
  ["div", 0x30],
  ["or", 0x40],
  ["and", 0x50],
  ["lsh", 0x60],
  ["rsh", 0x70],
  ["xor", 0xa0],
];
const jumpCodes: readonly (readonly [JumpOp, number])[] = [
  ["jeq", 0x10],
  ["jgt", 0x20],
  ["jge", 0x30],
  ["jset", 0x40],
];

const rows: Opcode[] = [
  { code: 0x00, name: "ld", kind: "ld", operand: "k" },
  { code: 0x20, name: "ld", kind: "ld", operand: "abs" },
  { code: 0x60, name: "ld", kind: "ld", operand: "mem" },
  { code: 0x80, name: "ld", kind: "ld", operand: "len" },
  { code: 0x01, name: "ldx", kind: "ldx", operand: "k" },
  { code: 0x61, name: "ldx", kind: "ldx", operand: "mem" },
  { code: 0x81, name: "ldx", kind: "ldx", operand: "len" },
  { code: 0x02, name: "st", kind: "st", operand: "mem" },
  { code: 0x03, name: "stx", kind: "stx", operand: "mem" },
  ...aluCodes.flatMap(([alu, bits]): Opcode[] => [
    { code: 0x04 | bits, name: alu, kind: "alu", operand: "k", alu },
    { code: 0x0c | bits, name: alu, kind: "alu", operand: "x", alu },
  ]),
  { code: 0x84, name: "neg", kind: "neg", operand: "none" },
  { code: 0x05, name: "ja", kind: "ja", operand: "k" },
  ...jumpCodes.flatMap(([jump, bits]): Opcode[] => [
    { code: 0x05 | bits, name: jump, kind: "jump", operand: "k", jump },
    { code: 0x0d | bits, name: jump, kind: "jump", operand: "x", jump },
  ]),
  { code: 0x06, name: "ret", kind: "ret", operand: "k" },
  { code: 0x16, name: "ret", kind: "ret", operand: "a" },
  { code: 0x07, name: "tax", kind: "tax", operand: "none" },
  { code: 0x87, name: "txa", kind: "txa", operand: "none" },
];

/** All accepted opcodes, ordered by code. */
export const opcodes: readonly Opcode[] = Object.freeze(rows.sort((a, b) => a.code - b.code));

const byCode = new Map(opcodes.map((op) => [op.code, op]));

/** The row of `code`, or undefined when seccomp refuses that opcode. */
export function opcodeOf(code: number): Opcode | undefined {
  return byCode.get(code);
}

/** Whether the kernel reads the field k of that opcode; jt and jf are read by `jump` alone. */
export function readsK(op: Opcode): boolean {
  return op.operand === "k" || op.operand === "abs" || op.operand === "mem";
}

/** The codes that compilers emit most, by name. */
export const Op = Object.freeze({
  LD_ABS: 0x20,
  JA: 0x05,
  JEQ: 0x15,
  JGT: 0x25,
  JGE: 0x35,
  JSET: 0x45,
  AND: 0x54,
  RET: 0x06,
} as const);
