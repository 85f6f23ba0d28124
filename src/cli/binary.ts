/** FILTER where it is a program's bytes; what a policy needs besides is in filter.ts, and takes far longer to load. */
import { type AbiName, abi as abiFacts, abiNames } from "../../arch/index.ts";
import { type Issue, SeccatError } from "../abi/error.ts";
import { readProgram } from "../bpf/codec.ts";
import type { Program } from "../bpf/program.ts";
import { annotate } from "../bpf/text.ts";
import type { InstalledFilter, ProcessFilters } from "../enforce/dump.ts";
import { decodeText } from "../formats/text.ts";
import type { Policy } from "../policy/types.ts";
import { hostAbi } from "./arch.ts";
import { usage } from "./args.ts";
import { inFile, inputName, readInput } from "./input.ts";
import { printIssue } from "./output.ts";

/** A program, and what is known about where it came from. */
export interface Filter {
  /** How messages call it. */
  readonly name: string;
  readonly program: Program;
  /** The policy that it was compiled from. */
  readonly policy?: Policy;
  /** The text of that policy. */
  readonly text?: string;
  /** The ABIs that it speaks about, this machine's first. */
  readonly arches: readonly AbiName[];
  /** What reading and compiling warned of. */
  readonly warnings: readonly Issue[];
  /** Its place in the process that it was read from. */
  readonly installed?: InstalledFilter;
}

/** All that a FILTER means: one filter of a file, or those of a running process. */
export interface Stack {
  readonly name: string;
  /** Oldest first, at least one. */
  readonly filters: readonly [Filter, ...Filter[]];
  /** The process that they were read from. */
  readonly process?: ProcessFilters;
  readonly warnings: readonly Issue[];
}

/** Who reads along, and which arches are meant: those a policy is compiled for, or the one of a call that is asked about. */
export interface FilterOptions {
  /** Is told of every file that is about to be read, included ones too. */
  readonly onRead?: ((path: string) => void) | undefined;
  readonly arches?: readonly AbiName[] | undefined;
  readonly target?: AbiName | undefined;
  /** Changes a policy before it is compiled. */
  readonly change?: ((policy: Policy) => Policy) | undefined;
}

/** The filter that `path` holds, as readFilter() gives it; loads what a policy needs only for a policy. */
export async function loadFilter(path: string, options: FilterOptions = {}): Promise<Filter> {
  if (/^pid:/.test(path)) return (await import("./filter.ts")).readFilter(path, options);
  const bytes = readInput(path);
  const name = inputName(path);
  refuseEmpty(bytes, name);
  if (isBinary(bytes)) return fromBytes(bytes, name, options);
  const { fromPolicy, policyOf } = await import("./filter.ts");
  return { ...fromPolicy(policyOf(bytes, name), name, options), text: decodeText(bytes, name) };
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
export function printWarnings({ warnings }: Filter | Stack): void {
  for (const warning of warnings) printIssue(warning, "warning");
}

/** Whether bytes are a program, by readSource()'s rule. */
export function isBinary(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  return bytes.includes(0) && first + second !== 0xff + 0xfe;
}

/** A program from its bytes. */
export function fromBytes(bytes: Uint8Array, file: string, options: FilterOptions): Filter {
  return fromProgram(
    inFile(file, () => readProgram(bytes)),
    file,
    options,
  );
}

/** A program that is read already. Throws a SeccatError "usage" for arches of the other byte order. */
export function fromProgram(program: Program, file: string, { arches, target }: FilterOptions): Filter {
  for (const name of [...(arches ?? []), ...(target ? [target] : [])]) {
    const { endian } = abiFacts(name);
    if (endian !== program.endian)
      throw usage(`the program is ${program.endian}-endian, and ${name} is ${endian}-endian`, {
        received: file,
      });
  }
  return { name: file, program, arches: arches ?? withNativeFirst(testedArches(program)), warnings: [] };
}

/** The ABIs whose AUDIT_ARCH the program compares with its arch word. */
function testedArches(program: Program): AbiName[] {
  const names = new Set(annotate(program).map((comment) => `AUDIT_ARCH_${comment ?? ""}`));
  return abiNames.filter((name) => {
    const facts = abiFacts(name);
    return name !== "x32" && facts.endian === program.endian && names.has(facts.auditArchName);
  });
}

/** The same ABIs, this machine's first. */
export function withNativeFirst(arches: readonly AbiName[]): readonly AbiName[] {
  const own = hostAbi();
  return own && arches.includes(own) ? [own, ...arches.filter((name) => name !== own)] : arches;
}
