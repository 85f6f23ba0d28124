import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { opcodes } from "../../src/abi/opcode.ts";
import { assemble } from "../../src/bpf/assemble.ts";
import { check, MAX_INSNS_PER_PATH, pathCost, programIssues, stackCost } from "../../src/bpf/check.ts";
import { list } from "../../src/bpf/list.ts";
import type { SockFilter } from "../../src/bpf/program.ts";
import { mutate, randomProgram, repair } from "../bpf/random.ts";
import { verdicts } from "../bpf/verdicts.ts";
import { Random, seedOf } from "../seed.ts";
import { admitLoads, type Oracle, openOracle } from "./oracle.ts";

const test = suite("kernel/check");
const EINVAL = 22;
const ENOMEM = 12;
const insn = (code: number, k = 0, jt = 0, jf = 0): SockFilter => ({ code, jt, jf, k });
const ret = insn(0x06, 0x7fff0000);

/** Asks the kernel about each program and fails on the first that it judges otherwise than our checks. */
function agree(oracle: Oracle, programs: readonly (readonly SockFilter[])[]): { taken: number } {
  const answers = oracle.ask(programs.map((insns) => ({ newestFirst: [insns] })));
  let taken = 0;
  programs.forEach((insns, i) => {
    const expected = programIssues(insns).length === 0 ? 0 : EINVAL;
    if (answers[i]?.errno !== expected) {
      const message = `the kernel says ${answers[i]?.errno}, we say ${expected} to\n${list(insns)}`;
      assert.is(answers[i]?.errno, expected, message);
    }
    if (expected === 0) taken++;
  });
  return { taken };
}

/** The newest filter that makes the stack cost exactly `cost`, on top of these. */
function filler(cost: number, below: readonly SockFilter[][]): SockFilter[] {
  const programs = below.map((insns) => check(insns, "little"));
  const least = stackCost([check([ret], "little"), ...programs]);
  return [...Array(cost - least).fill(insn(0x20)), ret];
}

/** Whether the kernel counts copies of this program as pathCost does, to the instruction. */
function countsAlike(oracle: Oracle, body: readonly SockFilter[]): void {
  const insns = [...admitLoads, ...body];
  const each = pathCost(check(insns, "little")) + 4;
  const copies = Math.floor((MAX_INSNS_PER_PATH - 5) / each);
  const below = Array<SockFilter[]>(copies).fill(insns);
  const jobs = [0, 1].map((over) => ({ newestFirst: [filler(MAX_INSNS_PER_PATH + over, below), ...below] }));
  const answers = oracle.ask(jobs).map(({ errno, refused }) => ({ errno, refused }));
  assert.equal(
    answers,
    [
      { errno: 0, refused: 0 },
      { errno: ENOMEM, refused: copies },
    ],
    `the kernel counts otherwise than ${each - 4} for each of ${copies} copies of\n${list(insns)}`,
  );
}

function judge(oracle: Oracle): void {
  test("the kernel judges every case of the table as the checks do", () => {
    agree(
      oracle,
      verdicts.map(({ insns }) => insns),
    );
  });

  test("of the codes 0 to 0xfff the kernel takes the 41 of the table", () => {
    const programs = Array.from({ length: 0x1000 }, (_, code) => [
      insn(0x02, 4),
      insn(code, 4),
      ...Array<SockFilter>(5).fill(ret),
    ]);
    assert.is(agree(oracle, programs).taken, 41);
  });

  test("with each bit of the code set above those the kernel takes nothing", () => {
    const codes = [0x1000, 0x2000, 0x4000, 0x8000].flatMap((bit) => opcodes.map(({ code }) => code | bit));
    assert.is(
      agree(
        oracle,
        codes.map((code) => [insn(0x02, 4), insn(code, 4), ret, ret, ret, ret, ret]),
      ).taken,
      0,
    );
  });

  test("every offset, shift, cell and divisor around its limit is judged alike", () => {
    const values = [...Array(80).keys(), 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff, 0xfffff000];
    const programs = opcodes.flatMap((row) =>
      values.flatMap((k) => [
        [insn(row.code, k), ret],
        [...Array.from({ length: 16 }, (_, cell) => insn(0x02, cell)), insn(row.code, k), ret],
      ]),
    );
    agree(oracle, programs);
  });

  test("jumps at every distance around the end are judged alike", () => {
    const jumps = opcodes.filter((row) => row.kind === "jump" || row.kind === "ja");
    const programs = jumps.flatMap((row) =>
      [1, 2, 3, 254, 255, 256, 257].flatMap((rest) =>
        [0, 1, 2, 253, 254, 255].flatMap((far) => [
          [insn(row.code, far, far, 0), ...Array<SockFilter>(rest).fill(ret)],
          [insn(row.code, far, 0, far), ...Array<SockFilter>(rest).fill(ret)],
        ]),
      ),
    );
    agree(oracle, programs);
  });

  test("0 and 4097 instructions are refused, 1 and 4096 are taken", () => {
    const of = (length: number) => Array<SockFilter>(length).fill(ret);
    assert.is(agree(oracle, [of(0), of(1), of(4096), of(4097)]).taken, 2);
  });

  test("2000 random programs are taken, and 4000 mutated ones are judged alike", () => {
    const random = new Random(seedOf("kernel/check programs"));
    const valid = Array.from({ length: 2000 }, () => randomProgram(random).insns);
    assert.is(agree(oracle, valid).taken, 2000);
    const mutants = [...valid, ...valid].map((insns) => mutate(random, insns));
    const { taken } = agree(oracle, mutants);
    assert.ok(taken > 400 && taken < 3600, `${taken} of 4000 mutants were taken`);
  });

  test("4000 random programs full of cells and jumps are judged alike", () => {
    const random = new Random(seedOf("kernel/check cells"));
    const programs = Array.from({ length: 4000 }, () => {
      const length = 2 + random.below(12);
      const body = Array.from({ length }, (_, pc) => {
        const rest = length - pc;
        const far = () => random.below(Math.min(rest, 4));
        const pick = random.below(8);
        if (pick < 2) return insn(random.pick([0x02, 0x03]), random.below(2));
        if (pick < 4) return insn(random.pick([0x60, 0x61]), random.below(2));
        if (pick < 6) return insn(random.pick([0x15, 0x1d]), 0, far(), far());
        return pick === 6 ? insn(0x05, far()) : ret;
      });
      return [...body, ret];
    });
    const { taken } = agree(oracle, programs);
    assert.ok(taken > 400 && taken < 3600, `${taken} of 4000 programs were taken`);
  });
}

function count(oracle: Oracle): void {
  test("3641 of the shortest filters fit, the next does not", () => {
    const [answer] = oracle.ask([{ newestFirst: Array<SockFilter[]>(3642).fill([ret]) }]);
    assert.equal(answer, { errno: ENOMEM, refused: 3641, outcomes: [] });
  });

  for (const row of opcodes.filter(({ kind }) => kind !== "ja"))
    for (const [k, jt, jf] of [
      [4, 0, 0],
      [0x80000000, 0, 0],
      [4, 1, 0],
      [4, 0, 1],
      [0x80000000, 0, 1],
      [0xffffffff, 1, 1],
    ] as const) {
      const jumps = row.kind === "jump";
      const free = row.kind === "ld" || row.kind === "ldx" || row.kind === "alu" || jumps;
      const legal = programIssues([insn(0x02, 4), insn(row.code, k), ret]).length === 0;
      if ((!jumps && (jt || jf)) || (!legal && !jumps) || (k !== 4 && !free)) continue;
      test(`the kernel counts ${row.name} ${row.operand} with k ${k}, jt ${jt}, jf ${jf} as pathCost does`, () => {
        countsAlike(oracle, [
          insn(0x02, 4),
          ...Array<SockFilter>(700).fill(insn(row.code, k, jt, jf)),
          ret,
          ret,
        ]);
      });
    }

  test("the kernel counts random programs as pathCost does", () => {
    const random = new Random(seedOf("kernel/check counts"));
    for (let i = 0; i < 60; i++) {
      const genes = Array.from({ length: 900 }, () => ({
        op: random.below(0x10000),
        jt: random.below(3),
        jf: random.below(3),
        k: random.u32(),
        junk: random.below(8),
      }));
      countsAlike(oracle, repair(genes));
    }
  });
}

/** Constant blinding makes programs longer than the checks can know. */
function hardened(): string | undefined {
  const file = "/proc/sys/net/core/bpf_jit_harden";
  try {
    const value = readFileSync(file, "utf8").trim();
    return value === "0" ? undefined : `${file} is ${value}`;
  } catch {
    return `${file} cannot be read`;
  }
}

const oracle = openOracle();
if ("skip" in oracle) {
  console.log(`kernel/check: skipped, ${oracle.skip}`);
} else {
  judge(oracle);
  const why = hardened();
  if (why === undefined) count(oracle);
  else console.log(`kernel/check: lengths not compared, ${why}`);
}

test("the preamble for stacks is a program of its own", () => {
  check([...admitLoads, ...assemble("ret a")], "little");
});

test.run();
