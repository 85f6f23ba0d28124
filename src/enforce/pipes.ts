/** Node's own streams of pipes, which a supervisor prints to while a command has the same pipes. */
import { isatty } from "node:tty";

const made = new WeakSet<NodeJS.WriteStream>();

/**
 * Has Node make its streams of pipes now: that makes the pipes non-blocking, which a launch undoes, and which would fail
 * the command's writes when a handler prints for the first time while it runs. Terminals Node opens anew when it makes theirs.
 */
export function setUpPipes(): void {
  if (!isatty(1)) made.add(process.stdout);
  if (!isatty(2)) made.add(process.stderr);
}
