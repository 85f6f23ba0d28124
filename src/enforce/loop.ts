/**
 * Receives calls and answers them without a turn of the event loop for each: the caller of a call that was answered
 * is running again microseconds later, and its next call finds this thread waiting in the kernel.
 *
 * `receiveLoop` blocks its thread until nobody is left under the filter, so it belongs into a worker, where
 * `startLoop` puts it. `drain` does the same for as long as calls keep coming, for a thread that has other things to do.
 */
import { closeSync, writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { BackendName, Shim } from "../../shim/index.ts";
import { type Issue, SeccatError } from "../abi/error.ts";
import { giveDescriptor } from "./inject.ts";
import { killCaller } from "./kill.ts";
import type { Listener } from "./listener.ts";
import { nr } from "./native.ts";
import type { Answer, Call } from "./notify.ts";

/**
 * Decides about one call, at once. Undefined when the answer comes later, from whatever thread: it is then up to the
 * one that takes the call over to give it to answer() of a Listener of the same descriptor.
 */
export type ImmediateHandler = (call: Call) => Answer | undefined;

/** Why a loop came to its end: nobody is left under the filter; or it was told to stop. */
export type LoopEnd = "ended" | "stopped";

/** How long one wait lasts, in microseconds: what a thread that is terminated from outside waits for at most. */
const TURN = 100_000;
const EFD_CLOEXEC = 0x80000;

/** What is done about a handler that throws; its call gets EPERM first. */
export type OnFailure = (error: unknown) => void;

/**
 * Answers every call with what `onCall` decides, until nobody is left under the filter, or until there is something to
 * read from the descriptor `stop`. Blocks. A call whose handler throws gets EPERM. Throws SeccatError "enforce" when the
 * kernel stops handing over calls.
 */
export function receiveLoop(
  listener: Listener,
  onCall: ImmediateHandler,
  stop: number | undefined,
  onFailure: OnFailure,
): LoopEnd {
  for (;;) {
    const ready = listener.wait(TURN, stop);
    if (ready === "call") receiveOne(listener, onCall, onFailure);
    else if (ready === "ended") return "ended";
    else if (ready === "woken") return "stopped";
  }
}

/**
 * Answers calls until none comes for `patience` microseconds, or until `budget` microseconds are over and other work
 * is due; tells whether it was the budget, or whether nobody is left under the filter.
 */
export function drain(
  listener: Listener,
  onCall: ImmediateHandler,
  onFailure: OnFailure,
  { patience, budget }: { readonly patience: number; readonly budget: number },
): "budget" | "quiet" | "ended" {
  const end = performance.now() + budget / 1000;
  for (;;) {
    const ready = listener.wait(patience);
    if (ready === "ended") return "ended";
    if (ready !== "call") return "quiet";
    receiveOne(listener, onCall, onFailure);
    if (performance.now() >= end) return "budget";
  }
}

function receiveOne(listener: Listener, onCall: ImmediateHandler, onFailure: OnFailure): void {
  const call = listener.receive();
  if (!call) return; // died or was interrupted meanwhile
  try {
    const answer = onCall(call);
    if (answer !== undefined) give(listener, call, answer);
  } catch (error) {
    listener.answer(call.id, { errno: "EPERM" });
    onFailure(error);
  }
}

/**
 * Gives a call its answer, whichever it is; false when it waits no more. Throws, and gives none, when it is no answer:
 * a SeccatError "usage" or a TypeError.
 */
export function give(listener: Listener, call: Call, answer: Answer): boolean {
  if ("descriptor" in answer) return giveDescriptor(listener, call, answer);
  if ("kill" in answer) killCaller(listener, call);
  return listener.answer(call.id, answer);
}

/** What a module that answers calls in a worker is given. */
export interface LoopContext<Data = unknown> {
  /** What startLoop() was given as `data`. */
  readonly data: Data;
  readonly listener: Listener;
  /** Sends a message to the thread that started the loop. */
  post(message: unknown): void;
}

/** What such a module exports as `makeHandler`. */
export type MakeHandler = (context: LoopContext) => LoopHandler;

/** What answers the calls in a worker: a handler for receiveLoop(), or a loop of its own that ends as that one does. */
export type LoopHandler = (
  | { readonly onCall: ImmediateHandler }
  | { readonly receive: (stop: number) => LoopEnd }
) & {
  /** Runs in the worker after the last call; what it gives is the last message. */
  readonly onEnd?: () => unknown;
};

/** A loop in a worker. */
export interface Loop {
  /** Resolves when it came to its end and its worker is gone; rejects with the first failure of a handler or of the kernel. */
  readonly done: Promise<LoopEnd>;
  /** Has it end after the call that it is at. The listener stays open: close() it when `done` is settled. */
  stop(): void;
}

/** A loop to start. */
export interface LoopOrder {
  /** The listener, which the starting thread keeps open until the loop is done. */
  readonly listener: Listener;
  /** Address of the module whose `makeHandler` makes what answers the calls (see MakeHandler). */
  readonly module: URL;
  /** Goes to makeHandler as a structured clone. */
  readonly data?: unknown;
  /** Hears what makeHandler posts, and what its onEnd gives. */
  readonly onMessage?: (message: unknown) => void;
}

/** What the worker is told. */
export interface WorkerData {
  readonly backend: BackendName;
  readonly descriptor: number;
  readonly stop: number;
  readonly module: string;
  readonly data: unknown;
}

/** What the worker says. */
export type WorkerMessage =
  | { readonly kind: "message"; readonly message: unknown }
  /** An error crosses threads as data: a SeccatError as its issues. */
  | { readonly kind: "failure"; readonly error: Error; readonly issues: readonly Issue[] }
  | { readonly kind: "end"; readonly end: LoopEnd };

/** Serves a listener from a worker thread of its own, through the FFI package of the listener. */
export function startLoop(order: LoopOrder): Loop {
  const { shim } = order.listener;
  const stop = eventfd(shim);
  const workerData: WorkerData = {
    backend: shim.backend,
    descriptor: order.listener.descriptor,
    stop,
    module: order.module.href,
    data: order.data,
  };
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const worker = new Worker(new URL(`./loopworker.${extension}`, import.meta.url), {
    workerData,
    execArgv: [],
  });
  const tell = () => void writeSync(stop, new Uint8Array(new BigUint64Array([1n]).buffer));
  process.once("exit", tell); // or the process would wait for the worker's turn
  const done = outcome(worker, order.onMessage).finally(() => {
    process.off("exit", tell);
    closeSync(stop);
  });
  done.catch(() => {}); // whoever awaits it hears of it
  let stopped = false;
  return {
    done,
    stop() {
      if (!stopped) tell();
      stopped = true;
    },
  };
}

/** A descriptor that poll reports once something was written to it. */
function eventfd(shim: Shim): number {
  const answer = shim.syscall(nr("eventfd2"), 0, EFD_CLOEXEC);
  if (answer.ok) return answer.value;
  throw new SeccatError({
    code: "enforce",
    message: `a thread that answers calls cannot be started: eventfd2 answers ${answer.name}`,
  });
}

/** How a failure crosses threads. */
export function failureMessage(error: unknown): WorkerMessage {
  const issues = error instanceof SeccatError ? error.issues : [];
  return { kind: "failure", error: error instanceof Error ? error : new Error(String(error)), issues };
}

function errorOf({ error, issues }: { readonly error: Error; readonly issues: readonly Issue[] }): Error {
  const [first, ...more] = issues;
  return first ? new SeccatError(first, more) : error;
}

function outcome(worker: Worker, onMessage: LoopOrder["onMessage"]): Promise<LoopEnd> {
  const failures: unknown[] = [];
  let end: LoopEnd | undefined;
  worker.on("message", (said: WorkerMessage) => {
    if (said.kind === "message") onMessage?.(said.message);
    else if (said.kind === "failure") failures.push(errorOf(said));
    else end = said.end;
  });
  worker.on("error", (error) => failures.push(error));
  return new Promise((resolve, reject) => {
    worker.once("exit", () => {
      if (failures.length > 0) reject(failures[0]);
      else if (end) resolve(end);
      else reject(new SeccatError({ code: "enforce", message: "the thread that answers calls was ended" }));
    });
  });
}
