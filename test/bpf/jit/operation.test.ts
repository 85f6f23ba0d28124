import { suite } from "uvu";
import * as assert from "uvu/assert";
import { opcodes } from "../../../src/abi/opcode.ts";
import { arithmetic, comparison, wordText } from "../../../src/bpf/jit/operation.ts";
import { allowsConstant, computed, jumps, pairs } from "../instructions.ts";

const test = suite("bpf/jit/operation");

for (const row of opcodes) {
  if (row.operand !== "k" || (row.kind !== "alu" && row.kind !== "jump")) continue;
  const operation = row.kind === "alu" ? arithmetic[row.alu] : comparison[row.jump];
  const expected = (a: number, v: number) =>
    row.kind === "alu" ? computed(row.alu, a, v) | 0 : jumps(row.jump, a, v);
  const meaningful = pairs.filter(([, v]) => row.kind === "jump" || row.alu !== "div" || v !== 0);

  test(`${row.name}: the value is that of unbounded integers at every pair of edges`, () => {
    for (const [a, v] of meaningful)
      assert.is(operation.value(a | 0, v | 0), expected(a, v), `${a} ${row.name} ${v}`);
  });

  test(`${row.name}: the text computes the same from two variables`, () => {
    const compiled = new Function("a", "x", `return ${operation.text("a", "x")};`);
    for (const [a, v] of meaningful)
      assert.is(compiled(a | 0, v | 0), expected(a, v), `${a} ${row.name} ${v}`);
  });

  test(`${row.name}: the text computes the same with a constant on either side`, () => {
    for (const [a, v] of meaningful) {
      if (row.kind === "alu" && !allowsConstant(row.alu, v)) continue;
      const right = new Function("a", `return ${operation.text("a", wordText(v | 0, ""))};`);
      const left = new Function("x", `return ${operation.text(wordText(a | 0, ""), "x")};`);
      assert.is(right(a | 0), expected(a, v), `${a} ${row.name} constant ${v}`);
      assert.is(left(v | 0), expected(a, v), `constant ${a} ${row.name} ${v}`);
    }
  });
}

test.run();
