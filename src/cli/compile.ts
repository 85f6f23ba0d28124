import { decodeAction, formatAction } from "../abi/action.ts";
import { pathCost } from "../bpf/check.ts";
import { compile, type Proven } from "../proof.ts";
import { archesOf } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { readPolicyFile } from "./filter.ts";
import { inFile, inputName, placed } from "./input.ts";
import { Exit, printIssue, printJson, say } from "./output.ts";
import { deliver, formatProgram, isProgramFormat, programJson } from "./program.ts";

/** `seccat compile`: a policy to a program. */
export async function compileCommand(args: Args): Promise<number> {
  const path = args.text("policy");
  const format = args.maybe("format") ?? "raw";
  if (!isProgramFormat(format)) throw usage(`unknown format ${format}`);
  const output = args.output();
  if (args.flag("json") && args.maybe("format") !== undefined)
    throw usage("--json prints everything as JSON already", { fix: "leave out --format" });
  const arches = archesOf(args.list("arch"));
  const read = readPolicyFile(path);
  const { policy } = read;
  const file = inputName(path);
  const compiled = inFile(file, () => compile(policy, arches ? { arches } : {}));
  const warnings = [...read.warnings, ...compiled.warnings].map((warning) => placed(warning, file));
  const chosen = arches ?? policy.arches;
  if (args.flag("json")) {
    if (output !== undefined) deliver(formatProgram(compiled.program, "raw"), output);
    printJson({
      arches: chosen,
      ...programJson(compiled.program),
      hex: String(formatProgram(compiled.program, "hex")).trim(),
      stats: statistics(compiled),
      warnings,
    });
    return Exit.yes;
  }
  for (const warning of warnings) printIssue(warning, "warning");
  deliver(formatProgram(compiled.program, format, chosen[0]), output);
  if (args.flag("stats")) printStatistics(compiled, chosen);
  return Exit.yes;
}

function statistics({ program, nodes, passes, proof }: Proven) {
  return {
    instructions: program.insns.length,
    bytes: program.insns.length * 8,
    /** The length that the kernel counts against the limit of a path. */
    pathCost: pathCost(program),
    nodes,
    passes: passes.map(({ name, ms }) => ({ name, ms: Number(ms.toFixed(3)) })),
    proof: proof ? { nodes: proof.nodes, ms: Number(proof.ms.toFixed(3)) } : null,
  };
}

function printStatistics(compiled: Proven, arches: readonly string[]): void {
  const { instructions, bytes, pathCost: cost, nodes, passes, proof } = statistics(compiled);
  const returns = new Set(
    compiled.program.insns.filter(({ code }) => code === 0x06).map(({ k }) => formatAction(decodeAction(k))),
  );
  say(`arches        ${arches.join(", ")}`);
  say(`instructions  ${instructions} of 4096 (${bytes} bytes)`);
  say(`path cost     ${cost} of 32768, as the kernel counts it`);
  say(`decisions     ${nodes} nodes`);
  say(`actions       ${[...returns].join(", ")}`);
  say(`passes        ${passes.map(({ name, ms }) => `${name} ${ms.toFixed(2)} ms`).join(", ")}`);
  if (proof) say(`proof         equal to the policy, ${proof.ms.toFixed(2)} ms, ${proof.nodes} nodes`);
}
