import { type AbiName, abiOf } from "../../arch/index.ts";
import { decodeAction } from "../abi/action.ts";
import { callText, verdictText } from "../explain/index.ts";
import { evaluate } from "../policy/evaluate.ts";
import { type Answer, compare, type Differs, type Proof, type Witness } from "../prove/index.ts";
import { actionText } from "../testing/action.ts";
import type { Args } from "./args.ts";
import { openJson, openText, printSideWarnings } from "./open.ts";
import { counted, Exit, outStyle, print, printJson, visible } from "./output.ts";
import { pathText, reasonText } from "./reason.ts";
import { type AskedSides, type NamedSide, readSides, sideName, sideText } from "./side.ts";
import type { Style } from "./style.ts";
import { fold, lineWidth } from "./table.ts";

/** Of a way through a program, so many instructions are told. */
const SHOWN = { first: 8, last: 16 } as const;

/** `seccat prove`: whether two filters are the same, or one is never weaker; exit code 3 when that stays open. */
export async function prove(args: Args): Promise<number> {
  const asked = readSides(args);
  const proof = compare(asked.a.side, asked.b.side, asked.options);
  if (args.flag("json")) printJson(toJson(asked, proof));
  else {
    printSideWarnings(asked);
    print(inWords(asked, proof, outStyle()));
  }
  return { proved: Exit.yes, differs: Exit.no, unknown: Exit.host }[proof.answer];
}

function inWords(asked: AskedSides, proof: Proof, style: Style): string {
  switch (proof.answer) {
    case "proved": {
      const sides = [asked.a, asked.b].map((side) => `  ${side.letter}  ${visible(sideText(side))}\n`);
      return `${style.green("proved:")} ${claimText(asked)}\n${sides.join("")}`;
    }
    case "differs":
      return differsWords(asked, proof, style);
    case "unknown":
      return [
        `${style.yellow("unknown:")} no difference was found, but not everything was compared\n`,
        openText(asked, proof.open, style),
      ].join("");
  }
}

function claimText({ options: { relation, mode }, arches }: AskedSides): string {
  const calls = mode === "exact" ? "input" : "call";
  const which = `every ${calls}${arches ? ` of ${arches.join(", ")}` : ""}`;
  if (relation === "refines") return `A is never more permissive than B, for ${which}`;
  return mode === "exact" ? `A and B return the same for ${which}` : `A and B do the same for ${which}`;
}

function differsWords(asked: AskedSides, { witness, open }: Differs, style: Style): string {
  const { call, abi, possible } = witness;
  const place = abi ?? `arch 0x${call.arch.toString(16)}`;
  const head = asked.options.relation === "refines" ? "no: A is more permissive than B:" : "differs:";
  const lines = fold(`${callText(call)} on ${place}, nr ${call.nr}`, lineWidth() - head.length - 1);
  const parts = [
    `${style.red(head)} ${lines.join("\n  ")}\n`,
    ...(possible ? [] : ["  which no kernel asks: upper halves are 0 there\n"]),
    sideWords(asked.a, witness.a, witness, asked, style),
    sideWords(asked.b, witness.b, witness, asked, style),
  ];
  if (open.length > 0)
    parts.push(`${style.yellow("Not everything was compared:")}\n`, openText(asked, open, style));
  return parts.join("");
}

/** What a side says of the call, and why. */
function sideWords(side: NamedSide, answer: Answer, witness: Witness, asked: AskedSides, style: Style) {
  const exact = asked.options.mode === "exact";
  const { layers, letter } = side;
  const said = (ret: number) => `${retText(ret, exact)}${style.bold(verdictText(ret, witness.abi))}`;
  const [only] = layers;
  if (layers.length === 1 && only)
    return `  ${letter}  ${visible(only.name)} ${said(answer.ret)}${layerReason(side, 0, answer, witness, style)}`;
  const whole = `  ${letter}  ${visible(sideName(side))}: the stack ${said(answer.ret)}\n`;
  const parts = layers.map(({ name }, i) => {
    const ret = answer.traces[i]?.ret ?? 0;
    return `     ${visible(name)} ${said(ret)}${layerReason(side, i, answer, witness, style)}`;
  });
  return whole + parts.join("");
}

function retText(ret: number, exact: boolean): string {
  return exact ? `returns 0x${ret.toString(16)}: ` : "";
}

function layerReason(side: NamedSide, index: number, answer: Answer, witness: Witness, style: Style): string {
  const layer = side.layers[index];
  if (layer?.policy) return `, ${reasonText(layer.policy, witness.call, layer.name, true)}\n`;
  const trace = answer.traces[index];
  if (!layer?.program || !trace) return "\n";
  return `:\n${indented(shortened(pathText(layer.program, trace, witness.abi, style)), "   ")}`;
}

/** A long way without its middle, which is told to be missing. */
function shortened(path: string): string {
  const lines = path.trimEnd().split("\n");
  const left = lines.length - SHOWN.first - SHOWN.last;
  if (left <= 1) return path;
  const middle = `  ...   ${counted(left, "more instruction")}, all in --json`;
  return `${[...lines.slice(0, SHOWN.first), middle, ...lines.slice(-SHOWN.last)].join("\n")}\n`;
}

function indented(text: string, by: string): string {
  return text.replaceAll(/^(?=.)/gm, by);
}

function toJson(asked: AskedSides, proof: Proof) {
  const { a, b, options, arches } = asked;
  return {
    answer: proof.answer,
    relation: options.relation,
    exact: options.mode === "exact",
    arches: arches ?? null,
    a: a.layers.map(({ name }) => name),
    b: b.layers.map(({ name }) => name),
    witness: proof.answer === "differs" ? witnessJson(asked, proof.witness) : null,
    size: proof.answer === "differs" ? proof.size : null,
    open: proof.answer === "proved" ? [] : openJson(asked, proof.open),
    nodes: { budget: options.nodes, made: proof.stats.nodes, diagrams: proof.stats.diagrams },
    ms: Number(proof.stats.ms.toFixed(3)),
    warnings: [...a.warnings, ...b.warnings],
  };
}

/** A call with both answers, as plain data. */
export function witnessJson({ a, b }: Pick<AskedSides, "a" | "b">, witness: Witness) {
  const { call, syscall, possible } = witness;
  const abi = abiOf(call.arch, call.nr);
  return {
    arch: abi ?? null,
    auditArch: call.arch,
    nr: call.nr,
    syscall: syscall ?? null,
    args: call.args,
    instructionPointer: call.instructionPointer ?? 0n,
    text: callText(call),
    possible,
    a: answerJson(a, witness.a, witness, abi),
    b: answerJson(b, witness.b, witness, abi),
  };
}

function answerJson(side: NamedSide, { ret, traces }: Answer, { call }: Witness, abi: AbiName | undefined) {
  return {
    ret,
    verdict: actionText(decodeAction(ret), abi ?? "x86_64"),
    layers: side.layers.map(({ name, policy }, i) => {
      const trace = traces[i];
      const verdict = policy && evaluate(policy, call);
      const rule = verdict?.rule;
      const where = rule === undefined ? undefined : policy?.rules[rule]?.where;
      return {
        file: name,
        ret: trace?.ret ?? ret,
        reason: verdict?.reason ?? null,
        rule: rule === undefined ? null : rule + 1,
        where: where ? { file: name, ...where } : null,
        steps: trace?.steps ?? null,
      };
    }),
  };
}
