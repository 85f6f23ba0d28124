import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../root.ts";

/** How a call of seccat ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a call gets besides its arguments. */
export interface Given {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Further arguments of node. */
  readonly node?: readonly string[];
}

/** The Node arguments that run seccat: what ships, or the sources where this test runs from them. */
export const seccatArgs: readonly string[] = import.meta.url.endsWith(".ts")
  ? [
      "--no-warnings",
      "--input-type=module",
      "-e",
      `const { main } = await import("${root}src/cli/main.ts"); process.exitCode = await main(process.argv.slice(1));`,
      "--",
    ]
  : [`${root}src/cli/seccat.cjs`];

/** Runs seccat to its end. */
export function seccat(args: readonly string[], { input = "", env = {}, cwd, node = [] }: Given = {}): Ended {
  const result = spawnSync(process.execPath, [...node, ...seccatArgs, ...args], {
    input,
    env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
    ...(cwd === undefined ? {} : { cwd }),
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return { code: result.status, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
}

/** A folder with these files that is gone when `work` is done. */
export function withFiles<T>(
  files: Readonly<Record<string, string | Uint8Array>>,
  work: (folder: string) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
  try {
    for (const [name, data] of Object.entries(files)) writeFileSync(join(folder, name), data);
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
