/** What a proof could not look at, in words and as data. */
import { syscallName } from "../../arch/index.ts";
import { annotate, listLines } from "../bpf/text.ts";
import { callText, regionTexts } from "../explain/index.ts";
import type { Open, OpenPoint } from "../prove/index.ts";
import { counted, printIssue, visible } from "./output.ts";
import { type AskedSides, type Layer, MOST_NODES } from "./side.ts";
import type { Style } from "./style.ts";
import { fold, lineWidth } from "./table.ts";

/** So many instructions or numbers are told of one part; --json has all. */
const PLACES = 5;
const REGIONS = 5;

const reasons = {
  instruction: "its operation alone takes more than half of the budget",
  join: "what comes of both sides takes more than half of the budget",
  budget: "the budget was used up here",
} as const;

/** Each open part: where the work stopped, why, for which calls; and what can be done. */
export function openText(asked: AskedSides, open: readonly Open[], style: Style): string {
  const parts = open.map((part) => `${placesText(asked, part, style)}${callsText(part)}`);
  const { nodes } = asked.options;
  const more = Math.min(4 * nodes, MOST_NODES);
  const rest = more > nodes ? `; --nodes ${more} may decide it` : ", the most that can be given";
  const budget = `The budget was ${counted(nodes, "node")} for each diagram${rest}.`;
  return `${parts.join("")}${folded(budget, "  ", "")}`;
}

function placesText(asked: AskedSides, { side, filter, places }: Open, style: Style): string {
  if (side === "both")
    return folded("A and B: comparing the two takes more than the budget; nothing was compared", "  ", "   ");
  const { letter, layers } = asked[side];
  const layer = layers[filter ?? 0];
  if (!layer) return "";
  const shown = places.slice(0, PLACES).map((place) => placeText(letter, layer, place, style));
  const more = places.length - shown.length;
  const what = layer.program && filter !== undefined ? "instruction" : "number";
  const rest = more > 0 ? `     and ${counted(more, `more ${what}`)}\n` : "";
  return shown.join("") + rest;
}

function placeText(letter: string, layer: Layer, place: OpenPoint, style: Style): string {
  const name = visible(layer.name);
  if ("nr" in place) {
    const call = syscallName(place.abi, place.nr) ?? `number ${place.nr}`;
    const rules = "its rules together take more than half of the budget";
    return folded(`${letter}  ${name}, ${call} on ${place.abi}: ${rules}`, "  ", "   ");
  }
  if (!layer.program) return "";
  const line = listLines(layer.program, { comments: annotate(layer.program) })[place.pc];
  const pc = String(place.pc).padStart(4, "0");
  return `  ${letter}  ${name}, instruction ${pc}: ${style.bold(line?.words ?? "")}\n     ${reasons[place.reason]}\n`;
}

function callsText({ regions, example }: Open): string {
  const all = regionTexts(regions);
  const shown = all.slice(0, REGIONS);
  const more = all.length - shown.length;
  const rest = more > 0 ? [`${counted(more, "more set")} of calls`] : [];
  const where = example.abi ?? `arch 0x${example.call.arch.toString(16)}`;
  const text = `open: ${[...shown, ...rest].join("; ")}; such as ${callText(example.call)} on ${where}`;
  return folded(text, "     ", "  ");
}

/** `text` in lines that start with `indent`, those after the first a little further in. */
function folded(text: string, indent: string, further: string): string {
  const lines = fold(text, Math.max(30, lineWidth() - indent.length - further.length));
  return `${lines.map((line, i) => `${indent}${i > 0 ? further : ""}${line}`).join("\n")}\n`;
}

/** The open parts as plain data. */
export function openJson(asked: AskedSides, open: readonly Open[]) {
  return open.map(({ side, filter, places, size, example, regions }) => {
    const layer = side === "both" ? undefined : asked[side].layers[filter ?? 0];
    return {
      side,
      file: layer?.name ?? null,
      places: places.map((place) => placeJson(layer, place)),
      size,
      example: { ...example.call, arch: example.abi ?? null, auditArch: example.call.arch },
      regions: regions.map((region) => ({ ...region, text: regionTexts([region]).join("; ") })),
    };
  });
}

function placeJson(layer: Layer | undefined, place: OpenPoint) {
  if ("nr" in place) return place;
  const line = layer?.program && listLines(layer.program)[place.pc];
  return { ...place, text: line?.words ?? null };
}

/** Prints what reading the sides warned of. */
export function printSideWarnings({ a, b }: AskedSides): void {
  for (const warning of [...a.warnings, ...b.warnings]) printIssue(warning, "warning");
}
