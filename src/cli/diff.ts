import { callText, type Difference, type Section, sectionsOf, verdictText } from "../explain/index.ts";
import { type DifferenceGroup, type Differences, differences } from "../prove/index.ts";
import type { Args } from "./args.ts";
import { openJson, openText, printSideWarnings } from "./open.ts";
import { counted, Exit, outStyle, print, printJson, visible } from "./output.ts";
import { witnessJson } from "./prove.ts";
import { type AskedSides, numberOf, readSides, sideText } from "./side.ts";
import type { Style } from "./style.ts";
import { fold, foldList, lineWidth } from "./table.ts";

/** `seccat diff`: every difference between two filters; exit code 1 when there is one, 3 when that stays open. */
export async function diff(args: Args): Promise<number> {
  const asked = readSides(args);
  const limit = numberOf(args, "limit", Number.POSITIVE_INFINITY, 0, Number.MAX_SAFE_INTEGER);
  const found = differences(asked.a.side, asked.b.side, asked.options);
  const sections = sectionsOf(found.groups, { exact: asked.options.mode === "exact" });
  if (args.flag("json")) printJson(toJson(asked, found, sections));
  else {
    printSideWarnings(asked);
    print(inWords(asked, found, sections, limit, outStyle()));
  }
  if (found.groups.length > 0 || found.tried) return Exit.no;
  return found.open.length > 0 ? Exit.host : Exit.yes;
}

function inWords(
  asked: AskedSides,
  { open, tried }: Differences,
  sections: readonly Section[],
  limit: number,
  style: Style,
): string {
  const parts = [asked.a, asked.b].map((side) => `${side.letter}  ${visible(sideText(side))}\n`);
  let left = limit;
  for (const section of sections) {
    if (left <= 0) break;
    parts.push(sectionWords(section, left, style));
    left -= section.differences.length;
  }
  const total = sections.reduce((sum, section) => sum + section.differences.length, 0);
  if (total > limit) parts.push(`\nand ${counted(total - limit, "more difference")}\n`);
  if (open.length > 0)
    parts.push(`\n${style.yellow("Not everything was compared:")}\n`, openText(asked, open, style));
  if (tried) {
    const said = `A ${verdictText(tried.a.ret, tried.abi)}, B ${verdictText(tried.b.ret, tried.abi)}`;
    const where = tried.abi ?? `arch 0x${tried.call.arch.toString(16)}`;
    const text = `Among what was not compared they differ, as a trial shows: on ${where}, ${said}; e.g. ${callText(tried.call)}`;
    parts.push(`\n${fold(text, lineWidth()).join("\n")}\n`);
    return parts.join("");
  }
  const none = open.length > 0 ? "no difference was found" : style.green(noneText(asked));
  parts.push(`\n${total === 0 ? none : style.red(counted(total, "difference"))}\n`);
  return parts.join("");
}

function noneText({ options: { relation }, arches }: AskedSides): string {
  const which = arches ? ` on ${arches.join(", ")}` : "";
  return relation === "refines" ? `A is nowhere more permissive than B${which}` : `no differences${which}`;
}

function sectionWords({ arches, differences: all }: Section, limit: number, style: Style): string {
  const shown = all.slice(0, limit).map((difference) => differenceWords(difference, style));
  return `\n${fold(arches, lineWidth()).map(style.bold).join("\n")}\n${shown.join("")}`;
}

function differenceWords({ calls, sentences }: Difference, style: Style): string {
  const members = foldList(calls, lineWidth() - 2).map((line) => `  ${line}\n`);
  const lines = sentences.flatMap(({ when, a, b, example }) => {
    const condition = when === undefined ? "" : `${when}: `;
    return fold(`${condition}A ${a}, B ${b}; e.g. ${example}`, lineWidth() - 6).map(
      (line, i) => `${i === 0 ? "    " : "      "}${line}\n`,
    );
  });
  return [...members.map((line) => style.cyan(line)), ...lines].join("");
}

function toJson(asked: AskedSides, found: Differences, sections: readonly Section[]) {
  const { a, b, options, arches } = asked;
  return {
    relation: options.relation,
    exact: options.mode === "exact",
    arches: arches ?? null,
    a: a.layers.map(({ name }) => name),
    b: b.layers.map(({ name }) => name),
    sections,
    groups: found.groups.map((group) => groupJson(asked, group)),
    open: openJson(asked, found.open),
    tried: found.tried ? witnessJson(asked, found.tried) : null,
    nodes: { budget: options.nodes, made: found.stats.nodes, diagrams: found.stats.diagrams },
    ms: Number(found.stats.ms.toFixed(3)),
    warnings: [...a.warnings, ...b.warnings],
  };
}

function groupJson(asked: AskedSides, { arches, numbers, names, cases }: DifferenceGroup) {
  return {
    arches,
    numbers,
    names,
    cases: cases.map(({ a, b, when, size, witness }) => ({
      a: a ?? null,
      b: b ?? null,
      when: when ?? null,
      size,
      text: callText(witness.call),
      witness: witnessJson(asked, witness),
    })),
  };
}
