/** A denied call in the words of its maker's source: `execve("/bin/sh", ...)`. For the demo's few calls only. */
import { closeSync, openSync, readSync } from "node:fs";
import type { AbiName, Arg } from "../../../arch/index.ts";
import { constant, constantNames, syscallArgs, syscallName } from "../../../arch/index.ts";
import type { SeccompData } from "../../abi/data.ts";

/** A call of a thread whose memory can still be read, as a supervisor gets it. */
export interface WaitingCall extends SeccompData {
  readonly pid: number;
}

/** Arguments whose values have names: what these names look like, and the bits that hold the value. */
const vocabularies: Readonly<Record<string, { readonly names: RegExp; readonly mask: bigint }>> = {
  domain: { names: /^AF_/, mask: 0xffffffffn },
  type: { names: /^SOCK_(STREAM|DGRAM|RAW|SEQPACKET)$/, mask: 0xfn },
  request: { names: /^PTRACE_/, mask: 0xffffffffn },
};

/** `name(arg, arg, ...)` with paths read from the caller's memory, and constants by name. */
export function callText(abi: AbiName, call: WaitingCall): string {
  const name = syscallName(abi, call.nr);
  if (name === undefined) return `syscall ${call.nr}`;
  const known = syscallArgs(abi, name) ?? [];
  const shown = known.map((arg, i) => argText(abi, arg, call.args[i] ?? 0n, call.pid));
  const plain = shown.filter((text) => text !== undefined);
  return `${name}(${[...plain, ...(plain.length < shown.length ? ["..."] : [])].join(", ")})`;
}

/** One argument; undefined for an address that says nothing to a reader. */
function argText(abi: AbiName, arg: Arg, value: bigint, pid: number): string | undefined {
  if (arg.kind === "path") return pathText(pid, value);
  if (arg.kind === "ptr" || arg.kind === "addr" || arg.name === "data") return undefined;
  const vocabulary = vocabularies[arg.name];
  const plain = vocabulary ? value & vocabulary.mask : BigInt.asIntN(32, value);
  return (vocabulary && constantName(abi, vocabulary.names, plain)) ?? String(plain);
}

function constantName(abi: AbiName, names: RegExp, value: bigint): string | undefined {
  return constantNames().find((name) => names.test(name) && constant(abi, name) === value);
}

/** The text at `address` in the memory of `pid`, in quotes; undefined when it cannot be read. */
function pathText(pid: number, address: bigint): string | undefined {
  const bytes = Buffer.alloc(64);
  try {
    const memory = openSync(`/proc/${pid}/mem`, "r");
    try {
      const length = readSync(memory, bytes, 0, bytes.length, address);
      const end = bytes.indexOf(0);
      return JSON.stringify(bytes.toString("utf8", 0, end < 0 ? length : end));
    } finally {
      closeSync(memory);
    }
  } catch {
    return undefined;
  }
}
