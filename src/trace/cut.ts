/** Gets whole lines: those in [from, to) of `bytes`, each with its line feed. */
export type TakeLines = (bytes: Uint8Array, from: number, to: number) => void;

const feed = 0x0a;

/** Cuts bytes that come in pieces of any size into whole lines. */
export class LineCutter {
  readonly #most: number;
  readonly #take: TakeLines;
  /** Room for a line that goes on in the next piece, and how much of it is used. */
  #room = new Uint8Array(1024);
  #length = 0;

  /** Of a line that comes in several pieces, the first `most` bytes are kept. */
  constructor(most: number, take: TakeLines) {
    this.#most = most;
    this.#take = take;
  }

  /** Hands on the lines that this piece completes. */
  push(piece: Uint8Array): void {
    let from = 0;
    if (this.#length > 0) {
      from = piece.indexOf(feed) + 1;
      this.#keep(from === 0 ? piece : piece.subarray(0, from - 1));
      if (from === 0) return;
      this.end();
    }
    const to = piece.lastIndexOf(feed) + 1;
    if (from < to) this.#take(piece, from, to);
    this.#keep(piece.subarray(Math.max(from, to)));
  }

  /** Hands on a last line that has no line feed. */
  end(): void {
    if (this.#length === 0) return;
    const line = this.#room.slice(0, this.#length + 1);
    line[this.#length] = feed;
    this.#length = 0;
    this.#take(line, 0, line.length);
  }

  #keep(piece: Uint8Array): void {
    const part = piece.subarray(0, this.#most - this.#length);
    const length = this.#length + part.length;
    // One more for the line feed.
    if (length >= this.#room.length) {
      const room = new Uint8Array(2 * length);
      room.set(this.#room.subarray(0, this.#length));
      this.#room = room;
    }
    this.#room.set(part, this.#length);
    this.#length = length;
  }
}
