/** Starts a Node that becomes the command by FFI calls, where the launcher's code is not written for the machine. */
import { closeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { serialize } from "node:v8";
import { SeccatError } from "../abi/error.ts";
import { loopShim } from "./attach.ts";
import type { Message } from "./launcher/calls.ts";
import { STATUS_SIZE } from "./launcher/layout.ts";
import type { Prepared, SpawnOptions } from "./prepare.ts";
import { type Running, spawnImage } from "./start.ts";
import { emptyFile } from "./temporary.ts";

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/**
 * Options of that Node: neither the optimizing compiler nor another thread may have work for the thread that comes under
 * the filters, and nothing is printed that is not the command's. V8 has these on every machine.
 */
const flags = ["--single-threaded", "--no-opt", "--expose-gc", "--no-warnings"];

/** Starts that Node. Throws SeccatError "host" when no FFI package loads, and "enforce" when there can be no such process. */
export async function startCalls(prepared: Prepared, options: SpawnOptions): Promise<Running> {
  const { backend } = loopShim(); // koffi, if there is a choice: ffi-napi makes garbage with every call
  const { stdio, orders } = prepared;
  const program = fileURLToPath(new URL(`./launcher/callsmain.${extension}`, import.meta.url));
  const image = {
    file: process.execPath,
    words: [...flags, program, String(orders.channel)],
    env: environment(),
  };
  const message: Message = { orders, backend };
  const status = emptyFile(STATUS_SIZE);
  const child = await spawnImage(image, [...stdio, "pipe", status], options);
  if (typeof child === "object")
    return { ...child, message: serialize(message), status, directory: undefined };
  closeSync(status);
  throw new SeccatError({
    code: "enforce",
    message: "Node could not be started, which is to start the command",
    received: `${process.execPath}: ${child}`,
  });
}

/**
 * What that Node needs to find its libraries. Nothing that is the command's: NODE_OPTIONS would run code. child_process
 * puts the number of a channel behind this empty one, which is the one that counts; the channel is the command's.
 */
function environment(): NodeJS.ProcessEnv {
  const { LD_LIBRARY_PATH } = process.env;
  return { NODE_CHANNEL_FD: "", ...(LD_LIBRARY_PATH === undefined ? {} : { LD_LIBRARY_PATH }) };
}
