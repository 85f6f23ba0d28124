/**
 * The listing of a program: numbers that say everything, words for people.
 *
 *     ; little-endian, 4 instructions
 *     ;line  code   jt   jf          k
 *      0000: 0x20 0x00 0x00 0x00000004  A = arch
 *      0001: 0x15 0x00 0x01 0xc000003e  if (A != 0xc000003e) goto 0003  ; X86_64
 *      0002: 0x06 0x00 0x00 0x7fff0000  return ALLOW
 *      0003: 0x06 0x00 0x00 0x80000000  return KILL_PROCESS
 *
 * The words of a line depend on that line, its position and the byte order alone; what needs the program
 * around it, such as the name of a number, is a comment.
 */
import { type Endian, wordName } from "../abi/data.ts";
import type { AluOp, JumpOp } from "../abi/opcode.ts";
import { checkInsns, checkProgram } from "./check.ts";
import { decodeInsn, type Insn } from "./insn.ts";
import type { Program, SockFilter } from "./program.ts";
import { formatReturn } from "./ret.ts";

/** One line of a listing, in its parts. */
export interface ListLine {
  readonly pc: number;
  /** `0x20 0x00 0x00 0x00000004`: code, jt, jf, k. */
  readonly numbers: string;
  /** `A = arch`. */
  readonly words: string;
  readonly comment?: string;
}

/** How to list. */
export interface ListOptions {
  /** Byte order of instructions that are no Program; little when absent. */
  readonly endian?: Endian;
  /** What to add to the line of an instruction, as `annotate` makes it. */
  readonly comments?: readonly (string | undefined)[];
}

/** The lines of a listing, for whoever marks or colours them. */
export function listLines(program: Program | readonly SockFilter[], options: ListOptions = {}): ListLine[] {
  const { insns, endian } = parts(program, options);
  return insns.map((insn, pc) => {
    const comment = options.comments?.[pc];
    const line = { pc, numbers: numbersOf(insn), words: wordsOf(insn, pc, endian) };
    return comment ? { ...line, comment } : line;
  });
}

/** The listing of `program` as text, which `assemble` reads back to the same instructions. */
export function list(program: Program | readonly SockFilter[], options: ListOptions = {}): string {
  const lines = listLines(program, options);
  const { endian } = parts(program, options);
  const width = Math.max(0, ...lines.filter((line) => line.comment).map((line) => line.words.length));
  const count = `${lines.length} instruction${lines.length === 1 ? "" : "s"}`;
  const text = [`; ${endian}-endian, ${count}`, ";line  code   jt   jf          k"];
  for (const { pc, numbers, words, comment } of lines) {
    const tail = comment ? `${words.padEnd(width)}  ; ${comment}` : words;
    text.push(` ${formatPc(pc)}: ${numbers}  ${tail}`);
  }
  return `${text.join("\n")}\n`;
}

/** `0007`: the position of an instruction as a listing writes it. */
export function formatPc(pc: number): string {
  return String(pc).padStart(4, "0");
}

/** What one instruction does, as an equation: `A = args[0].lo`, `if (A == 59) goto 0012`. */
export function wordsOf(filter: SockFilter, pc: number, endian: Endian): string {
  const insn = decodeInsn(filter);
  switch (insn.op) {
    case "ld":
    case "ldx":
      return `${insn.op === "ld" ? "A" : "X"} = ${source(insn, endian)}`;
    case "st":
    case "stx":
      return `M[${insn.k}] = ${insn.op === "st" ? "A" : "X"}`;
    case "alu":
      return `A ${aluSigns[insn.alu]}= ${operand(insn)}`;
    case "neg":
      return "A = -A";
    case "ja":
      return `goto ${formatPc(pc + 1 + insn.k)}`;
    case "jump":
      return jumpWords(insn, pc);
    case "ret":
      return `return ${insn.from === "a" ? "A" : formatReturn(insn.k)}`;
    case "tax":
      return "X = A";
    case "txa":
      return "A = X";
    case "unknown":
      return "(refused by seccomp)";
  }
}

const aluSigns: Record<AluOp, string> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  or: "|",
  and: "&",
  lsh: "<<",
  rsh: ">>",
  xor: "^",
};
const tests: Record<JumpOp, (v: string) => string> = {
  jeq: (v) => `A == ${v}`,
  jgt: (v) => `A > ${v}`,
  jge: (v) => `A >= ${v}`,
  jset: (v) => `A & ${v}`,
};
const negatedTests: Record<JumpOp, (v: string) => string> = {
  jeq: (v) => `A != ${v}`,
  jgt: (v) => `A <= ${v}`,
  jge: (v) => `A < ${v}`,
  jset: (v) => `!(A & ${v})`,
};

function jumpWords(insn: Extract<Insn, { op: "jump" }>, pc: number): string {
  const value = operand(insn);
  const yes = formatPc(pc + 1 + insn.jt);
  const no = formatPc(pc + 1 + insn.jf);
  if (insn.jf === 0) return `if (${tests[insn.jump](value)}) goto ${yes}`;
  if (insn.jt === 0) return `if (${negatedTests[insn.jump](value)}) goto ${no}`;
  return `if (${tests[insn.jump](value)}) goto ${yes} else ${no}`;
}

function source(insn: Extract<Insn, { op: "ld" | "ldx" }>, endian: Endian): string {
  switch (insn.from) {
    case "k":
      return formatNumber(insn.k);
    case "abs":
      return wordName(insn.k, endian) ?? `data[${insn.k}]`;
    case "mem":
      return `M[${insn.k}]`;
    case "len":
      return "len";
  }
}

function operand(insn: { readonly from: "k"; readonly k: number } | { readonly from: "x" }): string {
  return insn.from === "x" ? "X" : formatNumber(insn.k);
}

/** A number as listings have it: decimal where people count (syscalls, descriptors, errnos), hexadecimal above. */
export function formatNumber(value: number): string {
  return value < 0x1000 ? String(value) : `0x${value.toString(16)}`;
}

function numbersOf({ code, jt, jf, k }: SockFilter): string {
  return `0x${hex(code, 2)} 0x${hex(jt, 2)} 0x${hex(jf, 2)} 0x${hex(k, 8)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** Whether these are bare instructions. Throws a SeccatError "schema" when they are no program either. */
export function isInsns(program: Program | readonly SockFilter[]): program is readonly SockFilter[] {
  if (Array.isArray(program)) {
    checkInsns(program);
    return true;
  }
  checkProgram(program);
  return false;
}

function parts(
  program: Program | readonly SockFilter[],
  options: ListOptions,
): { insns: readonly SockFilter[]; endian: Endian } {
  return isInsns(program) ? { insns: program, endian: options.endian ?? "little" } : program;
}
