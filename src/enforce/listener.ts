/**
 * A listener in this process: takes waiting calls from it and answers them, without waiting for anything itself
 * unless asked to. It belongs to a process, not to a thread: one thread may receive and another answer.
 */
import { closeSync } from "node:fs";
import { POLLIN, type Shim } from "../../shim/index.ts";
import type { Endian } from "../abi/data.ts";
import { SeccatError } from "../abi/error.ts";
import { native, nr } from "./native.ts";
import {
  type Call,
  decodeNotif,
  encodeAddfd,
  type Injection,
  notifIoctls,
  notifSizes,
  type PlainAnswer,
  SYNC_WAKE_UP,
  writeResponse,
} from "./notify.ts";

/** What a wait came to: a call can be received; nobody is left under the filter; somebody wrote to `wake`; time is up. */
export type Readiness = "call" | "ended" | "woken" | "nothing";

/** What became of a descriptor that a process was to get: its number there, or that the call waits no more, or why not. */
export type Injected =
  | { readonly kind: "injected"; readonly fd: number }
  | { readonly kind: "gone" }
  | { readonly kind: "refused"; readonly errno: string };

const POLLFD_SIZE = 8;

/** A listener's descriptor at work; close() ends it. */
export class Listener {
  readonly shim: Shim;
  /** Its number in this process. */
  readonly descriptor: number;
  readonly #endian: Endian = native().endian;
  readonly #ioctls = notifIoctls();
  readonly #nr = { ioctl: nr("ioctl"), ppoll: nr("ppoll") };
  readonly #notif: Uint8Array;
  readonly #response: DataView;
  readonly #responseBytes: Uint8Array;
  readonly #id = new DataView(new ArrayBuffer(8));
  readonly #idBytes = new Uint8Array(this.#id.buffer);
  readonly #pollfds = new DataView(new ArrayBuffer(2 * POLLFD_SIZE));
  readonly #pollBytes = new Uint8Array(this.#pollfds.buffer);
  readonly #timeout = new BigInt64Array(2);
  readonly #timeoutBytes = new Uint8Array(this.#timeout.buffer);
  #closed = false;

  /** Throws SeccatError "host" before Linux 5.0. */
  constructor(shim: Shim, descriptor: number) {
    this.shim = shim;
    this.descriptor = descriptor;
    const { notif, response } = notifSizes(shim);
    this.#notif = new Uint8Array(notif);
    this.#responseBytes = new Uint8Array(response);
    this.#response = new DataView(this.#responseBytes.buffer);
  }

  /** Has either side wake the other on its own processor, which is several times faster where known (Linux 6.6). */
  syncWakeUp(): void {
    this.#ioctl(this.#ioctls.setFlags, SYNC_WAKE_UP);
  }

  /**
   * The next waiting call; undefined when its maker died or was interrupted meanwhile, or when this is closed. Waits for
   * one, so wait() first. Throws SeccatError "enforce" when the kernel does not hand it over.
   */
  receive(): Call | undefined {
    if (this.#closed) return undefined;
    this.#notif.fill(0); // the kernel insists
    const answer = this.#ioctl(this.#ioctls.recv, this.#notif);
    if (answer.ok) return decodeNotif(this.#notif, this.#endian);
    if (answer.name === "ENOENT" || answer.name === "EINTR") return undefined;
    throw new SeccatError({
      code: "enforce",
      message: `the kernel does not hand over a call: ${answer.name}`,
    });
  }

  /**
   * Answers a call; false when it does not wait any more: its maker died, was interrupted, or has an answer already. Throws
   * SeccatError "enforce" when the kernel does not know the answer (`continue` before Linux 5.5), and "usage" for no errno.
   */
  answer(id: bigint, answer: PlainAnswer): boolean {
    writeResponse(this.#response, id, answer, this.#endian);
    if (this.#closed) return false;
    const sent = this.#ioctl(this.#ioctls.send, this.#responseBytes);
    if (sent.ok) return true;
    if (sent.name === "ENOENT" || sent.name === "EINPROGRESS") return false;
    throw new SeccatError({
      code: "enforce",
      message: `the kernel does not take the answer ${Object.keys(answer).join()}: ${sent.name}`,
    });
  }

  /** Whether a call still waits, received and not answered; while it does, its thread id cannot have become another's. */
  isWaiting(id: bigint): boolean {
    this.#id.setBigUint64(0, id, this.#endian === "little");
    return !this.#closed && this.#ioctl(this.#ioctls.idValid, this.#idBytes).ok;
  }

  /** Gives the maker of a call a copy of a descriptor of this process (Linux 5.9). */
  inject(id: bigint, injection: Injection): Injected {
    if (this.#closed) return { kind: "gone" };
    const result = this.#ioctl(this.#ioctls.addfd, encodeAddfd(id, injection, this.#endian));
    if (result.ok) return { kind: "injected", fd: result.value };
    if (result.name === "ENOENT" || result.name === "EINPROGRESS") return { kind: "gone" };
    return { kind: "refused", errno: result.name };
  }

  /**
   * Blocks this thread until something happens, `microseconds` at most; negative waits for ever. `wake` is a second
   * descriptor (an eventfd or pipe) to look at.
   */
  wait(microseconds: number, wake?: number): Readiness {
    if (this.#closed) return "ended";
    const count = wake === undefined ? 1 : 2;
    this.#poll(0, this.descriptor);
    if (wake !== undefined) this.#poll(1, wake);
    this.#timeout[0] = BigInt(Math.floor(microseconds / 1e6));
    this.#timeout[1] = BigInt((microseconds % 1e6) * 1000);
    const timeout = microseconds < 0 ? 0 : this.#timeoutBytes;
    const ready = this.shim.syscall(this.#nr.ppoll, this.#pollBytes, count, timeout, 0, 8);
    if (!ready.ok || ready.value === 0) return "nothing";
    if (wake !== undefined && this.#events(1) !== 0) return "woken";
    return this.#events(0) & POLLIN ? "call" : "ended";
  }

  /** Closes the descriptor: the kernel answers calls that wait, and all that follow, with ENOSYS. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true; // the number may be another file's from now on
    closeSync(this.descriptor);
  }

  get closed(): boolean {
    return this.#closed;
  }

  #ioctl(request: number, argument: number | Uint8Array) {
    return this.shim.syscall(this.#nr.ioctl, this.descriptor, request, argument);
  }

  /** struct pollfd { int fd; short events; short revents; } */
  #poll(index: number, fd: number): void {
    const little = this.#endian === "little";
    this.#pollfds.setInt32(index * POLLFD_SIZE, fd, little);
    this.#pollfds.setUint16(index * POLLFD_SIZE + 4, POLLIN, little);
    this.#pollfds.setUint16(index * POLLFD_SIZE + 6, 0, little);
  }

  #events(index: number): number {
    return this.#pollfds.getUint16(index * POLLFD_SIZE + 6, this.#endian === "little");
  }
}
