/**
 * The loop that lets every call of a listener go on. It is receiveLoop() with all taken out that a call does not need
 * when its answer is known: nothing is decoded, the kernel's structures are made once, and while calls keep coming it waits
 * for the next in RECV itself (see bell.ts).
 */
import { POLLIN, type Shim } from "../../../shim/index.ts";
import type { Listener } from "../listener.ts";
import type { LoopEnd } from "../loop.ts";
import { native, nr } from "../native.ts";
import { encodeResponse, notifIoctls, notifSizes } from "../notify.ts";
import type { BellListener } from "./bell.ts";

/** What a receiver does besides letting calls go on. */
export interface Reception {
  /** A call, as the words of its struct seccomp_notif; its maker waits until this returns. */
  readonly onCall: (words: Uint32Array) => void;
  /** Runs every `TURN` milliseconds or so. */
  readonly onTurn: () => void;
  /** Where the call lies that is being answered; a page that a keeper sees. */
  readonly memory: Uint8Array | undefined;
}

/** The time between two turns, in milliseconds. */
export const TURN = 100;
/** After so many calls the clock is looked at. */
const CALLS = 64;

/** Lets calls go on until nobody is left under the filter, or there is something to read from `stop`. Blocks. */
export function receiveAll(
  listener: Listener,
  stop: number,
  bell: BellListener,
  { onCall, onTurn, memory }: Reception,
): LoopEnd {
  const exchange = new Exchange(listener, memory);
  const poll = new Poll(listener.shim, listener.descriptor, stop);
  listener.syncWakeUp();
  let turnAt = performance.now() + TURN;
  for (let left = CALLS; ; ) {
    const ready = poll.wait();
    if (ready === "ended" || ready === "stopped") return ready;
    if (ready === "call") {
      // Until none comes for a while; undefined is a caller that died or was interrupted before, or the bell
      while (exchange.receive()) {
        onCall(exchange.words);
        exchange.answer();
        bell.received();
        if (--left <= 0) {
          left = CALLS;
          const now = performance.now();
          if (now >= turnAt) break;
        }
        if (!bell.mayWait()) break;
      }
      bell.waitsNoMore();
    }
    const now = performance.now();
    if (now < turnAt) continue;
    turnAt = now + TURN;
    onTurn();
  }
}

/** The kernel's structures for one call at a time. */
class Exchange {
  readonly #notif: Uint8Array;
  readonly #id: Uint32Array;
  readonly #receive: () => number;
  readonly #send: () => number;
  /** The struct seccomp_notif of the call received last. */
  readonly words: Uint32Array;

  constructor({ shim, descriptor }: Listener, memory: Uint8Array | undefined) {
    const sizes = notifSizes(shim);
    const { recv, send } = notifIoctls();
    this.#notif = memory?.subarray(0, sizes.notif) ?? new Uint8Array(sizes.notif);
    this.words = new Uint32Array(this.#notif.buffer, this.#notif.byteOffset, sizes.notif / 4);
    const response = encodeResponse(0n, { continue: true }, sizes.response, native().endian);
    this.#id = new Uint32Array(response.buffer, 0, 2);
    this.#receive = shim.prepare(nr("ioctl"), descriptor, recv, this.#notif);
    this.#send = shim.prepare(nr("ioctl"), descriptor, send, response);
  }

  /** Waits for a call; false when its maker died or was interrupted meanwhile, or this thread was. */
  receive(): boolean {
    this.#notif.fill(0); // the kernel insists
    return this.#receive() === 0;
  }

  /** Lets the call go on, unless its maker died meanwhile. */
  answer(): void {
    this.#id[0] = this.words[0] ?? 0;
    this.#id[1] = this.words[1] ?? 0;
    this.#send();
  }
}

/** struct pollfd { int fd; short events; short revents; }, for the listener and for what stops the loop */
class Poll {
  readonly #shim: Shim;
  readonly #ppoll = nr("ppoll");
  readonly #fields = new Int16Array(8);
  readonly #bytes = new Uint8Array(this.#fields.buffer);
  readonly #timeout = new Uint8Array(new BigInt64Array([0n, BigInt(TURN) * 1_000_000n]).buffer);

  constructor(shim: Shim, listener: number, stop: number) {
    this.#shim = shim;
    new Int32Array(this.#fields.buffer).set([listener, 0, stop, 0]);
    this.#fields[2] = this.#fields[6] = POLLIN;
  }

  /** Waits for `TURN` milliseconds at most. */
  wait(): "call" | "nothing" | LoopEnd {
    const ready = this.#shim.syscall(this.#ppoll, this.#bytes, 2, this.#timeout, 0, 8);
    if (!ready.ok || ready.value === 0) return "nothing";
    if (this.#fields[7] !== 0) return "stopped";
    return (this.#fields[3] ?? 0) & POLLIN ? "call" : "ended";
  }
}
