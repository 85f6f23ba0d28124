/** Strings, words and lists behind a pointer. */
import type { Caller } from "./caller.ts";

/** The smallest page that Linux has: a read that stays inside one is answered in full or not at all. */
const PAGE = 4096n;

/** Bytes behind a pointer, and whether there are more. */
export interface Text {
  readonly bytes: Uint8Array;
  readonly cut: boolean;
}

/** How words lie in memory. */
export interface Layout {
  readonly little: boolean;
  /** Bytes of a pointer. */
  readonly wordBytes: 4 | 8;
}

/**
 * The C string at `address`, of at most `most` bytes; undefined when not even its first byte can be read. It is read
 * page by page, since the page behind its end may not be there.
 */
export function readString(caller: Caller, address: bigint, most: number): Text | undefined {
  const parts: number[] = [];
  for (let at = address; parts.length < most; ) {
    const wanted = Math.min(most - parts.length, Number(PAGE - (at % PAGE)));
    const piece = caller.read(at, wanted);
    const end = piece.indexOf(0);
    parts.push(...(end < 0 ? piece : piece.subarray(0, end)));
    if (end >= 0) return { bytes: Uint8Array.from(parts), cut: false };
    if (piece.length < wanted) {
      const nothing = parts.length === 0;
      return nothing ? undefined : { bytes: Uint8Array.from(parts), cut: true };
    }
    at += BigInt(piece.length);
  }
  return { bytes: Uint8Array.from(parts), cut: true };
}

/** `length` bytes at `address`, at most `most` of them; undefined when none can be read. */
export function readBuffer(caller: Caller, address: bigint, length: bigint, most: number): Text | undefined {
  if (length === 0n) return { bytes: new Uint8Array(0), cut: false };
  const wanted = length < BigInt(most) ? Number(length) : most;
  const bytes = caller.read(address, wanted);
  return bytes.length === 0 ? undefined : { bytes, cut: BigInt(bytes.length) < length };
}

/** The structure of exactly `length` bytes at `address`; undefined when it cannot be read whole. */
export function readStructure(caller: Caller, address: bigint, length: number): DataView | undefined {
  const bytes = caller.read(address, length);
  return bytes.length === length ? new DataView(bytes.buffer, bytes.byteOffset, length) : undefined;
}

/** The pointer at offset `at` of a structure. */
export function pointerAt(view: DataView, at: number, { little, wordBytes }: Layout): bigint {
  return wordBytes === 8 ? view.getBigUint64(at, little) : BigInt(view.getUint32(at, little));
}

/** The strings of a list of pointers that ends with NULL, at most `most` of them; undefined when it cannot be read. */
export function readStrings(
  caller: Caller,
  address: bigint,
  layout: Layout,
  { most, length }: { readonly most: number; readonly length: number },
): { readonly strings: readonly (Text | undefined)[]; readonly cut: boolean } | undefined {
  const strings: (Text | undefined)[] = [];
  for (let i = 0; i <= most; i++) {
    const view = readStructure(caller, address + BigInt(i * layout.wordBytes), layout.wordBytes);
    if (!view) return strings.length === 0 ? undefined : { strings, cut: true };
    const pointer = pointerAt(view, 0, layout);
    if (pointer === 0n) return { strings, cut: false };
    if (i < most) strings.push(readString(caller, pointer, length));
  }
  return { strings, cut: true };
}
