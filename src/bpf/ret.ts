import { actionNames, actionValues } from "../abi/action.ts";

/** What an assembler calls the kernel's actions: libseccomp's names in capitals, and KILL as the kernel has it. */
export const returnNames: ReadonlyMap<string, number> = new Map([
  ...actionNames.map((name): [string, number] => [name.toUpperCase(), actionValues[name]]),
  ["KILL", actionValues.kill_thread],
]);

/** `ALLOW`, `ERRNO(1)`, `0x12340000`: a return value in words that lose nothing. */
export function formatReturn(ret: number): string {
  const data = ret & 0xffff;
  const name = actionNames.find((action) => actionValues[action] === (ret & 0xffff0000) >>> 0);
  if (name === undefined) return `0x${ret.toString(16).padStart(8, "0")}`;
  const shown = data !== 0 || name === "errno" || name === "trap" || name === "trace";
  return shown ? `${name.toUpperCase()}(${data})` : name.toUpperCase();
}
