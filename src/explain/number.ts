/** Which syscall numbers an ABI has for itself. */
import { type AbiName, X32_BIT } from "../../arch/index.ts";
import { complement, type Interval } from "../policy/interval.ts";

/** The largest number. */
export const MAX_NUMBER = 0xffffffffn;

const x32Numbers: readonly Interval[] = [
  { from: BigInt(X32_BIT), to: 0x7fffffffn },
  { from: 0xc0000000n, to: MAX_NUMBER },
];

/** x86_64 and x32 share an arch and part its numbers between them. */
export function numberSpace(name: AbiName): readonly Interval[] {
  if (name === "x32") return x32Numbers;
  return name === "x86_64" ? complement(x32Numbers, MAX_NUMBER) : [{ from: 0n, to: MAX_NUMBER }];
}
