/** Output for streams: put together as bytes, because joining and encoding short strings costs more than all the rest. */

const ZERO = 0x30;
const digits = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const encoder = new TextEncoder();
const BEGIN = 1 << 16;

/** Bytes that wait to be printed. */
export class Bytes {
  #bytes = new Uint8Array(BEGIN);
  #length = 0;

  /** Makes room for so many more: the other methods do not ask for it. */
  room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const wider = new Uint8Array(2 * (this.#length + more));
    wider.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = wider;
  }

  /** Adds one byte. */
  byte(value: number): void {
    this.#bytes[this.#length++] = value;
  }

  /** Takes the last byte back. */
  unsay(): void {
    this.#length--;
  }

  /** Adds some; short ones, a native copy would cost more than the loop. */
  bytes(added: Uint8Array): void {
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < added.length; i++) bytes[at++] = added[i] ?? 0;
    this.#length = at;
  }

  /** Adds a text, making room for it. */
  text(added: string): void {
    const encoded = encoder.encode(added);
    this.room(encoded.length);
    this.#bytes.set(encoded, this.#length);
    this.#length += encoded.length;
  }

  /** Adds a number below 2^53, in decimal: sixteen bytes at most. */
  decimal(value: number): void {
    let end = this.#length + 1;
    for (let limit = 10; limit <= value; limit *= 10) end++;
    this.#length = end;
    let rest = value;
    for (;;) {
      const next = Math.floor(rest / 10);
      this.#bytes[--end] = ZERO + (rest - 10 * next);
      if (next === 0) return;
      rest = next;
    }
  }

  /** Adds two u32 halves as one number in hexadecimal, without what tells that it is: sixteen bytes at most. */
  hex(low: number, high: number): void {
    const count = high === 0 ? 8 - (Math.clz32(low | 1) >>> 2) : 16 - (Math.clz32(high) >>> 2);
    let at = this.#length + count;
    this.#length = at;
    let rest = low;
    for (let left = count; left > 0; left--) {
      if (left === count - 8) rest = high;
      this.#bytes[--at] = digits[rest & 15] ?? 0;
      rest >>>= 4;
    }
  }

  /** All that waits, which then no longer does. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(Math.max(BEGIN, this.#length));
    this.#length = 0;
    return taken;
  }
}
