/**
 * Wakes a thread that is blocked in RECV, which has no time limit and, before Linux 6.11, does not notice the end of all
 * callers. To poll first, each time, would double what a call costs. So the thread waits in RECV right after it has
 * answered a call, and rings are for when no other call follows: the main thread looks ten times a second whether it still
 * waits, and sends it a signal that means nothing else, SIGURG. The thread then polls until the next call.
 */
import type { Shim } from "../../../shim/index.ts";
import { native, nr } from "../native.ts";

/**
 * The words of the memory that both threads share.
 *
 *     0  the receiver's thread id    1  calls received, wrapping    2  1 while it waits in RECV    3  1 to have it leave
 */
const Word = Object.freeze({ tid: 0, calls: 1, waits: 2, leave: 3 } as const);
const WORDS = 4;

/** SIGURG, the same on every architecture that Node runs on but mips. */
function signalNumber(): number {
  return native().abi.startsWith("mips") ? 21 : 23;
}

/** Memory for one bell. */
export function bellMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * WORDS);
}

/** The receiver's side. */
export class BellListener {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer, shim: Shim) {
    this.#words = new Int32Array(memory);
    const tid = shim.syscall(nr("gettid"));
    Atomics.store(this.#words, Word.tid, tid.ok ? tid.value : 0);
  }

  /** Whether the thread may wait in RECV; it says so by that. */
  mayWait(): boolean {
    const words = this.#words;
    if (words[Word.tid] === 0) return false;
    Atomics.store(words, Word.waits, 1);
    return Atomics.load(words, Word.leave) === 0;
  }

  /** A call was received. */
  received(): void {
    const words = this.#words;
    words[Word.calls] = ((words[Word.calls] ?? 0) + 1) | 0;
  }

  /** The thread does not wait in RECV any more. */
  waitsNoMore(): void {
    Atomics.store(this.#words, Word.waits, 0);
  }
}

/** How often the main thread looks, in milliseconds. */
const PERIOD = 100;

/** The main thread's side: rings whenever the receiver has waited for a while, until stop(). */
export class Bell {
  readonly #words: Int32Array;
  readonly #shim: Shim;
  readonly #timer: NodeJS.Timeout;
  #calls = 0;

  constructor(memory: SharedArrayBuffer, shim: Shim) {
    this.#words = new Int32Array(memory);
    this.#shim = shim;
    process.on("SIGURG", ignore);
    shim.siginterrupt(signalNumber());
    this.#timer = setInterval(() => this.#look(), PERIOD);
    this.#timer.unref();
  }

  #look(): void {
    const calls = Atomics.load(this.#words, Word.calls);
    if (calls === this.#calls) this.#ring();
    this.#calls = calls;
  }

  #ring(): void {
    const tid = Atomics.load(this.#words, Word.tid);
    if (Atomics.load(this.#words, Word.waits) === 1 && tid !== 0)
      this.#shim.syscall(nr("tgkill"), process.pid, tid, signalNumber());
  }

  /** Gets the receiver out of RECV, and does not let it in again. Blocks for some microseconds. */
  leave(): void {
    Atomics.store(this.#words, Word.leave, 1);
    // One signal may come before RECV is entered.
    for (let i = 0; Atomics.load(this.#words, Word.waits) === 1 && i < 1000; i++) {
      this.#ring();
      Atomics.wait(this.#words, Word.waits, 1, 1);
    }
  }

  /** Ends the looking. */
  stop(): void {
    clearInterval(this.#timer);
    process.off("SIGURG", ignore);
  }
}

function ignore(): void {}
