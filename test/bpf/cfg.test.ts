import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assemble } from "../../src/bpf/assemble.ts";
import { reachable, successors, targets } from "../../src/bpf/cfg.ts";

const test = suite("bpf/cfg");

const insns = assemble(`
        ld nr           ; 0
        jeq 1, c, next  ; 1
        ja d            ; 2
        ret a           ; 3, dead
c:      tax             ; 4
d:      ret a           ; 5
`);

test("targets are those of jumps alone, the true one first", () => {
  assert.equal(
    insns.map((insn, pc) => targets(insn, pc)),
    [[], [4, 2], [5], [], [], []],
  );
});

test("successors follow jumps, fall through others, and end at ret", () => {
  assert.equal(
    insns.map((insn, pc) => successors(insn, pc)),
    [[1], [4, 2], [5], [], [5], []],
  );
});

test("code behind a ja that nothing jumps to is not reachable", () => {
  assert.equal(reachable(insns), [true, true, true, false, true, true]);
});

test("a jump past the end reaches nothing and breaks nothing", () => {
  assert.equal(reachable([{ code: 0x05, jt: 0, jf: 0, k: 0xffffffff }]), [true]);
});

test.run();
