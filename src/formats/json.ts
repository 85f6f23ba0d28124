/**
 * JSON as RFC 8259 has it, to a tree with places. The engine's own parser gives no places, rounds large
 * numbers, and words its errors differently in every release.
 */
import { type Issue, SeccatError } from "../abi/error.ts";
import { type Source, show } from "./text.ts";
import { type Entry, type ListTree, type MapTree, scalarAt, type Tree, withoutRepeats } from "./tree.ts";

const MAX_DEPTH = 100;

/**
 * The tree of a JSON text.
 * Throws a SeccatError "syntax" at the first character that is no JSON, or with every key given twice.
 */
export function readJson(source: Source): Tree {
  return new JsonReader(source).whole();
}

const literals = new Map<string, boolean | null>([
  ["true", true],
  ["false", false],
  ["null", null],
]);
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const word = /[\w.+-]+/y;

class JsonReader {
  readonly #source: Source;
  readonly #text: string;
  readonly #repeats: Issue[] = [];
  #at = 0;
  #depth = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#text = source.text;
  }

  whole(): Tree {
    this.#space();
    if (this.#at >= this.#text.length) throw this.#fail("the text is empty", "a policy");
    const tree = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#fail("there is text after the end of the JSON value");
    const [first, ...more] = this.#repeats;
    if (first) throw new SeccatError(first, more);
    return tree;
  }

  #value(): Tree {
    const char = this.#text[this.#at];
    if (char === "{" || char === "[") {
      if (++this.#depth > MAX_DEPTH)
        throw this.#fail("this is nested too deeply", `at most ${MAX_DEPTH} levels`);
      const tree = char === "{" ? this.#map() : this.#list();
      this.#depth--;
      return tree;
    }
    const start = this.#at;
    const style = char === '"' ? "double" : "plain";
    const value = char === '"' ? this.#string() : this.#bare();
    return scalarAt(this.#source, start, this.#text.slice(start, this.#at), value, style);
  }

  #map(): MapTree {
    const start = this.#at;
    const entries: Entry[] = [];
    this.#items("}", () => {
      const place = this.#source.placeAt(this.#at);
      const expected = 'a key in double quotes, such as "default"';
      if (this.#text[this.#at] !== '"')
        throw this.#foreign(expected) ?? this.#fail("a key is missing", expected);
      const key = this.#string();
      this.#space();
      if (!this.#take(":")) throw this.#fail("the colon after a key is missing", ":");
      this.#space();
      entries.push({ key, place, value: this.#value() });
    });
    const unique = withoutRepeats(entries, (entry, first) => {
      this.#repeats.push(repeatedKey(entry, first));
    });
    return { kind: "map", place: this.#source.placeAt(start), entries: unique };
  }

  #list(): ListTree {
    const start = this.#at;
    const items: Tree[] = [];
    this.#items("]", () => items.push(this.#value()));
    return { kind: "list", place: this.#source.placeAt(start), items };
  }

  /** The opening bracket, then `item` between commas until `close`. */
  #items(close: "}" | "]", item: () => void): void {
    this.#at++;
    this.#space();
    if (this.#take(close)) return;
    for (;;) {
      item();
      this.#space();
      if (this.#take(close)) return;
      const comma = this.#at;
      if (!this.#take(",")) throw this.#fail("a comma or the end is missing", `, or ${close}`);
      this.#space();
      if (this.#text[this.#at] !== close) continue;
      this.#at = comma;
      throw this.#fail("JSON has no comma after the last item", undefined, "remove the comma");
    }
  }

  /** A number or a literal. */
  #bare(): bigint | number | boolean | null {
    number.lastIndex = this.#at;
    word.lastIndex = this.#at;
    const text = word.exec(this.#text)?.[0];
    const digits = number.exec(this.#text);
    if (digits && digits[0] === text) {
      this.#at += text.length;
      return digits[1] === undefined && digits[2] === undefined ? BigInt(text) : Number(text);
    }
    const literal = text === undefined ? undefined : literals.get(text);
    if (text === undefined || literal === undefined) throw this.#noValue(text);
    this.#at += text.length;
    return literal;
  }

  /** The error at a text that other languages have and JSON has not, or undefined. */
  #foreign(expected: string): SeccatError | undefined {
    if (this.#text[this.#at] === "'") return this.#fail("JSON has no single quotes", expected, 'use "');
    if (!/^(\/[/*]|#)/.test(this.#text.slice(this.#at, this.#at + 2))) return undefined;
    return this.#fail("JSON has no comments", expected, "write the policy in YAML to comment it");
  }

  #noValue(text: string | undefined): SeccatError {
    const expected = "a value in JSON";
    const foreign = this.#foreign(expected);
    if (foreign) return foreign;
    if (text === undefined) return this.#fail("a value is missing", expected);
    const isNumber = /^[-+.]?\d/.test(text);
    return isNumber
      ? this.#fail("this is no number in JSON", "decimal digits without leading zeros", undefined, text)
      : this.#fail("this is no value in JSON", expected, "put texts into double quotes", text);
  }

  #string(): string {
    const start = this.#at++;
    let value = "";
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char === "\n") {
        this.#at = start;
        throw this.#fail("the text has no closing quote", '"');
      }
      if (char < " ") throw this.#fail("a text holds a control character", "an escape, such as \\n or \\t");
      if (char === '"') break;
      value += char === "\\" ? this.#escape() : char;
      this.#at++;
    }
    this.#at++;
    return value;
  }

  /** Leaves `at` on the last character of the escape. */
  #escape(): string {
    const char = this.#text[this.#at + 1] ?? "";
    const hex = this.#text.slice(this.#at + 2, this.#at + 6);
    if (char === "u" && /^[0-9a-fA-F]{4}$/.test(hex)) {
      this.#at += 5;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const value = Object.hasOwn(escapes, char) ? escapes[char] : undefined;
    if (value === undefined)
      throw this.#fail(
        "JSON has no such escape",
        '\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX',
        undefined,
        `\\${char}`,
      );
    this.#at++;
    return value;
  }

  #space(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #fail(message: string, expected?: string, fix?: string, received?: string): SeccatError {
    const found = received ?? this.#text[this.#at] ?? "the end of the text";
    return new SeccatError({
      code: "syntax",
      message,
      where: this.#source.placeAt(this.#at),
      ...(expected === undefined ? {} : { expected }),
      received: show(found),
      ...(fix === undefined ? {} : { fix }),
    });
  }
}

/** The issue of a key that a mapping holds twice: readers differ in which one they take. */
export function repeatedKey(entry: Entry, first: Entry): Issue {
  return {
    code: "syntax",
    message: `the key ${show(entry.key)} is given twice`,
    where: entry.place,
    fix: `remove one of them; the first is on line ${first.place.line}`,
  };
}
