/** The calls at which a filter's answers turn: what it answers there, and whether a policy's program answers alike. */
import { abi as abiFacts, abiOf } from "../../arch/index.ts";
import { decodeAction } from "../abi/action.ts";
import { packData, type SeccompData } from "../abi/data.ts";
import type { Program } from "../bpf/program.ts";
import { run } from "../bpf/run.ts";
import { evaluate } from "../policy/evaluate.ts";
import type { Policy } from "../policy/types.ts";
import { cases } from "../prove/index.ts";
import { actionText } from "./action.ts";
import { hostAbi } from "./expect.ts";
import { type FilterLayer, isProgram, programsOf } from "./filter.ts";

/** A call for which a policy and its program do not answer alike. */
export interface Mismatch {
  readonly call: SeccompData;
  /** What the policy says. */
  readonly expected: string;
  /** What the interpreter returns for the program. */
  readonly actual: string;
}

/** What a layer answers where its answers turn. */
export interface Boundary {
  /** How many calls were asked. */
  readonly calls: number;
  /** Whether these are all that the search would find; its limit ended it otherwise. */
  readonly complete: boolean;
  /** How often each answer was given. */
  readonly answers: Readonly<Record<string, number>>;
  /** The calls that a policy decides otherwise than its program; absent for a program that stands alone. */
  readonly mismatches?: readonly Mismatch[];
}

/**
 * What a layer answers to its boundary calls. A policy's programs are run in the interpreter and held against
 * `evaluate`, which knows nothing of programs. Throws what compile throws.
 */
export function boundaryOf(layer: FilterLayer): Boundary {
  if (isProgram(layer)) return programBoundary([layer]);
  const byOrder = new Map(layer.arches.map((abi) => [abiFacts(abi).endian, abi]));
  return programBoundary(
    [...byOrder.values()].flatMap((abi) => programsOf(layer, abi)),
    layer,
  );
}

/** What programs, one for each byte order, answer to their boundary calls and to those of `policy`. */
export function programBoundary(programs: readonly Program[], policy?: Policy): Boundary {
  const counts = new Map<string, number>();
  const mismatches: Mismatch[] = [];
  let [asked, complete] = [0, true];
  for (const program of programs) {
    const searches = [...(policy ? [cases(policy)] : []), cases(program)];
    complete &&= searches.every((search) => search.complete);
    for (const call of callsFor(
      program,
      searches.flatMap(({ calls }) => calls),
    )) {
      const abi = abiOf(call.arch, call.nr) ?? hostAbi();
      const text = (ret: number) => actionText(decodeAction(ret), abi);
      const ret = run(program, packData(call, program.endian));
      const expected = policy ? evaluate(policy, call).ret : ret;
      asked++;
      counts.set(text(ret), (counts.get(text(ret)) ?? 0) + 1);
      if (ret !== expected) mismatches.push({ call, expected: text(expected), actual: text(ret) });
    }
  }
  const answers = Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { calls: asked, complete, answers, ...(policy ? { mismatches } : {}) };
}

/** Each once, and none of an arch of the other byte order, whose calls never meet the program. */
function callsFor(program: Program, calls: readonly SeccompData[]): Iterable<SeccompData> {
  const meets = ({ arch, nr }: SeccompData) => {
    const abi = abiOf(arch, nr);
    return abi === undefined || abiFacts(abi).endian === program.endian;
  };
  return new Map(calls.filter(meets).map((call) => [packData(call, program.endian).join(), call])).values();
}
