/** What the story leaves in a folder, when it is asked to. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { AbiName } from "../../../arch/index.ts";
import { SeccatError } from "../../abi/error.ts";
import { encode } from "../../bpf/codec.ts";
import type { Program } from "../../bpf/program.ts";
import { writePolicy } from "../../formats/index.ts";
import type { Policy } from "../../policy/types.ts";
import { reasonOf, writeOutput } from "../output.ts";
import { listing } from "../program.ts";
import type { Observation } from "./observation.ts";
import { testFile } from "./trial.ts";

/** What there is to keep. */
export interface Keepsakes {
  readonly observation: Observation;
  readonly policy: Policy;
  readonly program: Program;
  readonly abi: AbiName;
}

/** Makes the folder; throws SeccatError "file" when that cannot be. */
export function makeFolder(place: string): void {
  try {
    mkdirSync(place, { recursive: true });
  } catch (error) {
    throw new SeccatError({ code: "file", message: `cannot make the folder ${place}: ${reasonOf(error)}` });
  }
}

/** What the policy was learned from, as files. */
function tracesOf(observation: Observation): [name: string, text: string][] {
  if (observation.kind === "watched")
    return [["server.json", `${JSON.stringify(observation.processes, undefined, 2)}\n`]];
  return observation.logs.map((log, i, { length }) => [
    length === 1 ? "server.strace" : `server-${i + 1}.strace`,
    log,
  ]);
}

/** Writes the policy, the program, its listing, the tests and the traces to `place`; their names. */
export function keepAll(place: string, { observation, policy, program, abi }: Keepsakes): string[] {
  const traces = tracesOf(observation);
  const files: readonly (readonly [string, string | Uint8Array])[] = [
    ...traces,
    ["policy.yaml", writePolicy(policy, "yaml")],
    ["program.bpf", encode(program)],
    ["listing.txt", listing(program, abi)],
    ["tests.yaml", testFile("policy.yaml")],
  ];
  for (const [name, data] of files) writeOutput(join(place, name), data);
  return files.map(([name]) => name);
}
