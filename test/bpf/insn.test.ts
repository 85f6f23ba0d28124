import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { opcodes } from "../../src/abi/opcode.ts";
import { decodeInsn, encodeInsn, type Insn } from "../../src/bpf/insn.ts";
import type { SockFilter } from "../../src/bpf/program.ts";
import { seedOf } from "../seed.ts";
import { filterArb } from "./random.ts";

const test = suite("bpf/insn");
const seed = seedOf("bpf/insn");

const cases: readonly (readonly [SockFilter, Insn])[] = [
  [
    { code: 0x20, jt: 0, jf: 0, k: 4 },
    { op: "ld", from: "abs", k: 4 },
  ],
  [
    { code: 0x81, jt: 0, jf: 0, k: 0 },
    { op: "ldx", from: "len" },
  ],
  [
    { code: 0x03, jt: 0, jf: 0, k: 15 },
    { op: "stx", from: "mem", k: 15 },
  ],
  [
    { code: 0x54, jt: 0, jf: 0, k: 0xff },
    { op: "alu", alu: "and", from: "k", k: 0xff },
  ],
  [
    { code: 0x3c, jt: 0, jf: 0, k: 0 },
    { op: "alu", alu: "div", from: "x" },
  ],
  [
    { code: 0x84, jt: 0, jf: 0, k: 0 },
    { op: "neg", from: "none" },
  ],
  [
    { code: 0x45, jt: 1, jf: 2, k: 3 },
    { op: "jump", jump: "jset", from: "k", k: 3, jt: 1, jf: 2 },
  ],
  [
    { code: 0x1d, jt: 1, jf: 2, k: 0 },
    { op: "jump", jump: "jeq", from: "x", jt: 1, jf: 2 },
  ],
  [
    { code: 0x16, jt: 0, jf: 0, k: 0 },
    { op: "ret", from: "a" },
  ],
  [
    { code: 0x16, jt: 9, jf: 8, k: 7 },
    { op: "ret", from: "a", unused: { jt: 9, jf: 8, k: 7 } },
  ],
  [
    { code: 0x06, jt: 0, jf: 8, k: 7 },
    { op: "ret", from: "k", k: 7, unused: { jt: 0, jf: 8, k: 0 } },
  ],
  [
    { code: 0x94, jt: 1, jf: 2, k: 3 },
    { op: "unknown", code: 0x94, jt: 1, jf: 2, k: 3 },
  ],
];
for (const [filter, insn] of cases)
  test(`0x${filter.code.toString(16)} ${filter.jt} ${filter.jf} ${filter.k} is ${insn.op} and back`, () => {
    assert.equal(decodeInsn(filter), insn);
    assert.equal(encodeInsn(insn), filter);
  });

test("each row of the opcode table decodes to its own kind, operation and operand", () => {
  for (const row of opcodes) {
    const insn = decodeInsn({ code: row.code, jt: 0, jf: 0, k: 0 });
    if (insn.op === "unknown") return assert.unreachable(row.name);
    assert.is(insn.op, row.kind);
    assert.is(insn.from, row.operand);
    assert.is(insn.unused, undefined);
    if (insn.op === "alu") assert.is(insn.alu, row.name);
    if (insn.op === "jump") assert.is(insn.jump, row.name);
  }
});

test("every code of 16 bits survives decoding and encoding", () => {
  for (let code = 0; code <= 0xffff; code++) {
    const filter = { code, jt: 1, jf: 2, k: 3 };
    assert.equal(encodeInsn(decodeInsn(filter)), filter);
  }
});

test("every instruction survives decoding and encoding, fields that nothing reads included", () => {
  fc.assert(
    fc.property(filterArb, (f) => assert.equal(encodeInsn(decodeInsn(f)), f)),
    { seed, numRuns: 2000 },
  );
});

test.run();
