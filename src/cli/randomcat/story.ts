/**
 * The story of randomcat, told on the machine where it runs: a server is watched, gets a policy, a program and
 * tests, is put under it, and is then taken over in vain. The body of `seccat demo`.
 */
import { endianness } from "node:os";
import { nativeAbi } from "../../../arch/index.ts";
import { compile } from "../../proof.ts";
import { playGuarding, playServing, playStopping, playTakeover } from "./acts.ts";
import { showPolicy, showProgram } from "./exhibits.ts";
import { whyNoFilter } from "./guard.ts";
import { keepAll, makeFolder } from "./keep.ts";
import { learnChild, observe, recorded } from "./observation.ts";
import type { Screen } from "./screen.ts";
import { screen } from "./screen.ts";
import { playTests } from "./trial.ts";

/** How to tell the story. */
export interface StoryOptions {
  /** A folder for what the story makes; nothing is kept when absent. */
  readonly keep?: string;
  /** Where the text goes. */
  readonly write: (text: string) => void;
  readonly colour: boolean;
}

/**
 * Plays the story in some seconds and says whether it went as told. Where filters cannot be installed, the
 * parts that need them are left out, with the reason, and that counts as well told. Nothing stays behind, on
 * an early end by SIGINT, SIGTERM or SIGHUP either.
 */
export async function playStory(options: StoryOptions): Promise<boolean> {
  const leave = (_signal: NodeJS.Signals, number: number) => process.exit(128 + number);
  for (const signal of endings) process.once(signal, leave);
  try {
    return await play(screen(options.write, options.colour), options.keep);
  } finally {
    for (const signal of endings) process.off(signal, leave);
  }
}

const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

async function play(stage: Screen, keep: string | undefined): Promise<boolean> {
  if (keep !== undefined) makeFolder(keep);
  const abi = nativeAbi(process.arch, endianness()) ?? "x86_64";
  stage.title("Seccat plays the story of a server of random cats.");
  const noFilter = await whyNoFilter();
  const served = await playServing(stage);
  if (noFilter === undefined) await playTakeover(stage);

  const observation = noFilter === undefined ? await observe() : recorded(noFilter);
  const lesson = learnChild(observation, abi);
  showPolicy(stage, observation, lesson);
  const { program } = compile(lesson.policy);
  showProgram(stage, program, abi);
  const passed = playTests(stage, program, abi);

  const guarded = noFilter === undefined ? await playGuarding(stage, program) : skip(stage, noFilter);
  const stopped = noFilter !== undefined || (await playStopping(stage, program, abi));
  const kept = keep === undefined ? [] : keepAll(keep, { observation, policy: lesson.policy, program, abi });
  if (kept.length > 0) stage.say(`Kept in ${keep}: ${kept.join(", ")}.`);
  const well = served && passed && guarded && stopped;
  return stage.end(well ? "Told to the end." : "Not all went as told: see the lines in red.", well);
}

/** Says which acts are left out, and why; that counts as well told. */
function skip(stage: Screen, reason: string): true {
  stage.act("The same server, each child under the filter: skipped");
  stage.say(
    `No filter can be installed here: ${reason}. So the cats under the filter, and what a taken-over child can do without and with it, are not played. All that is above is true without a kernel.`,
  );
  return true;
}
