/** A program to install, from a file; what a policy needs besides is in filter.ts, and takes far longer to load. */
import { type AbiName, abi as abiFacts } from "../../arch/index.ts";
import { type Issue, SeccatError } from "../abi/error.ts";
import { readProgram } from "../bpf/codec.ts";
import type { Program } from "../bpf/program.ts";
import type { Policy } from "../policy/types.ts";
import { usage } from "./args.ts";
import { inFile, inputName, readInput } from "./input.ts";
import { printIssue } from "./output.ts";

/** A program, where it came from, and what reading and compiling it warned of. */
export interface Loaded {
  /** How messages call it. */
  readonly name: string;
  readonly program: Program;
  /** The policy that it was compiled from. */
  readonly policy?: Policy;
  /** The text of that policy. */
  readonly text?: string;
  readonly warnings: readonly Issue[];
}

/** The program that `path` means for a command on `target`; loads what a policy needs only for a policy. */
export async function loadProgram(path: string, target: AbiName | undefined): Promise<Loaded> {
  if (/^pid:/.test(path)) return (await import("./filter.ts")).readFilter(path, { target });
  const bytes = readInput(path);
  const name = inputName(path);
  refuseEmpty(bytes, name);
  if (isBinary(bytes)) return { name, program: programOf(bytes, name, target ? [target] : []), warnings: [] };
  const { decodeText, fromPolicy, policyOf } = await import("./filter.ts");
  return {
    ...fromPolicy(policyOf(bytes, name), name, { target, answersRings: true }),
    text: decodeText(bytes, name),
  };
}

/** Throws a SeccatError "binary" for an empty file. */
export function refuseEmpty(bytes: Uint8Array, name: string): void {
  if (bytes.length > 0) return;
  throw new SeccatError({
    code: "binary",
    message: "the file is empty",
    where: { file: name },
    expected: "a program or a policy",
  });
}

/** Prints what reading and compiling warned of. */
export function printWarnings({ warnings }: Pick<Loaded, "warnings">): void {
  for (const warning of warnings) printIssue(warning, "warning");
}

/** Whether bytes are a program, by readSource()'s rule. */
export function isBinary(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  return bytes.includes(0) && first + second !== 0xff + 0xfe;
}

/** A program from its bytes. Throws a SeccatError "usage" for arches of the other byte order. */
export function programOf(bytes: Uint8Array, file: string, arches: readonly AbiName[]): Program {
  const program = inFile(file, () => readProgram(bytes));
  checkOrder(program, file, arches);
  return program;
}

/** Throws a SeccatError "usage" for arches whose byte order is not the program's. */
export function checkOrder(program: Program, file: string, arches: readonly AbiName[]): void {
  for (const name of arches) {
    const { endian } = abiFacts(name);
    if (endian !== program.endian)
      throw usage(`the program is ${program.endian}-endian, and ${name} is ${endian}-endian`, {
        received: file,
      });
  }
}
