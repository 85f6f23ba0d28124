// What strace shows of a call's arguments, as the registers that a filter sees. A filter sees pointers, strace
// what they point to: such a register is not known, and neither is one that strace leaves out or whose value it
// writes in words that are no constants. What a caller leaves above the 32 bits of an int is not shown either; a
// negative one is taken as sign-extended, as C callers have them.

import {
  type AbiName,
  abi as abiFacts,
  type SyscallName,
  syscallAlias,
  syscallArgs,
} from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { register } from "../policy/call.ts";
import { argAt, placeArgs, readArg } from "./argument.ts";
import type { Resolved } from "./name.ts";

/** In which registers the arguments are that strace shows for one call. */
export interface Layout {
  /** The names that strace may put before arguments, by register; undefined where it shows bare registers. */
  readonly names: readonly (readonly string[])[] | undefined;
  /** Arguments up to this one have registers of their own, in order. */
  readonly told: number;
}

/** The layout of the call that strace shows as `name`, and that resolveShown found to be `call` of `abi`. */
export function layoutOf(name: string, { abi, call }: Resolved): Layout {
  if (typeof call === "number") return { names: undefined, told: 6 };
  const declared = call === undefined ? undefined : syscallArgs(abi, call);
  // Multiplexed calls, and those that strace shows in the form of another one, have other arguments.
  if (!declared || !isOwn(name, abi, call)) return { names: [], told: 0 };
  const split = declared.findIndex((arg) => arg.split);
  return {
    names: declared.map((arg) => [arg.name, ...arg.aliases]),
    told: split < 0 ? declared.length : split,
  };
}

function isOwn(name: string, abi: AbiName, call: SyscallName | undefined): boolean {
  return name === call || syscallAlias(name, abi) === call;
}

/** Where the arguments of the last call were. */
const places: number[] = [];

/**
 * The text of each register 0 to 5 in the arguments of a CallEvent; undefined where the log does not tell it, and where
 * its bit in `wanted` is 0.
 */
export function registerTexts(
  args: string,
  { names, told }: Layout,
  wanted = 0b111111,
): (string | undefined)[] {
  const texts: (string | undefined)[] = [undefined, undefined, undefined, undefined, undefined, undefined];
  if (told === 0) return texts;
  const count = placeArgs(args, places, texts.length);
  if (names && count > names.length) return texts;
  for (let i = 0; i < Math.min(count, texts.length); i++) {
    const code = args.charCodeAt(places[2 * i] ?? 0);
    const mayHaveName = names !== undefined && code >= 0x61 && code <= 0x7a;
    if (!mayHaveName && (i >= told || ((wanted >> i) & 1) === 0)) continue;
    const part = argAt(args, places, i);
    // `flags=SIGCHLD`
    const name = mayHaveName ? /^([a-z_]+)=/.exec(part)?.[1] : undefined;
    const place = name === undefined || !names ? i : names.findIndex((known) => known.includes(name));
    if (place < 0 || place >= told || ((wanted >> place) & 1) === 0) continue;
    texts[place] = name === undefined ? part : part.slice(name.length + 1);
  }
  return texts;
}

/** The value of text such as `O_RDONLY|O_CLOEXEC` on the ABI; undefined where it has no such constants. */
export function constantOf(abi: AbiName, text: string): bigint | undefined {
  // strace counts real-time signals from the kernel's first, which libcs keep for themselves.
  const realTime = /^SIGRT(?:MIN|_(\d{1,2}))$/.exec(text);
  if (realTime) return 32n + BigInt(realTime[1] ?? 0);
  try {
    return register(abi, text);
  } catch (error) {
    if (error instanceof SeccatError) return undefined;
    throw error;
  }
}

/**
 * The value of a register that strace shows as `text`, unsigned; undefined where it shows something else.
 * `constantOf` gives the value of text such as `O_RDONLY|O_CLOEXEC`.
 */
export function shownRegister(
  text: string,
  abi: AbiName,
  constantOf: (text: string) => bigint | undefined,
): bigint | undefined {
  const bits = abiFacts(abi).argBits;
  const value = shownValue(text, constantOf);
  if (value === undefined || value < -(1n << BigInt(bits - 1)) || value >= 1n << BigInt(bits))
    return undefined;
  return BigInt.asUintN(bits, value);
}

function shownValue(text: string, constantOf: (text: string) => bigint | undefined): bigint | undefined {
  if (text === "NULL") return 0n;
  const arg = readArg(text);
  if (arg.kind === "number") return arg.value;
  if (arg.kind === "string") return undefined;
  // `AT_FDCWD</home>`, as -y shows it.
  const words = /^[A-Za-z0-9_|~]+/.exec(arg.text)?.[0] ?? "";
  const rest = arg.text.slice(words.length);
  return rest === "" || /^<.*>$/.test(rest) ? constantOf(words) : undefined;
}
