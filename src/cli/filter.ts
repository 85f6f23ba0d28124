/**
 * FILTER, the argument of most commands: a program's bytes, a policy that is compiled on the spot, or the filters
 * of a running process.
 */
import { type AbiName, abi as abiFacts } from "../../arch/index.ts";
import { type Issue, SeccatError } from "../abi/error.ts";
import { comparedArches } from "../bpf/annotate.ts";
import { encode } from "../bpf/codec.ts";
import type { Program } from "../bpf/program.ts";
import type { InstalledFilter, ProcessFilters } from "../enforce/dump.ts";
import { decodeText, type ReadResult, readPolicy } from "../formats/index.ts";
import { answerRings } from "../policy/ring.ts";
import type { Policy } from "../policy/types.ts";
import { compile } from "../proof.ts";
import { hostAbi } from "./arch.ts";
import { usage } from "./args.ts";
import { checkOrder, isBinary, type Loaded, programOf, refuseEmpty } from "./binary.ts";
import { inFile, inputName, placed, readIncluded, readInput } from "./input.ts";
import { printIssue } from "./output.ts";
import { processOf, readProcess } from "./process.ts";

export { decodeText } from "../formats/index.ts";
export { printWarnings } from "./binary.ts";

/** A program, and what is known about where it came from. */
export interface Filter extends Loaded {
  /** The ABIs that it speaks about, this machine's first. */
  readonly arches: readonly AbiName[];
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
  /** Whether to answer the io_uring that Node asks for, for policies that say nothing of it. */
  readonly answersRings?: boolean;
}

/** What a file holds: a program, or a policy as it was read. */
export type Source = { readonly name: string } & (
  | { readonly bytes: Uint8Array; readonly read?: never }
  | { readonly read: ReadResult; readonly bytes?: never }
);

/** The one filter that `path` means; a policy is compiled. Throws a SeccatError for a process that is under several. */
export function readFilter(path: string, options: FilterOptions = {}): Filter {
  return onlyFilter(readStack(path, options));
}

/** The filter of a stack that has no other. Throws a SeccatError for several. */
export function onlyFilter({ name, filters, warnings }: Stack): Filter {
  const [filter, ...more] = filters;
  if (more.length > 0)
    throw usage(`there are ${filters.length} filters in ${name}, and one is asked for`, {
      expected: `${name}:0, the oldest, to ${name}:${more.length}`,
      received: name,
    });
  return { ...filter, warnings };
}

/** The filters that `path` means: one of a file, all of a process. */
export function readStack(path: string, options: FilterOptions = {}): Stack {
  const named = processOf(path);
  if (!named) {
    const { name, read, bytes } = readSource(path, options.onRead);
    const filter = read ? fromPolicy(read, name, options) : fromBytes(bytes, name, options);
    return { name, filters: [filter], warnings: filter.warnings };
  }
  const { process, filters, warnings } = readProcess(named);
  const [first, ...more] = filters.map((installed) => ({
    ...fromProgram(installed.program, installed.name, options),
    installed,
  }));
  if (!first) throw usage(`there is no filter in ${path}`);
  return { name: path, filters: [first, ...more], process, warnings };
}

/** What `path` holds, a process's filters newest first. Throws a SeccatError for what cannot be read. */
export function readSources(path: string): readonly Source[] {
  const named = processOf(path);
  if (!named) return [readSource(path)];
  const { filters, warnings } = readProcess(named);
  for (const warning of warnings) printIssue(warning, "warning");
  return filters.map(({ name, program }) => ({ name, bytes: encode(program) })).reverse();
}

/**
 * What `path` holds. Bytes with a NUL among them are a program: the first instruction of every program has one, a
 * text has none. Text in UTF-16 has some; the mark that it begins with is no instruction.
 */
function readSource(path: string, onRead?: (path: string) => void): Source {
  onRead?.(path);
  const bytes = readInput(path);
  const name = inputName(path);
  refuseEmpty(bytes, name);
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

/** The place of a process's filter as plain data; nothing for one of a file. */
export function installedJson({ installed }: Filter) {
  return installed ? { index: installed.index, flags: installed.flags ?? null } : {};
}

function refuseProcess(path: string): void {
  if (processOf(path))
    throw usage("a running process has programs, and no policy", {
      expected: "a policy in YAML or JSON",
      received: path,
      fix: `seccat explain ${path} says what they do; for a file of that name, ./${path}`,
    });
}

/** The policy that `bytes`, the contents of `file`, spell. Throws a SeccatError for what is none. */
export function policyOf(bytes: Uint8Array, file: string, onRead?: (path: string) => void): ReadResult {
  const text = decodeText(bytes, file);
  const readFile = (path: string) => {
    onRead?.(path);
    return readIncluded(path);
  };
  return inFile(file, () => readPolicy(text, { file, native: hostAbi(), readFile }));
}

/** A program from its bytes. */
export function fromBytes(bytes: Uint8Array, file: string, options: FilterOptions): Filter {
  return withArches(programOf(bytes, file, askedArches(options)), file, options);
}

/** A program that is read already. Throws a SeccatError "usage" for arches of the other byte order. */
function fromProgram(program: Program, file: string, options: FilterOptions): Filter {
  checkOrder(program, file, askedArches(options));
  return withArches(program, file, options);
}

function askedArches({ arches = [], target }: FilterOptions): readonly AbiName[] {
  return target ? [...arches, target] : arches;
}

function withArches(program: Program, name: string, { arches }: FilterOptions): Filter {
  return { name, program, arches: arches ?? withNativeFirst(comparedArches(program)), warnings: [] };
}

/** The same ABIs, this machine's first. */
function withNativeFirst(arches: readonly AbiName[]): readonly AbiName[] {
  const own = hostAbi();
  return own && arches.includes(own) ? [own, ...arches.filter((name) => name !== own)] : arches;
}

/** A policy, compiled. */
export function fromPolicy(read: ReadResult, file: string, options: FilterOptions): Filter {
  const { arches, target } = options;
  const policy = options.answersRings ? answerRings(read.policy) : read.policy;
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
