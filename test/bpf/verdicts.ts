/** Programs that the kernel takes or refuses, and where; the kernel itself is asked in test/kernel. */
import { assemble } from "../../src/bpf/assemble.ts";
import type { SockFilter } from "../../src/bpf/program.ts";

/** One program with what the checks must say. */
export interface CheckCase {
  readonly name: string;
  readonly insns: readonly SockFilter[];
  /** The instructions with a breach, in order; empty when the kernel takes the program. */
  readonly refusedAt: readonly number[];
}

const raw = (code: number, k: number, jt = 0, jf = 0): SockFilter => ({ code, jt, jf, k });
const RET = raw(0x06, 0x7fff0000);
const LD_M0 = raw(0x60, 0);
const ST_M0 = raw(0x02, 0);

const written: readonly (readonly [name: string, text: string, ...refusedAt: number[]])[] = [
  ["a lone ret k", "ret ALLOW"],
  ["a lone ret a", "ret a"],
  ["every kind of instruction with nothing to object to", "ld nr\ntax\nst M[3]\nldx M[3]\nadd x\nneg\nret a"],
  ["no return at the end", "ret ALLOW\nld nr", 1],
  ["the first word", "ld [0]\nret a"],
  ["the last word", "ld [60]\nret a"],
  ["the word behind the last", "ld [64]\nret a", 0],
  ["a word off its place", "ld [2]\nret a", 0],
  ["an odd word", "ld [59]\nret a", 0],
  ["division by 1", "div #1\nret a"],
  ["division by the constant 0", "div #0\nret a", 0],
  ["division by X, whatever it holds", "div x\nret a"],
  ["multiplication by 0", "mul #0\nret a"],
  ["shifts by 31", "lsh #31\nrsh #31\nret a"],
  ["a left shift by 32", "lsh #32\nret a", 0],
  ["a right shift by 32", "rsh #32\nret a", 0],
  ["a shift by -1", "rsh #-1\nret a", 0],
  ["shifts by X, whatever it holds", "lsh x\nrsh x\nret a"],
  ["a ja to the last instruction", "ja +1\nret a\nret a"],
  ["unreachable code", "ja +1\nld nr\nret a"],
  ["code behind a ret", "ret a\nld nr\nret a"],
  ["conditional jumps to the last instruction", "jeq #0, +1, +1\nret a\nret a"],
  ["cell 15", "st M[15]\nld M[15]\nldx M[15]\nret a"],
  ["cell 16 stored", "st M[16]\nret a", 0],
  ["cell 16 stored from X", "stx M[16]\nret a", 0],
  ["a cell that was never stored", "ld M[0]\nret a", 0],
  ["a cell into X that was never stored", "ldx M[0]\nret a", 0],
  ["a cell after another was stored", "st M[1]\nld M[0]\nret a", 1],
  ["two loads of a cell that was never stored", "ld M[0]\nld M[0]\nret a", 0, 1],
  ["a cell stored on one way of two", "jeq #0, next, l\nst M[0]\nl: ld M[0]\nret a", 2],
  ["a cell stored on the other way", "jeq #0, l, next\nst M[0]\nl: ld M[0]\nret a", 2],
  ["a cell stored on both ways", "jeq #0, b, next\nst M[0]\nja l\nb: st M[0]\nl: ld M[0]\nret a"],
  ["a cell stored from X and loaded into X", "stx M[4]\nldx M[4]\nret a"],
  ["a cell stored before a jump", "st M[0]\njeq #0, a, next\nld M[0]\na: ld M[0]\nret a"],
  [
    "a load reached by a storing ja alone, behind a ret",
    "jeq #1, next, r\nst M[0]\nja l\nr: ret a\nl: ld M[0]\nret a",
    4,
  ],
  [
    "the same, where the ret has the cell stored too",
    "st M[0]\njeq #1, next, r\nja l\nr: ret a\nl: ld M[0]\nret a",
  ],
  ["a load in dead code behind a ret", "ret a\nld M[0]\nret a", 1],
  ["a load in dead code behind a ret with the cell stored above it", "st M[0]\nret a\nld M[0]\nret a"],
  ["a load in dead code behind a ja", "ja +1\nld M[0]\nret a"],
  ["a load behind a ja's dead code that says nothing", "ja l\nld M[7]\nl: ld M[0]\nret a", 2],
  ["a load in dead code behind a conditional jump", "jeq #0, l, l\nld M[0]\nl: ret a"],
  ["dead code that stores, and falls through", "ja l\nst M[0]\nl: ld M[0]\nret a", 2],
  ["dead code cannot lend its cells to a target", "st M[0]\nja l\nld M[5]\nl: ld M[5]\nret a", 3],
  ["a jump joins with what falls through", "st M[0]\njeq #0, l, next\nst M[1]\nl: ld M[1]\nret a", 3],
];

const numbers: readonly CheckCase[] = [
  { name: "a jump as the last instruction", insns: [RET, raw(0x15, 0)], refusedAt: [1, 1] },
  { name: "a ja one past the end", insns: [raw(0x05, 1), RET], refusedAt: [0] },
  { name: "a ja onto itself", insns: [raw(0x05, 0xffffffff), RET], refusedAt: [0] },
  { name: "a ja backward", insns: [RET, raw(0x05, 0xfffffffe), RET], refusedAt: [1] },
  { name: "a ja whose sum wraps around", insns: [raw(0x05, 0x80000000), RET], refusedAt: [0] },
  { name: "a true target past the end", insns: [raw(0x15, 0, 1, 0), RET], refusedAt: [0] },
  { name: "a false target past the end", insns: [raw(0x15, 0, 0, 1), RET], refusedAt: [0] },
  { name: "a jump by 255 past the end", insns: [raw(0x4d, 0, 255, 0), RET], refusedAt: [0] },
  { name: "jt and jf of ret, which are not read", insns: [raw(0x06, 0, 255, 255)], refusedAt: [] },
  { name: "jt and jf of ja, which are not read", insns: [raw(0x05, 0, 9, 9), RET], refusedAt: [] },
  { name: "k of len, which is not read", insns: [raw(0x80, 99), RET], refusedAt: [] },
  { name: "k of div x, which is not read", insns: [raw(0x3c, 0), RET], refusedAt: [] },
  { name: "k of lsh x, which is not read", insns: [raw(0x6c, 40), RET], refusedAt: [] },
  { name: "k of ret a, which is not read", insns: [raw(0x16, 40)], refusedAt: [] },
  { name: "an offset of an ancillary load", insns: [raw(0x20, 0xfffff000), RET], refusedAt: [0] },
  { name: "a load of a half word", insns: [raw(0x28, 0), RET], refusedAt: [0] },
  { name: "a load of a byte", insns: [raw(0x30, 0), RET], refusedAt: [0] },
  { name: "a load at X + k", insns: [raw(0x40, 0), RET], refusedAt: [0] },
  { name: "mod k", insns: [raw(0x94, 3), RET], refusedAt: [0] },
  { name: "mod x", insns: [raw(0x9c, 0), RET], refusedAt: [0] },
  { name: "ret x", insns: [raw(0x0e, 0)], refusedAt: [0, 0] },
  { name: "a code with a higher bit set", insns: [raw(0x106, 0), RET], refusedAt: [0] },
  {
    name: "a cell read where only ST M[0] is in dead code above",
    insns: [RET, ST_M0, LD_M0, RET],
    refusedAt: [],
  },
  { name: "4096 instructions", insns: Array(4096).fill(RET), refusedAt: [] },
];

/** The table. */
export const verdicts: readonly CheckCase[] = [
  ...written.map(([name, text, ...refusedAt]) => ({ name, insns: assemble(text), refusedAt })),
  ...numbers,
];
