/**
 * The condition language, text to tree and back.
 *
 *     expr  = and { "||" and }
 *     and   = not { "&&" not }
 *     not   = "!" not | "(" expr ")" | test
 *     test  = side ( cmp value | "in" "{" item { "," item } "}" )
 *     side  = arg [ "&" value ] | "(" side ")"
 *     arg   = NAME | "arg0".."arg5" | ( "u16" | "u32" | "u64" | "ptr" ) "(" arg ")"
 *     cmp   = "==" "!=" "<" "<=" ">" ">=" "s<" "s<=" "s>" "s>="
 *     item  = value [ ".." value ]
 *     value = term { "|" term }
 *     term  = "~" term | "(" value ")" | NAME | [ "-" ] NUMBER
 *
 * Names are not looked up here: which argument or constant a name means depends on the syscall and the arch.
 */
import { type ErrorCode, type Place, SeccatError } from "../abi/error.ts";
import { compareOps, type Token, tokenize, widths } from "./token.ts";
import type { ArgRef, CompareOp, Condition, Value } from "./types.ts";

type Side = { arg: ArgRef; mask?: Value; where: Place | undefined };

const MAX_DEPTH = 200;

/** The operator that `text` spells, or undefined. */
export function compareOpOf(text: string): CompareOp | undefined {
  return compareOps.find((op) => op === text);
}

/**
 * The condition that `text` spells.
 * Throws a SeccatError "syntax" whose column counts from `where.column` (1 when absent).
 */
export function parseWhen(text: string, where?: Place): Condition {
  const parser = new WhenParser(text, where);
  return parser.whole();
}

/**
 * The value that `text` spells: numbers and constants joined by `|` and `~`.
 * Throws a SeccatError "syntax" as parseWhen does.
 */
export function parseValue(text: string, where?: Place): Value {
  return new WhenParser(text, where).wholeValue();
}

class WhenParser {
  readonly #tokens: readonly Token[];
  readonly #base: Place | undefined;
  #next = 0;
  #depth = 0;

  constructor(text: string, base: Place | undefined) {
    this.#base = base;
    if (typeof text !== "string") throw this.#error(0, "this is no text", "a text", typeof text);
    this.#tokens = tokenize(text, (at, message, received) => this.#error(at, message, undefined, received));
  }

  whole(): Condition {
    if (this.#peek().kind === "end") throw this.#fail("the condition is empty", "a comparison");
    const condition = this.#or();
    if (this.#peek().kind !== "end") throw this.#fail("text after the end of the condition", "&& or ||");
    return condition;
  }

  wholeValue(): Value {
    const value = this.#value();
    if (this.#peek().kind !== "end") throw this.#fail("text after the end of the value", "|");
    return value;
  }

  #or(): Condition {
    const of = [this.#and()];
    while (this.#take("||")) of.push(this.#and());
    return join("or", of);
  }

  #and(): Condition {
    const of = [this.#not()];
    while (this.#take("&&")) of.push(this.#not());
    return join("and", of);
  }

  #not(): Condition {
    return this.#deeper("condition", () => {
      if (this.#take("!")) return { kind: "not", of: this.#not() };
      if (!this.#at("(") || this.#startsSide()) return this.#test();
      this.#take("(");
      const inner = this.#or();
      this.#expect(")");
      return inner;
    });
  }

  /** What `read` reads, one level further in. */
  #deeper<T>(what: string, read: () => T): T {
    if (++this.#depth > MAX_DEPTH)
      throw this.#fail(`the ${what} is nested too deeply`, `at most ${MAX_DEPTH} levels`);
    const result = read();
    this.#depth--;
    return result;
  }

  /** Whether the "(" here opens a parenthesised side, `(flags & MASK) == V`, and not a condition. */
  #startsSide(): boolean {
    let level = 0;
    for (let i = this.#next; ; i++) {
      const token = this.#tokens[i];
      if (!token || token.kind === "end") return false;
      if (token.text === "(") level++;
      else if (token.text === ")" && --level === 0) {
        const after = this.#tokens[i + 1];
        return after !== undefined && (compareOpOf(after.text) !== undefined || after.text === "in");
      } else if (level > 0 && ["&&", "||", "!"].includes(token.text)) return false;
    }
  }

  #test(): Condition {
    const { where, ...side } = this.#side();
    const place = where ? { where } : {};
    if (this.#take("in")) return { kind: "in", ...side, set: this.#set(), ...place };
    const token = this.#peek();
    const op = token.kind === "symbol" ? compareOpOf(token.text) : undefined;
    if (op === undefined) {
      const hint = token.text === "=" ? "write == to compare" : "a bit test is written `flags & MASK != 0`";
      throw this.#fail("an argument stands here without a comparison", "== != < <= > >= or in", hint);
    }
    this.#next++;
    return { kind: "compare", ...side, op, value: this.#value(), ...place };
  }

  #side(): Side {
    if (this.#take("(")) {
      const side = this.#deeper("argument", () => this.#side());
      this.#expect(")");
      return side.mask === undefined ? this.#masked(side) : side;
    }
    const where = this.#base && this.#place(this.#peek().at);
    return this.#masked({ arg: this.#arg(), where });
  }

  #masked(side: Side): Side {
    return this.#take("&") ? { ...side, mask: this.#value() } : side;
  }

  #arg(): ArgRef {
    const token = this.#peek();
    if (token.kind !== "name")
      throw this.#fail("an argument is missing", "an argument's name, or arg0 to arg5");
    this.#next++;
    const width = widths.find((name) => name === token.text);
    if (width !== undefined && this.#take("(")) {
      const at = this.#peek().at;
      const inner = this.#deeper("argument", () => this.#arg());
      this.#expect(")");
      if (inner.as !== undefined)
        throw this.#error(at, "a width inside a width", "one of u16 u32 u64 ptr", inner.as);
      return { ...inner, as: width };
    }
    const numbered = /^arg(\d+)$/.exec(token.text);
    if (!numbered) return { name: token.text };
    const index = Number(numbered[1]);
    if (index > 5) throw this.#error(token.at, "a syscall has six arguments", "arg0 to arg5", token.text);
    return { index };
  }

  #set(): { from: Value; to: Value }[] {
    this.#expect("{");
    const set: { from: Value; to: Value }[] = [];
    do {
      const from = this.#value();
      set.push({ from, to: this.#take("..") ? this.#value() : from });
    } while (this.#take(","));
    this.#expect("}");
    return set;
  }

  #value(): Value {
    const of = [this.#term()];
    while (this.#take("|")) of.push(this.#term());
    const [only] = of;
    return of.length === 1 && only !== undefined ? only : { kind: "or", of };
  }

  #term(): Value {
    return this.#deeper("value", () => {
      if (this.#take("~")) return { kind: "not", of: this.#term() };
      if (this.#take("(")) {
        const value = this.#value();
        this.#expect(")");
        return value;
      }
      const negative = this.#take("-");
      const token = this.#peek();
      if (token.kind === "number") {
        this.#next++;
        return negative ? -token.value : token.value;
      }
      if (token.kind !== "name" || negative) throw this.#fail("a value is missing", "a number or a constant");
      this.#next++;
      return { kind: "constant", name: token.text };
    });
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "", at: 0 };
  }

  #at(text: string): boolean {
    const token = this.#peek();
    return token.kind !== "end" && token.text === text;
  }

  #take(text: string): boolean {
    if (!this.#at(text)) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#fail(`${text} is missing`, text);
  }

  #place(at: number): Place {
    return { ...this.#base, column: (this.#base?.column ?? 1) + at };
  }

  #fail(message: string, expected: string, fix?: string): SeccatError {
    const token = this.#peek();
    return this.#error(
      token.at,
      message,
      expected,
      token.kind === "end" ? "the end of the text" : token.text,
      fix,
    );
  }

  #error(at: number, message: string, expected?: string, received?: string, fix?: string): SeccatError {
    const code: ErrorCode = "syntax";
    return new SeccatError({
      code,
      message,
      where: this.#place(at),
      ...(expected === undefined ? {} : { expected }),
      ...(received === undefined ? {} : { received }),
      ...(fix === undefined ? {} : { fix }),
    });
  }
}

/** `a && (b && c)` stays nested as written; a single member needs no wrapper. */
function join(kind: "and" | "or", of: Condition[]): Condition {
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { kind, of };
}

/** The text of a condition, which parseWhen reads back as the same tree. */
export function formatWhen(condition: Condition): string {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.of.map(formatMember).join(condition.kind === "and" ? " && " : " || ");
    case "not":
      return `!${condition.of.kind === "not" ? formatWhen(condition.of) : `(${formatWhen(condition.of)})`}`;
    case "compare":
      return `${formatSide(condition)} ${condition.op} ${formatValue(condition.value)}`;
    case "in":
      return `${formatSide(condition)} in {${condition.set.map(formatItem).join(", ")}}`;
  }
}

function formatMember(condition: Condition): string {
  const text = formatWhen(condition);
  return condition.kind === "and" || condition.kind === "or" ? `(${text})` : text;
}

function formatSide({ arg, mask }: { arg: ArgRef; mask?: Value }): string {
  const name = arg.name ?? `arg${arg.index ?? 0}`;
  const side = arg.as === undefined ? name : `${arg.as}(${name})`;
  return mask === undefined ? side : `${side} & ${formatValue(mask)}`;
}

function formatItem({ from, to }: { from: Value; to: Value }): string {
  const [low, high] = [formatValue(from), formatValue(to)];
  return low === high ? low : `${low}..${high}`;
}

/** The text of a value: small numbers in decimal, others in hexadecimal, constants by name. */
export function formatValue(value: Value): string {
  if (typeof value === "bigint")
    return value < 0n ? `-${formatValue(-value)}` : value < 4096n ? String(value) : `0x${value.toString(16)}`;
  if (value.kind === "constant") return value.name;
  if (value.kind === "or")
    return value.of.map((part) => (isOr(part) ? `(${formatValue(part)})` : formatValue(part))).join("|");
  return `~${isOr(value.of) ? `(${formatValue(value.of)})` : formatValue(value.of)}`;
}

function isOr(value: Value): boolean {
  return typeof value !== "bigint" && value.kind === "or";
}
