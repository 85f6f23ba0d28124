import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assembleProgram } from "../../../src/bpf/assemble.ts";
import type { Block, Target } from "../../../src/bpf/jit/specialise.ts";
import { type Entries, GENERAL, generalOf, type Tables, tablesOf } from "../../../src/bpf/jit/table.ts";
import { WINDOW } from "../../../src/bpf/jit/window.ts";
import { compile } from "../../../src/compile/index.ts";
import { allow, policy } from "../../../src/policy/builder.ts";

const test = suite("bpf/jit/table");
const X86_64 = 0xc000003e;
const ALLOW = 0x7fff0000;

/** The block of an entry, if it is one at which calls begin. */
function startOf({ returns, starts, blocks }: Entries, entry: number): Block | undefined {
  const place = entry - returns.length;
  return starts[place] === 1 ? blocks[place] : undefined;
}

/** What the table says of a number: a verdict as u32, a block, or that it has none. */
function entryOf(tables: Tables, arch: number, nr: number): string {
  const { windows, entries, returns } = tables;
  const at = windows.findIndex(
    (window) => window.arch === arch && nr >= window.base && nr < window.base + WINDOW,
  );
  if (at < 0) return "no entry";
  const entry = entries[at * WINDOW + nr - (windows[at]?.base ?? 0)] ?? -1;
  if (entry === GENERAL) return "general";
  const ret = returns[entry];
  return ret === undefined ? `block at ${startOf(tables, entry)?.pc}` : `0x${(ret >>> 0).toString(16)}`;
}

const mixed = compile(
  policy({ default: "kill_process", arches: ["x86_64", "x32", "x86"] }, [
    allow("read", "write"),
    allow("socket").if("domain == AF_UNIX"),
  ]),
).program;

test("numbers that arguments do not matter for have their verdict, the others a block", () => {
  const tables = tablesOf(mixed);
  assert.is(entryOf(tables, X86_64, 0), `0x${ALLOW.toString(16)}`);
  assert.is(entryOf(tables, X86_64, 2), "0x80000000");
  assert.match(entryOf(tables, X86_64, 41), /^block at \d/);
});

test("x32's numbers have a window of their own, and each arch that is asked for", () => {
  const tables = tablesOf(mixed);
  assert.is(entryOf(tables, X86_64, 0x40000001), `0x${ALLOW.toString(16)}`);
  assert.is(entryOf(tables, 0x40000003, 3), `0x${ALLOW.toString(16)}`);
  assert.match(entryOf(tables, 0x40000003, 359), /^block at \d/);
  assert.is(entryOf(tables, 0xc00000b7, 3), "no entry");
});

test("a program that never loads arch has one window for all", () => {
  const tables = tablesOf(assembleProgram("ld nr\njeq #3, next, o\nret ERRNO(1)\no: ret ALLOW"));
  assert.equal(tables.windows, [{ arch: undefined, base: 0 }]);
  assert.is(tables.returns[tables.entries[3] ?? -1], 0x00050001);
  assert.is(tables.returns[tables.entries[4] ?? -1], ALLOW);
});

test("numbers that arithmetic was done on have their own verdicts", () => {
  const tables = tablesOf(assembleProgram("ld nr\nmul #3\nst M[0]\nldx M[0]\nsub x\nadd #5\nadd x\nret a"));
  for (const nr of [0, 1, 100, 511]) assert.is(tables.returns[tables.entries[nr] ?? -1], nr * 3 + 5);
});

test("what is behind an argument is specialised too: a list that goes on is not walked again", () => {
  const list = Array.from({ length: 100 }, (_, nr) => `jeq #${nr + 10}, next, +1\nret ERRNO(${nr})`);
  const text = ["ld nr", "jeq #50, next, rest", "ld [16]", "jeq #1, next, rest", "ret TRAP(1)"];
  const program = assembleProgram([...text, "rest: ld nr", ...list, "ret ALLOW"].join("\n"));
  const tables = tablesOf(program);
  const start = startOf(tables, tables.entries[50] ?? 0);
  assert.is(start?.pc, 2);
  assert.is(start?.text, "a=w[o+4]|0;");
  assert.equal(start?.end, {
    kind: "jump",
    test: "a===1",
    yes: { kind: "verdict", ret: 0x00030001 },
    no: { kind: "verdict", ret: 0x00050028 },
  });
});

test("calls in no window are made apart only where the tables do without most of their blocks", () => {
  assert.is(tablesOf(mixed).other, GENERAL);
  const argument = tablesOf(assembleProgram("ld [16]\njeq #1, next, o\nret a\no: ret ALLOW"));
  assert.is(startOf(argument, argument.other)?.pc, 0);
  const constant = tablesOf(assembleProgram("ja +0\nret ERRNO(7)"));
  assert.is(constant.returns[constant.other], 0x00050007);
});

const entered = [
  ["of calls whose number is known", tablesOf(mixed)],
  ["of all others", generalOf(mixed)],
] as const;
for (const [what, { blocks }] of entered)
  test(`blocks ${what} lead to later ones only`, () => {
    assert.ok(blocks.length > 0);
    blocks.forEach(({ place, end }, at) => {
      assert.is(place, at);
      const to: readonly Target[] =
        end?.kind === "jump" ? [end.yes, end.no] : end?.kind === "go" ? [end.to] : [];
      for (const target of to)
        if (target.kind === "block") assert.ok(target.place > at, `${at} to ${target.place}`);
    });
  });

test("a program without any condition is one entry and no block", () => {
  const program = assembleProgram("ret KILL_PROCESS");
  for (const { blocks, returns } of [tablesOf(program), generalOf(program)]) {
    assert.equal(blocks, []);
    assert.equal([...returns], [0x80000000 | 0]);
  }
});

test.run();
