/** bench/kernel.c at work: runs of calls under filters that take turns. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { SeccompData } from "../src/abi/data.ts";
import { encode } from "../src/bpf/codec.ts";
import type { Program } from "../src/bpf/program.ts";
import { progress } from "./report.ts";

/** Calls by their index, to be made in random order, or again and again where there is one. */
export interface Run {
  readonly calls: readonly number[];
  /** How many copies of the filter lie upon another. */
  readonly copies: number;
}

/** What to measure. */
export interface Turns {
  readonly rounds: number;
  /** Undefined for no filter. */
  readonly programs: readonly (Program | undefined)[];
  readonly calls: readonly SeccompData[];
  readonly runs: readonly Run[];
  /** How the progress calls it. */
  readonly title: string;
}

/** One run under one filter. */
export interface Turn {
  /** Nanoseconds a call, one for each round. */
  readonly times: number[];
  /** What its first call returned in the last round. */
  result: number;
}

/** A turn for each run and each filter; or why the kernel takes no filter here. */
export type Taken = { readonly turns: readonly (readonly Turn[])[] } | { readonly refused: string };

const MINUTES = 10;

/** Runs what bench/kernel.c was built to; `folder` is for files. */
export async function takeTurns(binary: string, turns: Turns, folder: string): Promise<Taken> {
  const { rounds, programs, runs, title } = turns;
  const child = spawn(binary, [String(rounds)], {
    stdio: ["pipe", "pipe", "inherit"],
    timeout: MINUTES * 60_000,
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdin.end(linesFor(turns, folder));
  const taken = runs.map(() => programs.map((): Turn => ({ times: [], result: 0 })));
  const all = taken.flat();
  let done = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, ...figures] = line.split(" ");
    if (what !== "round") return { refused: `this kernel takes no filter here: ${figures.join(" ")}` };
    figures.forEach((figure, at) => {
      const [ns = Number.NaN, result = Number.NaN] = figure.split(":").map(Number);
      const turn = all[at];
      if (!turn) throw new Error(`bench/kernel.c tells too much: ${line}`);
      turn.times.push(ns);
      turn.result = result;
    });
    progress(`${title}: round ${++done} of ${rounds}`);
  }
  const code = await ended;
  if (code !== 0 || done !== rounds)
    throw new Error(`bench/kernel.c ended with ${code} after ${done} rounds`);
  return { turns: taken };
}

function linesFor({ programs, calls, runs }: Turns, folder: string): string {
  const files = programs.map((program, i) => {
    if (!program) return "-";
    const file = join(folder, `${i}.bpf`);
    writeFileSync(file, encode(program));
    return file;
  });
  const lines = [
    ...files.map((file) => `filter ${file}`),
    ...calls.map(({ nr, args }) => `call ${[nr, ...args].join(" ")}`),
    ...runs.map((run) => `run ${[run.copies, ...run.calls].join(" ")}`),
  ];
  return `${lines.join("\n")}\n`;
}
