/**
 * Where things lie in a keeper's memory, at addresses that are fixed.
 *
 *     SHARED  a page of a file that the receiving thread writes to: the struct seccomp_notif that it is about to answer,
 *             or has answered; its id comes first
 *     OWN     0   struct seccomp_notif_resp: id u64, val s64 0, error s32 0, flags u32 CONTINUE
 *             24  struct pollfd of the listener
 *             32  a byte to read into
 *     NOTIF   room for a struct seccomp_notif
 */
import type { Native } from "../native.ts";
import { nr } from "../native.ts";
import { notifIoctls } from "../notify.ts";

/** The page that is shared with the receiving thread. */
export const SHARED = 0x10000000;
/** Pages of its own. */
export const OWN = 0x10010000;
/** Where it receives. */
export const NOTIF = OWN + 0x1000;
/** Bytes of its own pages. */
export const OWN_SIZE = 0x2000;
/** Bytes that are cleared before it receives: more than any kernel's struct seccomp_notif has. */
export const NOTIF_SIZE = 256;

/** Offset in its own pages: the listener's struct pollfd. */
export const POLLFD = 24;
/** Offset in its own pages: a byte to read into. */
export const BYTE = 32;

/** Its descriptor of what ends when the receiving process does. */
export const LIFE = 0;
/** Its descriptor of the listener. */
export const LISTENER = 3;
/** Its descriptor of the file behind the shared page. */
export const FILE = 4;

/** What goes into the machine code. */
export interface KeeperParameters {
  readonly nr: Readonly<Record<"close_range" | "mmap" | "read" | "ioctl" | "ppoll" | "exit_group", number>>;
  readonly recv: number;
  readonly send: number;
}

/** The parameters of a machine. */
export function keeperParameters(here: Native): KeeperParameters {
  const { recv, send } = notifIoctls();
  return {
    nr: {
      close_range: nr("close_range", here),
      mmap: nr("mmap", here),
      read: nr("read", here),
      ioctl: nr("ioctl", here),
      ppoll: nr("ppoll", here),
      exit_group: nr("exit_group", here),
    },
    recv,
    send,
  };
}
