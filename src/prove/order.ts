/**
 * The variables of a diagram: the 512 bits of seccomp_data, and the order in which a diagram asks for them.
 *
 *     arch, nr, args[0].hi, args[0].lo, ... args[5].hi, args[5].lo, ip.hi, ip.lo      most significant bit first
 *
 * Words that a program mixes (`A op X` of two of them) are asked for bit by bit in turn, at the place of the
 * first: sums and comparisons of two words need a diagram of a few hundred nodes then, and one of billions
 * otherwise. Words are numbered by meaning, so the byte order of a target is no concern of anything but `wordAt`.
 */
import { type Endian, packData, type SeccompData, wordName } from "../abi/data.ts";

/** The words of seccomp_data by what they hold, in the order in which a diagram asks for them. */
export const wordNames: readonly string[] = Object.freeze([
  "arch",
  "nr",
  ...[0, 1, 2, 3, 4, 5].flatMap((i) => [`args[${i}].hi`, `args[${i}].lo`]),
  "ip.hi",
  "ip.lo",
]);

/** How many words there are. */
export const WORDS = 16;
/** Bits of a word. */
export const BITS = 32;
/** The word `arch`. */
export const ARCH = 0;
/** The word `nr`. */
export const NR = 1;
/** The high half of `args[index]`; index 6 is the instruction pointer. */
export const highWord = (index: number): number => 2 + 2 * index;
/** The low half of `args[index]`; index 6 is the instruction pointer. */
export const lowWord = (index: number): number => 3 + 2 * index;

const places: Readonly<Record<Endian, readonly number[]>> = {
  little: placesOf("little"),
  big: placesOf("big"),
};

/** The word that lies at a byte offset of seccomp_data. */
export function wordAt(offset: number, endian: Endian): number {
  return places[endian][offset >> 2] ?? 0;
}

function placesOf(endian: Endian): number[] {
  return Array.from({ length: WORDS }, (_, i) => wordNames.indexOf(wordName(4 * i, endian) ?? ""));
}

/** The sixteen words of `data`, by meaning. */
export function wordsOf(data: SeccompData): Uint32Array {
  const packed = packData(data, "little");
  const words = new Uint32Array(WORDS);
  places.little.forEach((word, i) => {
    words[word] = packed[i] ?? 0;
  });
  return words;
}

/** The call that sixteen words, by meaning, are. */
export function callOf(words: ArrayLike<number>): SeccompData {
  const wide = (index: number) =>
    (BigInt(words[highWord(index)] ?? 0) << 32n) | BigInt(words[lowWord(index)] ?? 0);
  return {
    nr: words[NR] ?? 0,
    arch: words[ARCH] ?? 0,
    args: [0, 1, 2, 3, 4, 5].map(wide),
    instructionPointer: wide(6),
  };
}

/** Which bit a diagram asks for at which level. */
export interface Order {
  /** By 32 * word + bit. */
  readonly levelOf: Uint16Array;
  /** By level: the word. */
  readonly wordOf: Uint8Array;
  /** By level: the bit, 0 is the least significant. */
  readonly bitOf: Uint8Array;
  /** By word: whether its bits stand together. */
  readonly whole: readonly boolean[];
}

/**
 * The order in which the words of each set in `mixed` (bit masks over words, disjoint) take turns; none for the
 * plain order.
 */
export function makeOrder(mixed: readonly number[] = []): Order {
  const levelOf = new Uint16Array(WORDS * BITS);
  const wordOf = new Uint8Array(WORDS * BITS);
  const bitOf = new Uint8Array(WORDS * BITS);
  const groupOf = (word: number) => mixed.find((set) => (set >> word) & 1) ?? 1 << word;
  let level = 0;
  for (let first = 0; first < WORDS; first++) {
    const group = groupOf(first);
    if ((group & ((1 << first) - 1)) !== 0) continue;
    for (let bit = BITS - 1; bit >= 0; bit--) {
      for (let word = first; word < WORDS; word++) {
        if (((group >> word) & 1) === 0) continue;
        levelOf[BITS * word + bit] = level;
        wordOf[level] = word;
        bitOf[level] = bit;
        level++;
      }
    }
  }
  const whole = Array.from({ length: WORDS }, (_, word) => groupOf(word) === 1 << word);
  return { levelOf, wordOf, bitOf, whole };
}
