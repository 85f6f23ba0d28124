/** What the thread that receives calls and the main thread tell each other. */
import type { AbiName } from "../../../arch/index.ts";
import type { BackendName } from "../../../shim/index.ts";
import type { PhaseOptions } from "../../trace/phase.ts";
import type { WatchedProcess } from "../../trace/watched.ts";
import type { Viewed } from "./recorder.ts";

/** What a receiving thread is given. */
export interface ReceiverOrder {
  readonly native: AbiName;
  readonly phases: PhaseOptions;
  /** Whether calls are told apart by the arguments that conditions are learned for. */
  readonly args: boolean;
  /** Whether to tell, several times a second, who is alive and what is new. */
  readonly view: boolean;
  readonly mailbox: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
  /** Descriptor of the page that a keeper shares; undefined without one. */
  readonly page: number | undefined;
}

/** What the recording came to. */
export interface Account {
  readonly calls: number;
  /** Requests of the command for a listener of its own, which it cannot get under ours. */
  readonly listeners: number;
  /** Calls that a signal interrupted before they were received, and that were begun again. */
  readonly restarted: number;
  /** The package that the calls went through; undefined before any did. */
  readonly backend: BackendName | undefined;
  /** The processes that go on unrecorded, since the recording was ended before them. */
  readonly left: readonly Viewed[];
}

/** What the receiving thread tells. */
export type FromReceiver =
  | { readonly kind: "process"; readonly process: WatchedProcess }
  | { readonly kind: "view"; readonly calls: number; readonly processes: readonly Viewed[] }
  | { readonly kind: "new"; readonly name: string; readonly pid: number }
  | { readonly kind: "account"; readonly account: Account };

/** Whether a message of a loop is one of its receiver. */
export function isFromReceiver(message: unknown): message is FromReceiver {
  return typeof message === "object" && message !== null && "kind" in message;
}

const MAILBOX = 512;
/** Where the name begins. */
const NAME = 8;

/**
 * What is on its way to a thread that reads no messages while it receives: one mark, and whether views are wanted.
 *
 *     0  bytes of the name, i32; 0 while there is room    4  1 once views are wanted, i32    8  the name, UTF-8
 */
export function newMailbox(): SharedArrayBuffer {
  return new SharedArrayBuffer(MAILBOX);
}

/** Puts the name of a mark in; false while the last one has not been taken. Names are cut where there is no room. */
export function putMark(mailbox: SharedArrayBuffer, name: string): boolean {
  const length = new Int32Array(mailbox, 0, 1);
  if (Atomics.load(length, 0) !== 0) return false;
  const { written } = new TextEncoder().encodeInto(name, new Uint8Array(MAILBOX - NAME));
  new Uint8Array(mailbox, NAME).set(new TextEncoder().encode(name).subarray(0, written));
  Atomics.store(length, 0, written);
  return true;
}

/** Whether there is no mark on its way. */
export function isMailboxEmpty(mailbox: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(mailbox, 0, 1), 0) === 0;
}

/** Takes the mark out; undefined when there is none. */
export function takeMark(mailbox: SharedArrayBuffer): string | undefined {
  const length = new Int32Array(mailbox, 0, 1);
  const written = Atomics.load(length, 0);
  if (written === 0) return undefined;
  const name = new TextDecoder().decode(new Uint8Array(mailbox, NAME, written).slice());
  Atomics.store(length, 0, 0);
  return name;
}

/** Asks for views from now on. */
export function askForViews(mailbox: SharedArrayBuffer): void {
  Atomics.store(new Int32Array(mailbox, 4, 1), 0, 1);
}

/** Whether views were asked for. */
export function areViewsAskedFor(mailbox: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(mailbox, 4, 1), 0) !== 0;
}
