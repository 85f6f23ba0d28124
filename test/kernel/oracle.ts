/** The running kernel as a judge of programs: builds oracle.c and speaks its protocol. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { actionValues, decodeAction } from "../../src/abi/action.ts";
import type { SeccompData } from "../../src/abi/data.ts";
import { assemble } from "../../src/bpf/assemble.ts";
import { encodeInsns } from "../../src/bpf/codec.ts";
import type { SockFilter } from "../../src/bpf/program.ts";
import { root } from "../root.ts";

/** How a call enters the kernel: the instruction decides the arch that a filter sees. */
export type Entry = "syscall" | "int80";

/** One call to ask about; it is never carried out. */
export interface KernelCall {
  /** u32. */
  readonly nr: number;
  /** Missing ones are 0; int80 takes the low halves. */
  readonly args?: readonly bigint[];
  /** syscall when absent. */
  readonly entry?: Entry;
}

/** Filters to install in a child, and calls to make there. */
export interface KernelJob {
  /** As runStack takes them. Older ones must admit the loading of newer ones: see admitLoads. */
  readonly newestFirst: readonly (readonly SockFilter[])[];
  readonly calls?: readonly KernelCall[];
}

/** What became of a job. */
export interface KernelAnswer {
  /** 0, or the errno of the first filter that was refused; -1 when an older filter killed the loader. */
  readonly errno: number;
  /** Which filter that was, counted from the oldest. */
  readonly refused: number;
  /** A word for each call, as `outcomeOf` gives it for a return value; empty when a filter was refused. */
  readonly outcomes: readonly string[];
}

/** A kernel that answers. */
export interface Oracle {
  ask(jobs: readonly KernelJob[]): KernelAnswer[];
  /** The call as a filter sees it. */
  dataOf(call: KernelCall): SeccompData;
  /** Whether int $0x80 enters this kernel (CONFIG_IA32_EMULATION). */
  readonly int80: boolean;
}

/** AUDIT_ARCH values that the two entries are reported with. */
const arches: Record<Entry, number> = { syscall: 0xc000003e, int80: 0x40000003 };
let opened: Oracle | { readonly skip: string } | undefined;

/** The oracle of this machine, or why there is none; built once per process. */
export function openOracle(): Oracle | { readonly skip: string } {
  opened ??= open();
  return opened;
}

/**
 * Instructions to put before an older filter of a stack, so that the oracle can load newer ones. A is 0 after
 * them, as at the start of a program.
 */
export const admitLoads: readonly SockFilter[] = assemble(`
  ld nr
  jeq #317, next, no          ; seccomp
  ld [56]                     ; args[5].lo
  jeq #0x70ad5ecc, next, no
  ld [60]                     ; args[5].hi
  jeq #0x5eccadd1, next, no
  ret ALLOW
no:
  ld #0
`);

/** What the oracle says when the winning return value of a stack is `ret`. */
export function outcomeOf(ret: number): string {
  if (((ret & 0xffff0000) | 0) > actionValues.trace) return "allow"; // the guard wins over what is weaker
  const action = decodeAction(ret);
  switch (action.kind) {
    case "user_notif":
      return "errno:38"; // nobody listens: ENOSYS
    case "errno":
    case "trap":
    case "trace":
      return `${action.kind}:${action.data}`;
    default:
      return action.kind;
  }
}

function open(): Oracle | { readonly skip: string } {
  if (process.platform !== "linux" || process.arch !== "x64")
    return { skip: `the oracle is for Linux on x86_64, this is ${process.platform} on ${process.arch}` };
  const folder = mkdtempSync(join(tmpdir(), "seccat-oracle-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const binary = join(folder, "oracle");
  const source = `${root}test/kernel/oracle.c`;
  const built = spawnSync("gcc", ["-O1", "-Wall", "-pthread", "-o", binary, source], { encoding: "utf8" });
  if (built.error) return { skip: `no C compiler: ${built.error.message}` };
  if (built.status !== 0) throw new Error(`oracle.c does not compile:\n${built.stderr}`);
  return probe(binary);
}

/** The oracle in `binary`, if seccomp and ptrace can be used here. */
function probe(binary: string): Oracle | { readonly skip: string } {
  const newestFirst = [assemble("ret ERRNO(7)")];
  const first = speak(binary, [{ newestFirst, calls: [{ nr: 1000 }, { nr: 1000, entry: "int80" }] }]);
  if ("failure" in first) return { skip: `filters cannot be tried here: ${first.failure}` };
  const { errno, outcomes } = first.answers[0] ?? { errno: -1, outcomes: [] };
  if (errno !== 0) return { skip: `the kernel takes no filter here: errno ${errno}` };
  if (outcomes[0] !== "errno:7") throw new Error(`the oracle is wrong: ${outcomes[0]} for errno:7`);
  return {
    int80: outcomes[1] === "errno:7",
    ask(jobs) {
      const said = speak(binary, jobs);
      if ("failure" in said) throw new Error(said.failure);
      return said.answers;
    },
    dataOf({ nr, args = [], entry = "syscall" }) {
      const mask = entry === "int80" ? 0xffffffffn : 0xffffffffffffffffn;
      const registers = Array.from({ length: 6 }, (_, i) => (args[i] ?? 0n) & mask);
      return { nr: nr >>> 0, arch: arches[entry], args: registers, instructionPointer: first.ip[entry] };
    },
  };
}

type Said =
  | { readonly answers: KernelAnswer[]; readonly ip: Record<Entry, bigint> }
  | { readonly failure: string };

function speak(binary: string, jobs: readonly KernelJob[]): Said {
  const input = Buffer.concat(jobs.map(jobBytes));
  const { stdout, stderr, status, error } = spawnSync(binary, {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 300_000,
  });
  if (error || status !== 0) return { failure: error?.message ?? (stderr.trim() || `status ${status}`) };
  const [ready = "", ...lines] = stdout.trimEnd().split("\n");
  const [, syscall = "0", int80 = "0"] = ready.split(" ");
  if (lines.length !== jobs.length) return { failure: `${lines.length} answers to ${jobs.length} jobs` };
  return {
    ip: { syscall: BigInt(`0x${syscall}`), int80: BigInt(`0x${int80}`) },
    answers: lines.map((line) => {
      const [errno, refused, ...outcomes] = line.split(" ");
      return { errno: Number(errno), refused: Number(refused), outcomes };
    }),
  };
}

function jobBytes({ newestFirst, calls = [] }: KernelJob): Buffer {
  const filters = [...newestFirst].reverse();
  const parts = [u32(filters.length)];
  for (const insns of filters) parts.push(u32(insns.length), encodeInsns(insns, "little"));
  parts.push(u32(calls.length));
  for (const { nr, entry, args = [] } of calls) {
    const bytes = Buffer.alloc(56);
    bytes.writeUInt32LE(nr >>> 0, 0);
    bytes.writeUInt32LE(entry === "int80" ? 1 : 0, 4);
    for (let i = 0; i < 6; i++) bytes.writeBigUInt64LE(BigInt.asUintN(64, args[i] ?? 0n), 8 + 8 * i);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
