/** Scenarios in a process of their own under the groups that are said to suffice, on any Node. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type GroupName, nativeAbi } from "../../../arch/index.ts";
import { encode } from "../../../src/bpf/codec.ts";
import type { Program } from "../../../src/bpf/program.ts";
import { allow, policy } from "../../../src/policy/builder.ts";
import { answerRings } from "../../../src/policy/ring.ts";
import type { Rule } from "../../../src/policy/types.ts";
import { compile } from "../../../src/proof.ts";
import type { ScenarioName } from "./scenarios.ts";

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const subject = fileURLToPath(new URL(`./subject.${extension}`, import.meta.url));

/** A program that allows these groups, after some rules, and kills the process for all else. */
export function killAllBut(groups: readonly GroupName[], ...before: Rule[]): Program {
  const arch = nativeAbi(process.arch, "LE") ?? "x86_64";
  const head = { default: "kill_process", arches: [arch] } as const;
  return compile(answerRings(policy(head, [...before, allow(...groups)]))).program;
}

/** How a subject ended. */
export interface Played {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** A Node to test: its file, perhaps after the words of a command that starts it. */
export type NodeCommand = string | readonly string[];

/** The words of a command that gives the Node behind them a terminal. */
const onTerminal = [
  "python3",
  "-c",
  "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))",
];

/** Plays `name` under `program` with the Node at `node`, and gives how that ended; it is killed after a minute. */
export async function play(
  node: NodeCommand,
  name: ScenarioName,
  program: Program,
  folder: string,
): Promise<Played> {
  const words = typeof node === "string" ? [node] : node;
  const command = name === "terminal" ? [...onTerminal, ...words] : words;
  return await start(command, name, program, folder, 60_000).ended;
}

interface Running {
  readonly child: ChildProcess;
  readonly first: Promise<string | undefined>;
  readonly ended: Promise<Played>;
}

function start(node: NodeCommand, what: string, program: Program, folder: string, timeout: number): Running {
  const bytes = Buffer.from(encode(program)).toString("base64");
  const [command = "", ...words] = typeof node === "string" ? [node] : node;
  const child = spawn(command, [...words, "--no-warnings", subject, bytes, folder, what], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout,
    killSignal: "SIGKILL",
  });
  const lines: string[] = [];
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    stderr += part;
  });
  const reader = createInterface({ input: child.stdout });
  const first = new Promise<string | undefined>((resolve) => {
    reader.on("line", (line) => {
      lines.push(line);
      resolve(line);
    });
    child.once("close", () => resolve(undefined));
  });
  const ended = once(child, "close").then(([status, signal]): Played => ({ status, signal, lines, stderr }));
  return { child, first, ended };
}

/** What a server did under a program. */
export interface Served extends Played {
  readonly answered: number;
  readonly ms: number;
}

/** Asks a server under `program` `requests` times, then ends it by SIGTERM; half of its connections are kept alive. */
export async function serve(node: NodeCommand, program: Program, requests: number): Promise<Served> {
  const { child, first, ended } = start(node, "serve", program, "", 600_000);
  const line = await first;
  const port = line === undefined ? undefined : Number(JSON.parse(line).port);
  const begin = performance.now();
  let asked = 0;
  let answered = 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const ask = async () => {
    while (port !== undefined && asked++ < requests) {
      if (!(await get(port, asked % 10 === 0 ? false : agent))) return;
      answered++;
    }
  };
  await Promise.all(Array.from({ length: 16 }, ask));
  const ms = performance.now() - begin;
  agent.destroy();
  child.kill("SIGTERM");
  return { ...(await ended), answered, ms };
}

/** Whether a request was answered with all of its text. */
function get(port: number, agent: Agent | false): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request({ host: "127.0.0.1", port, agent }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.complete));
      response.on("error", () => resolve(false));
    });
    asking.on("error", () => resolve(false));
    asking.end();
  });
}
