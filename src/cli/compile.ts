import { type AbiName, abi, compareVersions, newestKernel } from "../../arch/index.ts";
import { actionSince, decodeAction } from "../abi/action.ts";
import type { Issue } from "../abi/error.ts";
import type { Program } from "../bpf/program.ts";
import { costsOf } from "../compile/cost.ts";
import { onArches } from "../compile/index.ts";
import type { ReadResult } from "../formats/index.ts";
import { typed } from "../policy/typed.ts";
import { compile, type ProvenOptions } from "../proof.ts";
import { archesOf } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { readPolicyFile } from "./filter.ts";
import { inFile, inputName, placed } from "./input.ts";
import { checkApart, Exit, printIssue, printJson } from "./output.ts";
import { deliver, formatProgram, isProgramFormat, programJson } from "./program.ts";
import { sayStatistics, statisticsJson } from "./statistics.ts";

/** `seccat compile`: a policy to a program. */
export async function compileCommand(args: Args): Promise<number> {
  const path = args.text("policy");
  const format = args.maybe("format") ?? "raw";
  if (!isProgramFormat(format)) throw usage(`unknown format ${format}`);
  const output = args.output();
  checkApart(output, [path]);
  if (args.flag("json") && args.maybe("format") !== undefined)
    throw usage("--json prints everything as JSON already", { fix: "leave out --format" });
  const options = optionsOf(args);
  const { policy, warnings: doubts } = readFor(args, path);
  const arches = options.arches ?? policy.arches;
  refuseOlder(arches, options.kernel);
  const weights = await weightsOf(args, arches[0]);
  const kernel = options.kernel ?? newestKernel;
  const target = weights ? { ...options, weights: weights.weights } : options;
  const file = inputName(path);
  const compiled = inFile(file, () => compile(policy, target));
  const warnings: readonly Issue[] = [
    ...(weights?.warnings ?? []),
    ...unknownActions(compiled.program, kernel),
    ...[...doubts, ...compiled.warnings].map((warning) => placed(warning, file)),
  ];
  const costs = () => costsOf(compiled.program, onArches(policy, arches), target);
  if (args.flag("json")) {
    if (output !== undefined) deliver(formatProgram(compiled.program, "raw"), output);
    printJson({
      arches,
      ...programJson(compiled.program),
      hex: String(formatProgram(compiled.program, "hex")).trim(),
      stats: statisticsJson(compiled, costs(), kernel),
      warnings,
    });
    return Exit.yes;
  }
  for (const warning of warnings) printIssue(warning, "warning");
  deliver(formatProgram(compiled.program, format, arches[0]), output);
  if (args.flag("stats")) sayStatistics(compiled, costs(), kernel);
  return Exit.yes;
}

function optionsOf(args: Args): ProvenOptions {
  const arches = archesOf(args.list("arch"));
  const kernel = args.maybe("kernel");
  if (kernel !== undefined && !/^\d{1,4}(\.\d{1,4}){1,2}$/.test(kernel))
    throw usage("--kernel is no kernel version", {
      expected: "numbers such as 6.1",
      received: kernel,
    });
  const nodes = args.maybe("nodes");
  if (nodes !== undefined && !/^[1-9]\d{0,8}$/.test(nodes))
    throw usage("--nodes is no number of nodes", { expected: "1..999999999", received: nodes });
  return {
    ...(arches ? { arches } : {}),
    ...(kernel === undefined ? {} : { kernel }),
    ...(args.maybe("optimise") === "size" ? { optimise: "size" } : {}),
    ...(nodes === undefined ? {} : { prove: { nodes: Number(nodes) } }),
  };
}

function readFor(args: Args, path: string): Pick<ReadResult, "policy" | "warnings"> {
  const read = readPolicyFile(path);
  if (!args.flag("typed")) return read;
  const { policy, warnings } = typed(read.policy);
  return { policy, warnings: [...read.warnings, ...warnings] };
}

async function weightsOf(args: Args, native: AbiName | undefined) {
  const path = args.maybe("weights");
  if (path === undefined || native === undefined) return undefined;
  if (path === "-" && args.text("policy") === "-")
    throw usage("the policy and the weights cannot both come from standard input", {
      fix: "name a file for one of them",
    });
  // Reading logs takes half as many modules as compiling does.
  const { readWeights } = await import("./weights.ts");
  return readWeights(path, native);
}

/** Refuses a kernel that has no filters on one of the arches. */
function refuseOlder(arches: readonly AbiName[], kernel: string | undefined): void {
  for (const name of arches) {
    const since = abi(name).seccompSince;
    if (kernel === undefined || compareVersions(kernel, since) >= 0) continue;
    throw usage(`Linux ${kernel} has no seccomp filters on ${name}`, {
      expected: `--kernel ${since} or newer`,
      received: kernel,
    });
  }
}

/** Warns of actions that a kernel of that version does not know. */
function unknownActions({ insns }: Program, kernel: string): Issue[] {
  const returned = insns.filter(({ code }) => code === 0x06).map(({ k }) => decodeAction(k).kind);
  return [...new Set(returned)].flatMap((kind): Issue[] => {
    const since = actionSince[kind];
    if (since === undefined || compareVersions(kernel, since) >= 0) return [];
    const message = `Linux ${kernel} does not know ${kind}, which came with ${since}: it kills instead`;
    return [{ code: "policy", message }];
  });
}
