import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { opcodes } from "../../src/abi/opcode.ts";
import { assemble } from "../../src/bpf/assemble.ts";
import { list, listLines, wordsOf } from "../../src/bpf/list.ts";
import { seedOf } from "../seed.ts";
import { filterArb, programArb } from "./random.ts";

const test = suite("bpf/list");
const seed = seedOf("bpf/list");

const words: readonly (readonly [text: string, words: string])[] = [
  ["ld #5", "A = 5"],
  ["ld #4096", "A = 0x1000"],
  ["ld nr", "A = nr"],
  ["ld arch", "A = arch"],
  ["ld args[3].hi", "A = args[3].hi"],
  ["ld ip.lo", "A = ip.lo"],
  ["ld M[7]", "A = M[7]"],
  ["ld len", "A = len"],
  ["ldx #0xffffffff", "X = 0xffffffff"],
  ["ldx M[7]", "X = M[7]"],
  ["ldx len", "X = len"],
  ["st M[7]", "M[7] = A"],
  ["stx M[7]", "M[7] = X"],
  ["add #1", "A += 1"],
  ["sub x", "A -= X"],
  ["mul #3", "A *= 3"],
  ["div x", "A /= X"],
  ["or #8", "A |= 8"],
  ["and #0xffff", "A &= 0xffff"],
  ["lsh #4", "A <<= 4"],
  ["rsh x", "A >>= X"],
  ["xor #1", "A ^= 1"],
  ["neg", "A = -A"],
  ["tax", "X = A"],
  ["txa", "A = X"],
  ["ja +1", "goto 0002"],
  ["jeq #59, +2, next", "if (A == 59) goto 0003"],
  ["jeq #59, next, +2", "if (A != 59) goto 0003"],
  ["jgt #59, next, +2", "if (A <= 59) goto 0003"],
  ["jge #59, next, +2", "if (A < 59) goto 0003"],
  ["jset #2, next, +2", "if (!(A & 2)) goto 0003"],
  ["jgt x, +1, +2", "if (A > X) goto 0002 else 0003"],
  ["jge x, +2, next", "if (A >= X) goto 0003"],
  ["jset x, +2, +2", "if (A & X) goto 0003 else 0003"],
  ["jeq x, next, next", "if (A == X) goto 0001"],
  ["ret a", "return A"],
  ["ret ALLOW", "return ALLOW"],
  ["ret KILL_PROCESS", "return KILL_PROCESS"],
  ["ret #0", "return KILL_THREAD"],
  ["ret #9", "return KILL_THREAD(9)"],
  ["ret ERRNO(0)", "return ERRNO(0)"],
  ["ret ERRNO(5000)", "return ERRNO(5000)"],
  ["ret TRACE", "return TRACE(0)"],
  ["ret #0x00010000", "return 0x00010000"],
];
for (const [text, said] of words)
  test(`${text} reads ${said}`, () => {
    const [insn] = assemble(`${text}\nret a\nret a\nret a`);
    assert.ok(insn);
    if (insn) assert.is(wordsOf(insn, 0, "little"), said);
  });

test("every opcode has words of its own", () => {
  const said = opcodes.map((row) => wordsOf({ code: row.code, jt: 1, jf: 2, k: 4 }, 0, "little"));
  assert.is(new Set(said).size, 41);
});

test("an opcode that seccomp refuses is listed as such", () => {
  assert.is(wordsOf({ code: 0x94, jt: 0, jf: 0, k: 1 }, 0, "little"), "(refused by seccomp)");
});

test("a listing tells the byte order, positions, numbers, words and comments", () => {
  const insns = assemble("ld arch\njeq #AUDIT_ARCH_X86_64, next, bad\nret ALLOW\nbad: ret KILL_PROCESS");
  assert.is(
    list(insns, { comments: [undefined, "X86_64"] }),
    `; little-endian, 4 instructions
;line  code   jt   jf          k
 0000: 0x20 0x00 0x00 0x00000004  A = arch
 0001: 0x15 0x00 0x01 0xc000003e  if (A != 0xc000003e) goto 0003  ; X86_64
 0002: 0x06 0x00 0x00 0x7fff0000  return ALLOW
 0003: 0x06 0x00 0x00 0x80000000  return KILL_PROCESS
`,
  );
});

test("comments stand in one column", () => {
  const insns = assemble("ld nr\njeq #59, next, next\nret a");
  const [, , first, second] = list(insns, { comments: ["a", "b"] }).split("\n");
  assert.is(first?.indexOf(";"), second?.indexOf(";"));
});

test("the halves of arguments are named for the byte order", () => {
  const insns = assemble("ld [16]\nret a");
  assert.match(list(insns, { endian: "little" }), /A = args\[0\]\.lo/);
  assert.match(list(insns, { endian: "big" }), /^; big-endian, 2 instructions\n[\s\S]*A = args\[0\]\.hi/);
});

test("the lines of a listing come in parts", () => {
  assert.equal(listLines(assemble("ret #1"), { comments: ["one"] }), [
    { pc: 0, numbers: "0x06 0x00 0x00 0x00000001", words: "return KILL_THREAD(1)", comment: "one" },
  ]);
});

test("the listing of every program is read back to the same program", () => {
  fc.assert(
    fc.property(programArb(), (program) => {
      assert.equal(assemble(list(program), { endian: program.endian }), program.insns);
    }),
    { seed, numRuns: 1000 },
  );
});

test("comments do not disturb reading back", () => {
  fc.assert(
    fc.property(programArb(), fc.array(fc.string()), (program, comments) => {
      const oneLine = comments.map((comment) => comment.replace(/[\r\n]/g, " "));
      assert.equal(assemble(list(program, { comments: oneLine })), program.insns);
    }),
    { seed },
  );
});

test("instructions that no kernel takes are listed and read back too", () => {
  fc.assert(
    fc.property(fc.array(filterArb), (insns) => assert.equal(assemble(list(insns)), insns)),
    { seed, numRuns: 500 },
  );
});

test.run();
