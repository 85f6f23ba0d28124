/**
 * io_uring, the way around every filter: what a ring is told to open, send or connect, the kernel does itself, and no
 * filter sees it. From Node 22 on, libuv makes rings when Node and each of its workers start, so that an install
 * comes too late for the first; and libuv aborts when a ring that it has stops working.
 */
import type { Shim } from "../../shim/index.ts";
import { SeccatError } from "../abi/error.ts";
import type { Program } from "../bpf/program.ts";
import { linkGuarded, listGuarded } from "./guard.ts";
import { whyNot } from "./threads.ts";

/** What install() does about rings that this process has already. */
export type RingChoice = "refuse" | "keep";

/** The choices, the safe one first. */
export const ringChoices = Object.freeze(["refuse", "keep"] as const) satisfies readonly RingChoice[];

/** Descriptors of rings that this process has, in order, or why they cannot be seen. */
export function openRings(shim: Shim, programs: readonly Program[]): number[] | { readonly why: string } {
  const fds = listGuarded(shim, programs, "/proc/self/fd");
  if (!Array.isArray(fds)) return { why: whyNot(fds) };
  const rings: number[] = [];
  for (const fd of fds) {
    const link = linkGuarded(shim, programs, `/proc/self/fd/${fd}`);
    if (typeof link !== "string") {
      if ("name" in link && link.name === "ENOENT") continue; // closed meanwhile
      return { why: whyNot(link) };
    }
    if (link === "anon_inode:[io_uring]") rings.push(Number(fd));
  }
  return rings.sort((a, b) => a - b);
}

const instead =
  "start Node under `seccat run` or with sandboxedFork(), where it gets no ring, or answer io_uring_setup with ENOSYS from before its start in another way";

/** That an install would leave a way around the filter, as the error to throw; nothing was installed. */
export function ringsOpen(rings: readonly number[]): SeccatError {
  return new SeccatError({
    code: "enforce",
    message: `this process has an io_uring already (descriptor ${rings.join(", ")}), and what is done through it no filter sees: no filter was installed`,
    expected: "no open io_uring; libuv makes them when Node 22 and later start",
    received: `anon_inode:[io_uring] at /proc/self/fd/${rings[0]}`,
    fix: `${instead}; or give rings: "keep" to install all the same, when code that could use the ring by itself is not what you guard against`,
  });
}

/** That it cannot be told whether there are rings, as the error to throw; nothing was installed. */
export function ringsUnseen(why: string): SeccatError {
  return new SeccatError({
    code: "enforce",
    message: `it cannot be seen whether this process has an io_uring, which no filter covers: ${why}`,
    expected: "/proc/self/fd",
    fix: `${instead}; or give rings: "keep" to install all the same`,
  });
}
