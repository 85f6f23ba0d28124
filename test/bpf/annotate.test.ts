import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { annotate } from "../../src/bpf/annotate.ts";
import { assemble } from "../../src/bpf/assemble.ts";
import { seedOf } from "../seed.ts";
import { filterArb, programArb } from "./random.ts";

const test = suite("bpf/annotate");
const seed = seedOf("bpf/annotate");

/** The comments of a program, those that are there, as `pc comment`. */
function comments(text: string, options?: Parameters<typeof annotate>[1]): string[] {
  return annotate(assemble(text), options).flatMap((comment, pc) => (comment ? [`${pc} ${comment}`] : []));
}

test("numbers of calls are named by the arch that was tested before", () => {
  const text = (arch: string) => `
    ld arch
    jeq #${arch}, next, bad
    ld nr
    jeq #59, ok, next
    jge #0x40000000, bad
    ok: ret ALLOW
    bad: ret KILL_PROCESS`;
  assert.equal(comments(text("AUDIT_ARCH_X86_64")), ["1 X86_64", "3 execve", "4 x32"]);
  assert.equal(comments(text("AUDIT_ARCH_AARCH64"))[1], "3 pipe2");
});

test("each arch's part of a program has that arch's names", () => {
  const text = `
    ld arch
    jeq #AUDIT_ARCH_X86_64, amd, next
    jeq #AUDIT_ARCH_AARCH64, arm, bad
    amd: ld nr
    jeq #59, ok, bad
    arm: ld nr
    jeq #221, ok, bad
    ok: ret ALLOW
    bad: ret KILL_PROCESS`;
  assert.equal(comments(text), ["1 X86_64", "2 AARCH64", "4 execve", "6 execve"]);
});

test("x32's numbers are named as x32's", () => {
  const text = "ld arch\njeq #AUDIT_ARCH_X86_64, next, bad\nld nr\njeq #0x40000208, bad\nbad: ret a";
  assert.equal(comments(text), ["1 X86_64", "3 execve"]);
});

test("without a test of the arch no call is named, unless one is assumed", () => {
  assert.equal(comments("ld nr\njeq #59, next\nret a"), []);
  assert.equal(comments("ld nr\njeq #59, next\nret ERRNO(38)", { abi: "x86_64" }), ["1 execve", "2 ENOSYS"]);
  assert.equal(comments("ld nr\njeq #59, next\nret ERRNO(89)", { abi: "mips" }), ["2 ENOSYS"]);
});

test("a way that other arches can take too has no names", () => {
  const text = "ld arch\njeq #AUDIT_ARCH_X86_64, next, next\nld nr\njeq #59, next\nret a";
  assert.equal(comments(text), ["1 X86_64"]);
});

test("where two arches meet, what both call the same is named", () => {
  const text = (errno: number) => `
    ld arch
    jeq #AUDIT_ARCH_X86_64, deny, next
    jeq #AUDIT_ARCH_MIPS, deny, next
    ret ALLOW
    deny: ret ERRNO(${errno})`;
  assert.equal(comments(text(1)).at(-1), "4 EPERM");
  assert.equal(comments(text(38)).at(-1), "2 MIPS");
});

test("an errno that the kernel cuts is said to be cut", () => {
  assert.equal(comments("ret ERRNO(5000)"), ["0 the kernel makes it 4095"]);
});

test("a changed number is not named", () => {
  const head = "ld arch\njeq #AUDIT_ARCH_X86_64, next, +4\nld nr\n";
  const tail = "\njeq #59, next\nret a\nret a\nret a";
  assert.equal(comments(`${head}and #0xff${tail}`), ["1 X86_64"]);
  assert.equal(comments(`${head}ja next${tail}`), ["1 X86_64", "4 execve"]);
  assert.equal(comments(`${head}ld args[0].lo${tail}`), ["1 X86_64"]);
});

test("a mask of the number is no number of a call", () => {
  const text =
    "ld arch\njeq #AUDIT_ARCH_X86_64, next, +2\nld nr\njset #0x40000000, next\njset #59, next\nret a";
  assert.equal(comments(text), ["1 X86_64", "3 x32"]);
});

test("code that nothing reaches has no names", () => {
  assert.equal(comments("ret a\nld arch\njeq #AUDIT_ARCH_X86_64, next\nret a"), []);
});

test("any program can be annotated, also one that the kernel refuses", () => {
  fc.assert(
    fc.property(programArb(), (program) => assert.is(annotate(program).length, program.insns.length)),
    { seed },
  );
  fc.assert(
    fc.property(fc.array(filterArb), (insns) => assert.is(annotate(insns).length, insns.length)),
    { seed },
  );
});

test.run();
