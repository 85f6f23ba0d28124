/** The thread that receives calls: a worker whose event loop never turns while it does. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { loadShim } from "../../../shim/index.ts";
import { SeccatError } from "../../abi/error.ts";
import { proc } from "./look.ts";
import type { FromReceiver, ReceiverSetup, ToReceiver } from "./message.ts";
import { receive, TURN } from "./receiver.ts";
import { Recorder } from "./recorder.ts";
import { notifWords } from "../notify.ts";
import { native } from "../native.ts";

/** A sweep for threads that were killed, in turns. */
const SWEEP = 10;

const setup: ReceiverSetup = workerData;
const port = portOf(parentPort);
const tell = (message: FromReceiver) => port.postMessage(message);

const { listener, phases, control, viewEvery } = setup;
const shim = loadShim(setup.ffiNapi ? "ffi-napi" : "koffi");
const recorder = new Recorder({
  ...phases,
  native: setup.native,
  look: proc,
  words: notifWords(native().endian),
  each: (process) => tell({ kind: "process", process }),
  ...(viewEvery === undefined ? {} : { onNew: (name, pid) => tell({ kind: "new", name, pid }) }),
});
const stop = new Int32Array(control);
let turns = 0;

function portOf(own: MessagePort | null): MessagePort {
  if (own) return own;
  throw new SeccatError({ code: "internal", message: "the receiver's module was loaded outside of its thread" });
}

function onTurn(): boolean {
  turns++;
  if (turns % SWEEP === 0) recorder.sweep();
  for (let mail = receiveMessageOnPort(port); mail; mail = receiveMessageOnPort(port)) {
    const { mark }: ToReceiver = mail.message;
    recorder.mark(mark);
  }
  if (viewEvery !== undefined && turns % Math.ceil(viewEvery / TURN) === 0)
    tell({ kind: "view", calls: recorder.calls, processes: recorder.view() });
  return Atomics.load(stop, 0) !== 0;
}

tell({ kind: "ready" });
receive(shim, listener, { onCall: (words) => recorder.see(words), onTurn });
recorder.finish();
tell({ kind: "end", calls: recorder.calls, listeners: recorder.listeners });
