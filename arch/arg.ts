import { type AbiName, abi, tableOf } from "./abi.ts";
import type { SyscallName } from "./syscall.ts";
import { syscallNr } from "./syscall.ts";
import { args } from "./table/arg.ts";

/** What an argument is for; `path`, `str` and `ptr` point into user memory, `addr` is an address by value. */
export type ArgKind =
  | "fd"
  | "path"
  | "str"
  | "ptr"
  | "addr"
  | "size"
  | "off"
  | "flags"
  | "mode"
  | "cmd"
  | "pid"
  | "uid"
  | "gid"
  | "clockid"
  | "signal"
  | "dev"
  | "int"
  | "uint";

/** How much of its register the kernel reads, and whether as signed; 64-bit ones shrink to the ABI's registers. */
export type ArgType = "i32" | "u32" | "i64" | "u64" | "u16" | "ptr";

/** One argument of a call. */
export interface Arg {
  /** The man page's name; the kernel's where the man page has none for this register. */
  readonly name: string;
  /** Further names, the kernel prototype's among them. */
  readonly aliases: readonly string[];
  readonly kind: ArgKind;
  readonly type: ArgType;
  /** Whether this ABI passes it in two registers, so that it and all after it sit in others than their index says. */
  readonly split: boolean;
}

/**
 * The arguments of a call by name, as JavaScript holds them: numbers where the kernel reads 32 bits or less, bigints for
 * the others, addresses among them. Names and types of the first ABI where they differ.
 */
export type ArgValues<Call extends SyscallName> = ValuesOf<LineOf<Call>>;

/** The text of a call in the table. */
type LineOf<Call extends string> = `\n${typeof args}\n` extends `${string}\n${Call} ${infer Line}\n${string}`
  ? Line
  : `\n${typeof args}\n` extends `${string}\n${Call}@${string} ${infer Line}\n${string}`
    ? Line
    : "";

type ValuesOf<Line extends string> = Line extends `${infer First} ${infer Rest}`
  ? ValueOf<First> & ValuesOf<Rest>
  : ValueOf<Line>;

type ValueOf<Text extends string> = Text extends `${infer Names}:${string}:${infer Type}`
  ? { readonly [Name in Names extends `${infer Man}|${string}` ? Man : Names]: NumberOf<Type> }
  : unknown;

type NumberOf<Type extends string> = Type extends "i32" | "u32" | "u16" ? number : bigint;

let lines: ReadonlyMap<string, string> | undefined;
const cache = new Map<string, readonly Arg[]>();

/** The arguments of a call in register order on the ABI; undefined when the ABI lacks the call. */
export function syscallArgs(name: AbiName, call: SyscallName): readonly Arg[] | undefined {
  if (syscallNr(name, call) === undefined) return undefined;
  const key = `${name} ${call}`;
  const had = cache.get(key);
  if (had) return had;
  lines ??= readLines();
  const letter = String.fromCharCode(65 + tableOf(name));
  const line = lines.get(`${call}@${letter}`) ?? lines.get(call) ?? "";
  const twoRegisters = abi(name).argBits === 32;
  const made = line === "" ? [] : line.split(" ").map((text) => readArg(text, twoRegisters));
  cache.set(key, made);
  return made;
}

/**
 * The arguments of a call by the register that holds them; undefined from the first on that takes two registers,
 * because what follows then sits in others than its index says.
 */
export function argsByRegister(name: AbiName, call: SyscallName): readonly (Arg | undefined)[] {
  const args = syscallArgs(name, call) ?? [];
  const split = args.findIndex((arg) => arg.split);
  return split < 0 ? args : args.slice(0, split);
}

/** The argument text by NAME and NAME@LETTER. */
function readLines(): Map<string, string> {
  const map = new Map<string, string>();
  for (const line of args.split("\n")) {
    const space = line.indexOf(" ");
    const key = space < 0 ? line : line.slice(0, space);
    const rest = space < 0 ? "" : line.slice(space + 1);
    const [call = "", letters] = key.split("@");
    if (letters === undefined) map.set(call, rest);
    else for (const letter of letters) map.set(`${call}@${letter}`, rest);
  }
  return map;
}

function readArg(text: string, twoRegisters: boolean): Arg {
  const [names = "", kind = "", type = ""] = text.split(":");
  const [name = "", ...aliases] = names.split("|");
  return {
    name,
    aliases,
    kind: kind as ArgKind,
    type: type.replace("+", "") as ArgType,
    split: twoRegisters && type.endsWith("+"),
  };
}
