import { spawnSync } from "node:child_process";
import { type AbiName, abi as factsOf, type SyscallName, syscallNr } from "../../arch/index.ts";
import { actionValues } from "../../src/abi/action.ts";
import { check } from "../../src/bpf/check.ts";
import type { Program, SockFilter } from "../../src/bpf/program.ts";
import { launch } from "../../src/enforce/launch.ts";
import { type Native, native } from "../../src/enforce/native.ts";

/** Return values by name; errno takes its number. */
export const ret = Object.freeze({ ...actionValues, errno: (number: number) => actionValues.errno | number });

const LD = 0x20;
const JEQ = 0x15;
const RET = 0x06;
const insn = (code: number, k: number, jt = 0, jf = 0): SockFilter => ({ code, jt, jf, k });

/**
 * A program that answers `matched` to the calls `names` of an ABI, `otherwise` to its others, and kill_process on
 * other ABIs: `ld arch; jeq; ld nr; jeq ...; ret otherwise; ret matched; ret kill`.
 */
export function byName(
  names: readonly SyscallName[],
  matched: number,
  otherwise: number,
  name?: AbiName,
): Program {
  const { auditArch, abi, endian } = name ? { ...factsOf(name), abi: name } : native();
  const numbers = names.map((call) => syscallNr(abi, call)).filter((number) => number !== undefined);
  const last = numbers.length;
  return check(
    [
      insn(LD, 4),
      insn(JEQ, auditArch, 0, last + 3),
      insn(LD, 0),
      ...numbers.map((number, i) => insn(JEQ, number, last - i, 0)),
      insn(RET, otherwise),
      insn(RET, matched),
      insn(RET, ret.kill_process),
    ],
    endian,
  );
}

/** A program that allows `names` and kills the process for anything else. */
export const allowOnly = (...names: SyscallName[]) => byName(names, ret.allow, ret.kill_process);

/** A program that allows everything but `names`, which it answers with `denial`. */
export const denyOnly = (denial: number, ...names: SyscallName[]) => byName(names, denial, ret.allow);

/** A program of `length` instructions that allows everything. */
export function allowAll(length = 1): Program {
  return check(
    Array.from({ length }, () => insn(RET, ret.allow)),
    native().endian,
  );
}

/** What `ret a`, an answer that is computed, looks like. */
export function computed(): Program {
  return check([insn(0x00, ret.allow), insn(0x16, 0)], native().endian);
}

/** Why nothing can be enforced where the tests run; undefined when it can. */
export async function whyNotHere(): Promise<string | undefined> {
  if (process.platform !== "linux") return `filters are a part of Linux, and this is ${process.platform}`;
  const launched = await launch([allowAll()], ["true"], { stdio: "ignore" });
  if (launched.kind === "not-started") return launched.error.message;
  const { status, signal } = await launched.exited;
  return status === 0
    ? undefined
    : `true under a filter that allows everything ended with ${signal ?? status}`;
}

/** Says once why the tests of a file are left out. */
export function skip(what: string, why: string): void {
  console.log(`skipped: ${what}: ${why}`);
}

/** A static program of one C file without any library, or why it could not be built. */
export function compileStatic(source: string, output: string): string | undefined {
  const flags = [
    "-static",
    "-nostdlib",
    "-ffreestanding",
    "-fno-stack-protector",
    "-O1",
    "-x",
    "c",
    "-o",
    output,
    "-",
  ];
  const gcc = spawnSync("gcc", flags, { input: source, encoding: "utf8", timeout: 60_000 });
  if (gcc.error) return `gcc cannot be run (${gcc.error.message}): apt-get install gcc`;
  return gcc.status === 0 ? undefined : gcc.stderr;
}

/** This machine, for tests that need not care where they run. */
export const here: Native | undefined = process.platform === "linux" ? native() : undefined;
