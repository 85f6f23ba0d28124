/** What /proc tells of a caller that waits, read quickly because it waits. */
import { closeSync, openSync, readSync } from "node:fs";
import type { Image } from "../../trace/watched.ts";
import { linkOf } from "../fact.ts";

/** How a recorder looks at callers. */
export interface Look {
  /** The process of a thread, and who its parent is now; zeros when it is gone. */
  ids(tid: number): { readonly pid: number; readonly ppid: number };
  /** What it executes. */
  image(pid: number): Image;
  /** A text that changes with every execve, as far as /proc shows it. */
  stamp(pid: number): string;
  isAlive(tid: number): boolean;
  isSocket(tid: number, fd: number): boolean;
}

const buffer = Buffer.alloc(4096);

/** Looks into /proc. */
export const proc: Look = Object.freeze({
  ids(tid: number) {
    const status = readProc(`/proc/${tid}/status`);
    return { pid: numberIn(status, "Tgid"), ppid: numberIn(status, "PPid") };
  },
  image(pid: number) {
    return { exe: linkOf(`/proc/${pid}/exe`) ?? "", comm: readProc(`/proc/${pid}/comm`).trimEnd() };
  },
  stamp(pid: number) {
    // startstack is the 28th field; the beginning of the stack is random
    const startstack = statFields(pid)[25] ?? "";
    return `${startstack} ${linkOf(`/proc/${pid}/exe`) ?? ""}`;
  },
  isAlive(tid: number) {
    try {
      process.kill(tid, 0);
      return true;
    } catch (error) {
      return error instanceof Error && "code" in error && error.code === "EPERM";
    }
  },
  isSocket(tid: number, fd: number) {
    return linkOf(`/proc/${tid}/fd/${fd}`)?.startsWith("socket:") ?? false;
  },
});

/** state ppid pgrp session tty_nr tpgid ... of a process, as texts; no more than an empty one where they cannot be read. */
export function statFields(pid: number | "self"): string[] {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" "); // behind the name, which may hold blanks and brackets
}

/** The beginning of a file of /proc; "" when it cannot be read, as when the process is gone. */
export function readProc(path: string): string {
  try {
    const fd = openSync(path, "r");
    try {
      return buffer.toString("latin1", 0, readSync(fd, buffer, 0, buffer.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
}

function numberIn(status: string, field: string): number {
  const at = status.indexOf(`\n${field}:\t`);
  return at < 0 ? 0 : Number.parseInt(status.slice(at + field.length + 3, at + field.length + 15), 10);
}
