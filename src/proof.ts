/**
 * A compile with its proof: the compiler and the prover know nothing of each other, and meet here.
 */
import { decodeAction, formatAction } from "./abi/action.ts";
import { SeccatError, throwIssues } from "./abi/error.ts";
import { keyIssues } from "./abi/fields.ts";
import type { Program } from "./bpf/program.ts";
import {
  type Compiled,
  type CompiledNumbers,
  type CompileOptions,
  compile as compileOnly,
  compileResolved as compileResolvedOnly,
  onArches,
} from "./compile/index.ts";
import type { ResolvedPolicy } from "./policy/resolve.ts";
import type { Policy } from "./policy/types.ts";
import { type Differs, type ProofStats, proveProgram, type Unknown, type Witness } from "./prove/index.ts";

/** What a compile with its proof can be told. */
export interface ProvenOptions extends CompileOptions {
  /** False leaves the proof out; `nodes` raises its budget. */
  readonly prove?: boolean | { readonly nodes?: number };
}

const optionKeys = Object.keys({
  arches: true,
  kernel: true,
  weights: true,
  optimise: true,
  prove: true,
} satisfies Record<keyof ProvenOptions, true>);

/** A compiled policy, proved to mean what the policy says. */
export interface Proven extends Compiled {
  /** What the proof took; absent when it was left out. */
  readonly proof?: ProofStats;
}

/**
 * The program of `policy`, proved to return for every call what the policy decides.
 * Throws what the compiler throws; a SeccatError "internal" with the call when the proof finds a difference, and
 * "proof" when it does not come to an end.
 */
export function compile(policy: Policy, options: ProvenOptions = {}): Proven {
  throwIssues(keyIssues(options, optionKeys));
  const { prove = true, ...rest } = options;
  const compiled = compileOnly(policy, rest);
  if (prove === false) return compiled;
  const chosen = options.arches ? onArches(policy, options.arches) : policy;
  return { ...compiled, proof: proofOf(compiled.program, chosen, prove) };
}

/** As compile, for a policy in numbers. */
export function compileResolved(
  facts: ResolvedPolicy,
  options: ProvenOptions = {},
): CompiledNumbers & Pick<Proven, "proof"> {
  const { prove = true, ...rest } = options;
  const compiled = compileResolvedOnly(facts, rest);
  return prove === false ? compiled : { ...compiled, proof: proofOf(compiled.program, facts, prove) };
}

function proofOf(
  program: Program,
  policy: Policy | ResolvedPolicy,
  prove: true | { readonly nodes?: number },
): ProofStats {
  const budget = typeof prove === "object" && prove.nodes !== undefined ? { nodes: prove.nodes } : {};
  const proof = proveProgram(program, policy, budget);
  if (proof.answer === "proved") return proof.stats;
  throw proof.answer === "differs" ? wrong(proof) : unfinished(proof);
}

function wrong({ witness }: Differs): SeccatError {
  const said = (ret: number) => formatAction(decodeAction(ret));
  return new SeccatError({
    code: "internal",
    message: `the compiled program is wrong about ${callText(witness)}`,
    expected: said(witness.b.ret),
    received: said(witness.a.ret),
    fix: "this is a fault of Seccat's: please report it with the policy; no program was made",
  });
}

function callText({ abi, syscall, call }: Witness): string {
  const args = call.args.map((arg) => `0x${arg.toString(16)}`).join(", ");
  const where = abi ?? `arch 0x${call.arch.toString(16)}`;
  return `${syscall ?? `syscall ${call.nr}`}(${args}) on ${where}`;
}

function unfinished({ stats, open }: Unknown): SeccatError {
  const place = open[0]?.places[0];
  const at = place && "nr" in place ? ` at syscall ${place.nr} of ${place.abi}` : "";
  return new SeccatError({
    code: "proof",
    message: `the proof did not come to an end${at}`,
    received: `${stats.nodes} nodes`,
    fix: "simplify the conditions there, raise the budget (--nodes, prove: { nodes }), or do without the proof (prove: false)",
  });
}
