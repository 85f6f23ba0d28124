import { closeSync } from "node:fs";
import { SeccatError } from "../abi/error.ts";
import type { Listener } from "./listener.ts";
import type { Call, DescriptorAnswer } from "./notify.ts";

/**
 * Gives the maker of a call a copy of a descriptor, and its number there as the call's value: in one step since Linux
 * 5.14; before that in two, between which the process can die with a descriptor that it never hears of. False when
 * the call waits no more. A process that has no place for it gets EMFILE. Throws SeccatError "enforce" when the kernel
 * refuses otherwise; the call then still waits.
 */
export function giveDescriptor(listener: Listener, { id }: Call, answer: DescriptorAnswer): boolean {
  const { descriptor: fd, keep, ...there } = answer;
  try {
    const once = listener.inject(id, { fd, ...there, send: true });
    if (once.kind === "injected") return true;
    if (once.kind === "gone") return false;
    const result = once.errno === "EINVAL" ? listener.inject(id, { fd, ...there }) : once;
    if (result.kind === "gone") return false;
    if (result.kind === "injected") return listener.answer(id, { value: result.fd });
    if (result.errno === "EMFILE" || result.errno === "ENFILE")
      return listener.answer(id, { errno: result.errno });
    throw notInjected(fd, result.errno);
  } finally {
    if (!keep) closeQuietly(fd);
  }
}

/** That a descriptor could not be given away, as the error to throw. */
export function notInjected(fd: number, errno: string): SeccatError {
  const fixes: Readonly<Record<string, string>> = {
    EBADF: "it is not open here, or newfd is above the limit of that process",
    ENOTTY: "descriptors can be injected since Linux 5.9",
  };
  const fix = fixes[errno];
  return new SeccatError({
    code: "enforce",
    message: `descriptor ${fd} could not be given to the caller: ${errno}`,
    ...(fix === undefined ? {} : { fix }),
  });
}

/** Closes a descriptor that may not be open. */
export function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // it was not open, as the answer to the call says already
  }
}
