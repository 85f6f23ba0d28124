/** One call in words. */
import { abiOf, argsByRegister, argValueName, syscallName } from "../../arch/index.ts";
import type { SeccompData } from "../abi/data.ts";
import { numberText } from "./interval.ts";

/**
 * `fcntl(fd=3, cmd=F_SETFL, arg=0)`: a call with its arguments' names as far as the ABI has them, and its numbers'
 * names as far as the argument has constants. Registers behind the last argument are told when they are not 0.
 */
export function callText(data: SeccompData): string {
  const abi = abiOf(data.arch, data.nr);
  const call = abi && syscallName(abi, data.nr);
  const args = abi && call ? argsByRegister(abi, call) : [];
  const shown = data.args.flatMap((value, index) => {
    const arg = args[index];
    if (!arg && value === 0n) return [];
    const name = abi && call ? argValueName(abi, call, index, value) : undefined;
    return [`${arg?.name ?? `arg${index}`}=${name ?? numberText(value)}`];
  });
  const name = call ?? `syscall ${numberText(BigInt(data.nr))}`;
  const list = call || shown.length > 0 ? `(${shown.join(", ")})` : "";
  const ip = data.instructionPointer ? ` from ${numberText(data.instructionPointer)}` : "";
  return `${name}${list}${ip}`;
}
