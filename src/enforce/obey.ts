/**
 * What a forked Node does before its module runs: installs the filter that its parent sends, or ends the process.
 *
 *     parent -> child   the program and the options, then a newline
 *     child -> parent   what install() said or threw, then a newline
 *     parent -> child   "go", once it listens to the child
 */
import { closeSync, readSync, writeSync } from "node:fs";
import { type BackendName, loadShim } from "../../shim/index.ts";
import { type Issue, SeccatError } from "../abi/error.ts";
import { readProgram } from "../bpf/codec.ts";
import { GO, type Order, type Report, UNGUARDED } from "./control.ts";
import { type Installed, install } from "./install.ts";

/** Installs what comes through the control channel that the preload's address names; ends the process where that fails. */
export function guardThisProcess(preload: string): void {
  const fd = Number(new URL(preload).searchParams.get("control"));
  forget(preload);
  const installed = installOrder(readLine(fd));
  tell(fd, "issue" in installed ? installed : { installed });
  if ("issue" in installed || readLine(fd) !== GO) process.exit(UNGUARDED);
  closeSync(fd);
}

/** Children that the module forks inherit its arguments, and are under the filter without a preload. */
function forget(preload: string): void {
  const at = process.execArgv.indexOf(`--import=${preload}`);
  if (at >= 0) process.execArgv.splice(at, 1);
}

function installOrder(line: string): Installed | { readonly issue: Issue } {
  try {
    const { program, options }: Order = JSON.parse(line);
    return install(readProgram(Buffer.from(program, "base64")), { ...options, ...quickest() });
  } catch (error) {
    const { code, message, expected, received, fix } =
      error instanceof SeccatError ? error : { code: "internal" as const, message: String(error) };
    const more = { ...(expected && { expected }), ...(received && { received }), ...(fix && { fix }) };
    return { issue: { code, message, ...more } };
  }
}

/** koffi, where nobody chose and it loads: it takes a third of the other's time to load. */
function quickest(): { readonly ffi?: BackendName } {
  if (process.env.SECCAT_FFI) return {};
  try {
    return { ffi: loadShim("koffi").backend };
  } catch {
    return {};
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
