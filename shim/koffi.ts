import type Koffi from "koffi";
import type { Backend } from "./types.ts";

/**
 * The functions through koffi. `void *` parameters take integers and bytes alike and keep the bytes alive
 * during the call. The variadic prctl and syscall are declared with fixed registers, as their assembly reads them.
 */
export function koffiBackend(load: (id: "koffi") => typeof Koffi): Backend {
  const koffi = load("koffi");
  const libc = koffi.load(null);
  const pointers = (count: number) => Array.from({ length: count }, () => "void *");
  const syscall = libc.func("syscall", "long", ["long", ...pointers(6)]);
  // Addresses are below 2^53, so numbers will do for `long`, which cost less than pointers.
  const three = libc.func("syscall", "long", ["long", "long", "long", "long"]);
  const prctl = libc.func("prctl", "int", ["int", ...pointers(4)]);
  const siginterrupt = libc.func("siginterrupt", "int", ["int", "int"]);
  const poll = libc.func("poll", "int", ["void *", "ulong", "int"]);
  return {
    name: "koffi",
    version: koffi.version,
    syscall: (nr, [a, b, c, d, e, f]) => Number(syscall(nr, a, b, c, d, e, f)), // faster than a spread
    prctl: (option, args) => Number(prctl(option, ...args)),
    prepare: (nr, args) => {
      const [a, b, c] = args.map((arg) => Number(BigInt.asIntN(8 * koffi.sizeof("long"), arg)));
      return () => Number(three(nr, a, b, c));
    },
    siginterrupt: (signal, flag) => Number(siginterrupt(signal, flag)),
    errno: () => koffi.errno(),
    address: (bytes) => BigInt(koffi.address(bytes)),
    view: (address, length) => new Uint8Array(koffi.view(address, length)),
    poll: (fds, timeout) =>
      new Promise((resolve, reject) => {
        poll.async(fds, 1, timeout, (error: unknown) => (error ? reject(error) : resolve()));
      }),
  };
}
