/**
 * The reference interpreter: what the kernel answers for one call.
 *
 * A, X and all arithmetic are unsigned 32 bits, modulo 2^32; A and X begin at 0. Division by X = 0 ends the
 * program with 0 (KILL_THREAD); a shift by X uses X & 31, as the kernel's own interpreter and the x86-64 and
 * arm64 JITs do. Jumps go forward only, so every program ends. There is one loop: whoever wants to see the
 * steps passes a hook.
 *
 * Source: ___bpf_prog_run() in kernel/bpf/core.c, bpf_convert_filter() in net/core/filter.c,
 * seccomp_run_filters() in kernel/seccomp.c.
 */
import { combineReturns } from "../abi/action.ts";
import { SECCOMP_DATA_SIZE, SECCOMP_DATA_WORDS } from "../abi/data.ts";
import { SeccatError } from "../abi/error.ts";
import { shown, wrongValue } from "../abi/fields.ts";
import { opcodeOf } from "../abi/opcode.ts";
import { checkProgram } from "./check.ts";
import { type Kernel, kernelRules, settle } from "./kernel.ts";
import { BPF_MEMWORDS, type Program } from "./program.ts";

/** Called before each instruction with its index and the registers as u32. */
export type StepHook = (pc: number, a: number, x: number) => void;

/** One step of a trace: the instruction about to run, and the registers before it. */
export interface Step {
  readonly pc: number;
  readonly a: number;
  readonly x: number;
}

/** A verdict with the way to it. */
export interface Trace {
  /** The return value, u32. */
  readonly ret: number;
  /** Every instruction that ran, in order. */
  readonly steps: readonly Step[];
}

/** A program unpacked for the loop: one typed array per field, jumps as absolute indices. */
interface Code {
  readonly code: Uint16Array;
  readonly k: Uint32Array;
  /** Where a conditional jump goes when it holds; where ja goes. */
  readonly yes: Uint16Array;
  readonly no: Uint16Array;
  readonly usesScratch: boolean;
}

const unpacked = new WeakMap<Program, Code>();
const noScratch = new Uint32Array(0);

/**
 * The return value, u32, of `program` for the sixteen words of one call (as packData makes them for the
 * program's byte order). `hook` sees every step.
 */
export function run(program: Program, words: Uint32Array, hook?: StepHook): number {
  if (!(words instanceof Uint32Array) || words.length !== SECCOMP_DATA_WORDS) throw wrongWords(words);
  const { code, k, yes, no, usesScratch } = unpack(program);
  const scratch = usesScratch ? new Uint32Array(BPF_MEMWORDS) : noScratch;
  let a = 0;
  let x = 0;
  let pc = 0;
  for (;;) {
    if (hook !== undefined) hook(pc, a, x);
    const v = k[pc] ?? 0;
    switch (code[pc]) {
      case 0x00: // ld #k
        a = v;
        break;
      case 0x20: // ld [k]
        a = words[v >>> 2] ?? 0;
        break;
      case 0x60: // ld M[k]
        a = scratch[v] ?? 0;
        break;
      case 0x80: // ld len
        a = SECCOMP_DATA_SIZE;
        break;
      case 0x01: // ldx #k
        x = v;
        break;
      case 0x61: // ldx M[k]
        x = scratch[v] ?? 0;
        break;
      case 0x81: // ldx len
        x = SECCOMP_DATA_SIZE;
        break;
      case 0x02: // st M[k]
        scratch[v] = a;
        break;
      case 0x03: // stx M[k]
        scratch[v] = x;
        break;
      case 0x04: // add #k
        a = (a + v) >>> 0;
        break;
      case 0x0c: // add x
        a = (a + x) >>> 0;
        break;
      case 0x14: // sub #k
        a = (a - v) >>> 0;
        break;
      case 0x1c: // sub x
        a = (a - x) >>> 0;
        break;
      case 0x24: // mul #k
        a = Math.imul(a, v) >>> 0;
        break;
      case 0x2c: // mul x
        a = Math.imul(a, x) >>> 0;
        break;
      case 0x34: // div #k
        a = (a / v) >>> 0;
        break;
      case 0x3c: // div x
        if (x === 0) return 0;
        a = (a / x) >>> 0;
        break;
      case 0x44: // or #k
        a = (a | v) >>> 0;
        break;
      case 0x4c: // or x
        a = (a | x) >>> 0;
        break;
      case 0x54: // and #k
        a = (a & v) >>> 0;
        break;
      case 0x5c: // and x
        a = (a & x) >>> 0;
        break;
      case 0x64: // lsh #k
        a = (a << v) >>> 0;
        break;
      case 0x6c: // lsh x; << and >>> take x & 31 by themselves
        a = (a << x) >>> 0;
        break;
      case 0x74: // rsh #k
        a = a >>> v;
        break;
      case 0x7c: // rsh x
        a = a >>> x;
        break;
      case 0xa4: // xor #k
        a = (a ^ v) >>> 0;
        break;
      case 0xac: // xor x
        a = (a ^ x) >>> 0;
        break;
      case 0x84: // neg
        a = -a >>> 0;
        break;
      case 0x05: // ja
        pc = yes[pc] ?? 0;
        continue;
      case 0x15: // jeq #k
        pc = (a === v ? yes[pc] : no[pc]) ?? 0;
        continue;
      case 0x1d: // jeq x
        pc = (a === x ? yes[pc] : no[pc]) ?? 0;
        continue;
      case 0x25: // jgt #k
        pc = (a > v ? yes[pc] : no[pc]) ?? 0;
        continue;
      case 0x2d: // jgt x
        pc = (a > x ? yes[pc] : no[pc]) ?? 0;
        continue;
      case 0x35: // jge #k
        pc = (a >= v ? yes[pc] : no[pc]) ?? 0;
        continue;
      case 0x3d: // jge x
        pc = (a >= x ? yes[pc] : no[pc]) ?? 0;
        continue;
      case 0x45: // jset #k
        pc = ((a & v) !== 0 ? yes[pc] : no[pc]) ?? 0;
        continue;
      case 0x4d: // jset x
        pc = ((a & x) !== 0 ? yes[pc] : no[pc]) ?? 0;
        continue;
      case 0x06: // ret #k
        return v;
      case 0x16: // ret a
        return a;
      case 0x07: // tax
        x = a;
        break;
      case 0x87: // txa
        a = x;
        break;
      default:
        throw unchecked(pc);
    }
    pc++;
  }
}

/** The return value of `program` for one call, with every step on the way to it. */
export function trace(program: Program, words: Uint32Array): Trace {
  const steps: Step[] = [];
  const ret = run(program, words, (pc, a, x) => steps.push({ pc, a, x }));
  return { ret, steps };
}

/**
 * What the kernel makes of a stack of filters, newest first: all run, and the strongest answer wins. With
 * `kernel` given, the return value for what that kernel does in the end (see kernelRules).
 */
export function runStack(newestFirst: readonly Program[], words: Uint32Array, kernel?: Kernel): number {
  checkList(newestFirst);
  const returns = newestFirst.map((program: Program) => run(program, words));
  if (kernel === undefined) return combineReturns(returns);
  return settle(returns, words[0] ?? 0, words[1] ?? 0, kernelRules(kernel));
}

/** Throws a SeccatError "schema" for a stack that is no list. */
export function checkList(stack: unknown): void {
  if (!Array.isArray(stack)) throw wrongValue("this is no stack", "a list of programs", stack);
}

function unpack(program: Program): Code {
  const known = unpacked.get(program);
  if (known !== undefined) return known;
  checkProgram(program);
  const { insns } = program;
  const made: Code = {
    code: Uint16Array.from(insns, (insn) => insn.code),
    k: Uint32Array.from(insns, (insn) => insn.k),
    yes: Uint16Array.from(insns, ({ code, jt, k }, pc) => pc + 1 + (opcodeOf(code)?.kind === "ja" ? k : jt)),
    no: Uint16Array.from(insns, ({ jf }, pc) => pc + 1 + jf),
    usesScratch: insns.some(({ code }) => opcodeOf(code)?.operand === "mem"),
  };
  unpacked.set(program, made);
  return made;
}

/** The SeccatError "usage" for a value that is no Uint32Array of the size of seccomp_data. */
export function wrongWords(words: unknown): SeccatError {
  return new SeccatError({
    code: "usage",
    message: "a call is the sixteen words of seccomp_data",
    expected: `a Uint32Array of ${SECCOMP_DATA_WORDS}`,
    received: words instanceof Uint32Array ? `${words.length} words` : shown(words),
  });
}

/** Only a Program that `check` did not make can get here. */
function unchecked(pc: number): SeccatError {
  return new SeccatError({
    code: "internal",
    message: "the interpreter met an instruction that check does not let through",
    where: { pc },
  });
}
