import { loadShim } from "../../shim/index.ts";
import { SeccatError } from "../abi/error.ts";
import { PR_SET_PDEATHSIG, SIGKILL } from "./seccomp.ts";

/**
 * Has the kernel kill this process when its parent ends (the parent's thread that started it, to be exact). Main thread only.
 * Throws SeccatError "host" without an FFI package, and "enforce" when the parent ended meanwhile; one that had ended before
 * this was called cannot be told from the one that took its place.
 */
export function endWithParent(): void {
  const parent = process.ppid;
  const { ok } = loadShim().prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (ok && process.ppid === parent) return;
  throw new SeccatError({
    code: "enforce",
    message: ok ? "the parent has ended already" : "the kernel refused PR_SET_PDEATHSIG",
  });
}
