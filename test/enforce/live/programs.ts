/** Programs to watch, and what two engines see of them. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { record } from "../../../src/enforce/live/record.ts";
import { native } from "../../../src/enforce/native.ts";
import { type Learned, type LearnOptions, newLearner } from "../../../src/trace/index.ts";
import { recordStrace } from "../../../src/trace/record.ts";
import { root } from "../../root.ts";

/** Why gcc cannot build here; undefined when it can. */
export function whyNoGcc(): string | undefined {
  return spawnSync("gcc", ["--version"]).error ? "gcc is not installed" : undefined;
}

/** Builds test/data/live/NAME.c into `folder`; the path of the program. Throws what gcc says. */
export function build(name: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const binary = `${folder}/${name}`;
  const source = `${root}test/data/live/${name}.c`;
  if (!existsSync(source)) throw new Error(`there is no ${source}`);
  const flags = ["-O1", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wno-unused-result", "-pthread"];
  const gcc = spawnSync("gcc", [...flags, "-o", binary, source], { encoding: "utf8" });
  if (gcc.status !== 0) throw new Error(gcc.stderr);
  return binary;
}

/** How a watched command ran. */
export interface Ran {
  readonly learned: Learned;
  /** 128 plus the number of a signal. */
  readonly status: number;
}

/** Where and how to run a command. */
export interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command under the notify engine, with nothing on its standard streams but its errors. */
export async function byListener(
  command: readonly string[],
  place: Place = {},
  options: Partial<LearnOptions> = {},
): Promise<Ran> {
  const learner = newLearner({ native: native().abi, ...options });
  const result = await record(command, {
    ...place,
    ...options,
    each: (process) => learner.take(process),
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (result.kind !== "ended") throw new Error("the command did not run to its end");
  return { learned: learner.finish(), status: result.status };
}

/** The same under strace. */
export async function byStrace(
  command: readonly string[],
  place: Place = {},
  options: Partial<LearnOptions> = {},
): Promise<Ran> {
  const learner = newLearner({ native: native().abi, ...options });
  const { code, signal } = await recordStrace(command, {
    ...place,
    each: (event) => learner.see(event),
    stdio: ["ignore", "ignore", "inherit"],
    descriptors: options.phases?.includes("read") ?? false,
  });
  return { learned: learner.finish(), status: signal ? 128 : (code ?? 0) };
}

/** How often each call was made. */
export function countsOf({ learned }: Ran): Map<string, number> {
  return new Map(learned.report.syscalls.map(({ call, count }) => [String(call), count]));
}
