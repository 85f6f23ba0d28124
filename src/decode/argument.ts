/** One argument in words, by its declared kind and width. */
import {
  type AbiName,
  type Arg,
  type ArgType,
  abi as abiFacts,
  argValueName,
  constant,
  type SyscallName,
} from "../../arch/index.ts";
import type { SocketAddress } from "./address.ts";
import type { Caller } from "./caller.ts";
import { type Layout, readString } from "./memory.ts";
import { plain, quoted } from "./quote.ts";
import { hex, octal, pointee } from "./structure.ts";

/** One argument of a call. */
export interface DecodedArg {
  /** The man page's name; `arg0` to `arg5` where the call is not known. */
  readonly name: string;
  /** Its whole register. */
  readonly value: bigint;
  /** In words: `O_RDONLY|O_CLOEXEC`, `3</etc/passwd>`, `"d"`. */
  readonly text: string;
  /** The string that a path or a text points to. */
  readonly string?: string;
  /** The file that a descriptor or a path means, from the root as far as that can be seen. */
  readonly path?: string;
  /** Where a socket is told to go. */
  readonly socket?: SocketAddress;
}

/** A call whose arguments are decoded. */
export interface Scene {
  readonly abi: AbiName;
  readonly call: SyscallName;
  readonly args: readonly (Arg | undefined)[];
  readonly registers: readonly bigint[];
  readonly caller: Caller;
  readonly layout: Layout;
}

const PATH_LENGTH = 4096;
const TEXT_LENGTH = 128;
/** Paths that are names rather than files, or not yet files from where the caller stands. */
const noFiles: ReadonlySet<string> = new Set(["mount.source"]);

/** Argument `index` of a call, whose declaration is `arg`. */
export function decodeArg(scene: Scene, index: number, arg: Arg): DecodedArg {
  const value = scene.registers[index] ?? 0n;
  const base = { name: arg.name, value };
  switch (arg.kind) {
    case "fd":
      return { ...base, ...descriptor(scene, narrow(scene, arg.type, value)) };
    case "path":
      return { ...base, ...path(scene, index, arg, value) };
    case "str":
      return { ...base, ...string(scene, value, TEXT_LENGTH) };
    case "ptr":
      return { ...base, ...pointer(scene, index, arg, value) };
    default:
      return { ...base, text: scalarText(scene, index, arg, value) };
  }
}

/** The bits of a register that the kernel reads, and whether as a signed number. */
const widths: Readonly<Record<ArgType, readonly [bits: number, signed: boolean]>> = {
  i32: [32, true],
  u32: [32, false],
  i64: [64, true],
  u64: [64, false],
  u16: [16, false],
  ptr: [64, false],
};

function narrow({ abi }: Pick<Scene, "abi">, type: ArgType, value: bigint): bigint {
  const [declared, signed] = widths[type];
  const bits = Math.min(declared, abiFacts(abi).argBits);
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

function scalarText(scene: Scene, index: number, arg: Arg, value: bigint): string {
  const { abi, call } = scene;
  const number = narrow(scene, arg.type, value);
  if (arg.kind === "mode" && arg.type === "u16") return octal(number);
  const width = widths[arg.type][0] > 32 && abiFacts(abi).argBits === 64 ? 64 : 32;
  const name = argValueName(abi, call, index, BigInt.asUintN(width, number), width);
  if (name !== undefined) return name;
  switch (arg.kind) {
    case "mode":
      return octal(BigInt.asUintN(32, number));
    case "flags":
      return hex(BigInt.asUintN(width, number));
    case "addr":
    case "dev":
      return hex(BigInt.asUintN(64, number));
    case "cmd":
      return number >= 0n && number < 256n ? String(number) : hex(BigInt.asUintN(width, number));
    case "uid":
    case "gid":
      return number === allOnes(arg.type) ? "-1" : String(number);
    case "uint":
      return number < 1n << 32n ? String(number) : hex(number);
    default:
      return String(number);
  }
}

/** The id that means "leave it": -1. */
function allOnes(type: ArgType): bigint {
  return (1n << BigInt(widths[type][0])) - 1n;
}

function descriptor(scene: Scene, number: bigint): Pick<DecodedArg, "text" | "path"> {
  const { abi, caller } = scene;
  const fd = BigInt.asIntN(32, number);
  const here = fd === constant(abi, "AT_FDCWD");
  const found = here ? caller.directory() : fd >= 0n ? caller.descriptor(Number(fd)) : undefined;
  const name = here ? "AT_FDCWD" : String(fd);
  if (found === undefined) return { text: name };
  return { text: `${name}<${shown(found)}>`, path: found };
}

function path(scene: Scene, index: number, arg: Arg, address: bigint): Omit<DecodedArg, "name" | "value"> {
  const read = string(scene, address, PATH_LENGTH);
  if (read.string === undefined || noFiles.has(`${scene.call}.${arg.name}`)) return read;
  if (read.string.startsWith("/")) return { ...read, path: read.string };
  const base = directoryOf(scene, index);
  if (base === undefined || read.string === "") return base ? { ...read, path: base } : read;
  const whole = `${base === "/" ? "" : base}/${read.string.replace(/^(\.\/+)+/, "")}`;
  return { ...read, text: `${read.text}<${shown(whole)}>`, path: whole };
}

/** Where a relative path begins: the directory's descriptor before it, or the working directory. */
function directoryOf({ abi, args, registers, caller }: Scene, index: number): string | undefined {
  const before = args[index - 1];
  if (before?.kind !== "fd" || !/dirfd$/.test(before.name)) return caller.directory();
  const fd = BigInt.asIntN(32, registers[index - 1] ?? 0n);
  if (fd === constant(abi, "AT_FDCWD")) return caller.directory();
  const found = fd >= 0n ? caller.descriptor(Number(fd)) : undefined;
  return found?.startsWith("/") ? found : undefined;
}

function shown(path: string): string {
  return plain(new TextEncoder().encode(path));
}

function string({ caller, abi }: Scene, register: bigint, most: number): Pick<DecodedArg, "text" | "string"> {
  const address = BigInt.asUintN(abiFacts(abi).argBits, register);
  if (address === 0n) return { text: "NULL" };
  const read = readString(caller, address, most);
  return read ? { text: quoted(read), string: new TextDecoder().decode(read.bytes) } : { text: hex(address) };
}

function pointer(
  scene: Scene,
  index: number,
  arg: Arg,
  register: bigint,
): Pick<DecodedArg, "text" | "socket"> {
  const { abi, call, caller, layout, registers } = scene;
  const address = BigInt.asUintN(abiFacts(abi).argBits, register);
  if (address === 0n) return { text: "NULL" };
  const next = registers[index + 1] ?? 0n;
  return pointee(`${call}.${arg.name}`, { abi, caller, layout, address, next }) ?? { text: hex(address) };
}
