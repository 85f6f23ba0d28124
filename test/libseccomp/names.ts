/** Which syscall names libseccomp and Seccat resolve alike. */
import { type AbiName, type SyscallName, syscallNames } from "../../arch/index.ts";
import { tokenOf } from "../../src/libseccomp/syscall.ts";
import { mirror } from "./mirror.ts";
import type { Library } from "./oracle.ts";
import { big, little } from "./random.ts";

/** A name that resolves to one number here and to another one there. */
export interface Disagreement {
  readonly arch: AbiName;
  readonly name: SyscallName;
  readonly ours: number;
  readonly theirs: number;
}

/** All disagreements over the architectures of libseccomp 2.5, by `verb`: resolve, or rewrite. */
export function disagreements(oracle: Library, verb: string): Disagreement[] {
  const pairs = [...little, ...big].flatMap((arch) => syscallNames.map((name) => ({ arch, name })));
  const commands = pairs.map(({ arch, name }) => `${verb} ${tokenOf(arch)} ${name}`);
  const theirs = oracle.ask(commands);
  const { answers } = mirror(commands);
  return pairs.flatMap((pair, i) =>
    answers[i] === theirs[i] ? [] : [{ ...pair, ours: Number(answers[i]), theirs: Number(theirs[i]) }],
  );
}

/** The names without a disagreement. */
export function agreedNames(oracle: Library): SyscallName[] {
  const apart = new Set(disagreements(oracle, "resolve").map(({ name }) => name));
  return syscallNames.filter((name) => !apart.has(name));
}
