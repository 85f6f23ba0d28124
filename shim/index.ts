/**
 * The one way from Seccat into C: prctl, syscall and poll through whichever FFI package works here.
 * Importing this loads none of them; `loadShim` does. It knows no syscall number and no meaning of any.
 */
import { createRequire } from "node:module";
import { constants, endianness } from "node:os";
import type WorkerThreads from "node:worker_threads";
import { SeccatError } from "../src/abi/error.ts";
import { didYouMean } from "../src/abi/nearest.ts";
import { ffiNapiBackend } from "./ffi.ts";
import { koffiBackend } from "./koffi.ts";
import {
  type Backend,
  type BackendName,
  backendNames,
  type CallArgument,
  type CallResult,
  type Shim,
} from "./types.ts";

export { type BackendName, backendNames, type CallArgument, type CallResult, type Shim } from "./types.ts";

const require = createRequire(import.meta.url);
const loaded = new Map<BackendName, Shim>();

/**
 * The shim through `choice` (`koffi` or `ffi-napi`), or, when that is undefined or empty, through ffi-napi where it
 * loads on the main thread and koffi otherwise. The environment variable SECCAT_FFI is the choice by default.
 * Throws SeccatError "host" outside Linux, for an unknown choice, and when the chosen package does not load.
 */
export function loadShim(choice: string | undefined = process.env.SECCAT_FFI): Shim {
  if (process.platform !== "linux")
    throw new SeccatError({
      code: "host",
      message: `seccomp is a part of Linux, and this is ${process.platform}`,
      fix: "everything but tracing and enforcing works here; enforce on Linux, in a virtual machine or a container",
    });
  if (choice) return load(backendNamed(choice));
  const failures: SeccatError[] = [];
  for (const name of backendNames) {
    try {
      return load(name);
    } catch (error) {
      if (!(error instanceof SeccatError)) throw error;
      failures.push(error);
    }
  }
  throw new SeccatError(
    {
      code: "host",
      message: "no FFI package loads, so the kernel cannot be reached",
      received: failures.map((failure) => failure.message).join("; "),
      fix: "install koffi where npm can fetch its binary for this platform: npm install koffi",
    },
    failures,
  );
}

/** The shim through a package that the main thread has loaded already, for a worker: ffi-napi works in one only then. */
export function loadShimOfMain(name: BackendName): Shim {
  return load(name, true);
}

function backendNamed(choice: string): BackendName {
  const found = backendNames.find((name) => name === choice);
  if (found) return found;
  throw new SeccatError({
    code: "host",
    message: `no FFI backend is named ${JSON.stringify(choice)}`,
    expected: `SECCAT_FFI=${backendNames.join(" or SECCAT_FFI=")}`,
    received: choice,
    fix: didYouMean(choice, backendNames) ?? "unset SECCAT_FFI to let Seccat choose",
  });
}

function load(name: BackendName, loadedOnMain = false): Shim {
  const known = loaded.get(name);
  if (known) return known;
  if (name === "ffi-napi" && !loadedOnMain && !onMainThread())
    throw new SeccatError({
      code: "host",
      message: "ffi-napi crashes when it is loaded in a worker thread",
      fix: "use koffi there: SECCAT_FFI=koffi",
    });
  let backend: Backend;
  try {
    backend = name === "koffi" ? koffiBackend((id) => require(id)) : ffiNapiBackend((id) => require(id));
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split("\n", 1)[0];
    throw new SeccatError({
      code: "host",
      message: `${name} does not load: ${reason}`,
      fix: name === "koffi" ? "npm install koffi" : "use koffi: SECCAT_FFI=koffi",
    });
  }
  const shim = shimOf(backend);
  loaded.set(name, shim);
  return shim;
}

function onMainThread(): boolean {
  const { isMainThread }: typeof WorkerThreads = require("node:worker_threads");
  return isMainThread;
}

const errnoNames = new Map<number, string>();
for (const [name, value] of Object.entries(constants.errno))
  if (!errnoNames.has(value)) errnoNames.set(value, name);

function shimOf(backend: Backend): Shim {
  const result = (value: number): CallResult => {
    if (value !== -1) return { ok: true, value };
    const errno = backend.errno();
    return { ok: false, errno, name: errnoNames.get(errno) ?? `errno ${errno}` };
  };
  return {
    backend: backend.name,
    version: backend.version,
    prctl: (option, ...args) => result(backend.prctl(option, registers(args, 4))),
    syscall: (nr, ...args) => result(backend.syscall(nr, registers(args, 6))),
    prepare: (nr, ...args) => {
      const words = registers(args, 3).map((arg) =>
        typeof arg === "object" ? backend.address(arg) : BigInt(arg),
      );
      return backend.prepare(nr, words);
    },
    siginterrupt: (signal) => result(backend.siginterrupt(signal, 1)),
    errno: () => backend.errno(),
    address: (bytes) => backend.address(bytes),
    view: (address, length) => backend.view(address, length),
    async poll(fd, timeout) {
      // struct pollfd { int fd; short events; short revents; }
      const pollfd = new DataView(new ArrayBuffer(8));
      const little = endianness() === "LE";
      pollfd.setInt32(0, fd, little);
      pollfd.setInt16(4, POLLIN, little);
      await backend.poll(new Uint8Array(pollfd.buffer), timeout);
      return pollfd.getUint16(6, little);
    },
  };
}

/** revents bit: there is something to read. */
export const POLLIN = 0x1;
/** revents bit: an error. */
export const POLLERR = 0x8;
/** revents bit: the other side is gone. */
export const POLLHUP = 0x10;
/** revents bit: no such descriptor. */
export const POLLNVAL = 0x20;

/** The arguments as whole registers. Small numbers stay numbers: this is in the way of every call. */
function registers(args: readonly CallArgument[], count: number): CallArgument[] {
  if (args.length > count)
    throw new SeccatError({
      code: "internal",
      message: `a call takes ${count} arguments, not ${args.length}`,
    });
  const words: CallArgument[] = [];
  for (let i = 0; i < count; i++) words.push(register(args[i] ?? 0));
  return words;
}

function register(arg: CallArgument): CallArgument {
  if (typeof arg === "object" || (typeof arg === "number" && arg >= 0 && arg <= 0xffff_ffff && arg % 1 === 0))
    return arg;
  return BigInt.asUintN(wordBits, BigInt(arg));
}

const wordBits = ["arm", "ia32", "mips", "mipsel", "ppc", "s390"].includes(process.arch) ? 32 : 64;
