/**
 * The loop that receives calls from a listener and lets each go on. It blocks its thread, so it has one of its own;
 * poll comes before each RECV, because RECV alone cannot tell an interrupted caller from the end of all.
 */
import { POLLIN, type Shim } from "../../../shim/index.ts";
import { native, nr } from "../native.ts";
import { encodeResponse, type NotifSizes, notifIoctls, notifSizes, SYNC_WAKE_UP } from "../notify.ts";

/** What a receiver does besides letting calls go on. */
export interface Reception {
  /** A call, as the words of its struct seccomp_notif; its maker waits until this returns. */
  readonly onCall: (words: Uint32Array) => void;
  /** Whenever no call came for `TURN` milliseconds, and at least as often when some do; true ends the loop. */
  readonly onTurn: () => boolean;
}

/** How the loop ended: nobody is left under the filter, or onTurn said so. */
export type Reason = "gone" | "stopped";

/** How often onTurn is called, in milliseconds. */
export const TURN = 100;
/** After so many calls the clock is looked at. */
const CALLS = 64;

/** Receives and answers until nobody is left, or onTurn ends it. `memory` holds what is being answered, for a keeper. */
export function receive(
  shim: Shim,
  listener: number,
  { onCall, onTurn }: Reception,
  memory = new ArrayBuffer(roomFor(notifSizes(shim))),
): Reason {
  const sizes = notifSizes(shim);
  const { recv, send, setFlags } = notifIoctls();
  const [ioctl, ppoll] = [nr("ioctl"), nr("ppoll")];
  const notif = new Uint8Array(memory, 0, sizes.notif);
  const words = new Uint32Array(memory, 0, sizes.notif / 4);
  const response = encodeResponse(0n, { continue: true }, sizes.response, native().endian);
  const responseWords = new Uint32Array(response.buffer, 0, 2);
  const pollfd = new Int32Array([listener, POLLIN << (native().endian === "little" ? 0 : 16)]);
  const poll = new Uint8Array(pollfd.buffer);
  const events = new Uint16Array(pollfd.buffer);
  const timeout = new Uint8Array(new BigInt64Array([0n, BigInt(TURN) * 1_000_000n]).buffer);
  shim.syscall(ioctl, listener, setFlags, SYNC_WAKE_UP); // faster where known, nothing where not
  let turnAt = performance.now() + TURN;
  for (let calls = 0; ; ) {
    const ready = shim.syscall(ppoll, poll, 1, timeout, 0, 0);
    const revents = ready.ok && ready.value > 0 ? (events[3] ?? 0) : 0;
    if (revents & POLLIN) {
      notif.fill(0);
      // ENOENT: the caller died or was interrupted before its call was received
      if (shim.syscall(ioctl, listener, recv, notif).ok) {
        onCall(words);
        responseWords[0] = words[0] ?? 0;
        responseWords[1] = words[1] ?? 0;
        shim.syscall(ioctl, listener, send, response); // ENOENT: the caller died meanwhile
        calls++;
      }
    } else if (revents) return "gone";
    if (revents & POLLIN && calls % CALLS !== 0) continue;
    const now = performance.now();
    if (revents & POLLIN && now < turnAt) continue;
    turnAt = now + TURN;
    if (onTurn()) return "stopped";
  }
}

/** Bytes that a receiver needs for what is being answered. */
export function roomFor({ notif }: NotifSizes): number {
  return Math.ceil(notif / 8) * 8;
}
