/**
 * Answers the calls of a listener without blocking the event loop; answers may come later and in any order.
 *
 * Everything fails closed: a handler that throws denies its call, and when the supervisor is gone the kernel answers
 * every such call with ENOSYS.
 */
import { SeccatError } from "../abi/error.ts";
import type { Listener } from "./listener.ts";
import { drain, give } from "./loop.ts";
import type { Answer, Call } from "./notify.ts";
import { unwatch, watch } from "./watch.ts";

/** Decides about one call. A handler that throws or rejects denies it with EPERM. */
export type CallHandler = (call: Call) => Answer | Promise<Answer>;

/** A listener being served. */
export interface Supervisor {
  /**
   * Resolves when no process is left under the filter, or after close(). Rejects then with what a handler
   * threw first; await it to hear of that.
   */
  readonly done: Promise<void>;
  /** Stops serving; the kernel answers further calls with ENOSYS. */
  close(): void;
}

/** Serves a listener, and closes it in the end. */
export function serve(listener: Listener, onCall: CallHandler): Supervisor {
  const session = new Session(listener, onCall);
  return { done: session.done, close: () => session.close() };
}

/**
 * How long this thread waits for the next call after it answered one, and how long it does nothing but answer, in
 * microseconds. A caller that was answered is running again at once, and its next call costs a turn of the event loop
 * unless it finds this thread waiting.
 */
const BURST = { patience: 50, budget: 4000 };

class Session {
  readonly #listener: Listener;
  readonly #onCall: CallHandler;
  readonly #open = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];
  #finish: () => void = () => {};
  readonly done: Promise<void>;

  constructor(listener: Listener, onCall: CallHandler) {
    this.#listener = listener;
    this.#onCall = onCall;
    const closed = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    this.done = closed.then(() => {
      if (this.#failures.length > 0) throw this.#failures[0];
    });
    this.done.catch(() => {}); // whoever awaits it later hears of it; it is no unhandled rejection until then
    listener.syncWakeUp();
    watch(listener.shim, listener.descriptor, () => this.#receive());
  }

  close(): void {
    if (this.#listener.closed) return;
    unwatch(this.#listener.shim, this.#listener.descriptor);
    this.#listener.close();
    this.#finish();
  }

  #receive(): void {
    try {
      const burst = drain(
        this.#listener,
        (call) => this.#handle(call),
        (error) => this.#failures.push(error),
        BURST,
      );
      if (burst === "ended") this.#end();
    } catch (error) {
      this.#failures.push(error);
      this.close();
    }
  }

  /** Nobody is left under the filter. */
  #end(): void {
    unwatch(this.#listener.shim, this.#listener.descriptor);
    void Promise.all(this.#open).then(() => this.close());
  }

  #handle(call: Call): Answer | undefined {
    const answer = this.#onCall(call);
    if (answer === undefined) throw noAnswer();
    if (!(answer instanceof Promise)) return answer;
    const answered = this.#answerLater(call, answer);
    this.#open.add(answered);
    void answered.then(() => this.#open.delete(answered));
    return undefined;
  }

  async #answerLater(call: Call, answer: Promise<Answer>): Promise<void> {
    try {
      give(this.#listener, call, await answer);
    } catch (error) {
      this.#listener.answer(call.id, { errno: "EPERM" });
      this.#failures.push(error);
    }
  }
}

function noAnswer(): SeccatError {
  return new SeccatError({
    code: "usage",
    message: "a handler gave no answer",
    expected: "{ errno }, { value }, { continue: true } or { kill: true }",
    received: "undefined",
  });
}
