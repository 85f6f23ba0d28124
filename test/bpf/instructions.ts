/** What single instructions do, said again in unbounded integers, for every engine that runs programs. */
import type { AluOp, JumpOp } from "../../src/abi/opcode.ts";
import { edges } from "./random.ts";

const exact: Record<AluOp, (a: bigint, v: bigint) => bigint> = {
  add: (a, v) => a + v,
  sub: (a, v) => a - v,
  mul: (a, v) => a * v,
  div: (a, v) => (v === 0n ? 0n : a / v), // by X = 0: the program returns 0
  or: (a, v) => a | v,
  and: (a, v) => a & v,
  lsh: (a, v) => a << (v & 31n),
  rsh: (a, v) => a >> (v & 31n),
  xor: (a, v) => a ^ v,
};
const holds: Record<JumpOp, (a: bigint, v: bigint) => boolean> = {
  jeq: (a, v) => a === v,
  jgt: (a, v) => a > v,
  jge: (a, v) => a >= v,
  jset: (a, v) => (a & v) !== 0n,
};

/** A op v as u32; 0 for a division by 0, for which the program returns 0. */
export function computed(op: AluOp, a: number, v: number): number {
  return Number(BigInt.asUintN(32, exact[op](BigInt(a), BigInt(v))));
}

/** Whether the jump holds. */
export function jumps(op: JumpOp, a: number, v: number): boolean {
  return holds[op](BigInt(a), BigInt(v));
}

/** Every pair of edges: A and the operand. */
export const pairs: readonly (readonly [a: number, v: number])[] = edges.flatMap((a) =>
  edges.map((v) => [a, v] as const),
);

/** Whether the kernel takes that operation with the constant v. */
export function allowsConstant(op: AluOp, v: number): boolean {
  if (op === "div") return v !== 0;
  return (op !== "lsh" && op !== "rsh") || v < 32;
}

/** Small programs with what they return, whatever the call. */
export const instructionCases: readonly (readonly [name: string, text: string, ret: number])[] = [
  ["A begins at 0", "ret a", 0],
  ["X begins at 0", "txa\nret a", 0],
  ["ret k returns k", "ret #0xffffffff", 0xffffffff],
  ["ret a returns A", "ld #0x80000001\nret a", 0x80000001],
  ["ld and ldx of a constant", "ldx #7\nld #5\nadd x\nret a", 12],
  ["len is 64 in A", "ld len\nret a", 64],
  ["len is 64 in X", "ldx len\ntxa\nret a", 64],
  ["tax copies A", "ld #9\ntax\nld #1\nadd x\nret a", 10],
  ["txa copies X", "ldx #9\ntxa\nret a", 9],
  [
    "A and X are kept in different cells",
    "ld #1\nldx #2\nst M[0]\nstx M[15]\nld M[15]\nldx M[0]\nlsh x\nret a",
    4,
  ],
  ["a cell keeps its value until stored again", "ld #1\nst M[3]\nld #2\nst M[3]\nld #0\nld M[3]\nret a", 2],
  ["neg of 0 is 0", "neg\nret a", 0],
  ["neg of 1 wraps", "ld #1\nneg\nret a", 0xffffffff],
  ["neg of the smallest is itself", "ld #0x80000000\nneg\nret a", 0x80000000],
  ["ja skips", "ja +1\nret #1\nret #2", 2],
  ["ja by 0 goes on", "ja +0\nret #1\nret #2", 1],
  ["division by X = 0 ends the program with 0 at once", "ld #7\ndiv x\nret #0x7fff0000", 0],
];
