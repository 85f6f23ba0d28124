/** Rules put between the lines of a policy file in YAML, whose other letters all stay. */
import { isMap, isScalar, isSeq, type Node, parseDocument, type YAMLSeq } from "yaml";
import type { Rule } from "../policy/types.ts";
import { yamlRule } from "./write.ts";

/** What to change about the items of `rules`; indices are those before. */
export interface FileChange {
  /** Rules to insert before that item, or at the end. */
  readonly insertions: readonly { readonly item: number; readonly rule: Rule }[];
  readonly removals: readonly { readonly item: number; readonly syscall: string }[];
  readonly dropped: readonly number[];
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** `text` with the changes; undefined when its rules are not written one below the other. */
export function spliceRules(text: string, change: FileChange): string | undefined {
  const mark = text.startsWith("\ufeff") ? "\ufeff" : "";
  const plain = text.slice(mark.length);
  const rules = parseDocument(plain, { version: "1.2", schema: "core", intAsBigInt: true }).get(
    "rules",
    true,
  );
  const edits = editsOf(plain, rules, change);
  if (!edits) return undefined;
  // From the end on, so that places before stay; of two at one place, the later rule first.
  const ordered = edits
    .map((edit, i) => ({ edit, i }))
    .sort((a, b) => b.edit.from - a.edit.from || b.i - a.i);
  let result = plain;
  for (const { edit } of ordered) result = result.slice(0, edit.from) + edit.text + result.slice(edit.to);
  return mark + result;
}

function editsOf(text: string, rules: unknown, change: FileChange): Edit[] | undefined {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = (rule: Rule, indent: string) => `${yamlRule(rule, indent)}\n`.replaceAll("\n", newline);
  if (isEmpty(rules)) {
    const [from, to] = rules.range ?? [0, 0];
    const all = change.insertions.map(({ rule }) => lines(rule, "  ")).join("");
    return all === "" ? [] : [{ from, to, text: newline + all.slice(0, -newline.length) }];
  }
  if (!isSeq<Node>(rules) || rules.flow) return undefined;
  const spans = rules.items.map((item) => spanOf(text, item));
  const [first] = spans;
  if (!first || spans.some((span) => span.dash < 0)) return undefined;
  const indent = text.slice(first.start, first.dash);
  const end = spans.at(-1)?.end ?? text.length;
  const edits: Edit[] = change.insertions.map(({ item, rule }) => {
    const span = spans[item];
    const from = span ? aboveComments(text, span.start) : end;
    const broken = from > 0 && text[from - 1] !== "\n" ? newline : "";
    return { from, to: from, text: broken + lines(rule, indent) };
  });
  for (const item of change.dropped) {
    const span = spans[item];
    if (span) edits.push({ from: span.start, to: span.end, text: "" });
  }
  for (const item of new Set(change.removals.map((one) => one.item))) {
    const names = change.removals.filter((one) => one.item === item).map(({ syscall }) => syscall);
    edits.push(...removals(text, rules.items[item], names));
  }
  return edits;
}

function isEmpty(rules: unknown): rules is Node {
  return (isSeq(rules) && rules.items.length === 0) || (isScalar(rules) && rules.value === null);
}

/** The lines of an item: the start of its first, its dash, and the end of its last with the line break. */
function spanOf(text: string, item: Node): { start: number; dash: number; end: number } {
  const [from, to] = item.range ?? [0, 0];
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const dash = /^[ ]*-[ ]/.test(text.slice(start, from)) ? text.indexOf("-", start) : -1;
  if (to > from && text[to - 1] === "\n") return { start, dash, end: to };
  const stop = text.indexOf("\n", to);
  return { start, dash, end: stop < 0 ? text.length : stop + 1 };
}

/** The start of the first of the comment lines right above the line at `start`. */
function aboveComments(text: string, start: number): number {
  let at = start;
  while (at > 0) {
    const before = text.lastIndexOf("\n", at - 2) + 1;
    if (!/^\s*#/.test(text.slice(before, at))) break;
    at = before;
  }
  return at;
}

/** What to cut so that `names` are no longer among the calls of a rule. */
function removals(text: string, rule: Node | undefined, names: readonly string[]): Edit[] {
  const list = isMap(rule) ? rule.get("syscalls", true) : undefined;
  if (!isSeq<Node>(list)) return [];
  const isGone = list.items.map((item) => isScalar(item) && names.includes(String(item.value)));
  if (!list.flow)
    return list.items.flatMap((item, i) => {
      const span = spanOf(text, item);
      return isGone[i] && span.dash >= 0 ? [{ from: span.start, to: span.end, text: "" }] : [];
    });
  return flowRemovals(list, isGone);
}

/** Runs of names with their commas: up to the next that stays, or from the last that stays. */
function flowRemovals(list: YAMLSeq<Node>, isGone: readonly boolean[]): Edit[] {
  const edits: Edit[] = [];
  const range = (i: number) => list.items[i]?.range ?? [0, 0, 0];
  for (let i = 0; i < isGone.length; i++) {
    if (!isGone[i]) continue;
    const begin = i;
    while (isGone[i + 1]) i++;
    if (i + 1 < isGone.length) edits.push({ from: range(begin)[0], to: range(i + 1)[0], text: "" });
    else if (begin > 0) edits.push({ from: range(begin - 1)[1], to: range(i)[1], text: "" });
  }
  return edits;
}
