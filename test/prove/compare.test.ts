import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi } from "../../arch/index.ts";
import { readNeutral } from "../../bench/neutral.ts";
import { isKnownAction } from "../../src/abi/action.ts";
import { packData, type SeccompData } from "../../src/abi/data.ts";
import { check } from "../../src/bpf/check.ts";
import type { Program } from "../../src/bpf/program.ts";
import { run, runStack } from "../../src/bpf/run.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { compile } from "../../src/compile/index.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { resolve } from "../../src/policy/resolve.ts";
import type { Policy } from "../../src/policy/types.ts";
import { compare, type Proof, proveProgram, refines } from "../../src/prove/index.ts";
import { randomProgram, randomWords } from "../bpf/random.ts";
import { randomPolicy } from "../policy/random.ts";
import { root } from "../root.ts";
import { Random, seedOf } from "../seed.ts";
import { callOf } from "./diagram.ts";

const proofs = suite("prove/compare");
const long = process.env.SECCAT_LONG === "1";

const asm = (...lines: string[]): Program => assembleProgram(lines.join("\n"));
const ALLOW = "ret #0x7fff0000";
const KILL = "ret #0x80000000";

function differing(proof: Proof) {
  if (proof.answer !== "differs") throw new Error(`${proof.answer} instead of differs`);
  return proof;
}

const randomOnes = long ? 3_000 : 300;
proofs(`what compile makes of ${randomOnes} random policies is proved`, () => {
  const random = new Random(seedOf("prove/compare policies"));
  for (let i = 0; i < randomOnes; i++) {
    const policy = randomPolicy(random);
    const proof = proveProgram(compile(policy).program, policy);
    if (proof.answer !== "proved") assert.unreachable(`policy ${i}: ${JSON.stringify(policy, String)}`);
  }
});

for (const name of ["randomcat", "docker-default", "args-heavy", "docker-default-multi"])
  for (const typed of name === "args-heavy" ? [false] : [false, true])
    proofs(`${name} is proved${typed ? " with arguments at their declared widths" : ""}`, () => {
      const policy = readNeutral(`${root}bench/policies/${name}.json`, typed);
      const proof = proveProgram(compile(policy).program, policy);
      assert.is(proof.answer, "proved");
      assert.is(proof.stats.diagrams[0], proof.stats.diagrams[1]);
      assert.ok(proof.stats.nodes < 200_000, `${proof.stats.nodes} nodes`);
      assert.is(proveProgram(compile(policy).program, resolve(policy)).answer, "proved");
    });

proofs("another constant is found, with a call, both answers, both ways and how many calls there are", () => {
  const policy: Policy = {
    arches: ["x86_64"],
    default: { kind: "kill_process" },
    rules: [
      {
        action: { kind: "allow" },
        syscalls: ["socket"],
        when: { kind: "compare", arg: { name: "domain" }, op: "==", value: 1n },
      },
    ],
  };
  const program = asm(
    "ld [4]",
    "jne #0xc000003e, kill",
    "ld [0]",
    "jeq #41, args",
    `kill: ${KILL}`,
    "args: ld [16]",
    "jeq #2, allow",
    KILL,
    `allow: ${ALLOW}`,
  );
  const { witness, size, open } = differing(proveProgram(program, policy));
  assert.is(witness.abi, "x86_64");
  assert.is(witness.syscall, "socket");
  assert.is(witness.possible, true);
  assert.equal(witness.call.args, [1n, 0n, 0n, 0n, 0n, 0n]);
  assert.is(witness.a.ret, 0x80000000);
  assert.is(witness.b.ret, 0x7fff0000);
  assert.is(witness.b.rule, 0);
  assert.equal(
    witness.a.traces.map(({ steps }) => steps.map(({ pc }) => pc)),
    [[0, 1, 2, 3, 5, 6, 7]],
  );
  assert.equal(size, { count: 2n, bits: 96 });
  assert.equal(open, []);
});

proofs("two programs with two ways each show both ways in the witness", () => {
  const a = asm("ld [0]", "jgt #5, b", ALLOW, `b: ${KILL}`);
  const b = asm("ld [0]", "jge #5, b", ALLOW, `b: ${KILL}`);
  const { witness, size } = differing(compare(a, b));
  assert.is(witness.call.nr, 5);
  assert.equal(size, { count: 1n, bits: 32 });
  assert.equal(
    [witness.a, witness.b].map(({ traces }) => traces[0]?.steps.map(({ pc }) => pc)),
    [
      [0, 1, 2],
      [0, 1, 3],
    ],
  );
});

proofs(
  "the number of differing calls is the one that brute force counts, over random programs on a few bits",
  () => {
    const random = new Random(seedOf("prove/compare brute force"));
    for (let i = 0; i < (long ? 2_000 : 150); i++) {
      const [a, b] = [fewBits(random), fewBits(random)];
      let differ = 0;
      for (let bits = 0; bits < 1 << 8; bits++) {
        const words = fewBitWords(bits);
        if (run(a, words) !== run(b, words)) differ++;
      }
      const proof = compare(a, b, { mode: "exact" });
      if (differ === 0) {
        assert.is(proof.answer, "proved");
        continue;
      }
      const { size, witness } = differing(proof);
      assert.is((size.count << 128n) >> BigInt(size.bits), BigInt(differ) << 120n);
      assert.is(run(a, packData(witness.call, "little")), witness.a.ret);
      assert.is(run(b, packData(witness.call, "little")), witness.b.ret);
    }
  },
);

/** A random program that sees bits 0 and 31 of four words only. */
function fewBits(random: Random): Program {
  const offsets = [0, 4, 16, 20];
  const lines = Array.from({ length: 12 }, (_, i) => {
    const load = `ld [${random.pick(offsets)}]\nand #0x80000001`;
    const op = random.pick(["add", "sub", "or", "xor", "and"]);
    const jump = random.pick(["jeq", "jgt", "jge", "jset"]);
    const k = random.pick([0, 1, 2, 0x80000000, 0x80000001, 0x7fffffff]);
    const away = `${jump} ${random.once(2) ? "x" : `#${k}`}, l${i + 1 + random.below(12 - i)}, l${i + 1 + random.below(12 - i)}`;
    return `l${i}: ${load}\n${random.once(3) ? "tax\n" : ""}${random.once(2) ? `${op} #${k}\n` : ""}${random.once(4) ? `${op} x\n` : ""}${random.once(8) ? "ret a" : away}`;
  });
  return asm(...lines, `l12: ret #${random.below(3) * 0x10000}`);
}

function fewBitWords(bits: number): Uint32Array {
  const words = new Uint32Array(16);
  [0, 1, 4, 5].forEach((word, i) => {
    const two = (bits >> (2 * i)) & 3;
    words[word] = ((two & 1) | (two & 2 ? 0x80000000 : 0)) >>> 0;
  });
  return words;
}

proofs("by what the kernel does, data that it ignores makes no difference; as numbers it does", () => {
  const pairs: readonly (readonly [number, number, boolean])[] = [
    [0x7fff0000, 0x7fff1234, true], // allow
    [0x00051000, 0x0005ffff, true], // errno above 4095
    [0x00050fff, 0x00051000, true],
    [0x00050ffe, 0x00050fff, false],
    [0x80000000, 0x12345678, true], // an unknown action
    [0x80000000, 0x00010000, true],
    [0x00000000, 0x0000ffff, true], // kill_thread
    [0x7ffc0000, 0x7ffc0001, true], // log
    [0x7fc00000, 0x7fc00001, true], // user_notif
    [0x00030000, 0x00030001, false], // trap
    [0x7ff00000, 0x7ff00001, false], // trace
  ];
  for (const [x, y, same] of pairs) {
    const [a, b] = [asm(`ret #${x}`), asm(`ret #${y}`)];
    assert.is(compare(a, b).answer, same ? "proved" : "differs", `${x} ${y}`);
    assert.is(compare(a, b, { mode: "exact" }).answer, "differs");
    // The same numbers, computed.
    const from = (ret: number) => asm("ld [16]", "and #0", `or #${ret}`, "ret a");
    assert.is(compare(from(x), b).answer, same ? "proved" : "differs");
  }
});

proofs("computed returns of 2^32 values are compared by the same rules", () => {
  const raw = asm("ld [16]", "ret a");
  const double = asm("ld [16]", "xor #0x55", "xor #0x55", "ret a");
  assert.is(compare(raw, double, { mode: "exact" }).answer, "proved");
  const { size } = differing(compare(raw, asm(ALLOW)));
  assert.equal(size, { count: (1n << 32n) - (1n << 16n), bits: 32 });
  const kills = differing(compare(raw, asm(KILL)));
  // Everything but the seven other known actions, 2^16 each.
  assert.equal(kills.size, { count: 7n << 16n, bits: 32 });
  const clamped = differing(compare(raw, asm("ret #0x50fff")));
  assert.equal(clamped.size, { count: (1n << 32n) - (0x10000n - 4095n), bits: 32 });
});

proofs("refines knows the kernel's order of actions, and finds the call that is let through", () => {
  const strongestFirst = [0x80000000, 0, 0x30001, 0x50001, 0x7fc00000, 0x7ff00007, 0x7ffc0000, 0x7fff0000];
  const programs = strongestFirst.map((ret) => asm(`ret #${ret}`));
  programs.forEach((a, i) => {
    programs.forEach((b, j) => {
      assert.is(refines(a, b).answer, i <= j ? "proved" : "differs", `${i} ${j}`);
      const computed = asm("ld [16]", "and #0", `or #${strongestFirst[i]}`, "ret a");
      assert.is(refines(computed, b).answer, i <= j ? "proved" : "differs", `${i} ${j}`);
    });
  });
  assert.is(refines(asm("ret #0x12340000"), asm("ret #0")).answer, "proved"); // unknown actions kill the process
  assert.is(refines(asm("ret #0x50001"), asm("ret #0x50002")).answer, "proved");
  const strict = asm("ld [0]", "jeq #5, a", KILL, `a: ${ALLOW}`);
  const loose = asm("ld [0]", "jge #5, a", KILL, `a: ${ALLOW}`);
  assert.is(refines(strict, loose).answer, "proved");
  const { witness, size } = differing(refines(loose, strict));
  assert.is(witness.call.nr, 6);
  assert.equal(size, { count: (1n << 32n) - 6n, bits: 32 });
});

proofs("a stack answers as the kernel combines its filters", () => {
  const random = new Random(seedOf("prove/compare stacks"));
  for (let i = 0; i < 200; i++) {
    const [a, b, c] = [1, 2, 3].map(() => randomProgram(random, { endian: "little", maxLength: 12 }));
    if (!a || !b || !c) throw new Error("three programs");
    const options = { nodes: 1 << 14, mode: "exact" } as const;
    const grouped = compare([a, b, c], [a, c, b], options);
    if (grouped.answer === "differs") {
      const words = packData(grouped.witness.call, "little");
      assert.is(runStack([a, b, c], words), grouped.witness.a.ret);
      assert.is(runStack([a, c, b], words), grouped.witness.b.ret);
      assert.is.not(grouped.witness.a.ret, grouped.witness.b.ret);
      assert.is(grouped.witness.a.traces.length, 3);
    } else if (grouped.answer === "proved") {
      for (let j = 0; j < 50; j++) {
        const words = randomWords(random, a);
        assert.is(runStack([a, b, c], words), runStack([a, c, b], words));
      }
    }
    // One more filter makes a stack stricter, but for an action that the kernel does not know: alone it kills,
    // beside a trap it loses.
    const weaker = refines([a, b], b, options);
    if (weaker.answer === "differs") assert.not(isKnownAction(weaker.witness.b.ret));
  }
});

proofs("a stack of two halves is proved equal to the one filter that does both, whichever is newer", () => {
  const sockets = asm("ld [0]", "jeq #41, k", ALLOW, "k: ret #0x50001");
  const ptrace = asm("ld [0]", "jeq #101, k", ALLOW, "k: ret #0x50002");
  const both = asm("ld [0]", "jeq #41, s", "jeq #101, p", ALLOW, "s: ret #0x50001", "p: ret #0x50002");
  assert.is(compare([sockets, ptrace], both).answer, "proved");
  assert.is(compare([ptrace, sockets], [both]).answer, "proved");
  // On a tie the newest stays.
  const [one, two] = [asm("ret #0x50001"), asm("ret #0x50002")];
  assert.is(compare([one, two], one).answer, "proved");
  assert.is(differing(compare([one, two], [two, one])).witness.a.ret, 0x50001);
});

proofs("a program for the other byte order is the same function of a call", () => {
  const lines = (low: number) => [`ld [${low}]`, "jeq #7, a", KILL, `a: ${ALLOW}`];
  const little = assembleProgram(lines(24).join("\n"), { endian: "little" });
  const big = assembleProgram(lines(28).join("\n"), { endian: "big" });
  assert.is(compare(little, big).answer, "proved");
  assert.is(compare(little, assembleProgram(lines(24).join("\n"), { endian: "big" })).answer, "differs");
});

proofs("calls that no kernel can show count unless they are left out", () => {
  const { auditArch } = abi("x86");
  const strict = asm("ld [4]", `jne #${auditArch}, k`, "ld [20]", "jne #0, k", ALLOW, `k: ${KILL}`);
  const simple = asm("ld [4]", `jne #${auditArch}, k`, ALLOW, `k: ${KILL}`);
  assert.is(compare(strict, simple, { calls: "kernel" }).answer, "proved");
  assert.is(differing(compare(strict, simple)).witness.possible, false);
});

proofs("of many differing calls one that a kernel can show and a person can read is the witness", () => {
  const { witness } = differing(compare(asm(ALLOW), asm(KILL)));
  assert.is(witness.possible, true);
  assert.is(witness.abi, "x86_64");
  assert.is(witness.syscall, "read");
  const policy: Policy = { arches: ["s390x"], default: { kind: "allow" }, rules: [] };
  const killed = differing(compare(check([{ code: 6, jt: 0, jf: 0, k: 0x80000000 }], "big"), policy)).witness;
  assert.is(killed.abi, "s390x");
  assert.is(evaluate(policy, killed.call).ret, killed.b.ret);
});

proofs("the same instructions are proved equal, whatever they do", () => {
  const lines = ["ld [16]", "tax", "ld [24]", "mul x", "mul x", "jeq #77, a", KILL, `a: ${ALLOW}`];
  assert.is(compare(asm(...lines), asm(...lines), { nodes: 4096 }).answer, "proved");
  const stack = [asm(...lines), asm(ALLOW)];
  assert.is(compare(stack, [...stack], { nodes: 4096 }).answer, "proved");
  // The open part is the same instruction of the same program, but what it meets is not the same.
  assert.is.not(compare(stack, [asm(...lines), asm(KILL)], { nodes: 4096 }).answer, "proved");
});

proofs("random programs: proofs are never contradicted, and witnesses are real", () => {
  const random = new Random(seedOf("prove/compare programs"));
  const answers = { proved: 0, differs: 0, unknown: 0 };
  for (let i = 0; i < (long ? 10_000 : 600); i++) {
    const a = randomProgram(random, { endian: "little", maxLength: 30 });
    const twin = random.once(2) ? doubled(a) : randomProgram(random, { endian: "little", maxLength: 30 });
    const proof = compare(a, twin, { nodes: 1 << 14, mode: "exact" });
    answers[proof.answer]++;
    if (proof.answer === "proved") {
      for (let j = 0; j < 100; j++) {
        const words = randomWords(random, a);
        assert.is(run(a, words), run(twin, words));
      }
    }
    if (proof.answer === "unknown") assert.ok(proof.open.length > 0);
    if (proof.answer === "differs") realWitness(a, twin, proof.witness.call);
  }
  assert.ok(answers.proved > 50 && answers.differs > 50, JSON.stringify(answers));
});

/** The same program with an instruction in front that changes nothing. */
function doubled(program: Program): Program {
  return check([{ code: 0x00, jt: 0, jf: 0, k: 0 }, ...program.insns], program.endian);
}

function realWitness(a: Program, b: Program, call: SeccompData): void {
  assert.is.not(run(a, packData(call, "little")), run(b, packData(call, "little")));
  assert.equal(callOf(a, packData(call, "little")).args, call.args);
}

proofs("a question about some arches looks at calls of these only", () => {
  const rule = { action: { kind: "allow" }, syscalls: ["read"] } as const;
  const policy = (arches: Policy["arches"], rules: Policy["rules"]): Policy => ({
    arches,
    default: { kind: "kill_process" },
    rules,
  });
  const a = policy(["x86_64", "x32", "aarch64"], [rule]);
  for (const [b, equalOn, differsOn] of [
    [policy(["x86_64"], [rule]), ["x86_64", "ppc"], ["x32", "aarch64"]],
    [policy(["x32", "aarch64"], [rule]), ["x32", "aarch64"], ["x86_64"]],
  ] as const) {
    assert.is(compare(a, b, { arches: equalOn }).answer, "proved");
    for (const arch of differsOn) {
      const { witness, size } = differing(compare(a, b, { arches: [...equalOn, arch] }));
      assert.is(witness.abi, arch);
      assert.is(witness.syscall, "read");
      assert.equal(size, { count: 1n, bits: 64 });
    }
  }
  assert.is(compare(a, policy(["ppc"], [rule]), { arches: [] }).answer, "proved");
});

proofs.run();
