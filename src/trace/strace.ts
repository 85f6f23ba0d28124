import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { SeccatError } from "../abi/error.ts";
import { findCommand } from "./command.ts";

const run = promisify(execFile);

/** An installed strace. */
export interface Strace {
  readonly path: string;
  /** Those for a log to learn from, of the ones that this strace knows. */
  readonly options: readonly string[];
}

/** The strace at `name`, or in PATH. Throws SeccatError "host" when there is none. */
export async function findStrace(name = "strace"): Promise<Strace> {
  const fix = "install it (Debian, Ubuntu: apt-get install strace), or give a log with --from";
  try {
    const path = findCommand(name);
    const { stdout } = await run(path, ["--help"]);
    return { path, options: optionsFor(stdout) };
  } catch (error) {
    const received = error instanceof Error ? error.message.trim() : String(error);
    const message = error instanceof SeccatError ? "strace is not installed" : "strace does not run";
    throw new SeccatError({ code: "host", message, received, fix });
  }
}

/**
 * `-n` tells which call it was for certain, where strace shows another name (socketcall); the attach messages
 * would go to the command's standard error, the mode switches go to the log but for `-o`, which silences both.
 */
function optionsFor(help: string): string[] {
  const options = ["-f"];
  if (help.includes("--syscall-number")) options.push("-n");
  if (help.includes("thread-execve")) options.push("-e", "quiet=attach");
  return options;
}

/** What strace says when it cannot trace anything; "" when it can. */
export async function straceComplaint(strace: Strace): Promise<string> {
  try {
    await run(strace.path, ["-o", "/dev/null", "--", strace.path, "-V"]);
    return "";
  } catch (error) {
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    return stderr.split("\n").at(-1) ?? "";
  }
}
