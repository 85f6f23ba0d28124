/**
 * What YAML and JSON have in common, with the place of everything.
 *
 * Numbers keep the text they were written as: 6.10 is not 6.1 to a person, and 18446744073709551615 is not
 * the double nearest to it.
 */
import type { Place } from "../abi/error.ts";
import type { Source } from "./text.ts";

/** A piece of a YAML or JSON text. */
export type Tree = MapTree | ListTree | ScalarTree;

/** A mapping (JSON: object); no key occurs twice. */
export interface MapTree {
  readonly kind: "map";
  readonly place: Place;
  readonly entries: readonly Entry[];
}

/** One key of a mapping with its value. */
export interface Entry {
  readonly key: string;
  readonly place: Place;
  readonly value: Tree;
}

/** A sequence (JSON: array). */
export interface ListTree {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly Tree[];
}

/** A text, a number, a truth value or nothing. */
export interface ScalarTree {
  readonly kind: "scalar";
  readonly place: Place;
  /** Whole numbers are bigints, others numbers. */
  readonly value: string | bigint | number | boolean | null;
  /** As written, quotes included. */
  readonly written: string;
  /** The place of character `index` of a text. */
  readonly at: (index: number) => Place;
}

/** How a text was written: where backslashes, doubled quotes and a header line have to be skipped. */
export type ScalarStyle = "plain" | "single" | "double" | "block";

/** The scalar that stands at `offset` of `source`, `written` long. */
export function scalarAt(
  source: Source,
  offset: number,
  written: string,
  value: ScalarTree["value"],
  style: ScalarStyle,
): ScalarTree {
  const writtenIndex = indexInto(written, typeof value === "string" ? value : written, style);
  const at = (index: number) => source.placeAt(offset + writtenIndex(index));
  return { kind: "scalar", place: source.placeAt(offset), value, written, at };
}

/**
 * Gives the index into `written` of a character of the `text` that it stands for. Runs of white space may differ
 * between the two (folded lines, indentation); every other character occurs in both, or escaped. It goes on from
 * where it was asked last: the thousand comparisons of a long condition are asked for in order.
 */
function indexInto(written: string, text: string, style: ScalarStyle): (index: number) => number {
  const start = style === "plain" ? 0 : style === "block" ? written.indexOf("\n") + 1 : 1;
  let [i, at] = [0, start];
  return (index) => {
    if (index < i) [i, at] = [0, start];
    for (; ; i++) {
      const char = text[i];
      if (char !== undefined && !isSpace(char))
        while (skippable(written, at, style)) at += skipped(written, at);
      if (i >= index || char === undefined) return Math.min(at, written.length);
      if (style === "double" && written[at] === "\\") at += escapeLength(written, at);
      else if (style === "single" && char === "'") at += 2;
      else if (!isSpace(char) || isSpace(written[at] ?? "")) at++;
    }
  };
}

function isSpace(char: string): boolean {
  return char === " " || char === "\n" || char === "\t" || char === "\r";
}

/** White space, or a line break that a backslash hides. */
function skippable(written: string, at: number, style: ScalarStyle): boolean {
  return isSpace(written[at] ?? "") || (style === "double" && /^\\\r?\n/.test(written.slice(at, at + 3)));
}

function skipped(written: string, at: number): number {
  return written[at] === "\\" ? 2 : 1;
}

function escapeLength(written: string, at: number): number {
  const long = { x: 4, u: 6, U: 10 }[written[at + 1] ?? ""];
  return long ?? 2;
}

/** `entries` without those whose key occurred before, each of which is given to `repeated`. */
export function withoutRepeats(
  entries: readonly Entry[],
  repeated: (entry: Entry, first: Entry) => void,
): Entry[] {
  const seen = new Map<string, Entry>();
  for (const entry of entries) {
    const first = seen.get(entry.key);
    if (first) repeated(entry, first);
    else seen.set(entry.key, entry);
  }
  return [...seen.values()];
}
