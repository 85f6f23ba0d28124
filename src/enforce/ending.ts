import { isatty } from "node:tty";
import { loadShim } from "../../shim/index.ts";
import { nr } from "./native.ts";

/**
 * Ends this process with `status` when it has a terminal, without what Node does at its end: put the terminal's settings
 * back to those that it found at its start, which would undo what a command such as `stty` or `reset` was run for. Returns
 * when there is no terminal or no FFI package: then the process ends as ever.
 */
export function endKeepingTerminal(status: number): void {
  if (![0, 1, 2].some((fd) => isatty(fd))) return;
  try {
    loadShim().syscall(nr("exit_group"), status);
  } catch {
    // no FFI package: the settings are put back
  }
}
