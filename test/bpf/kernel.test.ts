import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { assembleProgram } from "../../src/bpf/assemble.ts";
import { kernelRules } from "../../src/bpf/kernel.ts";
import { runStack } from "../../src/bpf/run.ts";

const test = suite("bpf/kernel");
const X86_64 = 0xc000003e;

/** What `version` does when the filters return these values, newest first. */
function outcome(version: string, returns: readonly string[], nr = 1, arch = X86_64): number {
  const words = new Uint32Array(16);
  words.set([nr, arch]);
  return runStack(
    returns.map((ret) => assembleProgram(`ret ${ret}`)),
    words,
    { version },
  );
}

const cases: readonly (readonly [
  name: string,
  version: string,
  returns: readonly string[],
  expected: number,
])[] = [
  ["an errno above 4095 is cut to 4095", "6.1", ["#0x5ffff"], 0x00050fff],
  ["an errno of 0 stays 0", "6.1", ["ERRNO(0)"], 0x00050000],
  ["the data of an action that has none is dropped", "6.1", ["#0x7ffc0007"], 0x7ffc0000],
  ["the data of trap and trace is kept", "6.1", ["TRACE(65535)"], 0x7ff0ffff],
  ["an unknown action kills the process", "6.1", ["#0x12345678"], 0x80000000],
  ["an unknown action kills the thread before 4.14", "4.13", ["#0x12345678"], 0],
  ["KILL_PROCESS kills the process", "4.14", ["KILL_PROCESS"], 0x80000000],
  ["KILL_PROCESS is KILL before 4.14", "4.13", ["KILL_PROCESS"], 0],
  ["LOG kills the thread before 4.14", "4.13", ["LOG"], 0],
  ["LOG lets pass from 4.14 on", "4.14", ["LOG"], 0x7ffc0000],
  ["USER_NOTIF is unknown in 4.20", "4.20", ["USER_NOTIF"], 0x80000000],
  ["USER_NOTIF is known in 5.0", "5.0", ["USER_NOTIF"], 0x7fc00000],
  ["KILL_PROCESS is stronger than KILL", "4.14", ["KILL", "KILL_PROCESS"], 0x80000000],
  ["a set bit 31 is a sign", "4.14", ["KILL", "#0xffff0000"], 0x80000000],
  ["before 4.14 bit 31 is not read: this is an ALLOW", "4.13", ["ERRNO(3)", "#0xffff0000"], 0x00050003],
  ["before 4.14 a lone 0xffff0000 allows", "4.13", ["#0xffff0000"], 0x7fff0000],
  ["on a tie the newest has its data", "6.1", ["ERRNO(2)", "ERRNO(1)"], 0x00050002],
  ["on a tie before 4.14 too", "4.13", ["ERRNO(2)", "ERRNO(1)"], 0x00050002],
  ["no filter allows", "6.1", [], 0x7fff0000],
];
for (const [name, version, returns, expected] of cases)
  test(name, () => assert.is(outcome(version, returns), expected));

test("uretprobe passes from 6.14 on, uprobe from 6.18 on, on x86_64 alone", () => {
  const table: readonly (readonly [nr: number, arch: number, version: string, passes: boolean])[] = [
    [335, X86_64, "6.13", false],
    [335, X86_64, "6.14", true],
    [335, X86_64, "7.2", true],
    [336, X86_64, "6.17", false],
    [336, X86_64, "6.18", true],
    [334, X86_64, "6.18", false],
    [335, 0x40000003, "6.18", false],
    [335 + 0x40000000, X86_64, "6.18", false],
  ];
  for (const [nr, arch, version, passes] of table)
    assert.is(
      outcome(version, ["KILL_PROCESS"], nr, arch),
      passes ? 0x7fff0000 : 0x80000000,
      `${nr} ${version}`,
    );
});

test("without a kernel the winner is given as it is", () => {
  assert.is(runStack([assembleProgram("ret #0x5ffff")], new Uint32Array(16)), 0x0005ffff);
});

test("what is no version is refused", () => {
  for (const version of ["", "6", "6.1.2", "v6.1"])
    assert.throws(
      () => kernelRules({ version }),
      (error: unknown) => error instanceof SeccatError && error.received === version,
    );
});

test.run();
