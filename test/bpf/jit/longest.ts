/** Programs of 4096 instructions at the ends of what the kernel takes, for the JIT and its bench. */
import { check } from "../../../src/bpf/check.ts";
import { BPF_MAXINSNS, type Program, type SockFilter } from "../../../src/bpf/program.ts";
import { Random } from "../../seed.ts";
import { repair } from "../random.ts";

const MOST = BPF_MAXINSNS;
const insn = (code: number, k = 0, jt = 0, jf = 0): SockFilter => ({ code, jt, jf, k: k >>> 0 });
const times = (count: number, make: (i: number) => SockFilter) =>
  Array.from({ length: count }, (_, i) => make(i));
const LD_NR = insn(0x20, 0);
const LD_ARG = insn(0x20, 16);
const ret = (i: number) => insn(0x06, 0x50000 + (i & 0xfff));
const ALLOW = insn(0x06, 0x7fff0000);
const RET_A = insn(0x16);
/** A distance that stays inside, of the instruction at `pc`. */
const inside = (distance: number, pc: number) => Math.min(distance, 255, MOST - 2 - pc);

/** jeq, ret, jeq, ret, ...: as libseccomp's lists are, as long as can be. */
const chain = (first: SockFilter) => [
  first,
  ...times(MOST - 2, (i) => (i % 2 === 0 ? insn(0x15, i >> 1, 0, i === MOST - 3 ? 0 : 1) : ret(i))),
  ALLOW,
];

/** Binary search without end: every jump leads far ahead on one side. */
const tree = [
  LD_ARG,
  ...times(3400, (i) => insn(0x35, Math.imul(i, 0x9e3779b1), i % 2 ? 200 : 0, i % 2 ? 0 : 200)),
  ...times(MOST - 3401, ret),
];

const arithmetic = [
  LD_ARG,
  insn(0x01, 3),
  ...times(MOST - 3, (i) =>
    insn([0x04, 0x3c, 0x24, 0xac, 0x6c, 0x7c, 0x84, 0x0c, 0x07, 0x34][i % 10] ?? 0x84, i | 1),
  ),
  RET_A,
];

const scratch = [
  LD_ARG,
  ...times(16, (cell) => insn(0x02, cell)),
  ...times(
    MOST - 18,
    (i) =>
      [insn(0x60, i % 16), insn(0x04, i), insn(0x02, (i * 7) % 16), insn(0x15, i, 0, 1), insn(0x61, i % 13)][
        i % 5
      ] ?? RET_A,
  ).map((one, i) => (one.code === 0x15 && i === MOST - 19 ? insn(0x04, 1) : one)),
  RET_A,
];

const genes = (seed: number) => {
  const random = new Random(seed);
  // Fewer rets, so that ways get far.
  return times(MOST, () => insn(0)).map(() => ({
    op: random.below(0xffff),
    jt: random.below(random.once(5) ? 256 : 7),
    jf: random.below(random.once(5) ? 256 : 7),
    k: random.once(2) ? random.below(600) : random.u32(),
    junk: 1,
  }));
};

/** The programs, each with what is extreme about it. */
export const longest: readonly (readonly [name: string, program: Program])[] = (
  [
    ["a list of numbers", chain(LD_NR)],
    ["a list of values of an argument", chain(LD_ARG)],
    [
      "nothing but jumps that reach far",
      [...times(MOST - 1, (pc) => insn(0x15, pc, inside(255, pc), 0)), ALLOW],
    ],
    [
      "nothing but jumps, every target a join",
      [
        LD_ARG,
        ...times(MOST - 2, (i) => insn(0x25, i * 1e6, inside(i % 7, i + 1), inside((i * 5) % 11, i + 1))),
        ALLOW,
      ],
    ],
    ["nothing but ja", [...times(MOST - 1, () => insn(0x05, 0)), ALLOW]],
    ["a deep tree over an argument", tree],
    ["one block of arithmetic, with divisions and shifts by X", arithmetic],
    ["sixteen cells in use all along", scratch],
    [
      "arithmetic on the number",
      [LD_NR, ...times(MOST - 2, (i) => (i % 2 ? insn(0x04, i) : insn(0x15, i >> 1, 0, 1))), RET_A],
    ],
    [
      "a jset on the number at every second step",
      [
        LD_NR,
        ...times(MOST - 2, (i) => (i % 2 ? insn(0x20, 4 * (i % 13)) : insn(0x45, 1 << (i % 31), 0, 1))),
        ALLOW,
      ],
    ],
    ["4096 returns", times(MOST, ret)],
    ["random instructions", repair(genes(1))],
    ["other random instructions", repair(genes(2))],
  ] satisfies [string, SockFilter[]][]
).map(([name, insns]) => [name, check(insns, "little")]);
