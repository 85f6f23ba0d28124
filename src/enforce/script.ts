/**
 * Files that the kernel knows no format of: scripts without `#!`. As execvp(3) does it, and with it `env` and every
 * shell, the shell reads those. It is started as any command is, under the same filters and after the same checks.
 */
import type { Text } from "./command.ts";
import type { NotStarted } from "./prepare.ts";

const SHELL = "/bin/sh";

/** What `start` makes of `argv`; where that is a file that the kernel answered ENOEXEC to, what it makes of the shell with that file. */
export async function orAsScript<T extends { readonly kind: string }>(
  argv: readonly Text[],
  start: (argv: readonly Text[]) => Promise<T | NotStarted>,
): Promise<T | NotStarted> {
  const started = await start(argv);
  const script = scriptOf(started);
  if (script === undefined || Buffer.from(script).toString("latin1") === SHELL) return started;
  return start([SHELL, script, ...argv.slice(1)]);
}

function scriptOf(started: { readonly kind: string } | NotStarted): Uint8Array | undefined {
  return "script" in started ? started.script : undefined;
}
