import { readFileSync } from "node:fs";

/** RLIMIT_NOFILE of a process. */
export interface OpenFiles {
  readonly soft: bigint;
  readonly hard: bigint;
}

/**
 * The limit of open files that this process was started with, which Node raised to the hard one: that of its
 * parent, provided that their hard limits agree. Undefined when it cannot be told or was not raised.
 */
export function originalOpenFiles(): OpenFiles | undefined {
  const own = openFiles("self");
  const parent = openFiles(String(process.ppid));
  return own && parent && own.hard === parent.hard && parent.soft < own.soft ? parent : undefined;
}

/** The limit of open files of the process `pid`; undefined when it cannot be read. */
export function openFiles(pid: string): OpenFiles | undefined {
  try {
    const limits = readFileSync(`/proc/${pid}/limits`, "utf8");
    const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(limits) ?? [];
    return soft && hard ? { soft: BigInt(soft), hard: BigInt(hard) } : undefined;
  } catch {
    return undefined;
  }
}
