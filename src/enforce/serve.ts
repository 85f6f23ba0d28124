/**
 * Answers the calls of a listener without blocking the event loop; answers may come later and in any order.
 *
 * Everything fails closed: a handler that throws, gives no answer or takes too long denies its call, and when the
 * supervisor is gone the kernel answers every such call with ENOSYS. A caller that dies or is interrupted while its call
 * is decided about is no failure; nobody hears the answer then.
 */
import { SeccatError } from "../abi/error.ts";
import { isFields, shown } from "../abi/fields.ts";
import { closeQuietly } from "./inject.ts";
import type { Listener } from "./listener.ts";
import { drain, give } from "./loop.ts";
import type { Answer, Call, PlainAnswer } from "./notify.ts";
import { unwatch, watch } from "./watch.ts";

/** Decides about one call. */
export type CallHandler = (call: Call) => Answer | Promise<Answer>;

/** What happens to calls whose handler does not decide. */
export interface ServeOptions {
  /** What they get; EPERM when absent. */
  readonly failure?: PlainAnswer;
  /** What is answered because of an error of that kind instead, which then is no failure; `gone` for nothing at all. */
  readonly answerFor?: (error: unknown) => Answer | "gone" | undefined;
  /** How long a handler may take, in milliseconds; for ever when absent. */
  readonly timeout?: number;
  /** Hears of every failure. */
  readonly onFailure?: (error: unknown, call: Call) => void;
}

/** A listener being served. */
export interface Supervisor {
  /**
   * Resolves when no process is left under the filter, or after close(). Rejects then with what a handler threw first,
   * unless there is an onFailure, which hears of every failure at once.
   */
  readonly done: Promise<void>;
  /** Stops serving; the kernel answers further calls with ENOSYS. */
  close(): void;
  /** Has run() wait for `done` when its command has ended, rather than close this. */
  readonly outlasts?: true;
}

/** Serves a listener, and closes it in the end. */
export function serve(listener: Listener, onCall: CallHandler, options: ServeOptions = {}): Supervisor {
  const session = new Session(listener, onCall, options);
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
  readonly #options: ServeOptions;
  /** Calls whose handler takes its time, and what ends that. */
  readonly #pending = new Map<bigint, NodeJS.Timeout | undefined>();
  #failed = false;
  #failure: unknown;
  #finish: () => void = () => {};
  readonly done: Promise<void>;

  constructor(listener: Listener, onCall: CallHandler, options: ServeOptions) {
    this.#listener = listener;
    this.#onCall = onCall;
    this.#options = options;
    const closed = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    this.done = closed.then(() => {
      if (this.#failed) throw this.#failure;
    });
    this.done.catch(() => {}); // whoever awaits it later hears of it; it is no unhandled rejection until then
    listener.syncWakeUp();
    watch(listener.shim, listener.descriptor, () => this.#receive());
  }

  close(): void {
    if (this.#listener.closed) return;
    unwatch(this.#listener.shim, this.#listener.descriptor);
    this.#listener.close();
    for (const timer of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
    this.#finish();
  }

  #receive(): void {
    try {
      const note = (error: unknown) => this.#note(error);
      const burst = drain(this.#listener, (call) => this.#handle(call), note, BURST);
      if (burst === "ended") this.close(); // nobody is left under the filter, nor to hear what handlers still say
    } catch (error) {
      this.#note(error);
      this.close();
    }
  }

  /** Has a call decided about; gives the answer itself, at once or later. */
  #handle(call: Call): undefined {
    try {
      const answer = this.#onCall(call);
      if (answer instanceof Promise) this.#await(call, answer);
      else give(this.#listener, call, checkAnswer(answer));
    } catch (error) {
      this.#fail(call, error);
    }
  }

  #await(call: Call, answer: Promise<Answer>): void {
    const { timeout = Number.POSITIVE_INFINITY } = this.#options;
    const settle = (how: () => void) => {
      const timer = this.#pending.get(call.id);
      if (!this.#pending.delete(call.id)) return false; // too late, or closed
      clearTimeout(timer);
      try {
        how();
      } catch (error) {
        this.#fail(call, error);
      }
      return true;
    };
    const tooSlow = () => void settle(() => this.#fail(call, slow(call, timeout)));
    const timer = timeout <= LONGEST ? setTimeout(tooSlow, timeout) : undefined;
    this.#pending.set(call.id, timer);
    answer.then(
      (given) => {
        if (!settle(() => give(this.#listener, call, checkAnswer(given)))) discard(given);
      },
      (error) => settle(() => this.#fail(call, error)),
    );
  }

  /** Answers a call whose handler did not. */
  #fail(call: Call, error: unknown): void {
    const apt = this.#options.answerFor?.(error);
    if (apt === "gone") return;
    if (apt === undefined) this.#note(error, call);
    try {
      give(this.#listener, call, apt ?? this.#options.failure ?? { errno: "EPERM" });
    } catch (further) {
      this.#note(further, call);
      this.close(); // whatever the kernel has against it, ENOSYS is what is left
    }
  }

  #note(error: unknown, call?: Call): void {
    const { onFailure } = this.#options;
    try {
      if (onFailure && call) {
        onFailure(error, call);
        return;
      }
    } catch (further) {
      error = further;
    }
    if (!this.#failed) this.#failure = error;
    this.#failed = true;
  }
}

/** The longest time that setTimeout knows. */
const LONGEST = 0x7fff_ffff;

function slow(call: Call, timeout: number): SeccatError {
  return new SeccatError({
    code: "limit",
    message: `the handler of call ${call.nr} of process ${call.pid} took longer than ${timeout} ms`,
    fix: "answer sooner, or give it more time by the option timeout",
  });
}

/** Frees what an answer holds that comes too late. */
function discard(answer: unknown): void {
  if (isFields(answer) && typeof answer.descriptor === "number" && !answer.keep)
    closeQuietly(answer.descriptor);
}

const kinds = ["errno", "value", "continue", "kill", "descriptor"];

/** An answer as it is. Throws SeccatError "usage" for what is none: of callers without types. */
export function checkAnswer(answer: Answer): Answer {
  const given: unknown = answer;
  if (isFields(given) && kinds.filter((kind) => given[kind] !== undefined).length === 1) {
    const { errno, value, descriptor } = given;
    const right =
      (typeof errno === "string" || typeof errno === "number" || errno === undefined) &&
      (typeof value === "bigint" || Number.isSafeInteger(value) || value === undefined) &&
      (Number.isSafeInteger(descriptor) || descriptor === undefined) &&
      (given.continue ?? true) === true &&
      (given.kill ?? true) === true;
    if (right) return answer;
  }
  throw new SeccatError({
    code: "usage",
    message: "a handler gave no answer",
    expected: "one of { errno }, { value }, { continue: true }, { kill: true } and { descriptor }",
    received: isFields(given) ? `an object with ${Object.keys(given).join(", ") || "nothing"}` : shown(given),
  });
}
