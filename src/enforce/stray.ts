import { readdirSync, readFileSync } from "node:fs";

const O_CLOEXEC = 0o2000000;

/**
 * Descriptors of this process that a child would inherit, besides those that are `given` to it: Node marks the low ones
 * that it was started with close-on-exec, and stops at the first gap beyond 15.
 */
export function strayDescriptors(given: (fd: number) => boolean): number[] {
  let fds: string[];
  try {
    fds = readdirSync("/proc/self/fdinfo");
  } catch {
    return []; // no /proc, no knowing
  }
  return fds
    .map(Number)
    .filter((fd) => !given(fd) && isInherited(fd))
    .sort((a, b) => a - b);
}

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false; // closed meanwhile
  }
}
