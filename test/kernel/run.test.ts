import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packData } from "../../src/abi/data.ts";
import { opcodes } from "../../src/abi/opcode.ts";
import { assemble } from "../../src/bpf/assemble.ts";
import { check } from "../../src/bpf/check.ts";
import { list } from "../../src/bpf/list.ts";
import type { Program, SockFilter } from "../../src/bpf/program.ts";
import { runStack, trace } from "../../src/bpf/run.ts";
import { randomProgram, randomWords } from "../bpf/random.ts";
import { Random, seedOf } from "../seed.ts";
import { admitLoads, type KernelCall, type Oracle, openOracle, outcomeOf } from "./oracle.ts";

const test = suite("kernel/run");

interface Question {
  readonly newestFirst: readonly Program[];
  readonly calls: readonly KernelCall[];
}

/** Fails on the first call that the kernel answers otherwise than the interpreter; returns what was executed. */
function agree(oracle: Oracle, questions: readonly Question[]): { calls: number; executed: Set<number> } {
  const jobs = questions.map(({ newestFirst, calls }) => ({
    newestFirst: newestFirst.map((program) => program.insns),
    calls,
  }));
  const executed = new Set<number>();
  let count = 0;
  oracle.ask(jobs).forEach((answer, i) => {
    const { newestFirst = [], calls = [] } = questions[i] ?? {};
    assert.is(answer.errno, 0, `refused: ${newestFirst.map((program) => list(program)).join("\n")}`);
    calls.forEach((call, c) => {
      const words = packData(oracle.dataOf(call), "little");
      const expected = outcomeOf(runStack(newestFirst, words));
      if (answer.outcomes[c] !== expected) {
        const data = [...words].map((word) => word.toString(16)).join(" ");
        const text = newestFirst.map((program) => list(program)).join("\n");
        assert.is(answer.outcomes[c], expected, `for the words ${data}\n${text}`);
      }
      for (const program of newestFirst)
        for (const { pc } of trace(program, words).steps) executed.add(program.insns[pc]?.code ?? -1);
      count++;
    });
  });
  return { calls: count, executed };
}

/** A call whose words are partly the program's own constants, through either entry. */
function randomCall(random: Random, program: Program, int80: boolean): KernelCall {
  const words = randomWords(random, program);
  const word = (i: number) => BigInt(words[i] ?? 0);
  const args = [4, 6, 8, 10, 12, 14].map((i) => (word(i + 1) << 32n) | word(i));
  const nr = words[0] ?? 0;
  // Linux lets no filter judge uretprobe and uprobe.
  const judged = nr === 335 || nr === 336 ? 337 : nr;
  return { nr: judged, args, entry: int80 && random.once(4) ? "int80" : "syscall" };
}

/**
 * Three programs that show all 32 bits of A where `program` returns it or ends: as the errnos A & 0xfff,
 * A >> 12 & 0xfff and A >> 20.
 */
function revealing(program: Program): Program[] {
  const last = program.insns.length - 1;
  return [0, 12, 20].map((shift) => {
    const body = program.insns.slice(0, last).map((insn, pc): SockFilter => {
      return insn.code === 0x16 ? { code: 0x05, jt: 0, jf: 0, k: last - pc - 1 } : insn;
    });
    return check([...body, ...assemble(`rsh #${shift}\nand #0xfff\nor #0x50000\nret a`)], "little");
  });
}

function compare(oracle: Oracle): void {
  test("1200 random programs, eight calls each, are answered alike by kernel and interpreter", () => {
    const random = new Random(seedOf("kernel/run verdicts"));
    const questions = Array.from({ length: 1200 }, () => {
      const program = randomProgram(random);
      const calls = Array.from({ length: 8 }, () => randomCall(random, program, oracle.int80));
      return { newestFirst: [program], calls };
    });
    assert.is(agree(oracle, questions).calls, 9600);
  });

  test("what 600 random programs compute is the same in kernel and interpreter, bit by bit", () => {
    const random = new Random(seedOf("kernel/run values"));
    const questions = Array.from({ length: 600 }, () => randomProgram(random, { maxLength: 40 })).flatMap(
      (program) => {
        const calls = Array.from({ length: 8 }, () => randomCall(random, program, oracle.int80));
        return revealing(program).map((shown) => ({ newestFirst: [shown], calls }));
      },
    );
    const { executed } = agree(oracle, questions);
    assert.equal(
      [...executed].sort((a, b) => a - b),
      opcodes.map((row) => row.code),
      "some opcode was never executed",
    );
  });

  test("400 random stacks of two to four filters are answered alike", () => {
    const random = new Random(seedOf("kernel/run stacks"));
    const questions = Array.from({ length: 400 }, () => {
      const newestFirst = Array.from({ length: 2 + random.below(3) }, () =>
        check([...admitLoads, ...randomProgram(random, { maxLength: 20 }).insns], "little"),
      );
      const calls = Array.from({ length: 6 }, () =>
        randomCall(random, random.pick(newestFirst), oracle.int80),
      );
      return { newestFirst, calls };
    });
    agree(oracle, questions);
  });

  test("the kernel shows a filter the words that packData makes", () => {
    const calls: KernelCall[] = [{ nr: 0x40000123, args: [1n, 0x1122334455667788n, 3n, 4n, 5n, 1n << 63n] }];
    if (oracle.int80) calls.push({ nr: 77, args: [0xffffffff00000001n, 2n, 3n, 4n, 5n, 6n], entry: "int80" });
    const questions = Array.from({ length: 16 }, (_, i) => check(assemble(`ld [${i * 4}]\nret a`), "little"))
      .flatMap(revealing)
      .map((program) => ({ newestFirst: [program], calls }));
    agree(oracle, questions);
  });
}

const oracle = openOracle();
if ("skip" in oracle) console.log(`kernel/run: skipped, ${oracle.skip}`);
else compare(oracle);

const outcomes: readonly (readonly [ret: number, outcome: string])[] = [
  [0x7fff0000, "allow"],
  [0x7ffc0000, "allow"],
  [0x7fc00000, "errno:38"],
  [0x00051388, "errno:4095"],
  [0x00030007, "trap:7"],
  [0x7ff00008, "trace:8"],
  [0x7ffe0000, "allow"], // unknown, but weaker than the guard that lies below
  [0, "kill_thread"],
  [0x12345678, "kill_process"],
];
for (const [ret, outcome] of outcomes)
  test(`of 0x${ret.toString(16)} the kernel makes ${outcome}`, () => assert.is(outcomeOf(ret), outcome));

test.run();
