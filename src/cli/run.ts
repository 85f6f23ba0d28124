import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { inheritedWords } from "../enforce/command.ts";
import { wayOf } from "../enforce/launcher/index.ts";
import { native } from "../enforce/native.ts";
import type { NotStarted, SpawnOptions } from "../enforce/prepare.ts";
import { type RunResult, run } from "../enforce/run.ts";
import { hostAbi } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { type Loaded, loadProgram, printWarnings } from "./binary.ts";
import type { Explanation } from "./denied/explanation.ts";
import { endAtOnce, errStyle, printIssue, say } from "./output.ts";
import { readSetting } from "./setting.ts";

type Ended = Extract<RunResult, { kind: "ended" }>;

/** `seccat run`: a command under policies. Exits as the command does, 125 when it could not be put under them. */
export async function runCommand(args: Args): Promise<number> {
  const { command } = args;
  const paths = args.texts("policy");
  const expected = "seccat run --policy POLICY -- CMD [ARG…]";
  if (command.length === 0) throw usage("there is no command to run", { expected });
  if (paths.length === 0) throw usage("--policy is missing", { expected });
  const mode = modeOf(args);
  const own = hostAbi();
  const filters: Loaded[] = [];
  for (const path of paths) filters.push(await loadProgram(path, own));
  for (const filter of filters) printWarnings(filter);
  const setting = readSetting(args);
  const { log, explain, json } = mode;
  const given = filters.map(({ program }) => program);
  const programs = log ? given.map((await import("../enforce/denials.ts")).logDenials) : given;
  const words = inheritedWords(command);
  const options: SpawnOptions = { ...setting.spawn, ...(log ? { log } : {}) };
  if (args.flag("dry-run")) {
    const { plan } = await import("../enforce/plan.ts");
    const planned = plan(programs, words, explain ? { ...options, onDenied: () => {} } : options);
    if (planned.kind === "not-started") return refuse(planned);
    const { printPlan } = await import("./dryrun.ts");
    printPlan(planned, paths, setting, mode);
    return 0;
  }
  if (!explain && wayOf(native()) === "calls") await tellStart(json);
  const explanation = explain
    ? (await import("./denied/explanation.ts")).prepareExplanation(args, filters)
    : undefined;
  if (options.killOnParentExit) (await import("../enforce/parent.ts")).endWithParent();
  // before the command runs, which may replace these very files
  const ending = [0, 1, 2].some((fd) => isatty(fd)) ? await import("../enforce/ending.ts") : undefined;
  const started = Date.now();
  const result = await run(
    programs,
    words,
    explanation ? { ...options, onDenied: explanation.onDenied } : options,
  );
  if (result.kind === "not-started") return refuse(result);
  await tellEnd(result, { filters, explanation, json, started });
  ending?.endKeepingTerminal(result.status);
  endAtOnce(result.status);
  return result.status;
}

/** Says that the start is not as sure as elsewhere. */
async function tellStart(json: boolean): Promise<void> {
  const { startedByCalls } = await import("../enforce/bycalls.ts");
  const message = startedByCalls();
  const line = json ? JSON.stringify({ event: "starting", by: "calls", message }) : `seccat: ${message}`;
  try {
    writeSync(2, `${line}\n`); // process.stderr would open a terminal anew, which the command would inherit
  } catch {} // nobody listens
}

interface RunMode {
  readonly log: boolean;
  readonly explain: boolean;
  readonly json: boolean;
}

/** -o and --suggest are about explanations, so they ask for them. */
function modeOf(args: Args): RunMode {
  const log = args.flag("log");
  const explain =
    args.flag("explain") || args.maybe("output") !== undefined || args.texts("suggest").length > 0;
  if (log && explain)
    throw usage("--log and --explain exclude each other", {
      fix: "--explain denies and tells; --log denies nothing",
    });
  return { log, explain, json: args.flag("json") };
}

function refuse({ error, status }: NotStarted): number {
  for (const issue of error.issues) printIssue(issue);
  return status;
}

interface Circumstances {
  readonly filters: readonly Loaded[];
  readonly explanation: Explanation | undefined;
  readonly json: boolean;
  /** When, in milliseconds since 1970. */
  readonly started: number;
}

/** Says how the command ended: with --json always, else when its filters killed it. */
async function tellEnd(result: Ended, { filters, explanation, json, started }: Circumstances): Promise<void> {
  const names = filters.map(({ name }) => name);
  if (explanation) {
    if (explanation.end(result) || json) return;
    const { trappedText } = await import("./denied/killed.ts");
    return say(trappedText(names, errStyle()));
  }
  const { status, signal, pid } = result;
  if (signal !== "SIGSYS") {
    if (json) say(JSON.stringify({ event: "ended", status, signal: signal ?? null }));
    return;
  }
  const { killedFor, killedJson, killedText } = await import("./denied/killed.ts");
  const killed = await killedFor(pid, started, filters);
  if (json)
    say(JSON.stringify({ event: "ended", status, signal, killed: killed ? killedJson(killed) : null }));
  else say(killedText(killed, filters, errStyle()));
}
