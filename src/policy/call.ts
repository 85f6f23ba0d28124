/** One call as a person writes it, by names, to the words that a filter sees. */
import {
  type AbiName,
  abi as abiFacts,
  abiNames,
  constant,
  constantNames,
  isAbiName,
  isSyscallName,
  syscallAlias,
  syscallArgs,
  syscallNames,
  syscallNr,
} from "../../arch/index.ts";
import type { SeccompData } from "../abi/data.ts";
import { type Place, SeccatError, throwIssues } from "../abi/error.ts";
import { isFields, keyIssues, shown, wrongValue } from "../abi/fields.ts";
import { didYouMean } from "../abi/nearest.ts";
import type { Value } from "./types.ts";
import { parseValue } from "./when.ts";

/** An argument's value: a number, or text such as `AF_UNIX`, `SOCK_STREAM|SOCK_CLOEXEC`, `0x10`, `-1`. */
export type ArgInput = number | bigint | string;

/** A call's arguments: in register order, or by name. */
export type ArgsInput = readonly ArgInput[] | { readonly [name: string]: ArgInput };

/** A call by name or number, on one ABI. */
export interface CallInput {
  readonly abi: AbiName;
  readonly call: string | number;
  /** Missing ones are 0. */
  readonly args?: ArgsInput;
  readonly instructionPointer?: bigint;
  /** Where it is written, for messages. */
  readonly where?: Place;
}

/**
 * What a filter sees of that call. Negative values are sign-extended to the ABI's registers, as a C caller's are.
 * Throws a SeccatError "name" for unknown ABIs, calls, arguments and constants, "usage" for a seventh argument,
 * "schema" for what has not the shape of a call.
 */
export function seccompData(input: CallInput): SeccompData {
  checkInput(input);
  return {
    nr: callNumber(input),
    arch: abiFacts(input.abi).auditArch,
    args: argRegisters(input),
    ...(input.instructionPointer === undefined ? {} : { instructionPointer: input.instructionPointer }),
  };
}

const inputKeys = ["abi", "call", "args", "instructionPointer", "where"];

function checkInput(input: CallInput): void {
  if (!isFields(input)) throw wrongValue("this is no call", "an object with abi and call", input);
  throwIssues(keyIssues(input, inputKeys));
  const { abi, call, args, instructionPointer, where } = input;
  if (!isAbiName(abi))
    throw problem(
      `unknown arch ${shown(abi)}`,
      where,
      { received: shown(abi) },
      didYouMean(shown(abi), abiNames),
    );
  if (typeof call !== "string" && typeof call !== "number")
    throw wrongValue("this is no syscall", "a name or a number", call);
  if (args !== undefined && (typeof args !== "object" || args === null))
    throw wrongValue("these are no arguments", "a list of values, or an object of them by name", args);
  if (instructionPointer !== undefined && typeof instructionPointer !== "bigint")
    throw wrongValue("this is no instruction pointer", "a bigint", instructionPointer);
}

/**
 * The number of a call, by its name on the ABI or as a number in text.
 * Throws a SeccatError "name".
 */
export function callNumber({ abi, call, where }: CallInput): number {
  const text = String(call);
  if (/^-?(0x[0-9a-f]+|\d+)$/i.test(text)) {
    const number = text.startsWith("-") ? -Number(text.slice(1)) : Number(text);
    if (number >= -0x80000000 && number <= 0xffffffff) return number >>> 0;
    throw problem("this is no syscall number", where, { expected: "-2^31..2^32-1", received: text });
  }
  const name = isSyscallName(text) ? text : syscallAlias(text, abi);
  const nr = name === undefined ? undefined : syscallNr(abi, name);
  if (nr !== undefined) return nr;
  if (name !== undefined) throw problem(`${abi} has no syscall ${text}`, where, { received: text });
  const fix = text.startsWith("@")
    ? "name the calls one by one: a group is many"
    : didYouMean(text, syscallNames);
  throw problem(`unknown syscall ${text}`, where, { received: text }, fix);
}

function argRegisters({ abi, call, args = [], where }: CallInput): bigint[] {
  const registers = Array.from({ length: 6 }, () => 0n);
  const set = (index: number, input: ArgInput) => {
    registers[index] = register(abi, input, where);
  };
  if (isList(args)) {
    if (args.length > 6)
      throw new SeccatError({
        code: "usage",
        message: "a syscall has six arguments",
        expected: "at most 6",
        received: String(args.length),
        ...(where ? { where } : {}),
      });
    args.forEach((input, index) => {
      set(index, input);
    });
  } else for (const [name, input] of Object.entries(args)) set(argIndex(abi, call, name, where), input);
  return registers;
}

function isList(args: ArgsInput): args is readonly ArgInput[] {
  return Array.isArray(args);
}

function argIndex(abi: AbiName, call: string | number, name: string, where: Place | undefined): number {
  const numbered = /^arg([0-5])$/.exec(name);
  if (numbered) return Number(numbered[1]);
  const syscall = typeof call === "string" && isSyscallName(call) ? call : syscallAlias(String(call), abi);
  const list = syscall === undefined ? [] : (syscallArgs(abi, syscall) ?? []);
  const index = list.findIndex((arg) => arg.name === name || arg.aliases.includes(name));
  if (index >= 0) return index;
  const names = list.map((arg) => arg.name);
  throw problem(
    `${call} has no argument named ${name}`,
    where,
    { expected: names.length > 0 ? names.join(", ") : "arg0..arg5", received: name },
    didYouMean(name, names),
  );
}

/** What `input` puts into a register of `abi`, unsigned. Throws as seccompData does. */
export function register(abi: AbiName, input: ArgInput, where?: Place): bigint {
  const bits = abiFacts(abi).argBits;
  const value =
    typeof input === "string" ? numberOf(abi, parseValue(input, where), where) : toBigInt(input, where);
  if (value < -(1n << BigInt(bits - 1)) || value >= 1n << BigInt(bits))
    throw problem(`the value does not fit ${abi}'s registers`, where, {
      expected: `${bits} bits`,
      received: String(input),
    });
  return BigInt.asUintN(bits, value);
}

/** `input` as a bigint. Throws a SeccatError "name" for a number that is not whole, or too large to be exact. */
export function toBigInt(input: number | bigint, where?: Place): bigint {
  if (typeof input === "bigint" || Number.isSafeInteger(input)) return BigInt(input);
  throw problem("this number is not exact", where, {
    expected: "an integer up to 2^53, a bigint, or text",
    received: shown(input),
  });
}

function numberOf(abi: AbiName, value: Value, where: Place | undefined): bigint {
  if (typeof value === "bigint") return value;
  if (value.kind === "not") return ~numberOf(abi, value.of, where);
  if (value.kind === "or")
    return value.of.reduce<bigint>((sum, part) => sum | numberOf(abi, part, where), 0n);
  const number = constant(abi, value.name);
  if (number !== undefined) return number;
  throw problem(
    `${abi} has no constant ${value.name}`,
    where,
    { received: value.name },
    didYouMean(value.name, constantNames()),
  );
}

function problem(
  message: string,
  where: Place | undefined,
  rest: { expected?: string; received: string },
  fix?: string,
): SeccatError {
  return new SeccatError({
    code: "name",
    message,
    ...(where ? { where } : {}),
    ...rest,
    ...(fix === undefined ? {} : { fix }),
  });
}
