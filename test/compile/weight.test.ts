import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, abiNames, isSyscallName, type SyscallName, syscallNr } from "../../arch/index.ts";
import { packData } from "../../src/abi/data.ts";
import type { Program } from "../../src/bpf/program.ts";
import { run } from "../../src/bpf/run.ts";
import { compile } from "../../src/compile/index.ts";
import { prior } from "../../src/compile/prior.ts";
import { type CallWeights, numberWeights } from "../../src/compile/weight.ts";
import { allow, deny, policy } from "../../src/policy/builder.ts";

const weighing = suite("compile/weight");

const names = [
  "read",
  "write",
  "openat",
  "close",
  "mmap",
  "futex",
  "execve",
  "brk",
  "stat",
  "poll",
  "dup",
  "pipe",
] as const;
const server = policy({ default: { errno: "EPERM" }, arches: ["x86_64"] }, [
  allow("getpid", "nanosleep", "select", "shmget", "times", "sysinfo", "mlock", "swapon", ...names),
  allow("socket").if("domain == AF_UNIX"),
  deny("EACCES", "chroot"),
]);

/** Instructions that `program` executes for a call of x86_64 without arguments. */
function steps(program: Program, nr: number): number {
  let count = 0;
  run(program, packData({ nr, arch: 0xc000003e, args: [] }, "little"), () => {
    count++;
  });
  return count;
}

weighing("weights sum to 1 on every ABI, and every call has one", () => {
  for (const name of abiNames) {
    const weights = numberWeights(name);
    const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
    assert.ok(Math.abs(sum - 1) < 1e-9, `${name}: ${sum}`);
    assert.ok([...weights.values()].every((weight) => weight > 0));
  }
});

weighing("the prior names syscalls of the tables", () => {
  assert.equal(
    Object.keys(prior).filter((name) => !isSyscallName(name)),
    [],
  );
  assert.ok(Object.keys(prior).length > 50);
});

weighing("a call goes faster when the weights say that it occurs", () => {
  const of = (call: string) => compile(server, { kernel: "5.4", weights: { [call]: 1 } }).program;
  for (const [mine, other] of [
    ["times", "futex"],
    ["futex", "times"],
    ["swapon", "read"],
  ] as const) {
    const nr = syscallNr("x86_64", mine) ?? -1;
    assert.ok(steps(of(mine), nr) < steps(of(other), nr), `${mine} against ${other}`);
  }
});

weighing("from Linux 5.11 on, what the kernel answers by itself does not hold up the rest", () => {
  const weights = { read: 0.99, socket: 0.005, chroot: 0.005 };
  const [before, since] = ["5.10", "5.11"].map((kernel) => compile(server, { kernel, weights }).program);
  if (!before || !since) throw new Error("no program");
  const [read, socket] = [0, 41];
  assert.ok(steps(before, read) < steps(before, socket));
  assert.ok(steps(since, socket) < steps(before, socket));
});

weighing("a small program is asked for and made", () => {
  const [fast, small] = [compile(server), compile(server, { optimise: "size" })];
  assert.ok(small.program.insns.length <= fast.program.insns.length);
});

weighing("a call counts under the name that the ABI has for it", () => {
  const weightOf = (abi: AbiName, call: SyscallName, counts: CallWeights) =>
    numberWeights(abi, counts).get(syscallNr(abi, call) ?? -1) ?? 0;
  assert.ok(weightOf("x86_64", "umount2", { umount: 3 }) > 0.9);
  assert.ok(weightOf("x86", "umount", { umount: 3 }) > 0.9);
  assert.ok(weightOf("x86", "mmap2", { mmap2: 3 }) > 0.9);
  assert.ok(weightOf("aarch64", "faccessat", { access: 3 }) > 0.9);
});

weighing("weights that name nothing known are as good as none", () => {
  assert.is(compile(server, { weights: { nonsense: 5 } }).program.endian, "little");
});

weighing.run();
