/** FILTER, the argument of most commands: a program's bytes, or a policy that is compiled on the spot. */
import { type AbiName, abi as abiFacts, abiNames } from "../../arch/index.ts";
import { type Issue, SeccatError } from "../abi/error.ts";
import { readProgram } from "../bpf/codec.ts";
import type { Program } from "../bpf/program.ts";
import { annotate } from "../bpf/text.ts";
import { decodeText, type ReadResult, readPolicy } from "../formats/index.ts";
import type { Policy } from "../policy/types.ts";
import { compile } from "../proof.ts";
import { hostAbi } from "./arch.ts";
import { usage } from "./args.ts";
import { inFile, inputName, placed, readIncluded, readInput } from "./input.ts";
import { printIssue } from "./output.ts";

/** A program, and what is known about where it came from. */
export interface Filter {
  /** How messages call it. */
  readonly name: string;
  readonly program: Program;
  /** The policy that it was compiled from. */
  readonly policy?: Policy;
  /** The ABIs that it speaks about, this machine's first. */
  readonly arches: readonly AbiName[];
  /** What reading and compiling warned of. */
  readonly warnings: readonly Issue[];
}

/** Who reads along, and which arches are meant: those a policy is compiled for, or the one of a call that is asked about. */
export interface FilterOptions {
  /** Is told of every file that is about to be read, included ones too. */
  readonly onRead?: ((path: string) => void) | undefined;
  readonly arches?: readonly AbiName[] | undefined;
  readonly target?: AbiName | undefined;
}

/** What a file holds: a program, or a policy as it was read. */
export type Source = { readonly name: string } & (
  | { readonly bytes: Uint8Array; readonly read?: never }
  | { readonly read: ReadResult; readonly bytes?: never }
);

/** The filter that `path` holds; a policy is compiled. */
export function readFilter(path: string, options: FilterOptions = {}): Filter {
  const { name, read, bytes } = readSource(path, options.onRead);
  return read ? fromPolicy(read, name, options) : fromBytes(bytes, name, options);
}

/**
 * What `path` holds. Bytes with a NUL among them are a program: the first instruction of every program has one, a
 * text has none. Text in UTF-16 has some; the mark that it begins with is no instruction.
 */
export function readSource(path: string, onRead?: (path: string) => void): Source {
  refuseProcess(path);
  onRead?.(path);
  const bytes = readInput(path);
  const name = inputName(path);
  if (bytes.length === 0)
    throw new SeccatError({
      code: "binary",
      message: "the file is empty",
      where: { file: name },
      expected: "a program or a policy",
    });
  return isBinary(bytes) ? { name, bytes } : { name, read: policyOf(bytes, name, onRead) };
}

/** The policy that `path` holds, with what reading it warned of. Throws a SeccatError for anything else. */
export function readPolicyFile(path: string): ReadResult {
  refuseProcess(path);
  const bytes = readInput(path);
  const name = inputName(path);
  if (isBinary(bytes))
    throw new SeccatError({
      code: "syntax",
      message: "this is no policy but binary",
      where: { file: name },
      expected: "a policy in YAML or JSON",
      ...(bytes.length % 8 === 0 ? { fix: "seccat disasm lists a compiled program" } : {}),
    });
  return policyOf(bytes, name);
}

/** Prints what a compile warned of. */
export function printWarnings(filter: Filter): void {
  for (const warning of filter.warnings) printIssue(warning, "warning");
}

function isBinary(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  return bytes.includes(0) && first + second !== 0xff + 0xfe;
}

function refuseProcess(path: string): void {
  if (/^pid:\d+$/.test(path))
    throw usage("filters of running processes cannot be read", {
      expected: "a file, or - for standard input",
      received: path,
      fix: `for a file of that name, ./${path}`,
    });
}

function policyOf(bytes: Uint8Array, file: string, onRead?: (path: string) => void): ReadResult {
  const text = decodeText(bytes, file);
  const readFile = (path: string) => {
    onRead?.(path);
    return readIncluded(path);
  };
  return inFile(file, () => readPolicy(text, { file, native: hostAbi(), readFile }));
}

/** A program from its bytes. */
export function fromBytes(bytes: Uint8Array, file: string, { arches, target }: FilterOptions): Filter {
  const program = inFile(file, () => readProgram(bytes));
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

/** A policy, compiled. */
export function fromPolicy(read: ReadResult, file: string, { arches, target }: FilterOptions): Filter {
  const { policy } = read;
  const chosen = arches ?? sameOrder(withNativeFirst(policy.arches), target);
  const compiled = inFile(file, () => compile(policy, { arches: inPolicyOrder(policy, chosen) }));
  const warnings = [...read.warnings, ...compiled.warnings].map((warning) => placed(warning, file));
  return { name: file, program: compiled.program, policy, arches: chosen, warnings };
}

function inPolicyOrder(policy: Policy, chosen: readonly AbiName[]): readonly AbiName[] {
  const known = policy.arches.filter((name) => chosen.includes(name));
  return [...known, ...chosen.filter((name) => !known.includes(name))];
}

/** Those of one byte order, the target's if there are any: a program has one, a policy may speak about both. */
function sameOrder(arches: readonly AbiName[], target: AbiName | undefined): readonly AbiName[] {
  const of = (wanted: AbiName) => arches.filter((name) => abiFacts(name).endian === abiFacts(wanted).endian);
  const wanted = target ? of(target) : [];
  const [first] = arches;
  return wanted.length > 0 || !first ? wanted : of(first);
}

function withNativeFirst(arches: readonly AbiName[]): readonly AbiName[] {
  const own = hostAbi();
  return own && arches.includes(own) ? [own, ...arches.filter((name) => name !== own)] : arches;
}
