/**
 * One line of assembly: its labels, and the instruction with targets still open. Comments are gone already.
 *
 *     line    = { label ":" } [ insn ]
 *     insn    = "ld" source | "ldx" source | "st" cell | "stx" cell | alu value
 *             | jump value "," target [ "," target ] | "ja" target | "ret" verdict | "neg" | "tax" | "txa"
 *     source  = "[" number "]" | word | "[" word "]" | cell | "#" number | "len" | "#len"
 *     word    = "nr" | "arch" | "ip.lo" | "ip.hi" | "args[" 0..5 "].lo" | "args[" 0..5 "].hi"
 *     cell    = "M[" 0..15 "]"
 *     value   = [ "#" ] number | "x"
 *     target  = label | "next" | "+" number | number      (skip so many; an instruction's position)
 *     verdict = [ "#" ] number | "a" | action [ "(" number ")" ]
 *     number  = decimal | 0x... | AUDIT_ARCH_...
 *
 * A missing second target is `next`. Mnemonics are the opcode table's, and bpf_asm's others: ldi, ldxi, jmp,
 * jne, jneq, jlt, jle. Registers may be written %a and %x.
 */
import { type Endian, wordName, wordOffset } from "../abi/data.ts";
import { didYouMean } from "../abi/nearest.ts";
import { type Operand, opcodes } from "../abi/opcode.ts";
import type { SockFilter } from "./program.ts";
import { returnNames } from "./ret.ts";
import { type Token, type TokenReader, takeNumber } from "./token.ts";

/** Where a jump shall go: a label, a position in the program, or so many instructions to skip. */
export type Target = { readonly column: number } & (
  | { readonly label: string }
  | { readonly position: number }
  | { readonly skip: number }
);

/** An instruction whose jump fields are still to be filled. */
export interface Draft {
  readonly filter: SockFilter;
  readonly jumps: readonly { readonly field: "jt" | "jf" | "k"; readonly to: Target }[];
}

/** An operand as the opcode table sorts them, with the k that goes with it. */
interface Value {
  readonly operand: Operand;
  readonly k: number;
}

const rows = new Map(opcodes.map((row) => [`${row.name} ${row.operand}`, row]));
const kindOf = new Map(opcodes.map((row) => [row.name, row.kind]));

/** Jumps that the machine has only with their targets swapped. */
const inverted = new Map([
  ["jne", "jeq"],
  ["jneq", "jeq"],
  ["jlt", "jge"],
  ["jle", "jgt"],
]);
/** Loads of a number that need no #. */
const immediate = new Map([
  ["ldi", "ld"],
  ["ldxi", "ldx"],
]);
const mnemonics = [...kindOf.keys(), ...inverted.keys(), ...immediate.keys(), "jmp"];
const dataWords = Array.from({ length: 16 }, (_, i) => wordName(i * 4, "little") ?? "");

/** Takes the labels before an instruction; one of digits is the position that the line claims to have. */
export function takeLabels(reader: TokenReader): { readonly name: string; readonly column: number }[] {
  const labels: { name: string; column: number }[] = [];
  while (reader.isSign(":", 1) && (reader.peek().kind === "name" || reader.peek().kind === "number")) {
    const { text: name, column } = reader.take();
    labels.push({ name, column });
    reader.take();
  }
  return labels;
}

/**
 * Takes the instruction that is the rest of the line, or undefined when nothing is left; `endian` says where
 * the halves of words lie. Throws a SeccatError "syntax".
 */
export function takeDraft(reader: TokenReader, endian: Endian): Draft | undefined {
  if (reader.peek().kind === "end") return undefined;
  const draft = takeInsn(reader, endian);
  if (reader.peek().kind !== "end")
    reader.refuse(reader.peek(), "something follows the instruction", "the end of the line");
  return draft;
}

function takeInsn(reader: TokenReader, endian: Endian): Draft {
  const mnemonic = reader.take();
  const written = mnemonic.text.toLowerCase();
  const name = inverted.get(written) ?? immediate.get(written) ?? (written === "jmp" ? "ja" : written);
  const plain = (value: Value): Draft => ({ filter: filterOf(reader, mnemonic, name, value), jumps: [] });
  switch (kindOf.get(name)) {
    case "ld":
    case "ldx":
      return plain(immediate.has(written) ? takeConstant(reader) : takeSource(reader, endian));
    case "st":
    case "stx":
      return plain(takeCell(reader));
    case "alu":
      return plain(takeValue(reader));
    case "neg":
    case "tax":
    case "txa":
      return plain({ operand: "none", k: 0 });
    case "ret":
      return plain(takeVerdict(reader));
    case "ja":
      return { ...plain({ operand: "k", k: 0 }), jumps: [{ field: "k", to: takeTarget(reader) }] };
    case "jump":
      return takeConditional(reader, mnemonic, name);
    case undefined: {
      const near = didYouMean(written, mnemonics);
      return reader.refuse(mnemonic, "no such instruction", mnemonics.join(" "), near);
    }
  }
}

function takeConditional(reader: TokenReader, mnemonic: Token, name: string): Draft {
  const value = takeValue(reader);
  if (!reader.skip(",")) reader.refuse(reader.peek(), "a jump needs a target", '"," and a label');
  const taken = takeTarget(reader);
  const other: Target = reader.skip(",") ? takeTarget(reader) : { column: taken.column, skip: 0 };
  const swapped = inverted.has(mnemonic.text.toLowerCase());
  return {
    filter: filterOf(reader, mnemonic, name, value),
    jumps: [
      { field: "jt", to: swapped ? other : taken },
      { field: "jf", to: swapped ? taken : other },
    ],
  };
}

function filterOf(reader: TokenReader, mnemonic: Token, name: string, { operand, k }: Value): SockFilter {
  const row = rows.get(`${name} ${operand}`);
  if (row) return { code: row.code, jt: 0, jf: 0, k };
  return reader.refuse(mnemonic, `${name} does not take that operand`, operandsOf(name));
}

function takeSource(reader: TokenReader, endian: Endian): Value {
  if (reader.skip("[")) {
    const k = reader.peek().kind === "number" ? takeNumber(reader) : takeWord(reader, endian);
    if (!reader.skip("]")) reader.refuse(reader.peek(), "the bracket is not closed", '"]"');
    return { operand: "abs", k };
  }
  const next = reader.peek(reader.isSign("#") ? 1 : 0);
  if (next.text.toLowerCase() === "len") {
    reader.skip("#");
    reader.take();
    return { operand: "len", k: 0 };
  }
  if (reader.isSign("#")) return takeConstant(reader);
  if (next.kind === "cell") return takeCell(reader);
  if (next.kind !== "number") return { operand: "abs", k: takeWord(reader, endian) };
  const fix = `write [${next.text}] for the word at that offset, #${next.text} for the number itself`;
  return reader.refuse(next, "a bare number does not say what is loaded", "a word, a cell or #number", fix);
}

function takeConstant(reader: TokenReader): Value {
  reader.skip("#");
  return { operand: "k", k: takeNumber(reader) };
}

/** Takes `args[0].lo` and the like as its offset. */
function takeWord(reader: TokenReader, endian: Endian): number {
  const token = reader.take();
  const name = token.text.replace(/\s/g, "").toLowerCase();
  const offset = wordOffset(name, endian);
  if (offset !== undefined) return offset;
  const whole = /^(args\[[0-5]\]|ip)$/.test(name);
  const fix = whole ? `write ${name}.lo or ${name}.hi` : didYouMean(name, dataWords);
  const expected = "nr, arch, ip.lo, ip.hi or args[0].lo to args[5].hi";
  return reader.refuse(token, "seccomp_data has no such word", expected, fix);
}

function takeCell(reader: TokenReader): Value {
  const token = reader.take();
  if (token.kind !== "cell") reader.refuse(token, "a scratch cell is missing", "M[0] to M[15]");
  return { operand: "mem", k: Number(token.text.replace(/\D/g, "")) };
}

function takeValue(reader: TokenReader): Value {
  return takeRegister(reader, "x") ? { operand: "x", k: 0 } : takeConstant(reader);
}

/** Takes the register `a` or `%a` if it comes next. */
function takeRegister(reader: TokenReader, name: "a" | "x"): boolean {
  const { kind, text } = reader.peek(reader.isSign("%") ? 1 : 0);
  if (kind !== "name" || text.toLowerCase() !== name) return false;
  reader.skip("%");
  reader.take();
  return true;
}

function takeTarget(reader: TokenReader): Target {
  const { column } = reader.peek();
  if (reader.skip("+")) return { column, skip: takeNumber(reader) };
  const token = reader.take();
  if (/^\d+$/.test(token.text)) return { column, position: Number(token.text) };
  if (token.kind !== "name") reader.refuse(token, "a jump needs a target", "a label, next, +N or a position");
  return token.text.toLowerCase() === "next" ? { column, skip: 0 } : { column, label: token.text };
}

function takeVerdict(reader: TokenReader): Value {
  if (takeRegister(reader, "a")) return { operand: "a", k: 0 };
  if (reader.isSign("#") || reader.peek().kind === "number") return takeConstant(reader);
  const token = reader.take();
  const name = token.text.toUpperCase().replace(/^SECCOMP_RET_/, "");
  const action = returnNames.get(name);
  if (action !== undefined) return { operand: "k", k: (action | takeData(reader)) >>> 0 };
  const names = [...returnNames.keys()];
  const expected = `a number, a, or ${names.join(", ")}`;
  return reader.refuse(token, "no such verdict", expected, didYouMean(name, names));
}

/** Takes the 16 bits in parentheses after an action, 0 when there are none. */
function takeData(reader: TokenReader): number {
  if (!reader.skip("(")) return 0;
  const token = reader.peek();
  const bits = takeNumber(reader);
  if (bits > 0xffff) reader.refuse(token, "the data of an action has 16 bits", "0 to 65535");
  if (!reader.skip(")")) reader.refuse(reader.peek(), "the parenthesis is not closed", '")"');
  return bits;
}

/** The operands that the opcode table has for a mnemonic, as they are written. */
function operandsOf(name: string): string {
  const forms: Record<Operand, string> = {
    k: "#number",
    x: "x",
    a: "a",
    abs: "[word]",
    mem: "M[cell]",
    len: "len",
    none: "",
  };
  const own = opcodes.filter((row) => row.name === name);
  return own.map((row) => `${name} ${forms[row.operand]}`.trim()).join(", ");
}
