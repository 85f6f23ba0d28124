/** The C programs next to this file, built for a bench and gone with its folder. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./root.ts";

/** A program that was built, or why it could not be. */
export type Built = { readonly binary: string } | { readonly missing: string };

/** bench/libseccomp.c, built in `folder`. */
export function buildLibseccomp(folder: string): Built {
  return build(folder, "libseccomp", ["-O2", "-w"], ["-lseccomp"]);
}

/**
 * The program that libseccomp makes of `rules` (as rulesForLibseccomp writes them), written to the file `out`
 * `rounds` times; the milliseconds of each.
 */
export function runLibseccomp(
  binary: string,
  rules: string,
  tree: boolean,
  out: string,
  rounds: number,
): number[] {
  const args = [tree ? "2" : "0", String(rounds), out];
  const done = spawnSync(binary, args, { input: rules, encoding: "utf8", timeout: 60_000 });
  if (done.status !== 0) throw new Error(`libseccomp: ${done.stderr}`);
  return done.stdout
    .trim()
    .split("\n")
    .map((ns) => Number(ns) / 1e6);
}

/** bench/kernel.c, built in `folder`. */
export function buildKernel(folder: string): Built {
  return build(folder, "kernel", ["-O2"], []);
}

/** bench/notify.c, built in `folder`. */
export function buildNotify(folder: string): Built {
  return build(folder, "notify", ["-O2"], []);
}

/** bench/interpreter.c, built with libpcap where that is installed. */
export type BuiltInterpreter = {
  readonly binary: string;
  readonly compiler: string;
  /** Why bpf_filter is not in it. */
  readonly noPcap?: string;
};

/** Builds bench/interpreter.c in `folder`. */
export function buildInterpreter(folder: string): BuiltInterpreter | { readonly missing: string } {
  const flags = ["-O3", "-march=native"];
  const both = build(folder, "interpreter", [...flags, "-DPCAP"], ["-lpcap"]);
  const built = "missing" in both ? build(folder, "interpreter", flags, []) : both;
  if ("missing" in built) return built;
  const version = spawnSync("gcc", ["--version"], { encoding: "utf8" }).stdout.split("\n")[0] ?? "";
  const compiler = `${version}, ${flags.join(" ")}`;
  return { ...built, compiler, ...("missing" in both ? { noPcap: both.missing } : {}) };
}

/** bench/interpreter.c at work: one answer for each command. */
export interface Interpreter {
  ask(command: string): Promise<string>;
  end(): void;
}

/** Starts an interpreter that was built. */
export function startInterpreter(binary: string): Interpreter {
  const child = spawn(binary, { stdio: ["pipe", "pipe", "inherit"] });
  return { ask: answers(child), end: () => child.stdin?.end() };
}

function answers({ stdin, stdout, ...child }: ChildProcess): (command: string) => Promise<string> {
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  let rest = "";
  stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) waiting.shift()?.resolve(line);
  });
  stdout?.on("end", () => {
    for (const { reject } of waiting) reject(new Error(`the C interpreter ended with ${child.exitCode}`));
  });
  return (command) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      stdin?.write(`${command}\n`);
    });
}

function build(folder: string, name: string, flags: readonly string[], libraries: readonly string[]): Built {
  const binary = join(folder, name);
  const args = [...flags, "-o", binary, `${root}bench/${name}.c`, ...libraries];
  const built = spawnSync("gcc", args, { encoding: "utf8" });
  if (built.status === 0) return { binary };
  return { missing: built.error ? "there is no gcc" : (built.stderr.split("\n")[0] ?? "") };
}
