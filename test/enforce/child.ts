import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { encode } from "../../src/bpf/codec.ts";
import type { Program } from "../../src/bpf/program.ts";

/** How a sacrificial process ended, and what it said. */
export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** A Node process of its own that runs under a filter, or dies of one. */
export interface Sacrifice {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves with the next line that it prints; rejects when it ends first. */
  line(): Promise<string>;
  /** Tells it to go on: it waits for that with `await told()`. */
  tell(word: string): void;
  readonly ended: Promise<Ending>;
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const from = (path: string) => JSON.stringify(new URL(`../../${path}.${extension}`, import.meta.url).href);

const texts = (programs: Readonly<Record<string, Program>>) =>
  Object.fromEntries(
    Object.entries(programs).map(([name, program]) => [
      name,
      Buffer.from(encode(program)).toString("base64"),
    ]),
  );

/** What the code of a sacrifice finds at hand. */
const prelude = (programs: Readonly<Record<string, Program>>) => `
  import fs from "node:fs";
  import { Worker } from "node:worker_threads";
  import { readProgram } from ${from("src/bpf/codec")};
  import { install as installStrictly } from ${from("src/enforce/install")};
  import { notifyDenials } from ${from("src/enforce/denials")};
  import { native, nr } from ${from("src/enforce/native")};
  import { packFprog } from ${from("src/enforce/seccomp")};
  import { encode } from ${from("src/bpf/codec")};
  import { loadShim as shimHere } from ${from("shim/index")};
  globalThis.loadShim = shimHere; // so that code may declare one of its own
  const programs = {};
  for (const [name, text] of Object.entries(${JSON.stringify(texts(programs))}))
    programs[name] = readProgram(Buffer.from(text, "base64"));
  const say = (value) => fs.writeSync(1, JSON.stringify(value) + "\\n");
  const told = () => new Promise((resolve) => process.stdin.once("data", resolve));
  const attempt = (call) => { try { return call(); } catch (error) {
    return { code: error.code, message: error.message, received: error.received, fix: error.fix }; } };
  const inWorker = async (code, workerData) => {
    const worker = new Worker(code, { eval: true, execArgv: [], workerData });
    worker.on("error", (error) => { console.error(error); process.exit(9); });
    return await new Promise((resolve) => worker.once("message", resolve));
  };
  const install = (program, options) => installStrictly(program, { rings: "keep", ...options });
  const ring = () => shimHere().syscall(nr("io_uring_setup"), 1, new Uint8Array(120)).value;
  const byHand = (program) => { const shim = shimHere();
    shim.prctl(38, 1, 0, 0, 0);
    shim.syscall(nr("seccomp"), 1, 1, packFprog(encode(program), native().wordBytes, program.endian, (bytes) => shim.address(bytes))); };
  const status = () => Object.fromEntries(fs.readFileSync("/proc/thread-self/status", "latin1")
    .split("\\n").map((line) => line.split(":\\t")));
`;

/**
 * Starts a Node process that runs `code` with `programs` (by name), `install` (which keeps rings, as `installStrictly` does
 * not), `loadShim`, `nr`, `say` (prints a value as a line of JSON), `ring` (makes an io_uring), `byHand` (installs a program
 * without install), `told`, `inWorker` (what the first message of a worker says), `attempt` (a value, or what a SeccatError
 * said) and `status` (of its thread in /proc). It is killed after 30 s.
 */
export function sacrifice(
  code: string,
  programs: Readonly<Record<string, Program>> = {},
  env: Readonly<Record<string, string>> = {},
): Sacrifice {
  const child = spawn(process.execPath, ["--input-type=module", "-e", `${prelude(programs)}\n${code}`], {
    env: { ...process.env, NODE_NO_WARNINGS: "1", ...env },
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  const lines: string[] = [];
  const waiting: ((line: string | undefined) => void)[] = [];
  let read = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    waiting.shift()?.(line);
  });
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  const ended = new Promise<Ending>((resolve) => {
    child.once("close", (status, signal) => {
      for (const give of waiting) give(undefined);
      resolve({ status, signal, lines, stderr });
    });
  });
  return {
    child,
    pid: child.pid ?? 0,
    ended,
    tell: (word) => void child.stdin.write(word),
    async line() {
      const at = read++;
      const line = lines[at] ?? (await new Promise<string | undefined>((resolve) => waiting.push(resolve)));
      if (line === undefined)
        throw new Error(`the child ended before it said anything: ${(await ended).stderr}`);
      return line;
    },
  };
}

/** What a sacrifice that needs no company said, parsed, and how it ended. */
export async function sacrificed(
  code: string,
  programs: Readonly<Record<string, Program>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Ending & { readonly said: readonly unknown[] }> {
  const ending = await sacrifice(code, programs, env).ended;
  return { ...ending, said: ending.lines.map((line) => JSON.parse(line)) };
}
