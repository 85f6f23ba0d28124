/** The thread that startLoop() starts: loads the module that answers, and answers until the end. */
import { parentPort, workerData } from "node:worker_threads";
import { loadShimOfMain } from "../../shim/index.ts";
import { SeccatError } from "../abi/error.ts";
import { Listener } from "./listener.ts";
import {
  failureMessage,
  type MakeHandler,
  receiveLoop,
  type WorkerData,
  type WorkerMessage,
} from "./loop.ts";

const order: WorkerData = workerData;
const say = (message: WorkerMessage) => parentPort?.postMessage(message);

const module: { readonly makeHandler?: MakeHandler } = await import(order.module);
if (typeof module.makeHandler !== "function")
  throw new SeccatError({ code: "internal", message: `${order.module} exports no makeHandler` });
const listener = new Listener(loadShimOfMain(order.backend), order.descriptor);
const handler = module.makeHandler({
  data: order.data,
  listener,
  post: (message) => say({ kind: "message", message }),
});
let failed = false;
const onFailure = (error: unknown) => {
  if (!failed) say(failureMessage(error));
  failed = true;
};
const end =
  "receive" in handler
    ? handler.receive(order.stop)
    : receiveLoop(listener, handler.onCall, order.stop, onFailure);
if (handler.onEnd) say({ kind: "message", message: handler.onEnd() });
say({ kind: "end", end });
