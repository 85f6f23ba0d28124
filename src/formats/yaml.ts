/**
 * YAML 1.2 to a tree with places, without what makes YAML surprising: no tags, no directives, one document,
 * no key twice, and aliases only up to a bound.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
} from "yaml";
import { type Issue, SeccatError, throwIssues } from "../abi/error.ts";
import { repeatedKey } from "./json.ts";
import { type Source, show } from "./text.ts";
import {
  type Entry,
  type ScalarStyle,
  type ScalarTree,
  scalarAt,
  type Tree,
  withoutRepeats,
} from "./tree.ts";

const MAX_DEPTH = 100;
const MAX_NODES = 200_000;
const MAX_ERRORS = 5;

/**
 * The tree of a YAML text.
 * Throws a SeccatError with the first few faults of syntax, or with everything that is refused.
 */
export function readYaml(source: Source): Tree {
  const documents = parseAllDocuments(source.text, {
    version: "1.2",
    schema: "core",
    intAsBigInt: true,
    prettyErrors: false,
    uniqueKeys: false,
  });
  const issues: Issue[] = [];
  const refuse = (message: string, offset: number, fix?: string) =>
    issues.push({
      code: "syntax",
      message,
      where: source.placeAt(offset),
      ...(fix === undefined ? {} : { fix }),
    });
  const [document, second] = "empty" in documents ? [] : documents;
  for (const each of "empty" in documents ? [] : documents) syntaxIssues(each, source, issues);
  throwIssues(issues.slice(0, MAX_ERRORS));
  if (document?.directives?.yaml.explicit && document.directives.yaml.version !== "1.2")
    refuse("only YAML 1.2 is read", 0, "remove the %YAML line");
  if (!document?.contents || isNothing(document.contents)) refuse("the text is empty", 0);
  else if (second) refuse("a second document begins here", second.range[0], "keep one policy per file");
  throwIssues(issues);
  if (!document?.contents) throw new SeccatError({ code: "syntax", message: "the text is empty" });
  const tree = new TreeMaker(source, refuse, (issue) => issues.push(issue)).of(document.contents, 0);
  throwIssues(issues);
  return tree;
}

function isNothing(node: Node): boolean {
  return isScalar(node) && node.value === null && node.source === "";
}

function syntaxIssues(document: Document.Parsed, source: Source, issues: Issue[]): void {
  if (document.errors.some(({ code }) => code === "RESOURCE_EXHAUSTION"))
    throw new SeccatError({
      code: "limit",
      message: "this is nested too deeply",
      ...(source.file === undefined ? {} : { where: { file: source.file } }),
      expected: `at most ${MAX_DEPTH} levels`,
    });
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    if (code === "TAG_RESOLVE_FAILED") continue; // tags are refused one by one below
    const text = code === "BAD_ALIAS" ? "this alias has no anchor" : message.replace(/\s+/g, " ");
    issues.push({
      code: "syntax",
      message: `not valid YAML: ${show(text.charAt(0).toLowerCase() + text.slice(1), 200)}`,
      where: source.placeAt(pos[0]),
    });
  }
}

type Refuse = (message: string, offset: number, fix?: string) => void;

class TreeMaker {
  readonly #source: Source;
  readonly #refuse: Refuse;
  readonly #report: (issue: Issue) => void;
  readonly #anchors = new Map<string, Node>();
  #aliases = 0;
  #nodes = 0;

  constructor(source: Source, refuse: Refuse, report: (issue: Issue) => void) {
    this.#source = source;
    this.#refuse = refuse;
    this.#report = report;
  }

  of(node: Node, depth: number): Tree {
    const offset = node.range?.[0] ?? 0;
    if (!isScalar(node) && depth >= MAX_DEPTH)
      throw this.#limit("this is nested too deeply", `at most ${MAX_DEPTH} levels`, offset);
    if (++this.#nodes > MAX_NODES)
      throw this.#limit("the aliases make the text too large", `at most ${MAX_NODES} values`, offset);
    if (isAlias(node)) return this.#alias(node.source, offset, depth);
    if (node.anchor !== undefined && this.#aliases === 0) this.#anchors.set(node.anchor, node);
    if (node.tag !== undefined)
      this.#refuse(
        "tags are not read",
        offset,
        "remove the tag; a text that begins with ! has to stand in quotes",
      );
    if (isMap(node)) return this.#map(node, offset, depth);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.of(asNode(item) ?? this.#missing(offset), depth + 1));
      return { kind: "list", place: this.#source.placeAt(offset), items };
    }
    if (!isScalar(node)) return this.#nothing(offset);
    const written = this.#source.text.slice(offset, node.range?.[1] ?? offset);
    return scalarAt(this.#source, offset, written, scalarValue(node.value), styleOf(node.type));
  }

  #alias(name: string, offset: number, depth: number): Tree {
    const target = this.#anchors.get(name);
    if (!target) {
      this.#refuse(`the alias *${show(name)} has no anchor before it`, offset);
      return this.#nothing(offset);
    }
    this.#aliases++;
    const tree = this.of(target, depth);
    this.#aliases--;
    return tree;
  }

  #map(node: YAMLMap, offset: number, depth: number): Tree {
    const entries = node.items.map((pair) => this.#entry(pair, offset, depth));
    const unique = withoutRepeats(entries, (entry, first) => this.#report(repeatedKey(entry, first)));
    return { kind: "map", place: this.#source.placeAt(offset), entries: unique };
  }

  #entry(pair: Pair, offset: number, depth: number): Entry {
    const key = this.of(asNode(pair.key) ?? this.#missing(offset), depth + 1);
    const value = asNode(pair.value);
    if (key.kind !== "scalar") {
      this.#refuse("a key has to be a text", asNode(pair.key)?.range?.[0] ?? offset);
      return { key: "", place: key.place, value: this.#nothing(offset) };
    }
    return {
      key: typeof key.value === "string" ? key.value : key.written,
      place: key.place,
      value: value ? this.of(value, depth + 1) : this.#nothing(asNode(pair.key)?.range?.[1] ?? offset),
    };
  }

  #nothing(offset: number): ScalarTree {
    return scalarAt(this.#source, offset, "", null, "plain");
  }

  #missing(offset: number): never {
    throw new SeccatError({
      code: "syntax",
      message: "not valid YAML: a value is missing",
      where: this.#source.placeAt(offset),
    });
  }

  #limit(message: string, expected: string, offset: number): SeccatError {
    return new SeccatError({ code: "limit", message, expected, where: this.#source.placeAt(offset) });
  }
}

function asNode(value: unknown): Node | undefined {
  return isMap(value) || isSeq(value) || isScalar(value) || isAlias(value) ? value : undefined;
}

function scalarValue(value: unknown): ScalarTree["value"] {
  switch (typeof value) {
    case "string":
    case "bigint":
    case "number":
    case "boolean":
      return value;
    default:
      return null;
  }
}

function styleOf(type: string | undefined): ScalarStyle {
  switch (type) {
    case "QUOTE_SINGLE":
      return "single";
    case "QUOTE_DOUBLE":
      return "double";
    case "BLOCK_FOLDED":
    case "BLOCK_LITERAL":
      return "block";
    default:
      return "plain";
  }
}
