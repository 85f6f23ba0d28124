/** Debian's libseccomp through the C program next to this file, built when it is first asked. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../root.ts";

/** The real library: an answer to each command. */
export interface Library {
  readonly ask: (commands: readonly string[]) => string[];
  readonly version: string;
}

/** The real library, or why it cannot be asked here. */
export type Oracle = Library | { readonly missing: string };

/** Builds the oracle in a temporary folder, which goes when this process ends. */
export function openOracle(): Oracle {
  if (process.platform !== "linux")
    return { missing: `libseccomp is a part of Linux, and this is ${process.platform}` };
  const folder = mkdtempSync(join(tmpdir(), "seccat-oracle-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const binary = join(folder, "oracle");
  const source = `${root}test/libseccomp/oracle.c`;
  const built = spawnSync("gcc", ["-O2", "-o", binary, source, "-lseccomp"], { encoding: "utf8" });
  if (built.error) return { missing: "there is no gcc" };
  if (built.status !== 0)
    return { missing: `gcc cannot build it (libseccomp-dev?): ${firstLine(built.stderr)}` };
  const ask = (commands: readonly string[]) => {
    const input = commands.map((command) => `${command}\n`).join("");
    const ran = spawnSync(binary, { input, encoding: "utf8", maxBuffer: 1 << 30 });
    if (ran.status !== 0) throw new Error(`the oracle ended with ${ran.status ?? ran.signal}: ${ran.stderr}`);
    return ran.stdout.split("\n").slice(0, -1);
  };
  return { ask, version: ask(["version"])[0] ?? "" };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
