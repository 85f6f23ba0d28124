/** What a test is about: a policy, a program, or a stack of them, as the programs that the kernel would run. */
import { type AbiName, abi as abiFacts } from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { isFields } from "../abi/fields.ts";
import { checkProgram } from "../bpf/check.ts";
import type { Program } from "../bpf/program.ts";
import { compile } from "../compile/index.ts";
import { checkShape } from "../policy/shape.ts";
import type { Policy } from "../policy/types.ts";

/** One program or the policy that it is compiled from. */
export type FilterLayer = Policy | Program;

/** One layer, or several with the newest first, of which the strongest answer counts. */
export type FilterInput = FilterLayer | readonly FilterLayer[];

const compiled = new WeakMap<Policy, Map<string, Program>>();

/**
 * The programs of `input`, newest first, as they run on a machine of `abi`'s byte order.
 * Throws what compile throws, and a SeccatError "usage" for a program of the other byte order.
 */
export function programsOf(input: FilterInput, abi: AbiName): Program[] {
  return layersOf(input).map((layer) => {
    if (!isProgram(layer)) return programOf(layer, abi);
    if (fits(layer, abi)) return layer;
    throw new SeccatError({
      code: "usage",
      message: `the program is ${layer.endian}-endian, and ${abi} is ${abiFacts(abi).endian}-endian`,
      expected: "an arch of the program's byte order",
      received: abi,
    });
  });
}

/** Whether a layer can run on `abi`; a program of the other byte order never does. */
export function fits(layer: FilterLayer, abi: AbiName): boolean {
  return !isProgram(layer) || layer.endian === abiFacts(abi).endian;
}

/** The layers of `input`, newest first. */
export function layersOf(input: FilterInput): readonly FilterLayer[] {
  return isStack(input) ? input : [input];
}

function isStack(input: FilterInput): input is readonly FilterLayer[] {
  return Array.isArray(input);
}

/** Whether a layer is a program already. */
export function isProgram(layer: FilterLayer): layer is Program {
  if (!isFields(layer) || !("insns" in layer)) return false;
  checkProgram(layer);
  return true;
}

/** A policy on arches of both byte orders has one program for each. */
function programOf(policy: Policy, abi: AbiName): Program {
  checkShape(policy);
  const { endian } = abiFacts(abi);
  const same = policy.arches.filter((name) => abiFacts(name).endian === endian);
  const arches = same.length > 0 ? same : policy.arches;
  const key = arches.join();
  const known = compiled.get(policy) ?? new Map<string, Program>();
  const program = known.get(key) ?? compile(policy, { arches }).program;
  compiled.set(policy, known.set(key, program));
  return program;
}
