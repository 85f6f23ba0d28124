import type { SeccatError } from "../abi/error.ts";

/** One word of a condition, with its 0-based offset in the text. */
export type Token =
  | { readonly kind: "name" | "symbol" | "end"; readonly text: string; readonly at: number }
  | { readonly kind: "number"; readonly text: string; readonly at: number; readonly value: bigint };

/** The comparisons, as they are spelt; those with `s` read both sides as signed. */
export const compareOps = ["==", "!=", "<", "<=", ">", ">=", "s<", "s<=", "s>", "s>="] as const;
/** What an argument can be read as instead of what the kernel declares. */
export const widths = ["u16", "u32", "u64", "ptr"] as const;

type Fail = (at: number, message: string, received: string) => SeccatError;

// Longest first; `s<` and its kin are one symbol, so `flags<3` is a comparison and `s <3` an argument named s.
const symbols = [...compareOps, ..."&& || .. = & | ~ ! ( ) { } , -".split(" ")].sort(
  (a, b) => b.length - a.length,
);
const space = /\s/;
const nameStart = /[A-Za-z_]/;
const namePart = /[A-Za-z0-9_]/;

/** The words of `text`, closed by one `end`; throws what `fail` makes of a character or number it cannot read. */
export function tokenize(text: string, fail: Fail): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (space.test(char)) {
      at++;
      continue;
    }
    const token = readSymbol(text, at) ?? readWord(text, at, fail);
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: "end", text: "", at });
  return tokens;
}

function readSymbol(text: string, at: number): Token | undefined {
  const symbol = symbols.find((candidate) => text.startsWith(candidate, at));
  return symbol === undefined ? undefined : { kind: "symbol", text: symbol, at };
}

function readWord(text: string, at: number, fail: Fail): Token {
  let end = at;
  while (end < text.length && namePart.test(text.charAt(end))) end++;
  const word = text.slice(at, end);
  if (word === "") throw fail(at, "this character means nothing in a condition", text.charAt(at));
  if (nameStart.test(word.charAt(0))) {
    return { kind: word === "in" ? "symbol" : "name", text: word, at };
  }
  if (!/^(0x[0-9a-f]+|0b[01]+|0o?[0-7]+|[1-9][0-9]*|0)$/i.test(word))
    throw fail(at, "this is no number", word);
  const octal = /^0[0-7]+$/.test(word);
  return { kind: "number", text: word, at, value: BigInt(octal ? `0o${word.slice(1)}` : word) };
}
