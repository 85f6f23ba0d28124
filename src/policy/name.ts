import { type AbiName, isSyscallName, syscallAlias, syscallNr } from "../../arch/index.ts";
import type { Issue } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";

/** The issue that `name` is none of `candidates`, with the nearest of them. */
export function unknownName(what: string, name: string, candidates: readonly string[], where: object): Issue {
  const fix = didYouMean(name, candidates);
  return {
    code: "name",
    message: `unknown ${what} ${name}`,
    where,
    received: name,
    ...(fix === undefined ? {} : { fix }),
  };
}

/** The number of the syscall that `name`, or another spelling of it, is on `abi`. */
export function nrOn(abi: AbiName, name: string): number | undefined {
  const direct = isSyscallName(name) ? syscallNr(abi, name) : undefined;
  if (direct !== undefined) return direct;
  const alias = syscallAlias(name, abi);
  return alias === undefined ? undefined : syscallNr(abi, alias);
}
