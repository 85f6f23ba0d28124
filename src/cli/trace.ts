import { constants } from "node:os";
import { basename } from "node:path";
import type { TwinCause } from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { writePolicy } from "../formats/index.ts";
import { widen } from "../policy/portability.ts";
import { formatReport, type Learned, type LearnOptions, newLearner } from "../trace/index.ts";
import { recordStrace } from "../trace/record.ts";
import { actionOf } from "./action.ts";
import { archOf, hostAbi } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { inFile, inputName } from "./input.ts";
import { causesOf, sayWidened } from "./lint.ts";
import { logFiles, readLogs } from "./logs.ts";
import { checkOutput, Exit, errStyle, printIssue, printJson, say, visible, writeOutput } from "./output.ts";

/** `seccat trace`: a policy from what a program was seen to do. */
export async function trace(args: Args): Promise<number> {
  const logs = logFiles(args.texts("from"));
  const { command } = args;
  if (logs.length > 0 && command.length > 0)
    throw usage("a log and a command at once", { fix: "give --from LOG, or -- CMD" });
  if (logs.length === 0 && command.length === 0)
    throw usage("nothing to trace", {
      expected: "-- CMD [ARG…], or --from LOG",
      fix: "seccat trace -o p.yaml -- ls -l",
    });
  const options = optionsOf(
    args,
    logs.length > 0 ? logs.map((log) => basename(inputName(log))).join(", ") : command.join(" "),
  );
  const causes = causesOf(args) ?? [];
  const output = args.output();
  const json = args.flag("json");
  if (output !== undefined) checkOutput(output);
  if (logs.length > 0) {
    deliverPolicy(widened(await learnLogs(logs, options), causes), output, json);
    return Exit.yes;
  }
  const watched = await watch(command, options, json || output === undefined || output === "-");
  if (typeof watched === "number") return watched;
  deliverPolicy(widened(watched.learned, causes), output, json);
  if (watched.status !== 0) say(`note: the command itself ended with ${watched.status}`);
  return Exit.yes;
}

/** Whose calls to take, and from when on, as the options of a command line say. Throws a SeccatError "usage". */
export function optionsOf(args: Args, name: string): LearnOptions {
  const arch = args.maybe("arch");
  const native = arch === undefined ? hostAbi() : archOf(arch);
  if (native === undefined)
    throw usage("this machine's arch is none that Linux has", { fix: "name the log's with --arch" });
  const only = args.maybe("only");
  const after = args.maybe("after");
  const action = args.maybe("default");
  const pids = args.list("pid")?.map((word) => {
    if (/^[1-9]\d{0,9}$/.test(word)) return Number(word);
    throw usage("--pid is no process number", { received: word });
  });
  return {
    native,
    name,
    ...(pids ? { pids } : {}),
    ...(only === "child" || only === "all" ? { only } : {}),
    ...(after === undefined ? {} : { after }),
    ...(action === undefined ? {} : { default: actionOf(action, "--default") }),
  };
}

async function learnLogs(logs: readonly string[], options: LearnOptions): Promise<Learned> {
  const learner = newLearner(options);
  await readLogs(logs, options.native, (event) => learner.see(event));
  const [only] = logs;
  return logs.length === 1 && only !== undefined
    ? inFile(inputName(only), () => learner.finish())
    : learner.finish();
}

/**
 * Runs the command under strace; where the policy goes to stdout, what the command prints goes to stderr. When
 * there is no such command, says so and returns the exit code of that: 127, or 126 for one that cannot be executed.
 */
async function watch(
  command: readonly string[],
  options: LearnOptions,
  stdoutTaken: boolean,
): Promise<{ learned: Learned; status: number } | number> {
  const learner = newLearner(options);
  try {
    const { code, signal } = await recordStrace(command, {
      each: (event) => learner.see(event),
      stdio: ["inherit", stdoutTaken ? 2 : "inherit", "inherit"],
    });
    return { learned: learner.finish(), status: signal ? 128 + constants.signals[signal] : (code ?? 0) };
  } catch (error) {
    if (!(error instanceof SeccatError) || error.code !== "file") throw error;
    for (const issue of error.issues) printIssue(issue);
    return error.received === "ENOENT" ? 127 : 126;
  }
}

/** The policy with the calls that are made elsewhere; says which those are. */
function widened({ policy, report }: Learned, causes: readonly TwinCause[]): Learned {
  if (causes.length === 0) return { policy, report };
  const wide = widen(policy, causes);
  sayWidened(wide);
  return { policy: wide.policy, report };
}

/** Writes the policy to its place, and what the user has to know about it to stderr. */
function deliverPolicy({ policy, report }: Learned, output: string | undefined, json: boolean): void {
  const text = writePolicy(policy, output !== undefined && /\.json$/i.test(output) ? "json" : "yaml");
  if (json) {
    if (output !== undefined) writeOutput(output, text);
    printJson({ policy: JSON.parse(writePolicy(policy, "json")), report });
    return;
  }
  const style = errStyle();
  for (const line of formatReport(report).map(visible)) {
    const head = /^(warning|note):/.exec(line)?.[1];
    say(
      head === "warning"
        ? line.replace(head, style.yellow(head))
        : head
          ? line.replace(head, style.cyan(head))
          : line,
    );
  }
  writeOutput(output ?? "-", text);
  if (output !== undefined && output !== "-") say(`wrote ${output}`);
}
