// The names of calls in a log are few and come again and again. They are looked up by their bytes, two at a time. As a
// name looks different in pairs when it begins at an odd place, it can have two entries here, of one number.

const mostEntries = 4096;
/** So that a third of it is used at most. */
const slotCount = 3 * mostEntries;
/** Pairs of bytes of the longest name. */
const room = 32;

const wordByte = new Uint8Array(256);
for (let code = 0; code < 256; code++) wordByte[code] = /\w/.test(String.fromCharCode(code)) ? 1 : 0;

/** Whether a name can have both of two bytes. */
const wordPair = new Uint8Array(65536);
for (let pair = 0; pair < wordPair.length; pair++)
  wordPair[pair] = (wordByte[pair & 0xff] ?? 0) & (wordByte[pair >> 8] ?? 0);

/** Numbers names as they come: the same name, the same number. */
export class CallNames {
  /** Of the name that was read last. */
  id = 0;
  /** The names by number. */
  readonly texts: string[] = [];
  readonly #ids = new Map<string, number>();
  /** One more than the entry; 0 for none. */
  readonly #slots = new Uint16Array(slotCount);
  /** Of each entry how many pairs it has, and the bytes before and behind them, 0 for none. */
  readonly #frames = new Int32Array(mostEntries);
  readonly #pairs = new Uint16Array(mostEntries * room);
  readonly #numbers = new Uint16Array(mostEntries);
  #count = 0;

  /**
   * Behind the name at `at`, whose number is `id` then; `words` are the same bytes, two at a time. -1 when there is none,
   * or it is longer than any call's, or there were too many.
   */
  read(bytes: Uint8Array, words: Uint16Array, at: number): number {
    let first = 0;
    if ((at & 1) === 1) {
      first = bytes[at] ?? 0;
      if (wordByte[first] !== 1) return -1;
    }
    const from = (at + 1) >> 1;
    let hash = first;
    let k = from;
    for (let pair = words[k] ?? 0; wordPair[pair] === 1; pair = words[k] ?? 0) {
      hash = (Math.imul(hash, 31) + pair) | 0;
      k++;
    }
    const next = bytes[2 * k] ?? 0;
    const last = wordByte[next] === 1 ? next : 0;
    const end = 2 * k + (last === 0 ? 0 : 1);
    if (end === at || k - from > room - 2) return -1;
    const frame = (k - from) | (first << 8) | (last << 16);
    hash = Math.imul(hash, 31) + last;
    let slot = ((hash ^ (hash >>> 12)) >>> 0) % slotCount;
    for (;;) {
      const entry = (this.#slots[slot] ?? 0) - 1;
      if (entry < 0) break;
      if (this.#frames[entry] === frame && this.#has(entry, words, from, k)) {
        this.id = this.#numbers[entry] ?? 0;
        return end;
      }
      slot = slot + 1 === slotCount ? 0 : slot + 1;
    }
    return this.#enter(slot, frame, words.subarray(from, k), bytes.subarray(at, end)) ? end : -1;
  }

  #has(entry: number, words: Uint16Array, from: number, to: number): boolean {
    let own = entry * room;
    for (let k = from; k < to; k++) if (words[k] !== this.#pairs[own++]) return false;
    return true;
  }

  #enter(slot: number, frame: number, pairs: Uint16Array, name: Uint8Array): boolean {
    const entry = this.#count;
    if (entry === mostEntries) return false;
    this.#count++;
    this.#slots[slot] = entry + 1;
    this.#frames[entry] = frame;
    this.#pairs.set(pairs, entry * room);
    const text = String.fromCharCode(...name);
    this.id = this.#ids.get(text) ?? this.texts.length;
    this.#numbers[entry] = this.id;
    if (this.id < this.texts.length) return true;
    this.#ids.set(text, this.id);
    this.texts.push(text);
    return true;
  }
}
