import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Endian } from "../../src/abi/data.ts";
import { opcodes } from "../../src/abi/opcode.ts";
import { check } from "../../src/bpf/check.ts";
import type { Program, SockFilter } from "../../src/bpf/program.ts";
import { run } from "../../src/bpf/run.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { edges, randomProgram, randomWord, randomWords } from "../bpf/random.ts";
import { Random, seedOf } from "../seed.ts";
import { callOf, ofProgram } from "./diagram.ts";

const walking = suite("prove/walk");
const long = process.env.SECCAT_LONG === "1";

const insn = (code: number, k = 0, jt = 0, jf = 0): SockFilter => ({ code, k, jt, jf });
const LD = 0x20;
const LDX_K = 0x01;
const AND_K = 0x54;
const TAX = 0x07;
const RET_A = 0x16;
const RET_K = 0x06;

/** How often `asked` answers as the interpreter does over these calls; any other answer fails. */
function agreements(program: Program, calls: readonly Uint32Array[], nodes?: number): number {
  const { ask } = ofProgram(program, nodes);
  let answered = 0;
  for (const words of calls) {
    const said = ask(callOf(program, words));
    if (said === undefined) continue;
    answered++;
    if (said !== run(program, words))
      assert.unreachable(`${said} instead of ${run(program, words)} for ${words.join()} in ${show(program)}`);
  }
  return answered;
}

function show({ insns, endian }: Program): string {
  return `${endian} ${JSON.stringify(insns.map(({ code, jt, jf, k }) => [code, jt, jf, k]))}`;
}

/** Programs in which the opcode works on whole words, on a few bits of them, and on constants. */
function programsWith(row: (typeof opcodes)[number], random: Random, endian: Endian): Program[] {
  const word = () => insn(LD, 4 * random.below(16));
  const mask = () => insn(AND_K, (0xf << random.below(29)) >>> 0);
  const constant =
    row.kind === "alu" && (row.alu === "lsh" || row.alu === "rsh") ? random.below(32) : randomWord(random);
  const k = row.operand === "mem" ? 3 : row.operand === "abs" ? 4 * random.below(16) : constant || 1;
  const stored = row.operand === "mem" && row.kind !== "st" && row.kind !== "stx";
  const loads = [[word()], [word(), mask()], [insn(0x00, randomWord(random))]];
  const xs = [[word(), insn(TAX)], [word(), mask(), insn(TAX)], [insn(LDX_K, random.below(40))]];
  return loads.flatMap((a) =>
    xs.map((x) => {
      const before = [...x, ...(stored ? [insn(0x02, k)] : []), ...a];
      if (row.kind === "ret") return check([...before, insn(row.code, k)], endian);
      if (row.kind === "jump")
        return check([...before, insn(row.code, k, 1, 0), insn(RET_K, 1), insn(RET_A)], endian);
      if (row.kind === "ja")
        return check([...before, insn(row.code, 1), insn(RET_K, 1), insn(RET_A)], endian);
      const after =
        row.kind === "stx" || row.kind === "st" ? [insn(0x60, k)] : row.kind === "ldx" ? [insn(0x87)] : [];
      return check([...before, insn(row.code, k), ...after, insn(RET_A)], endian);
    }),
  );
}

for (const row of opcodes) {
  walking(`the diagram of ${row.name} with operand ${row.operand} says what the interpreter says`, () => {
    const random = new Random(seedOf(`prove/walk ${row.name} ${row.operand}`));
    let answered = 0;
    let asked = 0;
    for (const endian of ["little", "big"] as const) {
      for (const program of programsWith(row, random, endian)) {
        const calls = [
          ...edges.map((edge) => new Uint32Array(16).fill(edge)),
          ...Array.from({ length: 100 }, () => randomWords(random, program)),
        ];
        answered += agreements(program, calls);
        asked += calls.length;
      }
    }
    assert.ok(answered * 3 > asked, `only ${answered} of ${asked} answers were worked out`);
  });
}

walking("a division by an X that can be 0 ends with 0 for those calls only", () => {
  const program = assembleProgram("ld [16]\ntax\nld #100\ndiv x\nret a", { endian: "little" });
  const { ask } = ofProgram(program);
  const call = (divisor: number) => ask({ nr: 0, arch: 0, args: [BigInt(divisor)] });
  assert.is(call(0), 0);
  assert.is(call(3), 33);
  assert.is(call(101), 0);
  assert.is(call(1), 100);
});

walking("two words that meet in a sum, a difference or a comparison are worked out in full", () => {
  for (const op of ["add x", "sub x", "and x", "or x", "xor x"])
    for (const jump of ["jeq #7, a", "jgt #0x80000000, a", "jset #0x11, a"]) {
      const program = assembleProgram(`ld [16]\ntax\nld [32]\n${op}\n${jump}\nret #1\na: ret #2`, {
        endian: "little",
      });
      const { space, root } = ofProgram(program, 1 << 14);
      assert.equal(space.open, [], `${op} ${jump}`);
      assert.ok(root > 1);
    }
});

walking("a product or a quotient by any constant is compared with any constant, without its bits", () => {
  const random = new Random(seedOf("prove/walk products"));
  for (let i = 0; i < (long ? 300 : 12); i++)
    for (const op of ["mul", "div"])
      for (const jump of ["jeq", "jgt", "jge"]) {
        const by = random.pick([3, 10, 0xffff, 0xfffffffe, randomWord(random), random.u32()]) || 1;
        const k = random.once(2) ? randomWord(random) : Math.imul(random.u32(), by) >>> 0;
        const program = assembleProgram(`ld [16]\n${op} #${by}\n${jump} #${k}, a\nret #1\na: ret #2`);
        const calls = [-2, -1, 0, 1, 2].flatMap((near) =>
          [k, k / by, k * by, 2 ** 32 / by, (2 ** 32 + k) / by].map((turn) =>
            new Uint32Array(16).fill(turn + near),
          ),
        );
        const more = Array.from({ length: 200 }, () => new Uint32Array(16).fill(random.u32()));
        const all = [...calls, ...more];
        assert.is(agreements(program, all, 1 << 20), all.length, `${op} ${by} ${jump} ${k}`);
      }
});

const programs = long ? 20_000 : 1_500;
walking(`the diagrams of ${programs} random programs say what the interpreter says, 100 calls each`, () => {
  const random = new Random(seedOf("prove/walk random programs"));
  let answered = 0;
  for (let i = 0; i < programs; i++) {
    const program = randomProgram(random, { endian: random.once(2) ? "big" : "little" });
    const calls = Array.from({ length: 100 }, () => randomWords(random, program));
    answered += agreements(program, calls, 1 << 14);
  }
  assert.ok(answered > programs * 80, `only ${answered} of ${programs * 100} answers were worked out`);
});

walking("registers and cells that are not read again do not multiply the states", () => {
  const stores = Array.from({ length: 40 }, (_, i) => [
    insn(LD, 16),
    insn(0x45, 2 ** (i % 32), 0, 1),
    insn(0x02, i % 16),
    insn(LDX_K, i),
    insn(0x03, (i + 1) % 16),
  ]).flat();
  const program = check(
    [...stores, insn(LD, 0), insn(0x15, 7, 0, 1), insn(RET_K, 1), insn(RET_K, 2)],
    "little",
  );
  const { space } = ofProgram(program);
  assert.equal(space.open, []);
  assert.ok(space.table.steps < 100_000, `${space.table.steps} steps`);
});

walking.run();
