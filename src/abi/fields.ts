/** Looks at what a caller without types passed: JavaScript, and JSON that was cast. */
import { type Issue, SeccatError } from "./error.ts";
import { didYouMean } from "./nearest.ts";

/** An object's keys and values. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether `value` is an object with keys, and no list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The keys of `value` that are none of `known`, as issues "schema" with the nearest one that is; or that it has none. */
export function keyIssues(value: unknown, known: readonly string[], path = ""): Issue[] {
  if (!isFields(value))
    return wrongValue(
      "this is no object",
      `an object with some of ${known.join(", ")}`,
      value,
    ).issues.slice();
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length === 0) return [];
  const where = path === "" ? {} : { where: { path } };
  return unknown.map((key) => {
    const fix = didYouMean(key, known);
    const rest = { received: shown(key), expected: known.join(", "), ...(fix === undefined ? {} : { fix }) };
    return { code: "schema", message: `unknown key ${shown(key)}`, ...where, ...rest };
  });
}

/** The error "schema" that says of `value` what was expected instead. */
export function wrongValue(
  message: string,
  expected: string,
  value: unknown,
  rest: Pick<Issue, "where" | "fix"> = {},
): SeccatError {
  return new SeccatError({ code: "schema", message, expected, received: shown(value), ...rest });
}

/** A short text as it is, a number, and of all else the kind: `null`, `a list`, `an object`, `a function`. */
export function shown(value: unknown): string {
  if (typeof value === "string" && value.length <= 40) return value === "" ? "an empty text" : value;
  if (["number", "boolean", "bigint", "undefined"].includes(typeof value) || value === null)
    return String(value);
  if (Array.isArray(value)) return "a list";
  const names: Readonly<Record<string, string>> = { string: "a long text", object: "an object" };
  return names[typeof value] ?? `a ${typeof value}`;
}
