/** What the thread that receives calls and the main thread tell each other. */
import type { AbiName } from "../../../arch/index.ts";
import type { PhaseOptions } from "../../trace/phase.ts";
import type { WatchedProcess } from "../../trace/watched.ts";
import type { Viewed } from "./recorder.ts";

/** What a receiving thread is given. */
export interface ReceiverSetup {
  readonly listener: number;
  readonly native: AbiName;
  readonly phases: PhaseOptions;
  /** Whether ffi-napi was loaded on the main thread, and is to be used here. */
  readonly ffiNapi: boolean;
  /** Milliseconds between views; none when undefined. */
  readonly viewEvery: number | undefined;
  /** Not 0 in the first word ends the loop. */
  readonly control: SharedArrayBuffer;
}

/** What the recording came to. */
export interface Account {
  readonly calls: number;
  /** Requests of the command for a listener of its own, which it cannot get under ours. */
  readonly listeners: number;
}

/** What the receiving thread tells. */
export type FromReceiver =
  | { readonly kind: "ready" }
  | { readonly kind: "process"; readonly process: WatchedProcess }
  | { readonly kind: "view"; readonly calls: number; readonly processes: readonly Viewed[] }
  | { readonly kind: "new"; readonly name: string; readonly pid: number }
  | ({ readonly kind: "end" } & Account);

/** What the receiving thread is told. */
export interface ToReceiver {
  readonly mark: string;
}
