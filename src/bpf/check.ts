/**
 * The kernel's checker, rule for rule, and its limits as it counts them.
 *
 * Source: bpf_check_classic(), check_load_and_stores() and bpf_convert_filter() in net/core/filter.c,
 * seccomp_check_filter() and seccomp_attach_filter() in kernel/seccomp.c. The kernel stops at the first
 * breach and says EINVAL; here every breach is collected. No check here is cleverer than the kernel's: a
 * sound program that the kernel refuses is refused, and unreachable code is checked like any other.
 */
import type { Endian } from "../abi/data.ts";
import { SECCOMP_DATA_SIZE } from "../abi/data.ts";
import { type Issue, throwIssues } from "../abi/error.ts";
import { isFields, wrongValue } from "../abi/fields.ts";
import { type Opcode, opcodeOf } from "../abi/opcode.ts";
import { targets } from "./cfg.ts";
import { BPF_MAXINSNS, BPF_MEMWORDS, type Program, type SockFilter } from "./program.ts";

/** The most converted instructions on one path through all filters of a task (MAX_INSNS_PER_PATH). */
export const MAX_INSNS_PER_PATH = 32768;

/** What the kernel adds per filter that is already installed. */
const FILTER_PENALTY = 4;

/**
 * The program that `insns` are for machines of that byte order, its instructions copied and frozen. Throws a
 * SeccatError "program" with every reason for which the kernel would refuse it, each with its `where.pc`, and
 * "schema" for what are no instructions or no byte order.
 */
export function check(insns: readonly SockFilter[], endian: Endian): Program {
  if (endian !== "little" && endian !== "big")
    throw wrongValue("this is no byte order", "little or big", endian);
  throwIssues(programIssues(insns));
  const copy = insns.map(({ code, jt, jf, k }) => Object.freeze({ code, jt, jf, k }));
  return Object.freeze({ endian, insns: Object.freeze(copy) }) as Program;
}

/**
 * Throws a SeccatError "schema" when `value` has not a program's shape: a policy or bytes, of a caller without
 * types. A program that came through a message to another thread keeps it.
 */
export function checkProgram(value: unknown): asserts value is Program {
  if (isFields(value) && Array.isArray(value.insns) && (value.endian === "little" || value.endian === "big"))
    return;
  throw wrongValue("this is no program", "what compile, check or readProgram returns", value, {
    fix: "compile makes a program of a policy, readProgram of bytes, check of instructions",
  });
}

/**
 * As checkProgram, and throws as check does for instructions that nobody checked: JSON that was cast. What check made is
 * frozen and not looked at again; what came from another thread is.
 */
export function checkMade(value: unknown): asserts value is Program {
  checkProgram(value);
  if (!Object.isFrozen(value.insns)) throwIssues(programIssues(value.insns));
}

/** Throws a SeccatError "schema" when an item of `insns` is no object, such as a hole. */
export function checkInsns(insns: readonly SockFilter[]): void {
  const pc = Array.from<unknown>(insns).findIndex((insn) => !isFields(insn));
  if (pc < 0) return;
  throw wrongValue("this is no instruction", "an object with code, jt, jf, k", insns[pc], { where: { pc } });
}

/** Every reason for which the kernel would refuse `insns`, ordered by instruction; empty when it would take them. */
export function programIssues(insns: readonly SockFilter[]): Issue[] {
  if (!Array.isArray(insns)) throw wrongValue("this is no list of instructions", "a list", insns);
  if (insns.length === 0 || insns.length > BPF_MAXINSNS) return [lengthIssue(insns.length)];
  checkInsns(insns);
  const issues: Issue[] = [];
  const report = (pc: number, issue: Breach) => issues.push({ code: "program", where: { pc }, ...issue });
  insns.forEach((insn: SockFilter, pc) => {
    for (const breach of fieldBreaches(insn)) report(pc, breach);
    const breach = insnBreach(insn, pc, insns.length);
    if (breach) report(pc, breach);
  });
  const last = insns.length - 1;
  if (opcodeOf(insns[last]?.code ?? -1)?.kind !== "ret") report(last, notReturning);
  for (const { pc, cell } of unsafeLoads(insns)) report(pc, unsafeLoad(cell));
  return issues.sort((a, b) => (a.where?.pc ?? 0) - (b.where?.pc ?? 0));
}

/**
 * The length with which the kernel counts `program` against MAX_INSNS_PER_PATH: that of the eBPF program
 * which bpf_convert_filter() makes of it. Constant blinding (net.core.bpf_jit_harden) can add to it.
 */
export function pathCost(program: Program): number {
  checkProgram(program);
  let cost = 3; // A = 0, X = 0, keep the context
  for (const insn of program.insns) cost += convertedLength(insn);
  return cost;
}

/**
 * What the kernel compares with MAX_INSNS_PER_PATH when the first of `newestFirst` is attached on top of the
 * others: its own cost, plus cost and a penalty of 4 for each other.
 */
export function stackCost(newestFirst: readonly Program[]): number {
  return newestFirst.reduce((sum, program, i) => sum + pathCost(program) + (i === 0 ? 0 : FILTER_PENALTY), 0);
}

/** Throws a SeccatError "limit" when the kernel would answer ENOMEM to the newest of these filters. */
export function checkStack(newestFirst: readonly Program[]): void {
  const cost = stackCost(newestFirst);
  if (cost <= MAX_INSNS_PER_PATH) return;
  throwIssues([
    {
      code: "limit",
      message: `${newestFirst.length} stacked filters are longer than the kernel lets one call run through`,
      expected: `at most ${MAX_INSNS_PER_PATH} converted instructions (MAX_INSNS_PER_PATH)`,
      received: `${cost} converted instructions`,
      fix: "install fewer or shorter filters",
    },
  ]);
}

type Breach = Omit<Issue, "code" | "where">;

function lengthIssue(length: number): Issue {
  return {
    code: "program",
    message: length === 0 ? "the program has no instructions" : "the program is too long",
    expected: `1 to ${BPF_MAXINSNS} instructions`,
    received: `${length}`,
  };
}

const notReturning: Breach = {
  message: "the last instruction does not return",
  expected: "ret #k or ret a",
  fix: "end the program with a ret",
};

function unsafeLoad(cell: number): Breach {
  return {
    message: `scratch cell ${cell} is loaded where the kernel does not see it stored`,
    expected: `an st or stx to M[${cell}] on every way here`,
    fix: "the kernel lets what was stored above a ret flow into the line below it: store the cell on each way, or jump there with a ja",
  };
}

/** Numbers that do not fit their field of struct sock_filter. */
function fieldBreaches(insn: SockFilter): Breach[] {
  const fields = [
    ["code", insn.code, 0xffff],
    ["jt", insn.jt, 0xff],
    ["jf", insn.jf, 0xff],
    ["k", insn.k, 0xffffffff],
  ] as const;
  return fields
    .filter(([, value, most]) => !Number.isInteger(value) || value < 0 || value > most)
    .map(([name, value, most]) => ({
      message: `${name} does not fit its field`,
      expected: `a whole number from 0 to ${most}`,
      received: String(value),
    }));
}

/** The breach of one instruction by itself, in the order of bpf_check_classic and then seccomp_check_filter. */
function insnBreach(insn: SockFilter, pc: number, length: number): Breach | undefined {
  const row = opcodeOf(insn.code);
  if (row === undefined) return refusedOpcode(insn.code);
  const { k } = insn;
  if (row.kind === "ja" || row.kind === "jump") return jumpBreach(insn, row, pc, length);
  if (row.operand === "mem" && k >= BPF_MEMWORDS)
    return { message: "there is no such scratch cell", expected: "M[0] to M[15]", received: `M[${k}]` };
  if (row.operand === "abs" && (k >= SECCOMP_DATA_SIZE || k % 4 !== 0))
    return {
      message: "a load outside the words of seccomp_data",
      expected: "an offset of 0, 4, ... 60",
      received: `${k}`,
    };
  if (row.kind !== "alu" || row.operand !== "k") return undefined;
  if (row.alu === "div" && k === 0) return { message: "a division by the constant 0", received: "div #0" };
  if ((row.alu === "lsh" || row.alu === "rsh") && k >= 32)
    return {
      message: "a shift by more bits than a word has",
      expected: "0 to 31",
      received: `${row.alu} #${k}`,
    };
  return undefined;
}

function jumpBreach(insn: SockFilter, row: Opcode, pc: number, length: number): Breach | undefined {
  const beyond = targets(insn, pc).filter((to) => to >= length);
  if (beyond.length === 0) return undefined;
  const backward = row.kind === "ja" && insn.k >= 0x80000000;
  return {
    message: backward ? "a jump backward: the kernel reads distances as unsigned" : "a jump past the end",
    expected: `a target of at most ${length - 1}`,
    received: `${beyond.join(" and ")}`,
  };
}

/** Opcodes that socket filters have and seccomp has not, by the name that bpf_asm gives them. */
const socketOnly = new Map([
  [0x28, "ldh [k]"],
  [0x30, "ldb [k]"],
  [0x40, "ld [x + k]"],
  [0x48, "ldh [x + k]"],
  [0x50, "ldb [x + k]"],
  [0x94, "mod #k"],
  [0x9c, "mod x"],
  [0xb1, "ldx 4*([k]&0xf)"],
]);

function refusedOpcode(code: number): Breach {
  const name = socketOnly.get(code);
  return {
    message: name ? `${name} is for socket filters: seccomp refuses it` : "this is no opcode of seccomp's",
    expected: "one of the 41 opcodes that seccomp accepts",
    received: `0x${code.toString(16).padStart(2, "0")}`,
  };
}

/**
 * The loads of scratch cells that check_load_and_stores() refuses. One pass forward keeps the set of cells
 * that are surely stored; ja and conditional jumps hand it to their targets and start afresh with "all
 * stored"; ret does neither, so what holds above a ret counts for the line below it too.
 */
function unsafeLoads(insns: readonly SockFilter[]): { pc: number; cell: number }[] {
  const unsafe: { pc: number; cell: number }[] = [];
  const masks = new Uint16Array(insns.length).fill(0xffff);
  let stored = 0;
  insns.forEach((insn, pc) => {
    stored &= masks[pc] ?? 0;
    const row = opcodeOf(insn.code);
    if (row?.kind === "ja" || row?.kind === "jump") {
      for (const to of targets(insn, pc)) if (to < masks.length) masks[to] = (masks[to] ?? 0) & stored;
      stored = 0xffff;
    } else if (row?.operand === "mem" && insn.k < BPF_MEMWORDS) {
      const bit = 1 << insn.k;
      if (row.kind === "st" || row.kind === "stx") stored |= bit;
      else if ((stored & bit) === 0) unsafe.push({ pc, cell: insn.k });
    }
  });
  return unsafe;
}

/** How many eBPF instructions bpf_convert_filter() makes of one instruction. */
function convertedLength(insn: SockFilter): number {
  const row = opcodeOf(insn.code);
  if (row?.kind === "ret") return row.operand === "k" ? 2 : 1;
  if (row?.kind === "alu" && row.alu === "div" && row.operand === "x") return 5;
  if (row?.kind !== "jump") return 1;
  const wide = row.operand === "k" && insn.k >= 0x80000000 ? 1 : 0;
  const single = insn.jf === 0 || (insn.jt === 0 && row.jump !== "jset");
  return (single ? 1 : 2) + wide;
}
