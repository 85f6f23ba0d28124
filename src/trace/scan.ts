// Characters of strace's output, read by position in [at, end) of a text that may go on after `end`.
// Positions instead of slices, and codes instead of characters, because a trace has a billion of them.

const quote = 0x22;
const backslash = 0x5c;
const less = 0x3c;
const greater = 0x3e;
const slash = 0x2f;
const star = 0x2a;
const minus = 0x2d;

/** The first position that holds no space or tab. */
export function skipSpace(text: string, at: number, end: number): number {
  let i = at;
  while (i < end && isSpace(text.charCodeAt(i))) i++;
  return i;
}

/** Whether a code is a space or a tab. */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Whether a code is one of 0 to 9. */
export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Whether a code may stand in a C name. */
export function isWord(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || isDigit(code);
}

/** Whether `word` stands at a position and ends before `end`. */
export function startsWith(text: string, word: string, at: number, end: number): boolean {
  return at + word.length <= end && text.startsWith(word, at);
}

/** The position after the quote that closes the string at `at`, or -1 when none does. */
export function endOfString(text: string, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === backslash) i++;
    else if (code === quote) return i + 1;
  }
  return -1;
}

/**
 * The position after the annotation at `at` (a `<` behind a descriptor or pid), or -1 when it does not close:
 * `</etc/passwd>`, `<TCP:[127.0.0.1:80->127.0.0.1:5]>`, `</dev/pts/0<char 136:0>>`.
 *
 * strace 4.8 and later write `<` and `>` of a path as `\74` and `\76`; older ones do not, so a `>` closes only
 * where something follows that can follow an annotation.
 */
export function endOfAngle(text: string, at: number, end: number): number {
  const nested = closeAngle(text, at, end, true);
  return nested >= 0 ? nested : closeAngle(text, at, end, false);
}

function closeAngle(text: string, at: number, end: number, nesting: boolean): number {
  const path = text.charCodeAt(at + 1) === slash;
  let depth = 1;
  for (let i = at + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === backslash) i++;
    else if (code === quote && !path) {
      const after = endOfString(text, i, end);
      if (after > 0) i = after - 1;
    } else if (code === less && nesting) depth++;
    else if (code === greater) {
      if (depth > 1) depth--;
      else if (mayFollowAngle(text, i + 1, end) && (path || text.charCodeAt(i - 1) !== minus)) return i + 1;
    }
  }
  return -1;
}

const angleFollowers = ",)]} |\t=<";

function mayFollowAngle(text: string, at: number, end: number): boolean {
  return at >= end || angleFollowers.includes(text.charAt(at));
}

function endOfComment(text: string, at: number, end: number): number {
  for (let i = at + 3; i < end; i++) {
    if (text.charCodeAt(i) === slash && text.charCodeAt(i - 1) === star) return i + 1;
  }
  return -1;
}

// 1: steps over a plain character; others are looked at.
const plain = new Uint8Array(128).fill(1);
for (const char of `"()[]{}</`) plain[char.charCodeAt(0)] = 0;

/**
 * The position of the `)` that closes the arguments beginning at `at` (behind the `(`), or -1 when the text
 * ends before: strings, nested brackets, comments and annotations are stepped over.
 */
export function endOfArgs(text: string, at: number, end: number): number {
  let depth = 0;
  let annotations = true;
  for (let i = at; i < end; i++) {
    const code = text.charCodeAt(i);
    if (plain[code] !== 0) continue;
    if (code === quote) {
      const after = endOfString(text, i, end);
      if (after < 0) return -1;
      i = after - 1;
    } else if (code === less) {
      if (text.charCodeAt(i + 1) === less) i++;
      else if (annotations && i > at && isWord(text.charCodeAt(i - 1))) {
        const after = endOfAngle(text, i, end);
        // Looked for once: a line of many loose `<` must not be searched to its end for each.
        if (after < 0) annotations = false;
        else i = after - 1;
      }
    } else if (code === slash) {
      if (text.charCodeAt(i + 1) !== star) continue;
      const after = endOfComment(text, i, end);
      if (after < 0) return -1;
      i = after - 1;
    } else if (code === 0x28 || code === 0x5b || code === 0x7b) depth++;
    else if (depth > 0) depth--;
    else if (code === 0x29) return i;
  }
  return -1;
}
