import { statSync } from "node:fs";
import { errStyle } from "./output.ts";

const PERIOD = 200;

/** A line on a terminal's stderr that tells how far a long read is; nothing anywhere else, nor for short reads. */
export class Progress {
  readonly #what: string;
  readonly #total: number | undefined;
  readonly #start = performance.now();
  #done = 0;
  #shownAt = performance.now() + 300;
  #shown = false;

  constructor(what: string, total?: number) {
    this.#what = what;
    this.#total = total;
  }

  /** So many bytes more are done; `read` says how many of the total those so far were, where they were packed there. */
  add(bytes: number, read?: number): void {
    this.#done += bytes;
    const now = performance.now();
    if (!process.stderr.isTTY || now < this.#shownAt) return;
    this.#shownAt = now + PERIOD;
    this.#shown = true;
    const rate = this.#done / (now - this.#start) / 1000;
    const share = (read ?? this.#done) / (this.#total ?? 0);
    const part = this.#total ? ` ${Math.floor(100 * share)} %` : "";
    const text = `${this.#what}:${part} ${megabytes(this.#done)}, ${rate.toFixed(0)} MB/s`;
    process.stderr.write(`\r\x1b[K${errStyle().dim(text.slice(0, (process.stderr.columns ?? 80) - 1))}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown) process.stderr.write("\r\x1b[K");
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** The bytes of a file, for its progress; undefined for what is none. */
export function sizeOf(path: string): number | undefined {
  const stat = path === "-" ? undefined : statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}
