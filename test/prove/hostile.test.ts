/** Programs and policies made to blow the prover up: it must stop in bounded time and memory, and say where. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { check } from "../../src/bpf/check.ts";
import type { Program } from "../../src/bpf/program.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { compile } from "../../src/compile/index.ts";
import type { Condition, Policy } from "../../src/policy/types.ts";
import {
  compare,
  differences,
  type Open,
  type ProveOptions,
  proveProgram,
  type Side,
} from "../../src/prove/index.ts";
import { randomProgram } from "../bpf/random.ts";
import { Random, seedOf } from "../seed.ts";
import { productLines } from "./products.ts";

const hostile = suite("prove/hostile");

const asm = (lines: readonly string[]): Program => assembleProgram(lines.join("\n"));
const lines = (count: number, line: (i: number) => string | string[]): string[] =>
  Array.from({ length: count }, (_, i) => line(i)).flat();
const END = ["k: ret #0x80000000", "a: ret #0x7fff0000"];
/** The same program with an instruction in front that changes nothing. */
const shifted = ({ insns, endian }: Program): Program =>
  check([{ code: 0x00, jt: 0, jf: 0, k: 0 }, ...insns], endian);

/** Generous, and of the processor's time: the budget is counted in steps, and a loaded machine takes its time over them. */
const SECONDS = 60;

/** The seconds of the processor that this process has used, in all. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** The open parts of an answer that must be `unknown`, in bounded time and memory. */
function unknown(a: Side, b: Side, options?: ProveOptions): readonly Open[] {
  const before = process.memoryUsage().rss;
  const started = processorSeconds();
  const proof = compare(a, b, options);
  const grown = process.memoryUsage().rss - before;
  if (proof.answer !== "unknown") throw new Error(`${proof.answer} instead of unknown`);
  const seconds = processorSeconds() - started;
  assert.ok(seconds < SECONDS, `${seconds} s`);
  assert.ok(grown < 400e6, `${Math.round(grown / 1e6)} MB more`);
  assert.ok(proof.open.length > 0);
  for (const { size, regions, example } of proof.open) {
    assert.ok(size.count > 0n);
    assert.ok(regions.length > 0);
    assert.is(example.call.args.length, 6);
  }
  return proof.open;
}

hostile("products of words are unknown at that instruction, for every call that comes there", () => {
  const program = asm([
    "ld [16]",
    "tax",
    "ld [24]",
    "mul x",
    "tax",
    "ld [32]",
    "mul x",
    "jgt #77, a",
    ...END,
  ]);
  const open = unknown(program, shifted(program));
  assert.equal(
    open.map(({ side, filter, places, size }) => ({ side, filter, places, size })),
    [{ side: "a", filter: 0, places: [{ reason: "instruction", pc: 3 }], size: { count: 1n, bits: 0 } }],
  );
});

const withProduct = (also: number) => asm(productLines(also));

hostile("only the calls that come to the instruction are open, and they are named", () => {
  const [open, ...more] = unknown(withProduct(2), shifted(withProduct(2)));
  assert.equal(more, []);
  assert.equal(open?.size, { count: 1n, bits: 64 });
  assert.equal(open?.regions[0]?.names, [{ abi: "x86_64", syscalls: ["ioctl"] }]);
  assert.is(open?.example.syscall, "ioctl");
});

hostile("a difference elsewhere is found all the same, and what is open is told beside it", () => {
  const proof = compare(withProduct(2), withProduct(3));
  if (proof.answer !== "differs") throw new Error(proof.answer);
  assert.is(proof.witness.syscall, "open");
  assert.equal(proof.size, { count: 2n, bits: 64 });
  assert.is(proof.open.length, 1);
  const { groups, open } = differences(withProduct(2), withProduct(3));
  assert.equal(
    groups.map(({ names }) => names),
    [[{ abi: "x86_64", syscalls: ["open"] }], [{ abi: "x86_64", syscalls: ["close"] }]],
  );
  assert.is(open.length, 1);
});

hostile("an instruction that no call comes to leaves nothing open", () => {
  const dead = ["m: ld [16]", "tax", "ld [24]", "mul x", "tax", "ld [32]", "mul x", "jgt #9, a"];
  const program = asm(["ld [0]", "jgt #10, b", "ja k", "b: jeq #3, m", "ja a", ...dead, ...END]);
  const plain = asm(["ld [0]", "jgt #10, a", ...END]);
  const proof = compare(program, plain);
  assert.is(proof.answer, "proved");
  assert.ok(proof.stats.nodes > 1000, "the product was not tried");
});

hostile("a difference that the diagram leaves open is found at a boundary call", () => {
  const product = ["ld [16]", "tax", "ld [24]", "mul x", "tax", "ld [32]", "mul x"];
  const a = asm([...product, "jeq #77, a", ...END]);
  const b = asm([...product, "jeq #78, a", ...END]);
  const proof = compare(a, b);
  if (proof.answer !== "differs") throw new Error(proof.answer);
  assert.is.not(proof.witness.a.ret, proof.witness.b.ret);
  assert.ok(proof.open.length > 0);
});

hostile("a raised budget answers what a small one cannot", () => {
  const program = asm(["ld [16]", "div #100", "and #0xff", "jgt #5, a", ...END]);
  assert.is(compare(program, shifted(program), { nodes: 1 << 15 }).answer, "unknown");
  assert.is(compare(program, shifted(program), { nodes: 1 << 20 }).answer, "proved");
});

hostile("2^28 states of cells and registers stop at the budget", () => {
  const choices = lines(14, (i) => [
    `ld [${16 + 4 * (i % 12)}]`,
    `jset #${2 ** i}, y${i}`,
    "ld #1",
    `st M[${i}]`,
    `ja e${i}`,
    `y${i}: ld #2`,
    `st M[${i}]`,
    `e${i}: ld M[0]`,
  ]);
  const sums = lines(14, (i) => [`ldx M[${i}]`, "add x", "mul #31", "xor #0x5a5a"]);
  const program = asm([
    ...lines(14, (i) => ["ld #0", `st M[${i}]`]),
    ...choices,
    "ld #0",
    ...sums,
    "jset #0x1110, a",
    ...END,
  ]);
  for (const { places } of unknown(program, shifted(program))) assert.ok(places.length > 0);
});

hostile("a list of 800 first matches over six arguments stops at the budget, and names the jump", () => {
  const list = lines(800, (i) => [
    `ld [${16 + 8 * (i % 6)}]`,
    `jne #${Math.imul(i + 1, 0x9e3779b1) >>> 0}, l${i}`,
    `ret #${0x50000 + i + 1}`,
    `l${i}: ld #0`,
  ]);
  const program = asm([...list, "ret #0x7fff0000"]);
  const [open] = unknown(program, shifted(program));
  assert.ok(open?.places.some(({ reason }) => reason === "join" || reason === "budget"));
});

hostile("hundreds of operations that each take too much share one budget", () => {
  const body = lines(300, (i) => [
    `ld [${16 + 4 * (i % 12)}]`,
    "tax",
    `ld [${16 + 4 * ((i + 5) % 12)}]`,
    i % 3 === 0 ? "mul x" : i % 3 === 1 ? "div x" : "lsh x",
    "add x",
    `jset #${2 ** (i % 32)}, r${i}`,
    `ja n${i}`,
    `r${i}: ret #${0x50000 + i}`,
    `n${i}: ld #0`,
  ]);
  const program = asm([...body, ...END]);
  unknown(program, shifted(program));
});

hostile("stacks of hostile programs stop too, and random ones of 4096 instructions", () => {
  const random = new Random(seedOf("prove/hostile"));
  const a = randomProgram(random, { maxLength: 4096, endian: "little" });
  const b = randomProgram(random, { maxLength: 4096, endian: "little" });
  const started = processorSeconds();
  compare([a, b], [b, a]);
  compare(a, b);
  assert.ok(processorSeconds() - started < 3 * SECONDS);
});

hostile("a policy whose conditions tie many arguments together is unknown at those numbers", () => {
  const bit = (index: number, i: number): Condition => ({
    kind: "compare",
    arg: { index, as: "u64" },
    mask: 1n << BigInt(i),
    op: "!=",
    value: 0n,
  });
  const policy: Policy = {
    arches: ["x86_64"],
    default: { kind: "kill_process" },
    rules: [
      {
        action: { kind: "allow" },
        syscalls: ["ioctl"],
        when: {
          kind: "or",
          of: Array.from({ length: 30 }, (_, i): Condition => ({ kind: "and", of: [bit(0, i), bit(3, i)] })),
        },
      },
      { action: { kind: "allow" }, syscalls: ["read"] },
    ],
  };
  const { program } = compile(policy);
  const proof = proveProgram(program, policy);
  if (proof.answer !== "unknown") throw new Error(proof.answer);
  const places = proof.open.flatMap((open) => open.places);
  assert.ok(places.some((place) => "nr" in place && place.nr === 16 && place.abi === "x86_64"));
  assert.ok(
    proof.open.every(({ regions }) => regions.every(({ names }) => names[0]?.syscalls[0] === "ioctl")),
  );
});

hostile.run();
