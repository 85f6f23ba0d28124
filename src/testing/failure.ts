/** Why a call got its answer, and what it would take to get another: what a failed test tells. */
import { type AbiName, abiOf, syscallArgs, syscallName } from "../../arch/index.ts";
import { actionValues, combineReturns } from "../abi/action.ts";
import type { SeccompData } from "../abi/data.ts";
import { formatPlace, type Place } from "../abi/error.ts";
import { type KernelRules, kernelRules } from "../bpf/kernel.ts";
import { formatPc } from "../bpf/list.ts";
import type { Program } from "../bpf/program.ts";
import { evaluate, type Reason } from "../policy/evaluate.ts";
import type { Policy } from "../policy/types.ts";
import { type NearestSearch, nearestIn } from "../prove/index.ts";
import { constantFor } from "./constant.ts";
import type { Answer } from "./expect.ts";
import { type FilterInput, type FilterLayer, isProgram, layersOf, programsOf } from "./filter.ts";

/** What decided a call. */
export interface Decision {
  /** Index of the layer, 0 is the newest; absent when no single one did. */
  readonly layer?: number;
  /** Why a policy decides so. */
  readonly reason?: Reason;
  /** Index into the policy's rules. */
  readonly rule?: number;
  /** Where that rule stands in the policy's text. */
  readonly where?: Place;
  /** The rule's own `why`. */
  readonly why?: string;
  /** The instruction that returned. */
  readonly pc?: number;
  /** The kernel lets this call pass, whatever filters say. */
  readonly exempt?: boolean;
}

/** A failed expectation, explained. */
export interface Failure {
  readonly decision: Decision;
  /** The call nearest to this one that gets what was wanted: `socket(domain=AF_UNIX)`. */
  readonly nearest?: { readonly call: SeccompData; readonly text: string };
  /** No other arguments get it. */
  readonly hopeless?: boolean;
}

/** Why `got` is what `filter` answers, and the nearest call whose answer (u32) is accepted. */
export function failureOf(
  filter: FilterInput,
  got: Answer,
  abi: AbiName,
  accepts: (ret: number) => boolean,
): Failure {
  const layers = layersOf(filter);
  const rules = got.kernel && kernelRules(got.kernel);
  const decision = decisionOf(layers, got, rules);
  const programs = programsOf(filter, abi);
  const search = searchIn(programs);
  if (!search || decision.exempt) return { decision };
  const { nr, arch } = got.data;
  const settled = (ret: number) => (rules ? rules.outcome(ret, nr, arch) : ret);
  const found = search(got.data, (ret) => accepts(settled(ret)));
  if (found.kind !== "found") return { decision, ...(found.kind === "none" ? { hopeless: true } : {}) };
  const text = callText(layers, abi, found.call, found.changed);
  return { decision, nearest: { call: found.call, text } };
}

function decisionOf(layers: readonly FilterLayer[], got: Answer, rules: KernelRules | undefined): Decision {
  const { nr, arch } = got.data;
  if (rules?.outcome(actionValues.kill_process, nr, arch) === actionValues.allow) return { exempt: true };
  const index = decidingIndex(
    got.runs.map(({ ret }) => ret),
    rules,
  );
  const layer = layers[index];
  const pc = got.runs[index]?.steps.at(-1)?.pc;
  if (!layer) return {};
  const at = { layer: index, ...(pc === undefined ? {} : { pc }) };
  if (isProgram(layer)) return at;
  const { reason, rule } = evaluate(layer, got.data);
  const { where, why } = (rule === undefined ? undefined : layer.rules[rule]) ?? {};
  return {
    ...at,
    reason,
    ...(rule === undefined ? {} : { rule }),
    ...(where === undefined ? {} : { where }),
    ...(why === undefined ? {} : { why }),
  };
}

/** Index of the return value that wins, newest first; -1 when all of several let the call pass. */
function decidingIndex(rets: readonly number[], rules: KernelRules | undefined): number {
  let [winner, index]: [number, number] = [actionValues.allow, rets.length === 1 ? 0 : -1];
  rets.forEach((ret, i) => {
    const replaces = rules ? rules.replaces(winner, ret) : combineReturns([winner, ret]) !== winner;
    if (replaces) [winner, index] = [ret, i];
  });
  return index;
}

/** One search for each stack: its diagram is made once, when a first test fails. */
const searches = new WeakMap<
  Program,
  { readonly programs: readonly Program[]; readonly search: NearestSearch }[]
>();

function searchIn(programs: readonly Program[]): NearestSearch | undefined {
  const [first] = programs;
  if (!first) return undefined;
  const known = searches.get(first) ?? [];
  const same = known.find(
    (one) =>
      one.programs.length === programs.length && one.programs.every((program, i) => program === programs[i]),
  );
  if (same) return same.search;
  const search = nearestIn(programs);
  searches.set(first, [...known, { programs, search }]);
  return search;
}

/** The lines that say a failure's reasons; `names` are the layers' files, where they have any. */
export function reasonLines(
  { decision, nearest, hopeless }: Failure,
  wanted: string,
  names: readonly string[] = [],
): string[] {
  const lines = [decisionText(decision, names)];
  const [is, be] = outcomeWords(wanted);
  if (nearest) lines.push(`the nearest call that ${is}: ${nearest.text}`);
  if (hopeless) lines.push(`no other arguments ${be}`);
  return lines;
}

/** `is allowed` and `would be allowed`, for what was wanted. */
function outcomeWords(wanted: string): readonly [is: string, be: string] {
  if (wanted === "allow") return ["is allowed", "would be allowed"];
  if (wanted === "a denial") return ["is denied", "would be denied"];
  return [`gets ${wanted}`, `would get ${wanted}`];
}

function decisionText(decision: Decision, names: readonly string[]): string {
  const { layer, reason, rule, where, why, pc, exempt } = decision;
  if (exempt) return "this kernel lets the call pass, whatever filters say";
  if (layer === undefined) return "every filter lets it pass";
  const file = names[layer];
  const of = file === undefined ? (names.length > 1 ? ` of filter ${layer + 1}` : "") : ` of ${file}`;
  if (reason === undefined) return `by instruction ${formatPc(pc ?? 0)}${of}`;
  if (reason === "default") return `by the default${of}`;
  if (reason === "newer") return `as newer than the policy's kernel${of ? `,${of}` : ""}`;
  if (reason === "badArch") return `as an arch that ${file ?? "the policy"} does not list`;
  const place = where?.line === undefined ? "" : ` (${placeText(where)})`;
  const number = `by rule ${(rule ?? 0) + 1}`;
  return `${number}${place || of}${why === undefined ? "" : `: ${why}`}`;
}

/** `p.yaml:9:5`, without the path into the policy. */
function placeText({ path: _, ...where }: Place): string {
  return formatPlace(where);
}

/** `socket(domain=AF_UNIX, type=1)`: the arguments that are not 0 or were changed, with constants of the layers' rules. */
export function callText(
  layers: readonly FilterLayer[],
  abi: AbiName,
  { arch, nr, args }: SeccompData,
  changed: readonly number[],
): string {
  const name = syscallName(abiOf(arch, nr) ?? abi, nr);
  const known = name === undefined ? [] : (syscallArgs(abi, name) ?? []);
  const policies = layers.filter((layer): layer is Policy => !isProgram(layer));
  const shown = args.flatMap((value, i) => {
    if (value === 0n && !changed.includes(i)) return [];
    const text = constantFor(policies, abi, nr, i, value) ?? numberText(value);
    return [`${known[i]?.name ?? `arg${i}`}=${text}`];
  });
  return `${name ?? `syscall ${nr}`}(${shown.join(", ")})`;
}

function numberText(value: bigint): string {
  return value < 0x10000n ? String(value) : `0x${value.toString(16)}`;
}
