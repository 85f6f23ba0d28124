/**
 * What the pointers of some calls point to, where it tells what a call is about.
 *
 *     struct open_how    0 flags u64   8 mode u64   16 resolve u64
 *     struct clone_args  0 flags u64   8 pidfd   16 child_tid   24 parent_tid   32 exit_signal   40 stack ...
 *     struct msghdr      0 name   W namelen u32   2W iov ...        (W: bytes of a pointer)
 *
 * Source: openat2(2), clone(2), sendmsg(2).
 */
import { type AbiName, argValueName, flagNames, signalName } from "../../arch/index.ts";
import { addressText, MAX_ADDRESS, type SocketAddress, socketAddress } from "./address.ts";
import type { Caller } from "./caller.ts";
import { type Layout, pointerAt, readBuffer, readStrings, readStructure } from "./memory.ts";
import { quoted } from "./quote.ts";

/** What is known when a pointer is followed. */
export interface Pointed {
  readonly abi: AbiName;
  readonly caller: Caller;
  readonly layout: Layout;
  /** The register. */
  readonly address: bigint;
  /** The register behind it, which holds a length in some calls. */
  readonly next: bigint;
}

/** What a pointer points to, in words. */
export interface Pointee {
  readonly text: string;
  readonly socket?: SocketAddress;
}

type Follow = (pointed: Pointed) => Pointee | undefined;

const MOST_WORDS = 8;
const WORD_LENGTH = 64;
const DATA_LENGTH = 32;

/** By `call.argument`. */
const followers: ReadonlyMap<string, Follow> = new Map([
  ...entries(socket, "connect.addr bind.addr sendto.dest_addr"),
  ...entries(message, "sendmsg.msg"),
  ...entries(words, "execve.argv execveat.argv"),
  ...entries(data, "write.buf pwrite64.buf send.buf sendto.buf"),
  ...entries(openHow, "openat2.how"),
  ...entries(cloneArgs, "clone3.cl_args"),
]);

function entries(follow: Follow, places: string): (readonly [string, Follow])[] {
  return places.split(" ").map((place) => [place, follow]);
}

/** What argument `place` (`connect.addr`) points to; undefined when that is not known, or cannot be read. */
export function pointee(place: string, pointed: Pointed): Pointee | undefined {
  return followers.get(place)?.(pointed);
}

function socket({ abi, caller, layout, address, next }: Pointed): Pointee | undefined {
  return socketAt(abi, caller, layout, address, BigInt.asUintN(32, next));
}

function socketAt(
  abi: AbiName,
  caller: Caller,
  { little }: Layout,
  address: bigint,
  length: bigint,
): Pointee | undefined {
  const read = readBuffer(caller, address, length, MAX_ADDRESS);
  const found = read && socketAddress(abi, read.bytes, little);
  return found && { text: addressText(found), socket: found };
}

function message({ abi, caller, layout, address }: Pointed): Pointee | undefined {
  const head = readStructure(caller, address, 2 * layout.wordBytes);
  if (!head) return undefined;
  const name = pointerAt(head, 0, layout);
  const length = head.getUint32(layout.wordBytes, layout.little);
  return name === 0n ? undefined : socketAt(abi, caller, layout, name, BigInt(length));
}

function words({ caller, layout, address }: Pointed): Pointee | undefined {
  const read = readStrings(caller, address, layout, { most: MOST_WORDS, length: WORD_LENGTH });
  if (!read) return undefined;
  const texts = read.strings.map((string) => (string ? quoted(string) : "?"));
  return { text: `[${[...texts, ...(read.cut ? ["..."] : [])].join(", ")}]` };
}

function data({ caller, address, next }: Pointed): Pointee | undefined {
  const read = readBuffer(caller, address, next, DATA_LENGTH);
  return read && { text: quoted(read) };
}

function openHow({ abi, caller, layout, address }: Pointed): Pointee | undefined {
  const how = readStructure(caller, address, 24);
  if (!how) return undefined;
  const [flags = 0n, mode = 0n, resolve = 0n] = [0, 8, 16].map((at) => how.getBigUint64(at, layout.little));
  const names = argValueName(abi, "openat", 2, flags, 64) ?? hex(flags);
  const parts = [`flags=${names}`];
  if (mode !== 0n) parts.push(`mode=${octal(mode)}`);
  if (resolve !== 0n) parts.push(`resolve=${flagNames(abi, /^RESOLVE_\w+$/, resolve) ?? hex(resolve)}`);
  return { text: `{${parts.join(", ")}}` };
}

function cloneArgs({ abi, caller, layout, address }: Pointed): Pointee | undefined {
  const args = readStructure(caller, address, 40);
  if (!args) return undefined;
  const [flags, signal] = [args.getBigUint64(0, layout.little), args.getBigUint64(32, layout.little)];
  const names = argValueName(abi, "unshare", 0, flags, 64) ?? hex(flags);
  const end = signal === 0n ? "" : `, exit_signal=${signalName(abi, Number(signal)) ?? signal}`;
  return { text: `{flags=${names}${end}}` };
}

/** A number in hexadecimal. */
export function hex(value: bigint): string {
  return value === 0n ? "0" : `0x${value.toString(16)}`;
}

/** Permission bits as `chmod` takes them. */
export function octal(value: bigint): string {
  return value === 0n ? "0" : `0${value.toString(8)}`;
}
