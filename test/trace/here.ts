import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why strace cannot be tried on this machine; "" when it can. */
export function whyNoStrace(): string {
  const { status, stderr, error } = spawnSync("strace", ["-o", "/dev/null", "--", "true"], {
    encoding: "utf8",
  });
  if (error) return `strace does not start: ${error.message}`;
  return status === 0 ? "" : `strace may not trace here: ${stderr.trim()}`;
}

/** Whether the installed strace has an option, by what its help says. */
export function straceHas(words: string): boolean {
  return execFileSync("strace", ["--help"], { encoding: "utf8" }).includes(words);
}

/** Runs `use` with a new folder that is gone afterwards. */
export async function inFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
