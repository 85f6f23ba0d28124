/**
 * What a forked Node runs before its module: installs the filter that its parent sends, or ends the process. Node runs
 * it because of `--import`, and runs nothing else of the program until it has come to its end.
 *
 *     parent -> child   the program and the options, then a newline
 *     child -> parent   what install() said or threw, then a newline
 *     parent -> child   "go", once it listens to the child
 *
 * On a main thread only: a worker runs this file as well, and is under its process's filter already.
 */
import { closeSync, readSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { type Issue, SeccatError } from "../abi/error.ts";
import { readProgram } from "../bpf/codec.ts";
import { GO, type Order, type Report, UNGUARDED } from "./control.ts";
import { type Installed, install } from "./install.ts";

if (isMainThread) guardThisProcess();

function guardThisProcess(): void {
  const fd = Number(new URL(import.meta.url).searchParams.get("control"));
  forgetPreload();
  const installed = installOrder(readLine(fd));
  tell(fd, "issue" in installed ? installed : { installed });
  if ("issue" in installed || readLine(fd) !== GO) process.exit(UNGUARDED);
  closeSync(fd);
}

/** Children that the module forks inherit its arguments, and are under the filter without a preload. */
function forgetPreload(): void {
  const at = process.execArgv.indexOf(`--import=${import.meta.url}`);
  if (at >= 0) process.execArgv.splice(at, 1);
}

function installOrder(line: string): Installed | { readonly issue: Issue } {
  try {
    const { program, options }: Order = JSON.parse(line);
    return install(readProgram(Buffer.from(program, "base64")), options);
  } catch (error) {
    const { code, message, expected, received, fix } =
      error instanceof SeccatError ? error : { code: "internal" as const, message: String(error) };
    const more = { ...(expected && { expected }), ...(received && { received }), ...(fix && { fix }) };
    return { issue: { code, message, ...more } };
  }
}

/** What comes up to the next newline, or to the end. */
function readLine(fd: number): string {
  const parts: Buffer[] = [];
  const part = Buffer.alloc(65536);
  for (;;) {
    const count = readSync(fd, part);
    parts.push(Buffer.from(part.subarray(0, count)));
    if (count === 0 || part[count - 1] === 0x0a) return Buffer.concat(parts).toString("utf8").trimEnd();
  }
}

function tell(fd: number, report: Report): void {
  const bytes = Buffer.from(`${JSON.stringify(report)}\n`);
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(fd, bytes, sent);
}
