/** A and B of `prove` and `diff`: a policy, a program, the filters of a process, or a stack of them. */
import { existsSync } from "node:fs";
import { type AbiName, abi as abiFacts } from "../../arch/index.ts";
import type { Issue } from "../abi/error.ts";
import type { Program } from "../bpf/program.ts";
import { resolve } from "../policy/resolve.ts";
import type { Policy } from "../policy/types.ts";
import type { ProveOptions, Side } from "../prove/index.ts";
import { archesOf } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { fromBytes, fromPolicy, readSources, type Source } from "./filter.ts";
import { inFile, inputName, placed } from "./input.ts";
import { counted } from "./output.ts";

/** One file of a side. */
export interface Layer {
  /** How messages call it. */
  readonly name: string;
  /** Absent for a policy that stands alone, which is compared as itself. */
  readonly program?: Program;
  readonly policy?: Policy;
}

/** One side of a question. */
export interface NamedSide {
  readonly letter: "A" | "B";
  /** Newest first. */
  readonly layers: readonly Layer[];
  readonly side: Side;
  readonly warnings: readonly Issue[];
}

/** A question as a command line puts it. */
export interface AskedSides {
  readonly a: NamedSide;
  readonly b: NamedSide;
  readonly arches: readonly AbiName[] | undefined;
  readonly options: ProveOptions & { readonly nodes: number };
}

/** Nodes per diagram when --nodes is not given. */
export const DEFAULT_NODES = 1 << 20;
/** The most that can be given: some gigabytes. */
export const MOST_NODES = 1 << 26;
const FEWEST_NODES = 1 << 10;

/** What the arguments of `prove` and `diff` ask. Throws a SeccatError for a side that cannot be read. */
export function readSides(args: Args): AskedSides {
  const exact = args.flag("exact");
  if (exact && args.flag("refines"))
    throw usage("--exact and --refines exclude each other", {
      fix: "--refines compares what the kernel does, by its precedence of actions",
    });
  const arches = archesOf(args.list("arch"));
  const options = {
    relation: args.flag("refines") ? ("refines" as const) : ("equal" as const),
    mode: exact ? ("exact" as const) : ("kernel" as const),
    calls: exact ? ("any" as const) : ("kernel" as const),
    nodes: numberOf(args, "nodes", DEFAULT_NODES, FEWEST_NODES, MOST_NODES),
    ...(arches ? { arches } : {}),
  };
  const [a, b] = [pathsOf(args.text("a")), pathsOf(args.text("b"))];
  if ([...a, ...b].filter((path) => path === "-").length > 1)
    throw usage("standard input can be read once only", { fix: "write one of them to a file" });
  return { a: readSide("A", a, arches), b: readSide("B", b, arches), arches, options };
}

/** The whole number that an option gives. */
export function numberOf(args: Args, name: string, absent: number, from: number, to: number): number {
  const text = args.maybe(name);
  if (text === undefined) return absent;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw usage(`--${name} is no number that can be used`, { expected: `${from} to ${to}`, received: text });
}

/** `FILE`, or `NEWEST,...,OLDEST`: a name with commas in it is one file when there is one. */
function pathsOf(word: string): readonly string[] {
  if (!word.includes(",") || existsSync(word)) return [word];
  const paths = word.split(",");
  if (paths.includes(""))
    throw usage("a stack has a file without a name", { expected: "NEWEST,...,OLDEST", received: word });
  return paths;
}

function readSide(
  letter: "A" | "B",
  paths: readonly string[],
  arches: readonly AbiName[] | undefined,
): NamedSide {
  const sources = paths.flatMap((path) => readSources(path));
  const [only] = sources;
  if (sources.length === 1 && only) return readAlone(letter, only);
  const layers = sources.map((source) => readLayer(source, arches));
  const programs = layers.map(({ program }) => program);
  return { letter, layers, side: programs, warnings: layers.flatMap(({ warnings }) => warnings) };
}

function readAlone(letter: "A" | "B", { name, read, bytes }: Source): NamedSide {
  if (!read) {
    const { program } = fromBytes(bytes, name, {});
    return { letter, layers: [{ name, program }], side: program, warnings: [] };
  }
  const { policy } = read;
  inFile(name, () => resolve(policy));
  const warnings = read.warnings.map((warning) => placed(warning, name));
  return { letter, layers: [{ name, policy }], side: policy, warnings };
}

/** A file of a stack, whose policies are compiled: of what a kernel runs on one machine, one byte order. */
function readLayer(
  { name, read, bytes }: Source,
  arches: readonly AbiName[] | undefined,
): Layer & { readonly program: Program; readonly warnings: readonly Issue[] } {
  if (!read) return { name, program: fromBytes(bytes, name, {}).program, warnings: [] };
  const { policy } = read;
  const meant = arches?.filter((arch) => policy.arches.includes(arch));
  const chosen = meant && meant.length > 0 ? meant : policy.arches;
  const orders = new Set(chosen.map((arch) => abiFacts(arch).endian));
  if (orders.size > 1)
    throw usage(`${inputName(name)} is a policy for both byte orders, and a stack runs on one machine`, {
      received: chosen.join(", "),
      fix: "--arch with those of one byte order",
    });
  const { program, warnings } = fromPolicy(read, name, { arches: chosen });
  return { name, program, policy, warnings };
}

/** `cat.yaml`, or `new.bpf on old.bpf`: a side by its files. */
export function sideName({ layers }: NamedSide): string {
  return layers.map(({ name }) => name).join(" on ");
}

/** `cat.bpf (33 instructions)`: a side by its files and what they hold. */
export function sideText(side: NamedSide): string {
  const texts = side.layers.map(({ name, program, policy }) => {
    const rules = policy && `a policy of ${counted(policy.rules.length, "rule")}`;
    const length = program && counted(program.insns.length, "instruction");
    const what = rules && length ? `${rules}, ${length}` : (rules ?? `${length}, ${program?.endian}-endian`);
    return `${name}: ${what}`;
  });
  return texts.join("; on ");
}
