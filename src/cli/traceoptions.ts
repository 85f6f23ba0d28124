/** Whose calls to learn from, and from when on, as the options of a command line say. */
import { didYouMean } from "../abi/nearest.ts";
import { type LearnOptions, type PhaseName, phaseNames, type Split, splits } from "../trace/index.ts";
import { actionOf } from "./action.ts";
import { archOf, hostAbi } from "./arch.ts";
import { type Args, usage } from "./args.ts";

/** The options of `trace` and of what reads logs as it does. Throws a SeccatError "usage". */
export function optionsOf(args: Args, name: string): LearnOptions {
  const arch = args.maybe("arch");
  const native = arch === undefined ? hostAbi() : archOf(arch);
  if (native === undefined)
    throw usage("this machine's arch is none that Linux has", { fix: "name the log's with --arch" });
  const action = args.maybe("default");
  const after = args.maybe("after");
  return {
    native,
    name,
    ...whoseOf(args),
    ...(after === undefined ? {} : { after }),
    ...phasesOf(args),
    ...(args.flag("args") ? { args: true } : {}),
    ...(action === undefined ? {} : { default: actionOf(action, "--default") }),
  };
}

/** --only WHICH, and --pid LIST, which says the same of processes. */
function whoseOf(args: Args): Pick<LearnOptions, "only" | "pids" | "program"> {
  const only = args.maybe("only");
  const pids = args.list("pid")?.map((word) => pidOf("--pid", word));
  const asked = pids ? { pids } : {};
  if (only === undefined) return asked;
  if (only === "child" || only === "all") return { ...asked, only };
  if (only.startsWith("/")) return { ...asked, program: patternOf(only) };
  const more = only.split(",").map((word) => pidOf("--only", word.trim()));
  return { pids: [...(pids ?? []), ...more] };
}

function pidOf(option: string, word: string): number {
  if (/^[1-9]\d{0,9}$/.test(word)) return Number(word);
  if (option === "--pid") throw usage("--pid is no process number", { received: word });
  const fix = didYouMean(word, ["child", "all"]);
  throw usage(`--only cannot be ${word}`, {
    expected: "child, all, process numbers, or /REGEX/ for the name or path of a program",
    received: word,
    ...(fix === undefined ? {} : { fix }),
  });
}

/** `/server/`; the slash at the end may be missing. */
function patternOf(word: string): RegExp {
  const source = word.length > 1 && word.endsWith("/") ? word.slice(1, -1) : word.slice(1);
  try {
    return new RegExp(source);
  } catch (error) {
    const received = error instanceof Error ? error.message : String(error);
    throw usage("--only has a regular expression that cannot be read", { received });
  }
}

/** Everything about phases but --after. */
function phasesOf(args: Args): Partial<LearnOptions> {
  const until = args.maybe("until");
  const afterMark = args.maybe("after-marker");
  const untilMark = args.maybe("until-marker");
  const markFd = args.maybe("marker-fd");
  const split = splits.find((name) => name === args.maybe("split"));
  const phases = namedPhases(args.list("phases"), split);
  if (markFd !== undefined && !/^\d{1,9}$/.test(markFd))
    throw usage("--marker-fd is no descriptor", { received: markFd, expected: "a number such as 9" });
  return {
    ...(until === undefined ? {} : { until }),
    ...(afterMark === undefined ? {} : { afterMark }),
    ...(untilMark === undefined ? {} : { untilMark }),
    ...(markFd === undefined ? {} : { markFd: Number(markFd) }),
    ...(split === undefined ? {} : { split }),
    ...(phases === undefined ? {} : { phases }),
  };
}

/** Servers begin to serve in one of two ways; programs that are split by phase are servers mostly. */
const usual: readonly PhaseName[] = Object.freeze(["accept", "read"]);

function namedPhases(
  words: readonly string[] | undefined,
  split: Split | undefined,
): readonly PhaseName[] | undefined {
  if (words === undefined) return split === "phase" ? usual : undefined;
  return words.map((word) => {
    const name = phaseNames.find((known) => known === word);
    if (name) return name;
    throw usage("--phases has a word that begins no phase", {
      received: word,
      expected: phaseNames.join(", "),
    });
  });
}
