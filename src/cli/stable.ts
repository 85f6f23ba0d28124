/** Watches a command again and again, until that shows nothing new. */
import { SeccatError } from "../abi/error.ts";
import { joinTaken, type Learned, type LearnOptions, learnTaken } from "../trace/index.ts";
import { usage } from "./args.ts";
import type { Watched } from "./engine.ts";
import { say } from "./output.ts";

/** A command that shows something new as often as this never comes to an end. */
const MOST_RUNS = 1000;
/** More new things are not told one by one. */
const MOST_TOLD = 12;
/** 128 and the number of SIGINT: whoever pressed Ctrl-C wants to wait no longer. */
const INTERRUPTED = 130;

/** The number in `--until-stable N`; undefined without it. Throws a SeccatError "usage". */
export function stableRuns(text: string | undefined, command: readonly string[]): number | undefined {
  if (text === undefined) return undefined;
  if (command.length === 0)
    throw usage("--until-stable repeats a command, and there is none", { fix: "give -- CMD" });
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw usage("--until-stable is no number of runs", { received: text, expected: "a number from 1 to 999" });
}

/**
 * What all runs of a command have shown, once `stable` of them in a row have added nothing; what `run` gives when it
 * gives an exit code. Throws a SeccatError "limit" when there is no end to it.
 */
export async function untilStable(
  run: () => Promise<Watched | number>,
  stable: number,
  options: LearnOptions,
): Promise<Watched | number> {
  const known = new Set<string>();
  let all: Learned | undefined;
  for (let runs = 1, same = 0; runs <= MOST_RUNS; runs++) {
    const watched = await run();
    if (typeof watched === "number") return watched;
    const { taken } = watched.learned;
    all = learnTaken(all ? joinTaken(all.taken, taken) : taken, options);
    const fresh = factsOf(all, options).filter((fact) => !known.has(fact));
    for (const fact of fresh) known.add(fact);
    same = fresh.length === 0 ? same + 1 : 0;
    if (runs > 1) say(`run ${runs}: ${newsOf(fresh)}`);
    const isStopped = watched.status === INTERRUPTED || watched.left.length > 0;
    if (same >= stable || isStopped) return { ...watched, learned: all };
  }
  throw new SeccatError({
    code: "limit",
    message: `the command still did something new in some of its last ${stable} runs`,
    received: `${MOST_RUNS} runs`,
    fix: "learn from a number of runs: trace each with --partial or to a policy of its own, and seccat merge them",
  });
}

function newsOf(fresh: readonly string[]): string {
  if (fresh.length === 0) return "nothing new";
  const more = fresh.length > MOST_TOLD ? ` and ${fresh.length - MOST_TOLD} more` : "";
  return `new: ${fresh.slice(0, MOST_TOLD).join(", ")}${more}`;
}

/** What a policy stands on: the calls, and the values of arguments that are learned. */
function factsOf({ report, parts }: Learned, { split }: LearnOptions): string[] {
  const of = (syscalls: Learned["report"]["syscalls"], where: string) =>
    syscalls.flatMap(({ call, args = [] }) => [
      `${call}${where}`,
      ...args.flatMap(({ name, values }) => values.map(({ text }) => `${call} ${name} ${text}${where}`)),
    ]);
  // Processes have another number in each run.
  const named = split === "process" ? [] : parts;
  return [...of(report.syscalls, ""), ...named.flatMap(({ name, syscalls }) => of(syscalls, ` in ${name}`))];
}
