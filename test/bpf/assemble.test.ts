import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { type AssembleOptions, assemble, assembleProgram } from "../../src/bpf/assemble.ts";
import type { SockFilter } from "../../src/bpf/program.ts";

const test = suite("bpf/assemble");
const insn = (code: number, k = 0, jt = 0, jf = 0): SockFilter => ({ code, jt, jf, k });

/** Both texts say the same one instruction. */
const single: readonly (readonly [text: string, insn: SockFilter])[] = [
  ["ld nr", insn(0x20, 0)],
  ["ld [nr]", insn(0x20, 0)],
  ["ld [0]", insn(0x20, 0)],
  ["LD [0x04]", insn(0x20, 4)],
  ["ld arch", insn(0x20, 4)],
  ["ld args[0].lo", insn(0x20, 16)],
  ["ld [args[5].hi]", insn(0x20, 60)],
  ["ld args[ 2 ].HI", insn(0x20, 36)],
  ["ld ip.lo", insn(0x20, 8)],
  ["ld #5", insn(0x00, 5)],
  ["ldi 5", insn(0x00, 5)],
  ["ldi #5", insn(0x00, 5)],
  ["ld # -1", insn(0x00, 0xffffffff)],
  ["ld #-2147483648", insn(0x00, 0x80000000)],
  ["ld len", insn(0x80)],
  ["ld #len", insn(0x80)],
  ["ld M[3]", insn(0x60, 3)],
  ["ld m[ 3 ]", insn(0x60, 3)],
  ["ldx #5", insn(0x01, 5)],
  ["ldxi 5", insn(0x01, 5)],
  ["ldx M[3]", insn(0x61, 3)],
  ["ldx len", insn(0x81)],
  ["st M[3]", insn(0x02, 3)],
  ["stx M[3]", insn(0x03, 3)],
  ["and #0xff", insn(0x54, 255)],
  ["and 0xFF", insn(0x54, 255)],
  ["and x", insn(0x5c)],
  ["and %x", insn(0x5c)],
  ["xor X", insn(0xac)],
  ["add #AUDIT_ARCH_I386", insn(0x04, 0x40000003)],
  ["neg", insn(0x84)],
  ["tax", insn(0x07)],
  ["txa", insn(0x87)],
  ["ret #0x7fff0000", insn(0x06, 0x7fff0000)],
  ["ret 2147418112", insn(0x06, 0x7fff0000)],
  ["ret ALLOW", insn(0x06, 0x7fff0000)],
  ["ret SECCOMP_RET_ALLOW", insn(0x06, 0x7fff0000)],
  ["ret allow", insn(0x06, 0x7fff0000)],
  ["ret ERRNO(1)", insn(0x06, 0x00050001)],
  ["ret errno ( 0xffff )", insn(0x06, 0x0005ffff)],
  ["ret ERRNO", insn(0x06, 0x00050000)],
  ["ret KILL", insn(0x06, 0)],
  ["ret KILL_THREAD", insn(0x06, 0)],
  ["ret KILL_PROCESS", insn(0x06, 0x80000000)],
  ["ret LOG(3)", insn(0x06, 0x7ffc0003)],
  ["ret a", insn(0x16)],
  ["ret %A", insn(0x16)],
  ["l: m: ret a", insn(0x16)],
  ["0000: ret a", insn(0x16)],
  ["0000: 0x16 0x01 0x02 0x00000003", insn(0x16, 3, 1, 2)],
  ["0: 22 1 2 3  return A", insn(0x16, 3, 1, 2)],
];
for (const [text, expected] of single)
  test(`${text} is one instruction`, () => assert.equal(assemble(text), [expected]));

test("the names of words follow the byte order of the target", () => {
  assert.equal(assemble("ld args[0].lo", { endian: "big" }), [insn(0x20, 20)]);
  assert.equal(assemble("ld ip.hi", { endian: "big" }), [insn(0x20, 8)]);
});

const jumps: readonly (readonly [text: string, insn: SockFilter])[] = [
  ["jeq #59, yes, no", insn(0x15, 59, 1, 2)],
  ["jeq 59, yes", insn(0x15, 59, 1, 0)],
  ["jeq #59, next, no", insn(0x15, 59, 0, 2)],
  ["jeq x, yes, no", insn(0x1d, 0, 1, 2)],
  ["jgt %x, yes, no", insn(0x2d, 0, 1, 2)],
  ["jset #AUDIT_ARCH_X86_64, yes, no", insn(0x45, 0xc000003e, 1, 2)],
  ["jne #59, no", insn(0x15, 59, 0, 2)],
  ["jneq #59, no, yes", insn(0x15, 59, 1, 2)],
  ["jlt #59, no", insn(0x35, 59, 0, 2)],
  ["jle x, no", insn(0x2d, 0, 0, 2)],
  ["jge 1, +1, +2", insn(0x35, 1, 1, 2)],
  ["jge 1, 2, 0003", insn(0x35, 1, 1, 2)],
  ["ja no", insn(0x05, 2)],
  ["jmp yes", insn(0x05, 1)],
  ["ja next", insn(0x05, 0)],
  ["ja +2", insn(0x05, 2)],
  ["ja 3", insn(0x05, 2)],
];
for (const [text, expected] of jumps)
  test(`${text} goes to its labels`, () => {
    assert.equal(assemble(`${text}\nret a\nyes: ret a\nno:\nret a`)[0], expected);
  });

test("comments of every kind are passed over", () => {
  const text = `# a line that begins with a hash
  # also behind spaces
ld nr   ; to the end
add #1  // to the end ; twice
/* over
   ld arch
   lines */ ret a /* and */ ; within
`;
  assert.equal(assemble(text), [insn(0x20), insn(0x04, 1), insn(0x16)]);
});

test("lines may end as on Windows", () => {
  assert.equal(assemble("ld nr ; first\r\nl:\r\nret a\r\n"), [insn(0x20), insn(0x16)]);
});

test("a listing by seccomp-tools is read by its numbers", () => {
  const text = ` line  CODE  JT   JF      K
=================================
 0000: 0x20 0x00 0x00 0x00000004  A = arch
 0001: 0x15 0x00 0x01 0xc000003e  if (A != ARCH_X86_64) goto 0003
 0002: 0x06 0x00 0x00 0x7fff0000  return ALLOW
 0003: 0x06 0x00 0x00 0x00000000  return KILL
`;
  assert.equal(assemble(text), [
    insn(0x20, 4),
    insn(0x15, 0xc000003e, 0, 1),
    insn(0x06, 0x7fff0000),
    insn(0x06, 0),
  ]);
});

test("a listing and assembly can be mixed", () => {
  assert.equal(assemble("0: 0x20 0 0 0\njeq #1, done\nret KILL\ndone: ret ALLOW"), [
    insn(0x20),
    insn(0x15, 1, 1, 0),
    insn(0x06),
    insn(0x06, 0x7fff0000),
  ]);
});

/** The issues that `text` is refused with. */
function refusal(text: string, options?: AssembleOptions): SeccatError {
  try {
    assemble(text, options);
  } catch (error) {
    if (error instanceof SeccatError) return error;
    throw error;
  }
  throw new Error(`taken: ${text}`);
}

const refused: readonly (readonly [
  text: string,
  line: number,
  column: number,
  received: string,
  fix?: RegExp,
])[] = [
  ["jeqq #1, next", 1, 1, "jeqq", /jeq/],
  ["ret a\n  lod nr", 2, 3, "lod", /ld/],
  ["add", 1, 4, "the end of the line"],
  ["add ; one", 1, 4, "the end of the line"],
  ["add #", 1, 6, "the end of the line"],
  ["add #zero", 1, 6, "zero"],
  ["add #AUDIT_ARCH_X8664", 1, 6, "AUDIT_ARCH_X8664", /AUDIT_ARCH_X86_64/],
  ["add #010", 1, 6, "010"],
  ["add #4294967296", 1, 6, "4294967296"],
  ["add #-2147483649", 1, 6, "-2147483649"],
  ["add #1 2", 1, 8, "2"],
  ["add #0x12g", 1, 6, "0x12g"],
  ["ld 4", 1, 4, "4", /\[4\].*#4/],
  ["ld foo", 1, 4, "foo"],
  ["ld acrh", 1, 4, "acrh", /arch/],
  ["ld args[0]", 1, 4, "args[0]", /args\[0\]\.lo/],
  ["ld args[6].lo", 1, 4, "args[6].lo"],
  ["ld args[1].low", 1, 4, "args[1].low", /args\[1\]\.lo/],
  ["ld [4", 1, 6, "the end of the line"],
  ["ldx nr", 1, 1, "ldx"],
  ["st 3", 1, 4, "3"],
  ["st M[x]", 1, 4, "M"],
  ["ja", 1, 3, "the end of the line"],
  ["jeq #1", 1, 7, "the end of the line"],
  ["jeq #1 next", 1, 8, "next"],
  ["jeq #1, #2", 1, 9, "#"],
  ["jeq #1, 0x3", 1, 9, "0x3"],
  ["ja -1", 1, 4, "-1"],
  ["jeq #1, a, b, c", 1, 13, ","],
  ["jeq #1, allwo, next\nallow: ret a", 1, 9, "allwo", /allow/],
  ["jeq #1, gone, next\nret a", 1, 9, "gone"],
  ["l: ret a\nja l", 2, 4, "0000"],
  ["ja 0", 1, 4, "0000", /\+1/],
  ["ja +1\nret a", 1, 4, "0002"],
  ["ja end\nend:", 1, 4, "0001"],
  ["l: ret a\nl: ret a", 2, 1, "l"],
  ["next: ret a", 1, 1, "next"],
  ["0001: ret a", 1, 1, "0001", /renumber/],
  ["0001: 0x16 0 0 0", 1, 1, "0001", /renumber/],
  ["0: 0x16 0x100 0 0", 1, 4, "0x16 0x100 0 0"],
  ["ret x", 1, 5, "x"],
  ["ret ALOW", 1, 5, "ALOW", /ALLOW/],
  ["ret ERRNO(65536)", 1, 11, "65536"],
  ["ret ERRNO(1", 1, 12, "the end of the line"],
  ["ret ERRNO()", 1, 11, ")"],
  [": ret a", 1, 1, ":"],
  ["ret a /* open", 1, 7, "/"],
  [`jeq #1, far, next\n${"ret a\n".repeat(256)}far: ret a`, 1, 9, "256", /ja/],
];
for (const [text, line, column, received, fix] of refused)
  test(`${text.slice(0, 40).replace(/\n/g, " | ")} is refused at ${line}:${column}`, () => {
    const error = refusal(text, { file: "f.asm" });
    assert.is(error.code, "syntax");
    assert.equal(error.where, { file: "f.asm", line, column });
    assert.is(error.received, received);
    if (fix) assert.match(error.fix ?? "", fix);
  });

test("every line that is wrong is told, in order", () => {
  const error = refusal("lod nr\nja gone\nret ALOW\nl: ret a");
  assert.equal(
    error.issues.map((issue) => [issue.where?.line, issue.received]),
    [
      [1, "lod"],
      [2, "gone"],
      [3, "ALOW"],
    ],
  );
});

test("a wrong line still counts, so that what follows keeps its place", () => {
  assert.is(refusal("0000: lod nr\n0001: 0x16 0 0 0").issues.length, 1);
});

test("in our own listing words that contradict their numbers are refused", () => {
  const text = `; little-endian, 2 instructions
;line  code   jt   jf          k
 0000: 0x20 0x00 0x00 0x00000000  A = nr
 0001: 0x06 0x00 0x00 0x7fff0000  return KILL_PROCESS  ; changed
`;
  const error = refusal(text);
  assert.equal(error.where, { line: 4, column: 35 });
  assert.is(error.expected, "return ALLOW");
  assert.is(error.received, "return KILL_PROCESS");
  assert.equal(assemble(text.replace("return KILL_PROCESS", "")).length, 2);
});

test("an assembled program is checked, and what the kernel would refuse is told with its line", () => {
  try {
    assembleProgram("; head\nld nr\n\nlsh #32\nret a", { file: "f.asm" });
    assert.unreachable("it must throw");
  } catch (error) {
    if (!(error instanceof SeccatError)) throw error;
    assert.is(error.code, "program");
    assert.equal(error.where, { file: "f.asm", line: 4, pc: 1 });
  }
});

test("an empty text is no program", () => {
  assert.equal(assemble("\n; nothing\n"), []);
  assert.throws(() => assembleProgram("; nothing"), /no instructions/);
});

test("an assembled program has the byte order that was asked for", () => {
  assert.is(assembleProgram("ret a", { endian: "big" }).endian, "big");
});

test.run();
