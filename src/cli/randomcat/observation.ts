/**
 * What the serving child calls: a trace of our own server, by the machine's strace or, where that cannot be,
 * one that this project recorded of the same server.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AbiName } from "../../../arch/index.ts";
import { expandGroup } from "../../../arch/index.ts";
import type { Policy } from "../../policy/types.ts";
import type { LearnReport } from "../../trace/index.ts";
import { newLearner, readStrace } from "../../trace/index.ts";
import { request } from "./client.ts";
import { folder, modulePath } from "./folder.ts";
import { allowAll, programArgs } from "./guard.ts";

/** Strace logs of a server whose children mark the beginning of their phase by installing an empty filter. */
export interface Observation {
  readonly logs: readonly string[];
  /** Why the recorded logs were taken; undefined when the server was traced here and now. */
  readonly recorded?: string;
}

/** The requests that a trace has to see, so that every answer of the server is in it. */
const requests = ["/randomcat", "/randomcat", "/dog", "/no request"];

/** Traces the server with strace, or takes the recorded traces. */
export async function observe(): Promise<Observation> {
  if (process.platform !== "linux") return recording("strace is a program for Linux");
  const place = mkdtempSync(join(tmpdir(), "seccat-"));
  const remove = () => rmSync(place, { recursive: true, force: true });
  process.on("exit", remove);
  try {
    const log = join(place, "strace");
    const problem = await traceServer(log, requests);
    return problem === undefined ? { logs: [readFileSync(log, "utf8")] } : recording(problem);
  } finally {
    remove();
    process.off("exit", remove);
  }
}

/** The recorded traces, with the reason for taking them. */
export function recording(reason: string): Observation {
  const place = `${folder}recorded/`;
  const names = readdirSync(place).filter((name) => name.endsWith(".strace"));
  return { logs: names.sort().map((name) => readFileSync(place + name, "utf8")), recorded: reason };
}

/** Runs the server under strace, asks it for `paths`, and writes `log`; says why that did not work, if so. */
export async function traceServer(log: string, paths: readonly string[]): Promise<string | undefined> {
  const command = [process.execPath, modulePath("serve"), ...programArgs(allowAll())];
  const strace = spawn("strace", ["-f", "-o", log, ...command], { stdio: ["pipe", "pipe", "pipe"] });
  const errors: Buffer[] = [];
  strace.stderr.on("data", (part: Buffer) => errors.push(part));
  strace.stdin.on("error", () => {}); // it ended by itself
  const ended = new Promise<string>((resolve) => {
    strace.on("error", () => resolve("strace is not installed"));
    strace.on("close", () =>
      resolve(Buffer.concat(errors).toString().trim().split("\n")[0] || "strace ended before the server did"),
    );
  });
  const asked = new Promise<string | undefined>((resolve) => {
    strace.stdout.once("data", (url) => resolve(askAll(Number(/:(\d+)\//.exec(String(url))?.[1]), paths)));
  });
  const late = new Promise<string>((resolve) => setTimeout(resolve, 10_000, "strace took too long").unref());
  try {
    return await Promise.race([asked, ended, late]);
  } finally {
    strace.stdin.end();
    const stubborn = setTimeout(() => strace.kill("SIGTERM"), 2000);
    await ended;
    clearTimeout(stubborn);
  }
}

/** Asks for `paths`, in turn; says what went wrong, if anything did. */
async function askAll(port: number, paths: readonly string[]): Promise<string | undefined> {
  try {
    for (const path of paths) await request(port, path);
    return undefined;
  } catch (error) {
    return `the traced server did not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A policy for the child, and what it was learned from. */
export interface Lesson {
  readonly policy: Policy;
  readonly report: LearnReport;
  /** Names that the trace showed and that are not of the run-time's own. */
  readonly own: number;
}

/**
 * The policy that the logs ask for: the calls that a child made after its filter was in force, and the group
 * `@node-runtime/engine`, since when V8 and libuv look after memory, locks and threads is not for a trace to say.
 */
export function learnChild({ logs }: Observation, abi: AbiName): Lesson {
  const learner = newLearner({ native: abi, only: "child", after: "seccomp" });
  for (const log of logs) for (const event of readStrace([log])) learner.see(event);
  const { policy, report } = learner.finish();
  const noise = new Set<string>(expandGroup("@node-runtime/engine"));
  const seen = policy.rules.flatMap(({ syscalls }) => syscalls);
  const own = seen.filter((name) => !noise.has(String(name)));
  const runtime = "what Node does by itself at any time";
  return {
    policy: {
      name: "the serving child of randomcat",
      arches: [abi],
      default: { kind: "kill_process" },
      rules: [
        { action: { kind: "allow" }, syscalls: own, why: "seen in the trace" },
        { action: { kind: "allow" }, syscalls: ["@node-runtime/engine"], why: runtime },
      ],
    },
    report,
    own: own.length,
  };
}
