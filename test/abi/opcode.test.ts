import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Op, opcodeOf, opcodes, readsK } from "../../src/abi/opcode.ts";

const test = suite("abi/opcode");

test("the table has the 41 opcodes that seccomp accepts, ordered, each once", () => {
  const codes = opcodes.map((row) => row.code);
  assert.is(codes.length, 41);
  assert.is(new Set(codes).size, 41);
  assert.equal(
    codes,
    codes.slice().sort((a, b) => a - b),
  );
});

test("a code is its class, source, operation, size and mode, as bpf_common.h composes them", () => {
  const classes = { ld: 0, ldx: 1, st: 2, stx: 3, alu: 4, neg: 4, jump: 5, ja: 5, ret: 6, tax: 7, txa: 7 };
  for (const row of opcodes) {
    assert.is(row.code & 0x07, classes[row.kind], row.name);
    if (row.kind === "alu" || row.kind === "jump")
      assert.is((row.code & 0x08) !== 0, row.operand === "x", row.name);
    if (row.kind === "ret") assert.is((row.code & 0x18) === 0x10, row.operand === "a", row.name);
    if (row.operand === "mem" && row.kind.startsWith("ld")) assert.is(row.code & 0xe0, 0x60, row.name);
    if (row.operand === "len") assert.is(row.code & 0xe0, 0x80, row.name);
    if (row.operand === "abs") assert.is(row.code & 0xe0, 0x20, row.name);
  }
});

test("a name and an operand tell one opcode", () => {
  assert.is(new Set(opcodes.map((row) => `${row.name} ${row.operand}`)).size, 41);
});

test("the short names are codes of the table", () => {
  for (const code of Object.values(Op)) assert.ok(opcodeOf(code));
  assert.is(opcodeOf(Op.JSET)?.name, "jset");
  assert.is(opcodeOf(Op.LD_ABS)?.operand, "abs");
});

test("what socket filters have beyond seccomp is in no row", () => {
  for (const code of [0x28, 0x30, 0x40, 0x48, 0x50, 0x94, 0x9c, 0xb1, 0x0e, 0x0d, 0x8c, 0x106, 0xffff])
    assert.is(opcodeOf(code), undefined);
});

test("k is read by constants, words and cells", () => {
  const reads = opcodes.filter(readsK).map((row) => row.operand);
  assert.equal([...new Set(reads)].sort(), ["abs", "k", "mem"]);
});

test("the rows cannot be exchanged", () => {
  assert.ok(Object.isFrozen(opcodes));
});

test.run();
