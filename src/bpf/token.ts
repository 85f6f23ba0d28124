/** The tokens of one line of assembly, and a reader that takes them one by one. Comments are gone already. */
import { abi, abiNames } from "../../arch/index.ts";
import { type Place, SeccatError } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";

/** One token; `word` is a part of seccomp_data, `cell` a scratch cell, `end` the end of the line. */
export interface Token {
  readonly kind: "word" | "cell" | "number" | "name" | "sign" | "end";
  readonly text: string;
  /** 1-based. */
  readonly column: number;
}

/** Takes the tokens of a line from left to right. */
export interface TokenReader {
  /** The next token, or one further on, without taking it. */
  peek(ahead?: number): Token;
  take(): Token;
  /** Takes the next token if it is that sign. */
  skip(sign: string): boolean;
  /** Whether a token is that sign. */
  isSign(sign: string, ahead?: number): boolean;
  /** Throws a SeccatError "syntax" that points at a token. */
  refuse(token: Token, message: string, expected: string, fix?: string): never;
}

const pattern =
  /\s+|(?<word>(?:args\[\s*\d+\s*\]|ip\b)(?:\.\w+)?)|(?<cell>M\[\s*\d+\s*\])|(?<number>-?\d\w*)|(?<name>[a-z_]\w*)|(?<sign>.)/giy;
const kinds = ["word", "cell", "number", "name", "sign"] as const;
const constants = new Map(abiNames.map((name) => [abi(name).auditArchName, abi(name).auditArch]));

/** A reader of `text`, a line that stands at `place`. */
export function readTokens(text: string, place: Place): TokenReader {
  const tokens = tokenise(text);
  const end: Token = { kind: "end", text: "", column: text.trimEnd().length + 1 };
  let at = 0;
  const peek = (ahead = 0) => tokens[at + ahead] ?? end;
  const isSign = (sign: string, ahead = 0) => peek(ahead).kind === "sign" && peek(ahead).text === sign;
  return {
    peek,
    isSign,
    take: () => tokens[at++] ?? end,
    skip(sign) {
      const found = isSign(sign);
      if (found) at++;
      return found;
    },
    refuse(token, message, expected, fix) {
      const received = token.kind === "end" ? "the end of the line" : token.text;
      const where = { ...place, column: token.column };
      throw new SeccatError({ code: "syntax", message, where, expected, received, ...(fix && { fix }) });
    },
  };
}

/** Takes a number as u32: decimal, 0x..., or an AUDIT_ARCH_ constant; a negative one wraps. */
export function takeNumber(reader: TokenReader): number {
  const token = reader.take();
  const named = constants.get(token.text.toUpperCase());
  if (named !== undefined) return named;
  if (/^AUDIT_ARCH_/i.test(token.text)) {
    const near = didYouMean(token.text, constants.keys());
    reader.refuse(token, "no arch has this name", "an AUDIT_ARCH_ constant", near);
  }
  if (token.kind !== "number") reader.refuse(token, "a number is missing", "a number, such as 59 or 0x3b");
  if (!/^-?(0x[0-9a-f]+|\d+)$/i.test(token.text))
    reader.refuse(token, "this is no number", "decimal digits, or 0x and hexadecimal digits");
  if (/^-?0\d/.test(token.text))
    reader.refuse(token, "a leading 0 could mean octal", "a number without leading zeros, or 0x...");
  const value = Number(token.text.replace("-", "")) * (token.text.startsWith("-") ? -1 : 1);
  if (value < -0x80000000 || value > 0xffffffff)
    reader.refuse(token, "the number does not fit in 32 bits", "-2147483648 to 4294967295");
  return value >>> 0;
}

function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(pattern)) {
    for (const kind of kinds) {
      const found = match.groups?.[kind];
      if (found !== undefined) tokens.push({ kind, text: found, column: match.index + 1 });
    }
  }
  return tokens;
}
