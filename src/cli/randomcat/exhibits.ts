/** The acts of the story that show what was made: the policy and its program. */
import type { AbiName, SyscallName } from "../../../arch/index.ts";
import { packData } from "../../abi/data.ts";
import { annotate } from "../../bpf/annotate.ts";
import { formatPc, listLines } from "../../bpf/list.ts";
import type { Program } from "../../bpf/program.ts";
import { trace } from "../../bpf/run.ts";
import { writePolicy } from "../../formats/index.ts";
import { seccompData } from "../../policy/call.ts";
import type { Lesson, Observation } from "./observation.ts";
import type { Screen } from "./screen.ts";
import { grouped } from "./screen.ts";

/** Lines of a listing that are shown from its beginning and from its end. */
const HEAD = 10;
const TAIL = 4;

/** Where the policy comes from, and its text. */
export function showPolicy(stage: Screen, observation: Observation, { policy, report, own }: Lesson): void {
  const { style } = stage;
  stage.act("What does that process need?");
  if (observation.kind === "watched")
    stage.show(style.dim("$ seccat trace --only child --after seccomp -o policy.yaml -- node serve.js"));
  else
    stage.say(
      `This comes from traces that the project recorded of the same server on Node 20 to 26 (${observation.reason}).`,
    );
  const { counts, watched, taken } = report;
  const all = watched ? `${grouped(watched.calls)} calls` : `${grouped(counts.lines)} lines`;
  stage.say(
    `Of ${all}, ${grouped(taken.calls)} are calls of ${taken.pids.length} children after the point where the filter will be: ${report.syscalls.length} different ones, of which ${own} are not of those that Node makes by itself at any time. So the policy is:`,
  );
  stage.show(
    ...writePolicy(policy, "yaml")
      .trimEnd()
      .split("\n")
      .map((line) => style.yellow(line)),
  );
}

/** The program's size and its listing in words, shortened. */
export function showProgram(stage: Screen, program: Program, abi: AbiName): void {
  const { style } = stage;
  stage.act("The policy, compiled");
  const { length } = program.insns;
  stage.say(
    `${length} instructions of classic BPF, ${8 * length} bytes, that the kernel asks about every call:`,
  );
  const all = program.insns.map((_, pc) => pc);
  const lines = listed(program, abi, all);
  const hidden = lines.length - HEAD - TAIL;
  if (hidden <= 1) stage.show(...lines);
  else stage.show(...lines.slice(0, HEAD), style.dim(`...   ${hidden} more`), ...lines.slice(-TAIL));
}

/** The way of a call through the program. */
export function showWay(stage: Screen, program: Program, abi: AbiName, call: SyscallName): void {
  const { steps } = trace(program, packData(seccompData({ abi, call }), program.endian));
  stage.show(
    ...listed(
      program,
      abi,
      steps.map(({ pc }) => pc),
    ).map((line) => stage.style.dim(line)),
  );
}

/** The instructions at `pcs` as equations, with the names of their numbers. */
function listed(program: Program, abi: AbiName, pcs: readonly number[]): string[] {
  const lines = listLines(program, { comments: annotate(program, { abi }) });
  return pcs.map((pc) => {
    const { words = "", comment } = lines[pc] ?? {};
    return `${formatPc(pc)}  ${comment ? `${words.padEnd(38)}  ; ${comment}` : words}`;
  });
}
