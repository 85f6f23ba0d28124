/** Bytes of a strange process as text that cannot steer a terminal. */
import type { Text } from "./memory.ts";

const escapes: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\t": "\\t",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

/** Controls, invisible marks, and letters that turn the direction of writing. */
const unsafe = /["\\\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** `"GET /\r\n"...`: bytes in double quotes, as UTF-8 where they are that, and else each strange one as `\xff`. */
export function quoted({ bytes, cut }: Text): string {
  return `"${plain(bytes, cut)}"${cut ? "..." : ""}`;
}

/** The same without quotes, for names and paths. */
export function plain(bytes: Uint8Array, cut = false): string {
  const text = utf8(bytes, cut);
  if (text !== undefined) return text.replace(unsafe, escaped);
  return Array.from(bytes, (byte) => {
    const char = String.fromCharCode(byte);
    return byte >= 0x80 ? hex(byte) : char.replace(unsafe, escaped);
  }).join("");
}

/** The text of bytes in UTF-8; of those that were cut, without the piece of a character at their end. */
function utf8(bytes: Uint8Array, cut: boolean): string | undefined {
  for (let drop = 0; drop <= (cut ? 3 : 0); drop++) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        bytes.subarray(0, bytes.length - drop),
      );
    } catch {
      // with one byte less, or as no UTF-8 at all
    }
  }
  return undefined;
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return escapes[char] ?? (code < 0x80 ? hex(code) : `\\u{${code.toString(16)}}`);
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
