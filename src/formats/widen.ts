/**
 * A policy's text with rules added. A policy file in YAML keeps every letter of what stays: the rules are put between
 * the lines, with the comments of a rule left above it. JSON, container profiles, and lists of rules in brackets are
 * written anew. The result is read back and compared with what it should mean before anybody gets it.
 */
import { isSyscallName, syscallNr } from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { resolve } from "../policy/resolve.ts";
import type { Policy, Rule } from "../policy/types.ts";
import { formatWhen } from "../policy/when.ts";
import { type Widening, widen } from "../policy/widen.ts";
import { type FileRule, type PolicyFile, readFile } from "./file.ts";
import { isOciText, type ReadOptions, readPolicy, readTree } from "./policy.ts";
import { Reading } from "./reading.ts";
import { type FileChange, spliceRules } from "./splice.ts";
import { type Notation, writeFile, writePolicy } from "./write.ts";

/** A policy's text with rules added. */
export interface WidenedText {
  readonly text: string;
  /** Whether it was written anew, so that comments and layout are not those of the original. */
  readonly rewritten: boolean;
  /** Rules that were not added, because they belong into an included file. */
  readonly left: Widening["insertions"];
}

/**
 * `text`, which readPolicy() reads with `options`, with the changes of `widening`, in `notation`.
 * Throws a SeccatError "policy" when the result would not mean exactly that.
 */
export function widenText(
  text: string,
  widening: Widening,
  notation: Notation,
  options: ReadOptions,
): WidenedText {
  const { policy } = readPolicy(text, options);
  const tree = readTree(text, options.file, options.format);
  if (isOciText(tree, options)) {
    const { imported: _, ...widened } = widen(policy, widening);
    return { text: writePolicy(widened, notation), rewritten: true, left: [] };
  }
  const file = readFile(new Reading(), tree);
  if (!file) throw new SeccatError({ code: "internal", message: "a policy was read, and then not" });
  const { change, placed, left } = changesOf(policy, file, widening);
  const expected = widen(policy, placed);
  const isJson = isJsonText(text, options);
  if (notation === "yaml" && !isJson) {
    const spliced = spliceRules(text, change);
    if (spliced !== undefined && means(spliced, expected, { ...options, format: "yaml" }))
      return { text: spliced, rewritten: false, left };
  }
  const written = writeFile(changedFile(file, change), notation);
  if (means(written, expected, { ...options, format: notation }))
    return { text: written, rewritten: true, left };
  throw new SeccatError({
    code: "policy",
    message: "the rules could not be added so that the text means what it should",
    ...(options.file === undefined ? {} : { where: { file: options.file } }),
    fix: "add them by hand",
  });
}

/** Whether a policy's text is JSON, by the rule of readTree(). */
export function isJsonText(text: string, { file, format }: ReadOptions): boolean {
  if (format === "json" || format === "yaml") return format === "json";
  const named = /\.(json|ya?ml)$/i.exec(file ?? "")?.[1]?.toLowerCase();
  return named ? named === "json" : /^\s*[{[]/.test(text.replace(/^\ufeff/, ""));
}

/** Whether `text` reads as a policy with the rules of `expected`. */
function means(text: string, expected: Policy, options: ReadOptions): boolean {
  const key = (rules: readonly Rule[]) =>
    JSON.stringify(
      rules.map(({ action, syscalls, when, why }) => ({
        action,
        syscalls,
        when: when && formatWhen(when),
        why,
      })),
    );
  try {
    return key(readPolicy(text, options).policy.rules) === key(expected.rules);
  } catch (error) {
    if (error instanceof SeccatError) return false;
    throw error;
  }
}

interface Placed {
  readonly change: FileChange;
  /** The changes that the file can take, with their places. */
  readonly placed: Widening;
  readonly left: Widening["insertions"];
}

/** The changes in terms of the file's own items; rules that an included file would have to take are left. */
function changesOf(policy: Policy, file: PolicyFile, widening: Widening): Placed {
  const own = (index: number) => itemOf(policy, file, index);
  const inserted = widening.insertions.map((insertion) => ({
    insertion,
    place: placeFor(policy, file, insertion, widening.dropped),
  }));
  const insertions = inserted.flatMap(({ insertion, place }) =>
    place ? [{ at: place.at, item: place.item, rule: insertion.rule }] : [],
  );
  const superseded = widening.superseded.filter(({ rule }) => own(rule) !== undefined);
  const dropped = widening.dropped.filter((rule) => own(rule) !== undefined);
  return {
    change: {
      insertions: insertions.map(({ item, rule }) => ({ item, rule })),
      removals: superseded.flatMap(({ rule, syscall }) => {
        const item = own(rule);
        return item === undefined || dropped.includes(rule) ? [] : [{ item, syscall }];
      }),
      dropped: dropped.flatMap((rule) => own(rule) ?? []),
    },
    placed: { insertions: insertions.map(({ at, rule }) => ({ at, rule })), superseded, dropped },
    left: inserted.flatMap(({ insertion, place }) => (place ? [] : [insertion])),
  };
}

/** Which item of the file a rule is; undefined for one of an included file. */
function itemOf(policy: Policy, file: PolicyFile, index: number): number | undefined {
  const where = policy.rules[index]?.where;
  const found = file.rules.findIndex(
    (item) =>
      !("include" in item) &&
      item.place.line === where?.line &&
      item.place.column === where?.column &&
      item.place.file === where?.file,
  );
  return found < 0 ? undefined : found;
}

/**
 * Where a rule can be inserted: before its own item, or, when that is in an included file, before the include, provided
 * that no rule of what is included before it speaks about the same calls.
 */
function placeFor(
  policy: Policy,
  file: PolicyFile,
  { at, rule }: Widening["insertions"][number],
  dropped: readonly number[],
): { at: number; item: number } | undefined {
  if (at >= policy.rules.length) return { at, item: file.rules.length };
  const item = itemOf(policy, file, at);
  if (item !== undefined) return { at, item };
  if (dropped.includes(at)) return undefined;
  let first = at;
  while (first > 0 && itemOf(policy, file, first - 1) === undefined) first--;
  const before = first === 0 ? undefined : itemOf(policy, file, first - 1);
  return claimed(policy, rule, first, at) ? undefined : { at: first, item: (before ?? -1) + 1 };
}

/** Whether a rule from `from` on and before `to` speaks about a call of `rule`. */
function claimed(policy: Policy, rule: Rule, from: number, to: number): boolean {
  return resolve(policy).arches.some(({ abi, calls }) =>
    rule.syscalls.some((call) => {
      const nr = typeof call === "number" ? call : isSyscallName(call) ? syscallNr(abi, call) : undefined;
      const claims = nr === undefined ? [] : (calls.get(nr) ?? []);
      return claims.some((claim) => claim.rule >= from && claim.rule < to);
    }),
  );
}

function changedFile(file: PolicyFile, { insertions, removals, dropped }: FileChange): PolicyFile {
  const at = (item: number): FileRule[] =>
    insertions.filter((one) => one.item === item).map(({ rule }) => writtenRule(rule, file));
  const rules = file.rules.flatMap((rule, item): FileRule[] => {
    if (dropped.includes(item)) return at(item);
    const gone = removals.filter((one) => one.item === item).map(({ syscall }) => syscall);
    const kept =
      "include" in rule || gone.length === 0
        ? rule
        : { ...rule, syscalls: rule.syscalls.filter((name) => !gone.includes(String(name))) };
    return [...at(item), kept];
  });
  return { ...file, rules: [...rules, ...at(file.rules.length)] };
}

function writtenRule({ action, syscalls, when }: Rule, { place }: PolicyFile): FileRule {
  return {
    action,
    syscalls,
    place,
    ...(when ? { when: { text: formatWhen(when), condition: when } } : {}),
  };
}
