/** Of a set of calls, one that a person can read: a known arch and call, and the smallest registers. */
import {
  type AbiName,
  abi as abiFacts,
  abiNames,
  abiOf,
  type SyscallName,
  syscallName,
  syscallsOf,
  X32_BIT,
} from "../../arch/index.ts";
import type { SeccompData } from "../abi/data.ts";
import { equal } from "./arithmetic.ts";
import { ARCH, BITS, callOf, highWord, NR } from "./order.ts";
import { admits, leastMember, restricted } from "./set.ts";
import type { Space } from "./space.ts";
import { FALSE, type Node, TRUE } from "./table.ts";

/** A call, and what the tables know about it. */
export interface Example {
  readonly call: SeccompData;
  /** Absent when the tables have no such arch. */
  readonly abi?: AbiName;
  /** Absent when the tables have no such number. */
  readonly syscall?: SyscallName;
  /** Whether a kernel can show that call: on an ABI of 32-bit registers upper halves are 0. */
  readonly possible: boolean;
}

const ARGS_AND_IP = [0, 1, 2, 3, 4, 5, 6];

/** The calls that a kernel can show: upper halves are 0 where registers have 32 bits. */
export function possibleCalls({ table, words }: Space): Node {
  const narrow = new Set(
    abiNames.filter((name) => abiFacts(name).argBits === 32).map((name) => abiFacts(name).auditArch),
  );
  const arch = words.input(ARCH).bits;
  const isNarrow = [...narrow].reduce<Node>(
    (some, auditArch) => table.or(equal(table, arch, words.constant(auditArch).bits), some),
    FALSE,
  );
  const wide = ARGS_AND_IP.flatMap((index) => words.input(highWord(index)).bits).reduceRight<Node>(
    (some, bit) => table.or(bit, some),
    FALSE,
  );
  return table.not(table.and(isNarrow, wide));
}

/** The calls of these ABIs: x86_64 and x32 share an arch, and part its numbers by bit 30. */
export function callsOfAbis({ table, words }: Space, abis: readonly AbiName[]): Node {
  const arch = words.input(ARCH).bits;
  const x32 = words.input(NR).bits[BITS - 1 - Math.clz32(X32_BIT)] ?? FALSE;
  return abis.reduce<Node>((some, name) => {
    const { auditArch } = abiFacts(name);
    const shared = abiOf(auditArch, 0) !== abiOf(auditArch, X32_BIT);
    const numbers = !shared ? TRUE : abiOf(auditArch, X32_BIT) === name ? x32 : table.not(x32);
    return table.or(table.and(equal(table, arch, words.constant(auditArch).bits), numbers), some);
  }, FALSE);
}

/** One member of `set`, which must not be empty; of the ABIs in `preferred` first. */
export function exampleOf(space: Space, set: Node, preferred: readonly AbiName[] = []): Example {
  const { table, order } = space;
  const possible = table.attempt(space.budget, () => table.and(set, possibleCalls(space))) ?? FALSE;
  const from = possible === FALSE ? set : possible;
  return describeCall(callOf(leastMember(table, order, knownCall(space, from, preferred) ?? from)));
}

/** A call with what the tables know about it. */
export function describeCall(call: SeccompData): Example {
  const abi = abiOf(call.arch, call.nr);
  const syscall = abi && syscallName(abi, call.nr);
  const narrow = abi !== undefined && abiFacts(abi).argBits === 32;
  const possible =
    !narrow || [...call.args, call.instructionPointer ?? 0n].every((value) => value >> 32n === 0n);
  return { call, ...(abi ? { abi } : {}), ...(syscall ? { syscall } : {}), possible };
}

/** The members with a number that the tables know; else with an arch that they know; undefined without either. */
function knownCall(space: Space, set: Node, preferred: readonly AbiName[]): Node | undefined {
  const { table, order } = space;
  let someArch: Node | undefined;
  for (const name of new Set([...preferred, ...abiNames])) {
    const { auditArch } = abiFacts(name);
    const ofArch = restricted(table, order, set, ARCH, auditArch);
    if (ofArch === FALSE) continue;
    const fix = (word: number, value: number, rest: Node) =>
      table.and(equal(table, space.words.input(word).bits, space.words.constant(value).bits), rest);
    const known = syscallsOf(name).find(([, nr]) => admits(table, order, ofArch, NR, nr));
    const arch = fix(ARCH, auditArch, set);
    if (known) return fix(NR, known[1], arch);
    someArch ??= arch;
  }
  return someArch;
}
