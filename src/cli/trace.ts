import { endKeepingTerminal } from "../enforce/ending.ts";
import { type Learned, type LearnOptions, newLearner } from "../trace/index.ts";
import { type Args, usage } from "./args.ts";
import { type Delivery, deliver, extrasOf, widened } from "./delivery.ts";
import { engines, watchCommand } from "./engine.ts";
import { inFile, inputName } from "./input.ts";
import { isTerminal, showsView } from "./liveview.ts";
import { logFiles, logNames, readLogs } from "./logs.ts";
import { checkOutput, Exit, say } from "./output.ts";
import { tracePartial } from "./partial.ts";
import { sayWhoGoesOn } from "./remaining.ts";
import { stableRuns, untilStable } from "./stable.ts";
import { optionsOf } from "./traceoptions.ts";

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
  if (args.flag("partial")) return tracePartial(args, logs);
  if (args.maybe("piece") !== undefined) throw usage("--piece is for --partial", { fix: "add --partial" });
  const options = optionsOf(args, logs.length > 0 ? logNames(logs).join(", ") : command.join(" "));
  const extras = extrasOf(args);
  const output = args.output();
  const delivery: Delivery = { output, json: args.flag("json"), split: options.split };
  if (delivery.split !== undefined && !delivery.json && (output === undefined || output === "-"))
    throw usage("--split writes several policies", {
      fix: "-o FILE: those of the parts are written beside it",
    });
  const views = args.flag("view") ? isTerminal() : showsView();
  if (args.flag("view") && !views) say("note: --view shows nothing, as standard error is no terminal");
  const stable = stableRuns(args.maybe("until-stable"), command);
  if (output !== undefined) checkOutput(output);
  if (logs.length > 0) {
    deliver(widened(await learnLogs(logs, options), extras), delivery);
    return Exit.yes;
  }
  const run = () =>
    watchCommand(command, {
      engine: engines.find((name) => name === args.maybe("engine")),
      learn: options,
      stdoutTaken: delivery.json || output === undefined || output === "-",
      detach: args.flag("detach-on-interrupt"),
      view: views,
    });
  const watched = await (stable === undefined ? run() : untilStable(run, stable, options));
  if (typeof watched === "number") return watched;
  deliver(widened(watched.learned, extras), delivery);
  sayWhoGoesOn(watched.left, watched.pid);
  if (watched.status !== 0) say(`note: the command itself ended with ${watched.status}`);
  endKeepingTerminal(Exit.yes);
  return Exit.yes;
}

async function learnLogs(logs: readonly string[], options: LearnOptions): Promise<Learned> {
  const learner = newLearner(options);
  await readLogs(logs, options.native, learner.see);
  const [only] = logs;
  return logs.length === 1 && only !== undefined
    ? inFile(inputName(only), () => learner.finish())
    : learner.finish();
}
