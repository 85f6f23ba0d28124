/** The calls that bench/kernel.ts measures, and what they are to the filters. */
import type { SyscallName } from "../arch/index.ts";
import { actionValues, decodeAction } from "../src/abi/action.ts";
import { packData, type SeccompData } from "../src/abi/data.ts";
import { isConstantAllow } from "../src/bpf/bitmap.ts";
import { wordsRead } from "../src/bpf/loads.ts";
import type { Program } from "../src/bpf/program.ts";
import { run } from "../src/bpf/run.ts";
import { seccompData } from "../src/policy/call.ts";

/** Calls that change nothing, even when they are carried out by root. */
const harmless: readonly (readonly [call: SyscallName, ...args: (number | string)[]])[] = [
  ["getppid"],
  ["getuid"],
  ["close", -1],
  ["read", -1, 0, 0],
  ["personality", 0xffffffff],
  ["clone", "CLONE_SIGHAND"], // EINVAL without CLONE_VM
  ["socket", "AF_UNIX", 15], // no such type
  ["fcntl", -1, "F_GETFL"],
  ["fcntl", -1, "F_DUPFD_CLOEXEC"],
  ["ioctl", -1, "TCGETS"],
  ["lseek", -1, 0, "SEEK_END"],
  ["mprotect", 0, 0, "PROT_READ"],
  ["madvise", 0, 0, "MADV_DONTNEED"],
  ["setsockopt", -1, "SOL_SOCKET", "SO_KEEPALIVE"],
  ["pread64", -1, 0, 0, 0],
  ["pwrite64", -1, 0, 1, 0],
  ["tgkill", -1, -1, 0],
  ["kill", "0x100000001", 0], // signal 0: may it be sent?
  ["ptrace", -1],
  ["mount", 0, 0],
  ["pivot_root", 0, 0],
  ["init_module", 0, 0, 0],
  ["keyctl", -1],
  ["unshare", 0xffffffff],
  ["perf_event_open", 0],
  ["setns", -1, 0],
  ["bpf", -1],
  ["userfaultfd", -1],
];

/** What a call can be to a filter: see bench/kernel.ts. */
export const kinds = ["cached", "checked", "denied"] as const;
/** One of them. */
export type Kind = (typeof kinds)[number];
/** A call to measure. */
export interface Probe {
  readonly kind: Kind;
  readonly text: string;
  readonly data: SeccompData;
}

/** Those of the harmless calls that all `programs` decide alike, by what they are for them. */
export function probesFor(programs: readonly Program[]): Probe[] {
  return harmless.flatMap(([call, ...args]) => {
    const data = seccompData({ abi: "x86_64", call, args });
    const kind = kindOf(data, programs);
    return kind === undefined ? [] : [{ kind, text: [call, ...args].join(" "), data }];
  });
}

function kindOf(data: SeccompData, programs: readonly Program[]): Kind | undefined {
  const words = packData(data, "little");
  const returns = new Set(programs.map((program) => run(program, words)));
  const [ret = 0] = returns;
  if (returns.size !== 1) throw new Error(`the programs differ about ${data.nr}`);
  if (programs.every((program) => isConstantAllow(program, data.arch, data.nr))) return "cached";
  const reads = programs.every((program) => wordsRead(program, data.arch, data.nr) >>> 4 !== 0);
  if (ret === actionValues.allow && reads) return "checked";
  return decodeAction(ret).kind === "errno" && !reads ? "denied" : undefined;
}
