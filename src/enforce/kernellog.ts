/**
 * What the kernel's log says about a process that a filter killed. A signal's sender is known to the process alone, and a
 * waiting parent hears "SIGSYS" and nothing else; but the kernel logs kills (kernel.seccomp.actions_logged), to auditd
 * where that runs, else to its own log.
 *
 *     audit: type=1326 audit(1795756556.405:93796): auid=… uid=0 … pid=28017 comm="ls" exe="/usr/bin/ls" sig=31
 *         arch=c000003e syscall=59 compat=0 ip=0x7f9b544f2ad7 code=0x80000000
 *
 * Arguments are not logged. Nothing is found where the log may not be read (mostly it takes root), where the kernel left a
 * line out because there were many, and in a pid namespace, whose numbers are not those of the log.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A call that a process was killed for. */
export interface LoggedKill {
  readonly nr: number;
  /** AUDIT_ARCH_*. */
  readonly arch: number;
  readonly instructionPointer: bigint;
}

/** The log's clock is behind by up to a timer tick, in milliseconds. */
const COARSE = 10;
const TRIES = 4;
const PAUSE = 15;

/** The call that process `pid` was killed for after `since` (milliseconds since 1970); undefined when the log does not tell. */
export async function loggedKill(pid: number, since: number): Promise<LoggedKill | undefined> {
  if (!numbersAreTheKernels()) return undefined;
  // The line is written by a thread of its own, and may come after the death.
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) await sleep(PAUSE);
    for (const read of [kernelLog, auditLog]) {
      const text = read();
      const found = text === undefined ? undefined : killIn(text, pid, since);
      if (found) return found;
    }
  }
  return undefined;
}

/** Why loggedKill() finds nothing here; undefined when it can. */
export function whyNoLog(): string | undefined {
  if (!numbersAreTheKernels()) return "this is a pid namespace, whose numbers are not those of the log";
  if (kernelLog() !== undefined || auditLog() !== undefined) return undefined;
  return "reading /dev/kmsg or the audit log takes root";
}

/** The last such line in the text of a log. */
export function killIn(log: string, pid: number, since: number): LoggedKill | undefined {
  const lines = log.split("\n").filter((line) => line.includes(` pid=${pid} comm=`));
  for (const line of lines.reverse()) {
    const at = /audit\((\d+\.\d+):\d+\)/.exec(line)?.[1];
    const [, sig, arch, nr, ip] =
      /type=(?:1326|SECCOMP) .* sig=(\d+) arch=([0-9a-f]+) syscall=(-?\d+) .*\bip=0x([0-9a-f]+)/.exec(line) ??
      [];
    if (!arch || !ip || sig === "0" || Number(at) * 1000 < since - COARSE) continue;
    return { nr: Number(nr), arch: Number.parseInt(arch, 16), instructionPointer: BigInt(`0x${ip}`) };
  }
  return undefined;
}

/** The number of the first pid namespace's file, by which it is known (include/linux/proc_ns.h). */
const FIRST_NAMESPACE = "pid:[4026531836]";

function numbersAreTheKernels(): boolean {
  try {
    return readlinkSync("/proc/self/ns/pid") === FIRST_NAMESPACE;
  } catch {
    return false;
  }
}

/** All of the kernel's log, a record in a line; undefined when it may not be read. */
function kernelLog(): string | undefined {
  return withFile("/dev/kmsg", (fd) => {
    const record = Buffer.alloc(8192); // the longest
    const lines: string[] = [];
    for (;;) {
      try {
        const length = readSync(fd, record, 0, record.length, null);
        if (length === 0) return lines.join("");
        lines.push(record.toString("latin1", 0, length));
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        if (code !== "EPIPE") return lines.join(""); // EPIPE: overwritten meanwhile, and the next one is there
      }
    }
  });
}

const TAIL = 1 << 18;

function auditLog(): string | undefined {
  return withFile("/var/log/audit/audit.log", (fd) => {
    const { size } = fstatSync(fd);
    const tail = Buffer.alloc(Math.min(size, TAIL));
    const length = readSync(fd, tail, 0, tail.length, size - tail.length);
    return tail.toString("latin1", 0, length);
  });
}

function withFile(path: string, read: (fd: number) => string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return read(fd);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
