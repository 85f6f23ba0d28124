/** Takes values out of a tree, collecting every problem with its place instead of stopping at the first. */
import type { ErrorCode, Issue, Place } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";
import { show } from "./text.ts";
import type { Entry, ListTree, MapTree, ScalarTree, Tree } from "./tree.ts";

type Rest = Pick<Issue, "expected" | "received" | "fix">;

/** One reading of a text: its problems so far, and typed looks at its values. */
export class Reading {
  readonly issues: Issue[] = [];
  readonly warnings: Issue[] = [];

  /** Notes an error. */
  problem(code: ErrorCode, where: Place, message: string, rest: Rest = {}): undefined {
    this.issues.push({ code, message, where, ...rest });
  }

  /** Notes a warning. */
  warn(where: Place, message: string, rest: Rest = {}): undefined {
    this.warnings.push({ code: "policy", message, where, ...rest });
  }

  /** Notes that `tree` is not what was expected. */
  wrong(tree: Tree, what: string, expected: string, fix?: string): undefined {
    const rest = { expected, received: describe(tree), ...(fix === undefined ? {} : { fix }) };
    return this.problem("schema", tree.place, what, rest);
  }

  /** Notes a name that is in none of `candidates`. */
  unknown(
    where: Place,
    what: string,
    name: string,
    candidates: readonly string[],
    expected?: string,
  ): undefined {
    const fix = didYouMean(name, candidates);
    return this.problem("name", where, `unknown ${what} ${show(name)}`, {
      ...(expected === undefined ? {} : { expected }),
      received: show(name),
      ...(fix === undefined ? {} : { fix }),
    });
  }

  /** The mapping that `tree` is. */
  map(tree: Tree, what: string, fix?: string): MapTree | undefined {
    return tree.kind === "map" ? tree : this.wrong(tree, `${what} has to be a mapping`, "a mapping", fix);
  }

  /** The list that `tree` is. */
  list(tree: Tree, what: string): ListTree | undefined {
    if (tree.kind === "list") return tree;
    const fix = tree.kind === "scalar" && tree.value !== null ? `write [${show(tree.written)}]` : undefined;
    return this.wrong(tree, `${what} has to be a list`, "a list", fix);
  }

  /** The scalar holding the non-empty text that `tree` is; never a number that YAML has read as one. */
  text(tree: Tree, what: string): (ScalarTree & { readonly value: string }) | undefined {
    if (tree.kind !== "scalar" || typeof tree.value !== "string") {
      const quotable = tree.kind === "scalar" && tree.value !== null;
      const fix = quotable ? `put it into quotes: "${show(tree.written)}"` : undefined;
      return this.wrong(tree, `${what} has to be a text`, "a text", fix);
    }
    if (tree.value.trim() === "") return this.wrong(tree, `${what} is empty`, "a text");
    return { ...tree, value: tree.value };
  }

  /** The whole number in `low`..`high` that `tree` is. */
  integer(tree: Tree, what: string, low: bigint, high: bigint, fix?: string): bigint | undefined {
    const expected = `${low}..${high}`;
    if (tree.kind !== "scalar" || typeof tree.value !== "bigint") {
      const quoted = tree.kind === "scalar" && typeof tree.value === "string" && /^\d+$/.test(tree.value);
      return this.wrong(
        tree,
        `${what} has to be a whole number`,
        expected,
        quoted ? "remove the quotes" : fix,
      );
    }
    if (/^[-+]?0\d/.test(tree.written)) {
      const digits = tree.written.replace(/^[-+]?0+/, "");
      const choice = /^[0-7]+$/.test(digits)
        ? `write 0o${digits} for octal, ${digits} for decimal`
        : `write ${digits}`;
      return this.wrong(tree, "a number with a leading zero is octal to some readers only", expected, choice);
    }
    if (tree.value < low || tree.value > high)
      return this.wrong(tree, `${what} is out of range`, expected, fix);
    return tree.value;
  }

  /**
   * The entries of `map` by key; a key that is not in `keys`, or one of `needed` that is not there, is a
   * problem. `needed` says what is expected under a key, `advice` what to do about a wrong one.
   */
  keys<Key extends string>(
    map: MapTree,
    keys: readonly Key[],
    needed?: Readonly<Partial<Record<Key, string>>>,
    advice: Readonly<Record<string, string>> = {},
  ): Map<Key, Entry> {
    const found = new Map<Key, Entry>();
    const unknown: Entry[] = [];
    for (const entry of map.entries) {
      const key = keys.find((each) => each === entry.key);
      if (key === undefined) unknown.push(entry);
      else found.set(key, entry);
    }
    const fixes = unknown.map(({ key }) =>
      Object.hasOwn(advice, key) ? advice[key] : didYouMean(key, keys),
    );
    for (const key of keys) {
      const expected = needed?.[key];
      if (expected === undefined || found.has(key) || fixes.includes(`did you mean ${key}?`)) continue;
      this.problem("schema", map.place, `the key ${key} is missing`, {
        expected: `${key}: ${expected}`,
      });
    }
    unknown.forEach(({ key, place }, i) => {
      const fix = fixes[i];
      this.problem("schema", place, `unknown key ${show(key)}`, {
        expected: keys.filter((each) => !each.startsWith("$")).join(", "),
        received: show(key),
        ...(fix === undefined ? {} : { fix }),
      });
    });
    return found;
  }
}

/** What stands at a place, in a few words. */
export function describe(tree: Tree): string {
  if (tree.kind === "map") return "a mapping";
  if (tree.kind === "list") return tree.items.length === 0 ? "an empty list" : "a list";
  return tree.written === "" ? "nothing" : show(tree.written);
}
