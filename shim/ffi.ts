import type { Backend, CallArgument } from "./types.ts";

/** The part of ffi-napi that is used; the package has no types of its own. */
interface FfiNapi {
  DynamicLibrary(path: null): { get(symbol: string): unknown };
  ForeignFunction(
    pointer: unknown,
    result: string,
    parameters: readonly string[],
  ): {
    (...args: readonly unknown[]): number | string;
    async(...args: readonly unknown[]): void;
  };
  errno(): number;
}

/** The part of ref-napi that is used. */
interface RefNapi {
  readonly sizeof: { readonly pointer: number };
  hexAddress(bytes: Buffer): string;
  alloc(type: string, value: string | number): Buffer;
  readPointer(pointer: Buffer, offset: number, length: number): Buffer;
}

/** The modules that this backend loads, by name. */
interface Modules {
  "ffi-napi": FfiNapi;
  "ref-napi": RefNapi;
  "ffi-napi/package.json": { readonly version: string };
}

/**
 * The functions through ffi-napi and ref-napi. Integers and addresses alike go through as unsigned words, written
 * as decimal text because ref-napi takes no bigint. The main thread has to load it first: loaded first in a worker,
 * ffi-napi crashes when that worker ends.
 */
export function ffiNapiBackend(load: <Name extends keyof Modules>(id: Name) => Modules[Name]): Backend {
  const ffi = load("ffi-napi");
  const ref = load("ref-napi");
  const word = ref.sizeof.pointer === 8 ? "uint64" : "uint32";
  const words = (count: number) => Array.from({ length: count }, () => word);
  const libc = ffi.DynamicLibrary(null);
  const syscall = ffi.ForeignFunction(libc.get("syscall"), "long", ["long", ...words(6)]);
  const prctl = ffi.ForeignFunction(libc.get("prctl"), "int", ["int", ...words(4)]);
  const siginterrupt = ffi.ForeignFunction(libc.get("siginterrupt"), "int", ["int", "int"]);
  const poll = ffi.ForeignFunction(libc.get("poll"), "int", [word, "ulong", "int"]);
  const address = (bytes: Uint8Array) => BigInt(`0x${ref.hexAddress(view(bytes))}`);
  const plain = (arg: CallArgument) => {
    const value = typeof arg === "object" ? address(arg) : arg;
    return word === "uint64" ? value.toString() : Number(value);
  };
  return {
    name: "ffi-napi",
    version: load("ffi-napi/package.json").version,
    syscall: (nr, args) => holding(args, () => Number(syscall(nr, ...args.map(plain)))),
    prctl: (option, args) => holding(args, () => Number(prctl(option, ...args.map(plain)))),
    prepare: (nr, args) => {
      const [a, b, c] = args.map(plain);
      const none = plain(0);
      return () => Number(syscall(nr, a, b, c, none, none, none));
    },
    siginterrupt: (signal, flag) => Number(siginterrupt(signal, flag)),
    errno: () => ffi.errno(),
    address,
    view: (at, length) => ref.readPointer(ref.alloc(word, plain(at)), 0, length),
    poll: (fds, timeout) =>
      new Promise((resolve, reject) => {
        poll.async(plain(fds), 1, timeout, (error: unknown) => (error ? reject(error) : resolve()));
      }),
  };
}

let held: readonly unknown[] = [];

/** What `call` returns, with `args` reachable until then: the collector must not free bytes that C reads. */
function holding<T>(args: readonly unknown[], call: () => T): T {
  held = args;
  const result = call();
  if (held === args) held = [];
  return result;
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
