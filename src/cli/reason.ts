/** Why a filter answers as it does: the deciding rule of a policy, the way through a program. */
import type { AbiName } from "../../arch/index.ts";
import type { SeccompData } from "../abi/data.ts";
import { formatNumber } from "../bpf/list.ts";
import type { Program } from "../bpf/program.ts";
import type { Trace } from "../bpf/run.ts";
import { annotate, listLines } from "../bpf/text.ts";
import { evaluate } from "../policy/evaluate.ts";
import type { Policy } from "../policy/types.ts";
import { paintReturn } from "./disasm.ts";
import { visible } from "./output.ts";
import type { Style } from "./style.ts";

/** `by rule 2 (line 8): opening a folder`: what decides. The file is told when it is not `file`, or `named`. */
export function reasonText(policy: Policy, data: SeccompData, file: string, named = false): string {
  const { reason, rule } = evaluate(policy, data);
  if (reason === "rule" && rule !== undefined) {
    const { why, where } = policy.rules[rule] ?? {};
    const line = where?.line;
    const name = where?.file ?? file;
    const place =
      line === undefined ? "" : ` (${named || name !== file ? `${visible(name)}:` : "line "}${line})`;
    return `by rule ${rule + 1}${place}${why ? `: ${visible(why)}` : ""}`;
  }
  const words = {
    rule: "",
    default: "by the default",
    newer: "as newer than the policy's kernel",
    badArch: "as an arch that the policy does not list",
  };
  return words[reason];
}

/** The listing lines that ran, with what A held at each test; comments in the names of `abi`. */
export function pathText(program: Program, { steps }: Trace, abi: AbiName | undefined, style: Style): string {
  const comments = annotate(program, abi === undefined ? {} : { abi });
  const lines = listLines(program, { comments });
  const width = Math.max(...steps.map(({ pc }) => lines[pc]?.words.length ?? 0));
  return steps
    .map(({ pc, a }) => {
      const line = lines[pc];
      const words = paintReturn((line?.words ?? "").padEnd(line?.comment ? width : 0), style);
      const held = line?.words.startsWith("if ")
        ? style.dim(`A = ${formatNumber(a)}`.padEnd(14))
        : " ".repeat(14);
      const comment = style.cyan(line?.comment ? `  ; ${line.comment}` : "");
      return `  ${String(pc).padStart(4, "0")}  ${held}  ${words}${comment}\n`;
    })
    .join("");
}
