import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Listener } from "./listener.ts";
import type { Call } from "./notify.ts";

/** Ends the process of a waiting call by SIGSYS, as the kernel would; by SIGKILL when the process has other plans with SIGSYS. */
export function killCaller(listener: Listener, call: Call): void {
  const signal = (name: "SIGSYS" | "SIGKILL") => {
    if (call.pid === 0 || !listener.isWaiting(call.id)) return;
    try {
      process.kill(call.pid, name);
    } catch {
      // gone, or not ours to end: the call is denied all the same
    }
  };
  if (dieOfSigsys(call.pid)) signal("SIGSYS");
  if (!dieOfSigsys(call.pid)) signal("SIGKILL");
}

/** Whether SIGSYS would end the process of a thread: neither caught, nor ignored, nor blocked. */
function dieOfSigsys(tid: number): boolean {
  let status: string;
  try {
    status = readFileSync(`/proc/${tid}/status`, "utf8");
  } catch {
    return false;
  }
  const sigsys = 1n << BigInt(constants.signals.SIGSYS - 1);
  return ["SigBlk", "SigIgn", "SigCgt"].every((field) => {
    const mask = new RegExp(`^${field}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1];
    return mask !== undefined && (BigInt(`0x${mask}`) & sigsys) === 0n;
  });
}
