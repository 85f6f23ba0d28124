/** libseccomp as a compiler to measure against: bench/libseccomp.c, built and run. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./root.ts";

/** The C harness, built in `folder`; undefined when it cannot be, which is said. */
export function buildHarness(folder: string): string | undefined {
  const binary = join(folder, "libseccomp");
  const built = spawnSync("gcc", ["-O2", "-w", "-o", binary, `${root}bench/libseccomp.c`, "-lseccomp"]);
  if (built.status === 0) return binary;
  console.log(`libseccomp is left out: ${built.error?.message ?? String(built.stderr).split("\n")[0]}`);
  return undefined;
}

/** Has libseccomp compile `rules` to the file `out`, `rounds` times; milliseconds of each. */
export function runLibseccomp(
  binary: string,
  rules: string,
  { tree, rounds, out }: { readonly tree: boolean; readonly rounds: number; readonly out: string },
): number[] {
  const args = [tree ? "2" : "0", String(rounds), out];
  const done = spawnSync(binary, args, { input: rules, encoding: "utf8", timeout: 60_000 });
  if (done.status !== 0) throw new Error(`libseccomp: ${done.stderr}`);
  return done.stdout
    .trim()
    .split("\n")
    .map((ns) => Number(ns) / 1e6);
}

/** The value below which the share `at` of `times` lies. */
export function quantile(times: readonly number[], at: number): number {
  return [...times].sort((a, b) => a - b)[Math.floor(at * (times.length - 1))] ?? Number.NaN;
}
