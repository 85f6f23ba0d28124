/**
 * Partial profiles: condensed parts of logs, one in a line of JSON. A part says of which log it is and where it
 * begins there, so that parts are a set: putting two sets together is their union, whatever the order, and a part
 * that comes twice is there once. What was learned comes out at the end, from the parts in the order of their logs.
 */
import { type AbiName, isAbiName } from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { type Fields, isFields } from "../abi/fields.ts";
import { compareText } from "../policy/union.ts";
import type { StraceEvent } from "./event.ts";
import { type PhaseName, type PhaseOptions, phaseNames } from "./phase.ts";
import type { KeptLine, Piece, Skipped } from "./piece.ts";
import { restore } from "./restore.ts";

/** What has to be known while a log is condensed. */
export interface PartialOptions extends PhaseOptions {
  readonly native: AbiName;
  /** Whether calls are told apart by their arguments. */
  readonly args?: boolean;
}

/** Which part of which log. */
export interface PartialPlace {
  readonly log: string;
  /** Tells logs of one name apart: a digest of the log; "" for one whose parts were numbered. */
  readonly digest: string;
  /** The number of the part, or where it begins: parts are in this order. */
  readonly at: number;
  /** How many parts the log has, from 1 on; undefined when that is not known. */
  readonly of: number | undefined;
}

/** A partial profile. */
export interface Partial {
  readonly place: PartialPlace;
  readonly options: PartialOptions;
  readonly piece: Piece;
}

const mark = '{"partial":1,';

/** Whether a text begins as partial profiles do. */
export function isPartialText(text: string): boolean {
  return text.trimStart().startsWith(mark);
}

/** A partial profile as a line of text. */
export function formatPartial({ place, options, piece }: Partial): string {
  const { log, digest, at, of } = place;
  const { native, args, after, until, phases, markFd } = options;
  const { lines, skipped, kept } = piece;
  return `${JSON.stringify({
    partial: 1,
    log,
    digest,
    at,
    of,
    native,
    args: args || undefined,
    after,
    until,
    phases: phases && phaseNames.filter((name) => phases.includes(name)),
    markFd,
    lines,
    skipped: [skipped.lines, skipped.read, skipped.blank, skipped.unreadable],
    kept: kept.map(({ line, text, more }) => (more ? [line, text, more.calls, more.failed] : [line, text])),
  })}\n`;
}

/** The partial profiles of a text, one in each line that is not blank. Throws a SeccatError "syntax" or "schema". */
export function readPartials(text: string): Partial[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const read = parseLine(line);
    if (typeof read === "object") return [read];
    throw new SeccatError({
      code: read === "JSON" ? "syntax" : "schema",
      message: read === "JSON" ? "this line is no JSON" : `this partial profile has a wrong ${read}`,
      where: { line: i + 1 },
      expected: "what seccat trace --partial writes, one partial profile in a line",
      received: line.slice(0, 60),
    });
  });
}

/** The key whose value is wrong, when one is. */
function parseLine(line: string): Partial | string {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return "JSON";
  }
  if (!isFields(fields) || fields.partial !== 1) return "version";
  const place = placeOf(fields);
  if (typeof place === "string") return place;
  const options = optionsOf(fields);
  if (typeof options === "string") return options;
  const piece = pieceOf(fields);
  return typeof piece === "string" ? piece : { place, options, piece };
}

function placeOf({ log, digest, at, of }: Fields): PartialPlace | string {
  if (typeof log !== "string") return "log";
  if (typeof digest !== "string") return "digest";
  if (!isCount(at)) return "at";
  if (of !== undefined && (!isCount(of) || at < 1 || at > of)) return "of";
  return { log, digest, at, of };
}

function optionsOf({ native, args, after, until, phases, markFd }: Fields): PartialOptions | string {
  if (typeof native !== "string" || !isAbiName(native)) return "native";
  if (args !== undefined && args !== true) return "args";
  if (after !== undefined && typeof after !== "string") return "after";
  if (until !== undefined && typeof until !== "string") return "until";
  if (phases !== undefined && !isPhases(phases)) return "phases";
  if (markFd !== undefined && !isCount(markFd)) return "markFd";
  return {
    native,
    ...(args ? { args } : {}),
    ...(after === undefined ? {} : { after }),
    ...(until === undefined ? {} : { until }),
    ...(phases === undefined ? {} : { phases }),
    ...(markFd === undefined ? {} : { markFd }),
  };
}

function isPhases(value: unknown): value is readonly PhaseName[] {
  return Array.isArray(value) && value.every((name) => phaseNames.includes(name));
}

function pieceOf({ lines, skipped, kept }: Fields): Piece | string {
  if (!isCount(lines)) return "lines";
  const counts = skippedOf(skipped);
  if (!counts) return "skipped";
  if (!Array.isArray(kept)) return "kept";
  const read: KeptLine[] = [];
  for (const one of kept) {
    const line = keptOf(one, read.at(-1)?.line ?? 0, lines);
    if (!line) return "kept";
    read.push(line);
  }
  return read.length + counts.lines === lines ? { lines, skipped: counts, kept: read } : "lines";
}

function skippedOf(value: unknown): Skipped | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [lines, read, blank, unreadable]: unknown[] = value;
  if (!isCount(lines) || !isCount(read) || !isCount(blank) || !isCount(unreadable)) return undefined;
  return lines === read + blank + unreadable ? { lines, read, blank, unreadable } : undefined;
}

function keptOf(value: unknown, before: number, last: number): KeptLine | undefined {
  if (!Array.isArray(value) || (value.length !== 2 && value.length !== 4)) return undefined;
  const [line, text, calls, failed]: unknown[] = value;
  if (!isCount(line) || line <= before || line > last) return undefined;
  if (typeof text !== "string" || text.includes("\n")) return undefined;
  if (value.length === 2) return { line, text, more: undefined };
  if (!isCount(calls) || !isCount(failed) || failed > calls) return undefined;
  return { line, text, more: { calls, failed } };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/**
 * All parts, each once, in the order of their logs. Throws a SeccatError "trace" where two parts in one place differ,
 * or where parts were made with different options.
 */
export function mergePartials(partials: readonly Partial[]): Partial[] {
  const texts = new Map<string, string>();
  const byText = new Map<string, Partial>();
  const [first] = partials;
  for (const partial of partials) {
    const { place, options } = partial;
    if (first && optionsText(options) !== optionsText(first.options)) throw unlike(first, partial);
    const where = `${place.log}\0${place.digest}\0${place.at}`;
    const text = formatPartial(partial);
    const had = texts.get(where);
    if (had !== undefined && had !== text) throw twoParts(place);
    texts.set(where, text);
    byText.set(text, partial);
  }
  return [...byText.values()].sort((a, b) => comparePlaces(a.place, b.place));
}

function optionsText(options: PartialOptions): string {
  const empty = { lines: 0, skipped: { lines: 0, read: 0, blank: 0, unreadable: 0 }, kept: [] };
  return formatPartial({ place: { log: "", digest: "", at: 0, of: undefined }, options, piece: empty });
}

function unlike(a: Partial, b: Partial): SeccatError {
  return new SeccatError({
    code: "trace",
    message: `the parts of ${a.place.log} and ${b.place.log} were made with different options`,
    fix: "give seccat trace --partial the same --arch, --args, --after, --until, --phases and --marker-fd for all",
  });
}

function twoParts({ log, at }: PartialPlace): SeccatError {
  return new SeccatError({
    code: "trace",
    message: `two parts of ${log} have the number ${at}, and differ`,
    fix: "give each part of a log its own number, and each log its own name: --piece NAME:N",
  });
}

function comparePlaces(a: PartialPlace, b: PartialPlace): number {
  return compareText(a.log, b.log) || compareText(a.digest, b.digest) || a.at - b.at;
}

/** The names of the logs, each once, in their order. */
export function logsOf(merged: readonly Partial[]): string[] {
  return [...new Set(merged.map(({ place }) => place.log))];
}

/** The numbers of the parts that a log has besides these, for each log that some are missing of. */
export function missingParts(merged: readonly Partial[]): { log: string; of: number; missing: number[] }[] {
  return byLog(merged).flatMap((parts) => {
    const [first] = parts;
    const of = Math.max(...parts.map(({ place }) => place.of ?? 0));
    const had = new Set(parts.map(({ place }) => place.at));
    if (!first || had.size >= of) return [];
    const missing: number[] = [];
    for (let at = 1; at <= of && missing.length < 20; at++) if (!had.has(at)) missing.push(at);
    return [{ log: first.place.log, of, missing }];
  });
}

/** Tells what the logs tell, one after the other, as if they were read whole. */
export function tellPartials(merged: readonly Partial[], see: (event: StraceEvent) => void): void {
  for (const parts of byLog(merged))
    restore(
      parts.map(({ piece }) => piece),
      see,
    );
}

function byLog(merged: readonly Partial[]): Partial[][] {
  const logs = new Map<string, Partial[]>();
  for (const partial of merged) {
    const key = `${partial.place.log}\0${partial.place.digest}`;
    logs.set(key, [...(logs.get(key) ?? []), partial]);
  }
  return [...logs.values()];
}
