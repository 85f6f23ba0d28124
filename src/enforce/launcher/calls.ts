/**
 * What the launcher does, done by a Node through FFI calls, for machines that the launcher's code is not written for.
 *
 * This Node is a process of its own, and runs nothing else. Filters bind the thread that installs them, which goes on
 * to execve: the other threads of Node never come under them. From the first filter on this thread makes the calls of the
 * filters and execve, one after the other, and no other, as far as that is up to it: all arguments lie ready, every
 * call was made before with arguments that the kernel refuses, and the collector has just run. What it cannot rule out is a
 * call of Node or of the FFI package itself in between. Then the filter ends this process and the command does not start.
 */
import { readFileSync, writeSync } from "node:fs";
import { deserialize } from "node:v8";
import { type BackendName, loadShim, type Shim } from "../../../shim/index.ts";
import { SeccatError } from "../../abi/error.ts";
import { type Native, native, nr } from "../native.ts";
import { type Block, layOut, type Orders, type Step } from "./block.ts";
import { LAUNCHER_FAILED, STATUS_DONE, STATUS_RESULT, STATUS_SIZE } from "./layout.ts";

/** What arrives through the channel, as v8.serialize() writes it. */
export interface Message {
  readonly orders: Orders;
  readonly backend: BackendName;
}

/**
 * Makes this process the command that it is told of through `channel`, under its filters. Returns only when that failed, and
 * the status page, or the file behind it, says how far it came.
 */
export function becomeCommand(channel: number): void {
  const { orders, backend }: Message = deserialize(readFileSync(channel));
  const shim = loadShim(backend);
  const here = native();
  const placed = placeBlock(orders, here, shim);
  const { steps } = placed.block;
  const first = steps.findIndex(({ stage }) => stage === "install the filter");
  const calls = steps.slice(first).map(({ nr = 0, args }) => shim.prepare(nr, ...args));
  warmUp(placed, calls);
  const leave = shim.prepare(nr("exit_group", here), LAUNCHER_FAILED);
  const tell = takeSteps(steps.slice(0, first), orders.status, shim);
  if (!tell) return;
  globalThis.gc?.();
  tell(steps.length - 1, 0); // as it will be when the last call does not return
  const made = makeCalls(calls);
  tell(first + made, -shim.errno());
  leave();
}

/** A block in this process's memory. */
interface Placed {
  readonly block: Block;
  readonly bytes: Uint8Array;
  readonly start: number;
}

/** So that the collector never takes what the kernel reads. */
const kept: unknown[] = [];

function placeBlock(orders: Orders, here: Native, shim: Shim): Placed {
  const { length } = layOut(orders, here, 0).bytes;
  const bytes = new Uint8Array(new ArrayBuffer(length + 8)); // it may begin between two multiples of 8
  const start = Number(shim.address(bytes));
  const block = layOut(orders, here, start);
  bytes.set(block.bytes);
  kept.push(bytes);
  return { block, bytes, start };
}

/** Calls of each before they count: what is made at a function's first calls is there then. */
const ROUNDS = 40;

/**
 * Makes every call with arguments that the kernel refuses: programs without instructions, and a path without a name.
 * Throws SeccatError "internal" should it not refuse them.
 */
function warmUp({ block, bytes, start }: Placed, calls: readonly (() => number)[]): void {
  for (const { stage, args } of block.steps) {
    if (stage === "install the filter") bytes.fill(0, Number(args[2]) - start, Number(args[2]) - start + 2);
    if (stage === "start the command") bytes[Number(args[0]) - start] = 0;
  }
  for (let round = 0; round < ROUNDS; round++)
    for (let at = 0; at < calls.length; at++)
      if (makeCalls(calls.slice(at)) !== 0)
        throw new SeccatError({ code: "internal", message: "the kernel took a call that was to fail" });
  bytes.set(block.bytes);
}

/** Makes the calls, each at once after the other, up to one that fails; tells how many did not. */
function makeCalls(calls: readonly (() => number)[]): number {
  let made = 0;
  while (made < calls.length && calls[made]?.() !== -1) made++;
  return made;
}

/** Writes how many steps are done, and what the last call returned, without a call. */
type Tell = (done: number, result: number) => void;

/** Takes the steps before the filters, of which the first shares the status page; gives what tells on it, or nothing when one failed. */
function takeSteps(steps: readonly Step[], status: number, shim: Shim): Tell | undefined {
  const file = new Uint8Array(STATUS_SIZE);
  let page: DataView = new DataView(file.buffer);
  const tell: Tell = (done, result) => {
    page.setUint32(STATUS_DONE, done, true);
    page.setInt32(STATUS_RESULT, result, true);
    page.setInt32(STATUS_RESULT + 4, result < 0 ? -1 : 0, true);
  };
  for (const [done, { stage, nr = 0, args }] of steps.entries()) {
    const answer = shim.syscall(nr, ...args);
    if (!answer.ok) {
      tell(done, -answer.errno);
      if (done === 0) writeSync(status, file, 0, file.length, 0);
      return undefined;
    }
    if (stage === "share the status page") page = pageAt(answer.value, shim);
    tell(done + 1, 0);
  }
  return tell;
}

function pageAt(address: number, shim: Shim): DataView {
  const { wordBytes } = native();
  const view = shim.view(BigInt.asUintN(8 * wordBytes, BigInt(address)), STATUS_SIZE);
  kept.push(view);
  return new DataView(view.buffer, view.byteOffset, view.byteLength);
}
