/** Which part of which policy denied a call, and what to add to it. */
import { type AbiName, abiOf } from "../../../arch/index.ts";
import type { SeccompData } from "../../abi/data.ts";
import { packData } from "../../abi/data.ts";
import type { Place } from "../../abi/error.ts";
import { trace } from "../../bpf/run.ts";
import { ociAllowLine, readTree, yamlRuleLine } from "../../formats/index.ts";
import { type Allowance, allowanceFor, type NoAllowance, tellingShape } from "../../policy/allow.ts";
import { evaluate, type Reason } from "../../policy/evaluate.ts";
import type { Policy } from "../../policy/types.ts";
import type { Loaded } from "../binary.ts";

/** A filter of a run, with the places of what its file says beside the rules. */
export interface Source {
  readonly filter: Loaded;
  readonly places: ReadonlyMap<Reason, Place>;
}

/** What denied a call. */
export interface Origin {
  /** Which of the filters. */
  readonly filter: number;
  /** Its file, as messages call it. */
  readonly name: string;
  readonly reason: Reason | "program";
  /** From 1. */
  readonly rule?: number;
  readonly why?: string;
  readonly where: Place;
  /** What would allow the call; nothing for a program, which has no rules. */
  readonly allowance?: Allowance | NoAllowance;
  /** The allowance as a line of the policy's own notation. */
  readonly line?: string;
  /** Where that line goes: before a place, or to the end. */
  readonly before?: Place;
}

/** A filter with what its text says. */
export function sourceOf(filter: Loaded): Source {
  const { text, name } = filter;
  return { filter, places: text === undefined ? new Map() : placesIn(text, name) };
}

/** Where a policy or a profile says what it does with calls that no rule takes. */
function placesIn(text: string, file: string): ReadonlyMap<Reason, Place> {
  const tree = readTree(text, file);
  const reasons: Readonly<Record<string, Reason>> = {
    default: "default",
    defaultaction: "default",
    newer: "newer",
    badarch: "badArch",
  };
  const entries = tree.kind === "map" ? tree.entries : [];
  return new Map(
    entries.flatMap(({ key, place }): [Reason, Place][] => {
      const reason = reasons[key.toLowerCase()];
      return reason === undefined ? [] : [[reason, place]];
    }),
  );
}

/** What of source number `index`, which denies `data`, denies it. */
export function originOf(source: Source, index: number, data: SeccompData): Origin {
  const { filter, places } = source;
  const { policy, name, program } = filter;
  if (!policy) {
    const pc = trace(program, packData(data, program.endian)).steps.at(-1)?.pc ?? 0;
    return { filter: index, name, reason: "program", where: { file: name, pc } };
  }
  const verdict = evaluate(policy, data);
  const { reason, rule: at } = verdict;
  const rule = at === undefined ? undefined : policy.rules[at];
  const where = rule?.where ?? places.get(reason) ?? places.get("default");
  const allowance = allowanceFor(policy, data, verdict);
  const line = allowance.kind === "rule" ? lineOf(policy, allowance, data, verdict.abi) : undefined;
  const before = line === undefined ? undefined : rule?.where;
  return {
    filter: index,
    name,
    reason,
    where: { file: name, ...where },
    allowance,
    ...(at === undefined ? {} : { rule: at + 1 }),
    ...(rule?.why === undefined ? {} : { why: rule.why }),
    ...(line === undefined ? {} : { line }),
    ...(before ? { before } : {}),
  };
}

/** In a container profile an entry for a call that another entry denies would contradict that one, so there is none. */
function lineOf(
  policy: Policy,
  allowance: Allowance,
  data: SeccompData,
  abi: AbiName | undefined,
): string | undefined {
  if (!policy.imported) return yamlRuleLine(allowance.rule);
  return allowance.at < policy.rules.length ? undefined : ociAllowLine(allowance, data, abi);
}

/** Tells calls apart as rules of `sources` could: by their number and the arguments that a rule would look at. */
export function shapes(sources: readonly Source[]): (data: SeccompData) => string {
  const policies = sources.flatMap(({ filter }) => filter.policy ?? []);
  const known = new Map<string, ReturnType<typeof tellingShape>>();
  return ({ arch, nr, args }) => {
    const call = `${arch} ${nr}`;
    let shape = known.get(call);
    if (!shape) {
      const abi = abiOf(arch, nr);
      shape = abi === undefined ? () => "" : tellingShape(policies, abi, nr);
      known.set(call, shape);
    }
    return `${call} ${shape(args)}`;
  };
}

/** `p.yaml:3:5 (rule 1: no folders)`, `p.yaml:1:1 (default)`: an origin in words, not yet fit for a terminal. */
export function originText({ where, reason, rule, why }: Origin): string {
  const words = {
    rule: `rule ${rule}`,
    default: "default",
    newer: "newer than the policy's kernel",
    badArch: "an arch that it does not list",
    program: `instruction ${where.pc}`,
  };
  const parts = [where.file, where.line, where.column].filter((part) => part !== undefined);
  return `${parts.join(":")} (${words[reason]}${why ? `: ${why}` : ""})`;
}

/** `- { action: allow, syscalls: [mkdir] } before line 3`: what to add and where, or why nothing can be; not yet fit for a terminal. */
export function allowanceText({ allowance, line, before, name }: Origin): string {
  if (!allowance) return "a program has no rules: change the policy that it was compiled from";
  if (allowance.kind === "none") return `no rule can: ${allowance.why}`;
  if (line === undefined) return `convert it to a policy first: seccat convert ${name} -o policy.yaml`;
  if (line.startsWith("{")) return `${line} in syscalls`;
  if (!before) return `${line} at the end of rules`;
  const file = before.file === undefined || before.file === name ? "" : ` of ${before.file}`;
  return `${line} before line ${before.line}${file}`;
}
