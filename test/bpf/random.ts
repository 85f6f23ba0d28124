/**
 * Random programs that the kernel takes, and calls that reach deep into them.
 *
 * A program is made of genes, one per instruction, each a handful of unconstrained numbers, so that fast-check
 * can shrink it; `repair` turns any genes into a valid program: jumps go forward and stay inside, cells are
 * loaded only where the kernel sees them stored, the last instruction returns.
 */
import * as fc from "fast-check";
import type { Endian } from "../../src/abi/data.ts";
import { type Opcode, opcodes, readsK } from "../../src/abi/opcode.ts";
import { check } from "../../src/bpf/check.ts";
import type { Program, SockFilter } from "../../src/bpf/program.ts";
import type { Random } from "../seed.ts";

/** Unconstrained numbers that become one instruction. */
export interface Gene {
  /** Picks the opcode. */
  readonly op: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
  /** In one of eight, fields that the kernel does not read keep what they hold. */
  readonly junk: number;
}

/** Numbers at which arithmetic and comparisons turn. */
export const edges: readonly number[] = [
  0, 1, 2, 3, 30, 31, 32, 33, 63, 64, 255, 256, 4095, 4096, 0x7fff, 0xffff, 0x10000, 0x40000000, 0x40000003,
  0x7fffffff, 0x80000000, 0x80000001, 0xc000003e, 0xc00000b7, 0xfffffffe, 0xffffffff,
];

const returns: readonly number[] = [
  0x80000000, 0, 0x00030000, 0x00030007, 0x00050000, 0x00050001, 0x00050fff, 0x0005ffff, 0x7fc00000,
  0x7ff00000, 0x7ff00009, 0x7ffc0000, 0x7fff0000, 0x7fff0001, 0x12345678, 0xffffffff,
];

/** What a random program may be like. */
export interface RandomOptions {
  readonly endian?: Endian;
  /** 1 to 4096; 60 when absent. */
  readonly maxLength?: number;
}

/** An arbitrary of genes, for properties that want the instructions before they are repaired too. */
export const geneArb: fc.Arbitrary<Gene> = fc.record({
  op: fc.nat(0xffff),
  jt: fc.oneof({ weight: 4, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.nat(255) }),
  jf: fc.oneof({ weight: 4, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.nat(255) }),
  k: fc.oneof(fc.constantFrom(...edges), fc.nat(80), fc.nat(0xffffffff)),
  junk: fc.nat(7),
});

/** An arbitrary of single instructions, known and unknown, that nothing repairs. */
export const filterArb: fc.Arbitrary<SockFilter> = fc.record(
  {
    code: fc.oneof(fc.constantFrom(...opcodes.map((row) => row.code)), fc.nat(0xffff)),
    jt: fc.nat(255),
    jf: fc.nat(255),
    k: fc.oneof(fc.constantFrom(...edges), fc.nat(0xffffffff)),
  },
  { noNullPrototype: true },
);

/** An arbitrary of valid programs over all opcodes. */
export function programArb(options: RandomOptions = {}): fc.Arbitrary<Program> {
  const maxLength = options.maxLength ?? 60;
  const endian = options.endian ? fc.constant(options.endian) : fc.constantFrom<Endian>("little", "big");
  const genes = fc.array(geneArb, { minLength: 1, maxLength, size: "max" });
  return fc.tuple(genes, endian).map(([list, order]) => check(repair(list), order));
}

/** An arbitrary of the sixteen words of a call. */
export const wordsArb: fc.Arbitrary<Uint32Array> = fc
  .array(fc.oneof(fc.constantFrom(...edges), fc.nat(80), fc.nat(0xffffffff)), {
    minLength: 16,
    maxLength: 16,
  })
  .map((words) => Uint32Array.from(words));

/** A valid program from plain random numbers, where speed counts more than shrinking. */
export function randomProgram(random: Random, options: RandomOptions = {}): Program {
  const length = 1 + random.below(options.maxLength ?? 60);
  const genes = Array.from({ length }, () => randomGene(random));
  return check(repair(genes), options.endian ?? "little");
}

/** One gene from plain random numbers. */
export function randomGene(random: Random): Gene {
  const distance = () => random.below(random.once(5) ? 256 : 7);
  const k = randomWord(random);
  return { op: random.below(0x10000), jt: distance(), jf: distance(), k, junk: random.below(8) };
}

/** A u32 that is often small or at an edge. */
export function randomWord(random: Random): number {
  const kind = random.below(3);
  if (kind === 0) return random.pick(edges);
  return kind === 1 ? random.below(81) : random.u32();
}

/** The sixteen words of a call, often holding numbers that `program` compares with, or their neighbours. */
export function randomWords(random: Random, program: Program): Uint32Array {
  return Uint32Array.from({ length: 16 }, () =>
    random.once(2) ? randomWord(random) : random.pick(program.insns).k + random.below(3) - 1,
  );
}

/** A valid program out of any genes (at least one). */
export function repair(genes: readonly Gene[]): SockFilter[] {
  const masks = new Uint16Array(genes.length).fill(0xffff);
  let stored = 0;
  return genes.map((gene, pc) => {
    stored &= masks[pc] ?? 0;
    const room = genes.length - pc - 1;
    const row = pick(gene, room, stored);
    const filter = fill(gene, row, room, stored);
    const hand = (distance: number) => {
      masks[pc + 1 + distance] = (masks[pc + 1 + distance] ?? 0) & stored;
    };
    if (row.kind === "st" || row.kind === "stx") stored |= 1 << filter.k;
    if (row.kind === "ja") hand(filter.k);
    if (row.kind === "jump") {
      hand(filter.jt);
      hand(filter.jf);
    }
    if (row.kind === "ja" || row.kind === "jump") stored = 0xffff;
    return filter;
  });
}

/** Opcodes to pick from: all of them, loads and jumps more often, ret less. */
const frequent = opcodes.flatMap((row) => {
  if (row.kind === "ret") return [row];
  return Array(row.operand === "abs" ? 12 : row.kind === "jump" ? 4 : 2).fill(row) as Opcode[];
});

function pick(gene: Gene, room: number, stored: number): Opcode {
  const rets = opcodes.filter((row) => row.kind === "ret");
  const wanted = frequent[gene.op % frequent.length];
  const row = room === 0 ? rets[gene.op % rets.length] : wanted;
  if (row === undefined) throw new RangeError("there is no opcode to pick");
  const loadsCell = row.operand === "mem" && (row.kind === "ld" || row.kind === "ldx");
  if (!loadsCell || stored !== 0) return row;
  const instead = opcodes.find((other) => other.kind === row.kind && other.operand === "k");
  return instead ?? row;
}

function fill(gene: Gene, row: Opcode, room: number, stored: number): SockFilter {
  const junk = gene.junk === 0;
  const jumps = row.kind === "jump";
  return {
    code: row.code,
    jt: jumps ? gene.jt % Math.min(room, 256) : junk ? gene.jt : 0,
    jf: jumps ? gene.jf % Math.min(room, 256) : junk ? gene.jf : 0,
    k: readsK(row) ? constant(gene.k, row, room, stored) : junk ? gene.k : 0,
  };
}

function constant(k: number, row: Opcode, room: number, stored: number): number {
  if (row.operand === "abs") return (k % 16) * 4;
  if (row.kind === "st" || row.kind === "stx") return k % 16;
  if (row.operand === "mem") return cellOf(k, stored);
  if (row.kind === "ja") return k % Math.min(room, 8);
  if (row.kind === "ret") return returns[k % returns.length] ?? 0;
  if (row.kind !== "alu") return k;
  if (row.alu === "div") return k || 1;
  return row.alu === "lsh" || row.alu === "rsh" ? k % 32 : k;
}

/** One of the stored cells. */
function cellOf(k: number, stored: number): number {
  const cells = Array.from({ length: 16 }, (_, cell) => cell).filter((cell) => stored & (1 << cell));
  return cells[k % cells.length] ?? 0;
}

/** Any instructions: those of a program with a few fields changed, which the kernel may refuse. */
export function mutate(random: Random, insns: readonly SockFilter[]): SockFilter[] {
  const changed = insns.map((insn) => ({ ...insn }));
  for (let times = 1 + random.below(3); times > 0; times--) {
    const insn = random.pick(changed);
    const change = [
      () => (insn.code = random.below(0x200)),
      () => (insn.code = random.pick(opcodes).code),
      () => (insn.jt = random.below(256)),
      () => (insn.jf = random.below(256)),
      () => (insn.k = randomWord(random)),
    ];
    random.pick(change)();
  }
  return random.once(8) ? changed.slice(0, -1) : changed;
}
