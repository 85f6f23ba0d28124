/**
 * Text to instructions: a listing (`list`) back to exactly what was listed, and assembly as a person writes
 * it (see statement.ts for the grammar), also mixed. Comments: `;` or `//` to the end of the line, a line
 * that begins with `#`, and slash-star ... star-slash.
 *
 * A line of a listing is its numbers; the words behind them say the same for people. In a listing of our own
 * (its first line tells the byte order) words that say something else than the numbers are an error, so that
 * nobody edits the one and gets the other. A listing by another tool is read by its numbers alone.
 *
 * What is assembled is not checked: `assembleProgram` does both, and names the line of what the kernel would
 * refuse.
 */
import type { Endian } from "../abi/data.ts";
import { type Issue, type Place, SeccatError, throwIssues } from "../abi/error.ts";
import { wrongValue } from "../abi/fields.ts";
import { didYouMean } from "../abi/nearest.ts";
import { check, programIssues } from "./check.ts";
import { formatPc, wordsOf } from "./list.ts";
import type { Program, SockFilter } from "./program.ts";
import { type Draft, type Target, takeDraft, takeLabels } from "./statement.ts";
import { readTokens } from "./token.ts";

/** How to read assembly. */
export interface AssembleOptions {
  /** Byte order of the target, which names such as args[0].lo depend on; little when absent. */
  readonly endian?: Endian;
  /** The file's name, for messages. */
  readonly file?: string;
}

/** The instructions that `text` says, unchecked. Throws a SeccatError "syntax" with every issue's line and column. */
export function assemble(text: string, options: AssembleOptions = {}): SockFilter[] {
  return assembleLines(text, options).insns;
}

/**
 * The checked program that `text` says. Throws a SeccatError "syntax", or "program" with the line of each
 * instruction that the kernel would refuse.
 */
export function assembleProgram(text: string, options: AssembleOptions = {}): Program {
  const { insns, places } = assembleLines(text, options);
  const locate = (issue: Issue): Issue => ({
    ...issue,
    where: { ...places[issue.where?.pc ?? -1], ...issue.where },
  });
  throwIssues(programIssues(insns).map(locate));
  return check(insns, options.endian ?? "little");
}

/** What has been read so far. */
interface Reading {
  readonly drafts: { readonly draft: Draft; readonly place: Place }[];
  readonly labels: Map<string, number>;
  readonly issues: Issue[];
  readonly endian: Endian;
  /** The byte order that our own listing's first line tells: its words are held to their numbers. */
  readonly listed: Endian | undefined;
}

const nothing: Draft = { filter: { code: 0, jt: 0, jf: 0, k: 0 }, jumps: [] };
const comment = /;.*|\/\/.*|^[ \t]*#.*|\/\*[\s\S]*?\*\//gm;
const ourFirstLine = /^\s*; (little|big)-endian, \d+ instructions?\s*$/m;
const foreignHeading = /^\s*(line\s+CODE\s+JT\s+JF\s+K|=+)\s*$/;
const listedLine = /^\s*(?<pc>\d+):(?<numbers>(?:\s+(?:0x[0-9a-f]+|\d+)){4})(?:\s+(?<words>.*?))?\s*$/i;

function assembleLines(text: string, options: AssembleOptions): { insns: SockFilter[]; places: Place[] } {
  if (typeof text !== "string") throw wrongValue("this is no text to assemble", "a text", text);
  const order = ourFirstLine.exec(text)?.[1];
  const reading: Reading = {
    drafts: [],
    labels: new Map(),
    issues: [],
    endian: options.endian ?? "little",
    listed: order === "little" || order === "big" ? order : undefined,
  };
  const blank = text.replace(comment, (found) => found.replace(/[^\r\n]/g, " "));
  blank.split(/\r?\n/).forEach((line, i) => {
    const place: Place = { ...(options.file !== undefined && { file: options.file }), line: i + 1 };
    if (foreignHeading.test(line)) return;
    const listed = listedLine.exec(line)?.groups;
    if (listed) readListed(listed, line, place, reading);
    else readWritten(line, place, reading);
  });
  const insns = reading.drafts.map(({ draft, place }, pc) => link(draft, pc, place, reading));
  throwIssues(reading.issues.sort(byPlace));
  return { insns, places: reading.drafts.map(({ place }) => place) };
}

/** The named groups of `listedLine`. */
type ListedParts = Partial<Record<"pc" | "numbers" | "words", string>>;

/** Reads ` 0004: 0x15 0x00 0x01 0x0000003b  if (A != 59) goto 0006`. */
function readListed(parts: ListedParts, line: string, place: Place, reading: Reading): void {
  const pc = reading.drafts.length;
  const columnOf = (part: string | undefined) => (part ? line.lastIndexOf(part) : line.search(/\S/)) + 1;
  position(parts.pc ?? "", { ...place, column: columnOf(undefined) }, pc, reading);
  const [code = 0, jt = 0, jf = 0, k = 0] = (parts.numbers ?? "").trim().split(/\s+/).map(Number);
  const filter = { code, jt, jf, k };
  reading.drafts.push({ draft: { filter, jumps: [] }, place });
  const where = { ...place, column: columnOf(parts.numbers?.trim()) };
  if (code > 0xffff || jt > 0xff || jf > 0xff || k > 0xffffffff)
    reading.issues.push({
      code: "syntax",
      message: "a number does not fit its field",
      where,
      expected: "code of 16 bits, jt and jf of 8, k of 32",
      received: (parts.numbers ?? "").trim(),
    });
  const words = parts.words ?? "";
  if (words === "" || reading.listed === undefined) return;
  const expected = wordsOf(filter, pc, reading.listed);
  if (words !== expected)
    reading.issues.push({
      code: "syntax",
      message: "the words of this line do not say what its numbers say",
      where: { ...place, column: columnOf(words) },
      expected,
      received: words,
      fix: "the numbers are the program: change them, or write the whole line as assembly",
    });
}

/** Reads a line of assembly. */
function readWritten(line: string, place: Place, reading: Reading): void {
  const pc = reading.drafts.length;
  const reader = readTokens(line, place);
  try {
    for (const { name, column } of takeLabels(reader)) label(name, { ...place, column }, pc, reading);
    const draft = takeDraft(reader, reading.endian);
    if (draft) reading.drafts.push({ draft, place });
  } catch (error) {
    if (!(error instanceof SeccatError)) throw error;
    reading.issues.push(...error.issues);
    reading.drafts.push({ draft: nothing, place });
  }
}

function label(name: string, where: Place, pc: number, reading: Reading): void {
  const refuse = (message: string) => reading.issues.push({ code: "syntax", message, where, received: name });
  if (/^\d/.test(name)) position(name, where, pc, reading);
  else if (reading.labels.has(name)) refuse("this label is defined twice");
  else if (/^next$/i.test(name)) refuse("next always means the following instruction and cannot be a label");
  else reading.labels.set(name, pc);
}

/** A line that states its position must stand there, or jumps by number would go astray. */
function position(written: string, where: Place, pc: number, reading: Reading): void {
  if (Number(written) === pc) return;
  reading.issues.push({
    code: "syntax",
    message: "this line does not stand where its number says",
    where,
    expected: formatPc(pc),
    received: written,
    fix: "renumber the lines and their jumps, or write jumps with labels",
  });
}

/** The instruction at `pc` with its jumps filled in. */
function link(draft: Draft, pc: number, place: Place, reading: Reading): SockFilter {
  const distances = draft.jumps.map(({ field, to }) => [field, distance(field, to, pc, place, reading)]);
  return { ...draft.filter, ...Object.fromEntries(distances) };
}

function distance(field: "jt" | "jf" | "k", to: Target, pc: number, place: Place, reading: Reading): number {
  const issue = (message: string, more: Partial<Issue>): number => {
    reading.issues.push({ code: "syntax", message, where: { ...place, column: to.column }, ...more });
    return 0;
  };
  const goal =
    "skip" in to ? pc + 1 + to.skip : "position" in to ? to.position : reading.labels.get(to.label);
  if (goal === undefined) {
    const name = "label" in to ? to.label : "";
    const near = didYouMean(name, reading.labels.keys());
    return issue("no such label", { received: name, ...(near !== undefined && { fix: near }) });
  }
  const skipped = goal - pc - 1;
  const last = reading.drafts.length - 1;
  if (skipped < 0)
    return issue("jumps go forward only", {
      expected: `a target after ${formatPc(pc)}`,
      received: formatPc(goal),
      fix: "numbers are positions; write +1 to skip one instruction",
    });
  if (goal > last)
    return issue("no instruction stands there", {
      expected: `a target of at most ${formatPc(last)}`,
      received: formatPc(goal),
    });
  if (field !== "k" && skipped > 255)
    return issue("a conditional jump cannot go that far", {
      expected: "at most 255 instructions to skip",
      received: `${skipped}`,
      fix: "jump to a ja that goes on from there",
    });
  return skipped;
}

function byPlace(a: Issue, b: Issue): number {
  return (a.where?.line ?? 0) - (b.where?.line ?? 0) || (a.where?.column ?? 0) - (b.where?.column ?? 0);
}
