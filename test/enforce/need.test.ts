import { suite } from "uvu";
import * as assert from "uvu/assert";
import { expandGroup, type SyscallName } from "../../arch/index.ts";
import { type Needs, nodeDenied } from "../../src/enforce/need.ts";
import { allowOnly, denyOnly, here, ret, skip } from "./programs.ts";

const test = suite("what Node needs of a filter");
const kill = ret.kill_process;
const EPERM = ret.errno(1);
const without = (...calls: SyscallName[]) => denyOnly(EPERM, ...calls);

if (here) {
  const needs: Needs = { here, backend: "koffi", node: 24, rings: false };
  const cases: readonly (readonly [
    what: string,
    program: ReturnType<typeof allowOnly>,
    change: Partial<Needs>,
    denied: readonly SyscallName[],
  ])[] = [
    ["all is allowed", without("ptrace"), {}, []],
    ["what any Node needs is denied", without("mmap", "sched_yield"), {}, ["mmap", "sched_yield"]],
    ["what no trace has seen is denied", without("mremap", "restart_syscall"), {}, []],
    ["what Node 24 began with is denied to it", without("sched_getparam"), {}, ["sched_getparam"]],
    ["what Node 24 began with is denied to Node 22", without("sched_getparam"), { node: 22 }, []],
    [
      "it is denied to a Node newer than the groups",
      without("sched_getparam"),
      { node: 28 },
      ["sched_getparam"],
    ],
    ["fsync is denied, which koffi makes", without("fsync"), {}, ["fsync"]],
    ["fsync is denied, which ffi-napi does not make", without("fsync"), { backend: "ffi-napi" }, []],
    ["a ring is there that may not be used", without("io_uring_enter"), { rings: true }, ["io_uring_enter"]],
    ["no ring is there", without("io_uring_enter"), {}, []],
    ["asking for a ring is an error", without("io_uring_setup"), {}, []],
    ["asking for a ring kills", denyOnly(kill, "io_uring_setup"), {}, ["io_uring_setup"]],
    [
      "asking for a ring kills, and Node 20 asks for none",
      denyOnly(kill, "io_uring_setup"),
      { node: 20 },
      [],
    ],
    [
      "only Node's own group is allowed",
      allowOnly(...expandGroup("@node-runtime/engine")),
      {},
      ["io_uring_setup"],
    ],
  ];
  for (const [what, program, change, denied] of cases)
    test(`where ${what}, the calls in want are ${denied.join(", ") || "none"}`, () => {
      assert.equal(nodeDenied([without("ptrace"), program], { ...needs, ...change }), denied);
    });
} else skip("what Node needs of a filter", "this is no Linux");

test.run();
