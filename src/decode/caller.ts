/**
 * What decoding asks about the process that makes a call. Where that cannot be seen (a recorded call, a vanished process)
 * every answer is "nothing", and decoding says as much as the registers tell.
 */

/** A process that waits in a call. */
export interface Caller {
  /** Up to `length` bytes of its memory from `address` on: fewer where no more can be read, none when nothing can. */
  read(address: bigint, length: number): Uint8Array;
  /** What its descriptor is: `/etc/passwd`, `socket:[4711]`; undefined when that cannot be seen. */
  descriptor(fd: number): string | undefined;
  /** Its working directory; undefined when that cannot be seen. */
  directory(): string | undefined;
}

/** A caller of whom nothing can be seen. */
export const unseen: Caller = Object.freeze({
  read: () => new Uint8Array(0),
  descriptor: () => undefined,
  directory: () => undefined,
});
