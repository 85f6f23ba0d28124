/**
 * Calls that are made only when the filters of this process surely let them happen.
 *
 * After an install, the process that wants to look into /proc is itself under the filter, and a wrong call may
 * be its last. So each call is first put to the interpreter with its very arguments, addresses included. Filters
 * that others installed earlier (a container's) are not known here and not asked.
 */
import type { SyscallName } from "../../arch/index.ts";
import type { CallArgument, CallResult, Shim } from "../../shim/index.ts";
import type { Program } from "../bpf/program.ts";
import { native, nr } from "./native.ts";
import { isAllowed, verdict } from "./verdict.ts";

/** What a guarded call answers: as the kernel did, or that it was not made because a filter denies it. */
export type Guarded = CallResult | { readonly ok: false; readonly denied: SyscallName };

/** Makes `name(...args)` when every one of `programs` (oldest first) allows it. */
export function guarded(
  shim: Shim,
  programs: readonly Program[],
  name: SyscallName,
  ...args: readonly CallArgument[]
): Guarded {
  const { auditArch } = native();
  const registers = args.map((arg) =>
    typeof arg === "object" ? shim.address(arg) : BigInt.asUintN(64, BigInt(arg)),
  );
  const number = nr(name);
  if (!isAllowed(verdict(programs, { nr: number, arch: auditArch, args: registers })))
    return { ok: false, denied: name };
  return shim.syscall(number, ...args);
}

/** The text of a small file, read with openat, read and close; or the answer of the call that did not succeed. */
export function readGuarded(shim: Shim, programs: readonly Program[], path: string): string | Guarded {
  return withOpen(shim, programs, path, O_RDONLY | O_CLOEXEC, (fd) => {
    const buffer = new Uint8Array(8192);
    const count = guarded(shim, programs, "read", fd, buffer, buffer.length);
    return count.ok ? Buffer.from(buffer.subarray(0, count.value)).toString("latin1") : count;
  });
}

/** The names in a directory, read with openat, getdents64 and close; or the answer of the call that did not succeed. */
export function listGuarded(shim: Shim, programs: readonly Program[], path: string): string[] | Guarded {
  return withOpen(shim, programs, path, O_RDONLY | O_CLOEXEC, (fd) => {
    const names: string[] = [];
    const buffer = new Uint8Array(32768);
    for (;;) {
      const count = guarded(shim, programs, "getdents64", fd, buffer, buffer.length);
      if (!count.ok) return count;
      if (count.value === 0) return names;
      names.push(...direntNames(buffer.subarray(0, count.value), native().endian === "little"));
    }
  });
}

/** What a symbolic link says, read with readlinkat; or the answer of the call that did not succeed. */
export function linkGuarded(shim: Shim, programs: readonly Program[], path: string): string | Guarded {
  const buffer = new Uint8Array(4096);
  const name = Buffer.from(`${path}\0`);
  const count = guarded(shim, programs, "readlinkat", AT_FDCWD, name, buffer, buffer.length);
  return count.ok ? Buffer.from(buffer.subarray(0, count.value)).toString("latin1") : count;
}

const AT_FDCWD = -100;
const O_RDONLY = 0;
// MIPS has 0x80000 too; alpha, parisc and sparc differ, and Node runs on none of them.
const O_CLOEXEC = 0x80000;

function withOpen<T>(
  shim: Shim,
  programs: readonly Program[],
  path: string,
  flags: number,
  use: (fd: number) => T | Guarded,
): T | Guarded {
  // A descriptor that could not be closed again would leak, so that is asked before opening.
  if (!isAllowed(verdict(programs, { nr: nr("close"), arch: native().auditArch, args: [] })))
    return { ok: false, denied: "close" };
  const opened = guarded(shim, programs, "openat", AT_FDCWD, Buffer.from(`${path}\0`), flags, 0);
  if (!opened.ok) return opened;
  const result = use(opened.value);
  guarded(shim, programs, "close", opened.value);
  return result;
}

/** struct linux_dirent64: ino u64, off s64, reclen u16 at 16, type u8, name at 19, ended by NUL. */
function direntNames(bytes: Uint8Array, little: boolean): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = view.getUint16(at + 16, little);
    const name = Buffer.from(bytes.subarray(at + 19, at + size)).toString("latin1");
    names.push(name.slice(0, name.indexOf("\0")));
    at += size;
  }
  return names.filter((name) => name !== "." && name !== "..");
}
