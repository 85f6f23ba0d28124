import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assembleProgram } from "../../src/bpf/assemble.ts";
import { costOf } from "../../src/compile/cost.ts";
import { compile } from "../../src/compile/index.ts";
import { numberWeights } from "../../src/compile/weight.ts";
import { allow, policy } from "../../src/policy/builder.ts";
import { type ResolvedArch, resolve } from "../../src/policy/resolve.ts";
import type { Policy } from "../../src/policy/types.ts";

const costing = suite("compile/cost");

const made = policy({ default: "kill_process", arches: ["x86_64"] }, [
  allow("read"),
  allow("socket").if("domain == 1"),
]);
const program = assembleProgram(
  `ld arch
   jeq #0xc000003e, next, no
   ld nr
   jeq #0, yes, next
   jeq #41, next, no
   ld args[0].lo
   jeq #1, yes, next
   jeq #2, no, no
   yes: ret ALLOW
   no: ret KILL`,
  { endian: "little" },
);

function archOf(of: Policy): ResolvedArch {
  const [arch] = resolve(of).arches;
  if (!arch) throw new Error("no arch");
  return arch;
}

const weights = new Map([
  [0, 0.5],
  [2, 0.25],
  [41, 0.25],
]);
// socket: 8 instructions where the domain is 1; 9 with zeros, and with what meets no condition.
const socket = (8 + 9 + 9) / 3;

costing("counts the instructions of each number's calls, with arguments that matter", () => {
  assert.equal(costOf(program, archOf(made), weights), {
    mean: (5 + 6 + socket) / 3,
    max: 9,
    weighted: 0.5 * 5 + 0.25 * 6 + 0.25 * socket,
    uncached: (6 + socket) / 2,
    numbers: [
      { nr: 0, weight: 0.5, mean: 5, max: 5, cached: true },
      { nr: 2, weight: 0.25, mean: 6, max: 6, cached: false },
      { nr: 41, weight: 0.25, mean: socket, max: 9, cached: false },
    ],
  });
});

costing("before Linux 5.11 nothing is cached", () => {
  const { weighted, uncached, numbers } = costOf(program, archOf(made), weights, "5.10");
  assert.is(uncached, weighted);
  assert.not(numbers.some(({ cached }) => cached));
});

costing("where all that occurs is cached, nothing is said of the rest", () => {
  assert.is(costOf(program, archOf(made), new Map([[0, 1]])).uncached, undefined);
  assert.is(
    costOf(
      program,
      archOf(made),
      new Map([
        [0, 1],
        [1, 0],
      ]),
    ).uncached,
    undefined,
  );
});

costing(
  "a program for the kernel's bitmap is quicker where the filter runs, one without it on the whole",
  () => {
    const server = policy({ default: { errno: "EPERM" }, arches: ["x86_64"] }, [
      allow("read", "write", "openat", "close", "mmap", "futex", "brk", "stat", "poll", "dup"),
      allow("socket").if("domain == AF_UNIX"),
      allow("fcntl").if("cmd in {F_GETFL, F_SETFD}"),
    ]);
    const cost = (kernel: string) =>
      costOf(compile(server, { kernel }).program, archOf(server), numberWeights("x86_64"));
    const [before, since] = [cost("5.4"), cost("5.11")];
    assert.ok((since.uncached ?? 0) < (before.uncached ?? 0));
    assert.ok(before.weighted < since.weighted);
  },
);

costing.run();
