/** The packages that can call C functions for us. */
export const backendNames = Object.freeze(["ffi-napi", "koffi"] as const);

/** One of the packages that can call C functions for us. */
export type BackendName = (typeof backendNames)[number];

/** A register of a call: an integer of at most 64 bits (negative ones as two's complement), or the address of bytes. */
export type CallArgument = number | bigint | Uint8Array;

/** What a call answered: its value, or the errno (number and name, such as EPERM) that it failed with. */
export type CallResult =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly errno: number; readonly name: string };

/** The C functions that Seccat calls, whatever package makes the calls. */
export interface Shim {
  readonly backend: BackendName;
  /** The package's own version. */
  readonly version: string;
  /** prctl(2); missing arguments are 0. */
  prctl(option: number, ...args: readonly CallArgument[]): CallResult;
  /** syscall(2) with up to six arguments; missing ones are 0. */
  syscall(nr: number, ...args: readonly CallArgument[]): CallResult;
  /**
   * A call with up to three arguments that do not change, to be made again and again at half the cost: gives its value, or
   * -1. The bytes among them must be kept reachable meanwhile.
   */
  prepare(nr: number, ...args: readonly CallArgument[]): () => number;
  /** siginterrupt(3): lets a signal with a handler interrupt the calls of the thread that gets it, which else start again. */
  siginterrupt(signal: number): CallResult;
  /** errno of the last call that failed: for one that prepare() made, which tells no more than -1. */
  errno(): number;
  /** Where `bytes` lie in memory; they stay there while the array is referenced. */
  address(bytes: Uint8Array): bigint;
  /** The `length` bytes of this process's memory from `address` on, themselves and no copy, for as long as they are mapped. */
  view(address: bigint, length: number): Uint8Array;
  /** poll(2) on one descriptor without blocking the event loop; gives its revents, 0 after `timeout` milliseconds. */
  poll(fd: number, timeout: number): Promise<number>;
}

/** What a backend package must offer: four C functions, errno of the last of them, and addresses. */
export interface Backend {
  readonly name: BackendName;
  readonly version: string;
  /** The functions as they are: -1 and errno on failure. Integers arrive unsigned, those above 32 bits as bigints. */
  syscall(nr: number, args: readonly CallArgument[]): number;
  prctl(option: number, args: readonly CallArgument[]): number;
  /** Three arguments, as they will be in registers. */
  prepare(nr: number, args: readonly bigint[]): () => number;
  siginterrupt(signal: number, flag: number): number;
  errno(): number;
  address(bytes: Uint8Array): bigint;
  view(address: bigint, length: number): Uint8Array;
  /** poll(fds, 1, timeout) off the main thread. */
  poll(fds: Uint8Array, timeout: number): Promise<void>;
}
