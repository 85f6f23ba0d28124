// Text that arrives in pieces of any size, line by line. Kept is no more than the last incomplete line.

/** Bytes decoded at a time, so that a text kept for long keeps no more than this in memory. */
const pieceBytes = 65536;

/** Cuts pieces at their line feeds. */
export class Lines {
  readonly #longest: number;
  readonly #each: (text: string, start: number, stop: number) => void;
  readonly #decoder = new TextDecoder();
  /** What came behind the last line feed. */
  #rest = "";

  /** `each` gets every line as a part of a text, without its line feed; of a longer one than `longest` not all. */
  constructor(longest: number, each: (text: string, start: number, stop: number) => void) {
    this.#longest = longest;
    this.#each = each;
  }

  /** Takes a piece in. Bytes are UTF-8; a character may be split between pieces. */
  push(piece: string | Uint8Array): void {
    if (typeof piece === "string") this.#text(piece);
    else
      for (let at = 0; at < piece.length; at += pieceBytes)
        this.#text(this.#decoder.decode(piece.subarray(at, at + pieceBytes), { stream: true }));
  }

  /** The text is over. */
  end(): void {
    this.#text(this.#decoder.decode());
    if (this.#rest !== "") this.#each(this.#rest, 0, this.#rest.length);
    this.#rest = "";
  }

  #text(piece: string): void {
    let feedAt = piece.indexOf("\n");
    if (feedAt < 0) {
      // Enough more than is read for the cut to be noticed behind a carriage return.
      if (this.#rest.length <= this.#longest + 1) this.#rest += piece;
      return;
    }
    const before = this.#rest.length;
    const text = before === 0 ? piece : this.#rest + piece;
    let start = 0;
    feedAt += before;
    while (feedAt >= 0) {
      this.#each(text, start, feedAt);
      start = feedAt + 1;
      feedAt = text.indexOf("\n", start);
    }
    this.#rest = text.slice(start);
  }
}
