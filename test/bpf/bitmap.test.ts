import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, abi, abiNames, newestNr } from "../../arch/index.ts";
import { opcodes } from "../../src/abi/opcode.ts";
import { assembleProgram } from "../../src/bpf/assemble.ts";
import { bitmapOf, isConstantAllow, keepsBitmap } from "../../src/bpf/bitmap.ts";
import { check } from "../../src/bpf/check.ts";
import type { SockFilter } from "../../src/bpf/program.ts";
import { trace } from "../../src/bpf/run.ts";
import { Random, seedOf } from "../seed.ts";
import { randomProgram, randomWords } from "./random.ts";

const bitmap = suite("bpf/bitmap");
const X86_64 = abi("x86_64").auditArch;

/** Programs with the numbers of x86_64, among 0..9, that they leave to the kernel. */
const written: readonly (readonly [sentence: string, text: string, numbers: readonly number[]])[] = [
  ["a plain ALLOW", "ret ALLOW", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ["no other action", "ret LOG", []],
  ["ALLOW with data is another value", "ret #0x7fff0001", []],
  ["A begins at 0", "jeq #0, next, no\nret ALLOW\nno: ret ERRNO(1)", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ["jeq", "ld nr\njeq #3, next, no\nret ALLOW\nno: ret KILL", [3]],
  ["jgt", "ld nr\njgt #7, next, no\nret ALLOW\nno: ret KILL", [8, 9]],
  ["jge", "ld nr\njge #8, next, no\nret ALLOW\nno: ret KILL", [8, 9]],
  ["jset", "ld nr\njset #4, next, no\nret ALLOW\nno: ret KILL", [4, 5, 6, 7]],
  ["and, then jeq", "ld nr\nand #6\njeq #2, next, no\nret ALLOW\nno: ret KILL", [2, 3]],
  ["ja", "ld nr\nja l\nret KILL\nl: jeq #1, next, no\nret ALLOW\nno: ret KILL", [1]],
  [
    "the arch is compared unsigned",
    "ld arch\njgt #0xc000003d, next, no\nld nr\njeq #5, next, no\nret ALLOW\nno: ret KILL",
    [5],
  ],
  ["another arch's", "ld arch\njeq #0x40000003, next, no\nret ALLOW\nno: ret KILL", []],
  ["nothing behind the number 5 counts", "ld nr\njeq #5, next, no\nret ALLOW\nno: tax\nret ALLOW", [5]],
  ["an argument, though nothing hangs on it", "ld args[0].lo\nret ALLOW", []],
  ["the instruction pointer", "ld ip.hi\nret ALLOW", []],
  ["ret a, though A is ALLOW", "ld #0x7fff0000\nret a", []],
];
for (const [sentence, text, numbers] of written) {
  bitmap(`follows as the kernel does: ${sentence}`, () => {
    const program = assembleProgram(text, { endian: "little" });
    const low = [...bitmapOf(program, "x86_64", "6.1")].filter((nr) => nr < 10);
    assert.equal(low, numbers);
  });
}

bitmap("whatever opcode is not followed ends it, also where it changes nothing", () => {
  const followed = [
    "ld 0x20",
    "and 0x54",
    "ja 0x5",
    "jeq 0x15",
    "jgt 0x25",
    "jge 0x35",
    "jset 0x45",
    "ret 0x6",
  ];
  const found: string[] = [];
  for (const { code, name, kind } of opcodes) {
    const insn: SockFilter = { code, jt: 0, jf: 0, k: kind === "ja" ? 0 : kind === "alu" ? 1 : 0 };
    const ret: SockFilter = { code: 0x06, jt: 0, jf: 0, k: 0x7fff0000 };
    const store: SockFilter = { code: 0x02, jt: 0, jf: 0, k: 0 };
    if (kind === "ret") {
      if (isConstantAllow(check([{ ...insn, k: 0x7fff0000 }], "little"), X86_64, 0))
        found.push(`${name} 0x${code.toString(16)}`);
      continue;
    }
    const loads = code === 0x60 || code === 0x61;
    const program = check(loads ? [store, insn, ret] : [insn, ret], "little");
    if (isConstantAllow(program, X86_64, 0)) found.push(`${name} 0x${code.toString(16)}`);
  }
  assert.equal(found.sort(), followed.sort());
});

bitmap(
  "a call is in it exactly when its way is one of followed instructions to a plain ALLOW, in random programs",
  () => {
    const random = new Random(seedOf("bpf/bitmap"));
    const followed = [0x20, 0x54, 0x05, 0x15, 0x25, 0x35, 0x45, 0x06];
    let inside = 0;
    for (let i = 0; i < 20_000; i++) {
      const program = randomProgram(random, { maxLength: 12 });
      for (let j = 0; j < 5; j++) {
        const words = randomWords(random, program);
        const [nr = 0, arch = 0] = words;
        const { ret, steps } = trace(program, words);
        const way = steps.map(({ pc }) => program.insns[pc]);
        const plain = way.every(
          (insn) => insn && followed.includes(insn.code) && (insn.code !== 0x20 || insn.k <= 4),
        );
        const expected = plain && ret === 0x7fff0000;
        assert.is(isConstantAllow(program, arch, nr), expected, `program ${i}`);
        if (expected) inside++;
      }
    }
    assert.ok(inside > 100, `${inside} calls were in it`);
  },
);

const allow = assembleProgram("ret ALLOW", { endian: "little" });
const kill = assembleProgram("ret KILL", { endian: "little" });

bitmap("has one bit for each number that the kernel has, and none for others", () => {
  for (const kernel of ["5.11", "6.1", "7.2"]) {
    const numbers = [...bitmapOf(allow, "x86_64", kernel)];
    assert.is(numbers.length, newestNr("x86_64", kernel) + 1);
    assert.is(numbers.at(-1), newestNr("x86_64", kernel));
  }
  assert.not(
    [...bitmapOf(allow, "arm")].some((nr) => nr >= 0xf0000),
    "private calls of ARM",
  );
});

bitmap("uretprobe and uprobe are answered without a filter where the kernel does so", () => {
  const at = (name: AbiName, kernel: string) => [...bitmapOf(kill, name, kernel)];
  assert.equal(at("x86_64", "6.13"), []);
  assert.equal(at("x86_64", "6.14"), [335]);
  assert.equal(at("x86_64", "6.18"), [335, 336]);
  assert.equal(at("x86", "7.2"), []);
});

bitmap("began with Linux 5.11; MIPS, x32 and s390 have none", () => {
  const without = abiNames.filter((name) => !keepsBitmap(name, "5.11"));
  assert.equal(without.sort(), [
    "mips",
    "mips64",
    "mips64n32",
    "mipsel",
    "mipsel64",
    "mipsel64n32",
    "s390",
    "x32",
  ]);
  for (const name of abiNames) assert.not(keepsBitmap(name, "5.10"));
  assert.is(bitmapOf(allow, "x86_64", "5.10").size, 0);
  assert.is(bitmapOf(allow, "mipsel").size, 0);
});

bitmap.run();
