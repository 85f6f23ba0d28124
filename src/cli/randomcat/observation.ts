/**
 * What the serving child calls: our own server is watched here and now or, where that cannot be, traces are read that
 * this project recorded of the same server.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { AbiName } from "../../../arch/index.ts";
import { expandGroup } from "../../../arch/index.ts";
import { SeccatError } from "../../abi/error.ts";
import { launch } from "../../enforce/launch.ts";
import { newRecording, notifyAll } from "../../enforce/live/record.ts";
import type { Policy } from "../../policy/types.ts";
import type { LearnReport, WatchedProcess } from "../../trace/index.ts";
import { newLearner, readStrace } from "../../trace/index.ts";
import { request } from "./client.ts";
import { folder, modulePath } from "./folder.ts";
import { allowAll, programArgs } from "./guard.ts";

/** What is known of a server whose children mark the beginning of their phase by installing an empty filter. */
export type Observation =
  | { readonly kind: "watched"; readonly processes: readonly WatchedProcess[] }
  /** Strace logs, and why they were taken. */
  | { readonly kind: "recorded"; readonly logs: readonly string[]; readonly reason: string };

/** The call that children mark the beginning of their phase with. */
const MARK = "seccomp";

/** The requests that have to be seen, so that every answer of the server is among them. */
const requests = ["/randomcat", "/randomcat", "/dog", "/no request"];

/** Watches the server, or takes the recorded traces. */
export async function observe(): Promise<Observation> {
  try {
    return { kind: "watched", processes: await watchServer(requests) };
  } catch (error) {
    if (error instanceof SeccatError) return recorded(error.message);
    throw error;
  }
}

/** The recorded traces, with the reason for taking them. */
export function recorded(reason: string): Observation {
  const place = `${folder}recorded/`;
  const names = readdirSync(place).filter((name) => name.endsWith(".strace"));
  return { kind: "recorded", logs: names.sort().map((name) => readFileSync(place + name, "utf8")), reason };
}

/** The command that starts the server. */
export function serverCommand(): string[] {
  return [process.execPath, modulePath("serve"), ...programArgs(allowAll())];
}

/** How long a server may take to answer, in milliseconds. */
const PATIENCE = 10_000;

/** Runs the server, asks it for `paths`; its processes. Throws a SeccatError where that does not work. */
async function watchServer(paths: readonly string[]): Promise<readonly WatchedProcess[]> {
  const processes: WatchedProcess[] = [];
  const { onListener } = newRecording({ after: MARK, each: (process) => processes.push(process) });
  const started = await launch([notifyAll()], serverCommand(), { onListener });
  if (started.kind === "not-started") throw started.error;
  const { child, exited, supervisor } = started;
  child.stdin?.on("error", () => {}); // it ended by itself
  child.stderr?.resume();
  const asked = new Promise<string | undefined>((resolve) => {
    child.stdout?.once("data", (url) => resolve(askAll(portOf(url), paths)));
  });
  const ended = exited.then(() => "the server ended at once");
  const late = new Promise<string>((resolve) =>
    setTimeout(resolve, PATIENCE, "the server took too long").unref(),
  );
  const problem = await Promise.race([asked, ended, late]);
  child.stdin?.end();
  const stubborn = setTimeout(() => child.kill("SIGTERM"), 2000);
  await exited;
  clearTimeout(stubborn);
  await supervisor?.done;
  if (problem === undefined) return processes;
  throw new SeccatError({ code: "host", message: problem });
}

/** The port in the line that the server prints. */
export function portOf(url: unknown): number {
  return Number(/:(\d+)\//.exec(String(url))?.[1]);
}

/** Asks for `paths`, in turn; says what went wrong, if anything did. */
export async function askAll(port: number, paths: readonly string[]): Promise<string | undefined> {
  try {
    for (const path of paths) await request(port, path);
    return undefined;
  } catch (error) {
    return `the watched server did not answer: ${error instanceof Error ? error.message : String(error)}`;
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
 * The policy that an observation asks for: the calls that a child made after its filter was in force, and the group
 * `@node-runtime/engine`, since when V8 and libuv look after memory, locks and threads is not for a trace to say.
 */
export function learnChild(observation: Observation, abi: AbiName): Lesson {
  const learner = newLearner({ native: abi, only: "child", after: MARK });
  if (observation.kind === "watched") for (const process of observation.processes) learner.take(process);
  else for (const log of observation.logs) for (const event of readStrace([log])) learner.see(event);
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
