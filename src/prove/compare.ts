/**
 * Questions about two sides, and their answers. The order of things is always the same: both sides as diagrams in
 * one space, the diagram of where they break the relation, and what is to be said about that.
 */
import type { AbiName } from "../../arch/index.ts";
import type { Program } from "../bpf/program.ts";
import type { ResolvedPolicy } from "../policy/resolve.ts";
import type { Policy } from "../policy/types.ts";
import { cases } from "./cases.ts";
import { isOpen } from "./leaf.ts";
import {
  ask,
  countedCalls,
  type ProveOptions,
  type Question,
  type Witness,
  witnessAt,
  witnessOf,
} from "./question.ts";
import { type Region, regionsOf } from "./region.ts";
import { leavesOf, nodesOf, type Size, sizeOf, where } from "./set.ts";
import { programsOf, resolvedOf, type Side } from "./side.ts";
import type { OpenPlace, OpenReason, Space } from "./space.ts";
import { FALSE, leafKinds, type Node, TRUE } from "./table.ts";
import { type Example, exampleOf } from "./witness.ts";

/** What an answer took. */
export interface ProofStats {
  /** Nodes made, all intermediate ones included. */
  readonly nodes: number;
  /** Nodes of the diagram of each side, leaves included; 0 for one that took too much. */
  readonly diagrams: readonly [number, number];
  readonly ms: number;
}

/** A part that was not compared. */
export interface Open {
  /** Whose part it is; `both`: what was to be compared took too much together, and nothing was compared. */
  readonly side: "a" | "b" | "both";
  /** Which program of the side, 0 is the newest; absent for a policy and for `both`. */
  readonly filter?: number;
  /** Where the work stopped: instructions of the program, or numbers of the policy. */
  readonly places: readonly OpenPoint[];
  /** How many calls come there. */
  readonly size: Size;
  /** One of them. */
  readonly example: Example;
  /** Which ones, by arch and number. */
  readonly regions: readonly Region[];
}

/** One point at which the work stopped. */
export type OpenPoint = { readonly reason: OpenReason } & (
  | { readonly pc: number }
  | { readonly abi: AbiName; readonly nr: number }
);

/** `a` and `b` keep the relation for every call that counts. */
export interface Proved {
  readonly answer: "proved";
  readonly stats: ProofStats;
}

/** They break it: here, and for so many calls. */
export interface Differs {
  readonly answer: "differs";
  readonly witness: Witness;
  /** Calls known to break the relation; where parts are open, there may be more. */
  readonly size: Size;
  /** Parts that were not compared. */
  readonly open: readonly Open[];
  readonly stats: ProofStats;
}

/** No difference was found, nor among the boundary calls of both sides; but these parts were not compared. */
export interface Unknown {
  readonly answer: "unknown";
  /** At least one. */
  readonly open: readonly Open[];
  readonly stats: ProofStats;
}

/** The answer to a question about two sides. */
export type Proof = Proved | Differs | Unknown;

/**
 * Whether `program` is what `policy` means: by default the same u32 for every one of the 2^512 calls.
 * Throws a SeccatError when the policy does not resolve.
 */
export function proveProgram(
  program: Program | readonly Program[],
  policy: Policy | ResolvedPolicy,
  options: ProveOptions = {},
): Proof {
  return compare(program, policy, { mode: "exact", ...options });
}

/**
 * Whether `a` and `b` keep `options.relation` for every call: by default, that the kernel does the same for both.
 * Throws a SeccatError when a policy does not resolve.
 */
export function compare(a: Side, b: Side, options: ProveOptions = {}): Proof {
  const start = performance.now();
  const question = ask(a, b, options);
  const { space, broken } = question;
  const stats = () => statsOf(question, start);
  if (broken === FALSE) return { answer: "proved", stats: stats() };
  const open = openParts(question);
  const bad = broken === undefined ? FALSE : where(space.table, broken, pairLeaves(space, broken));
  if (bad !== FALSE) {
    const size = sizeOf(space.table, space.order, bad);
    return { answer: "differs", witness: witnessOf(question, bad), size, open, stats: stats() };
  }
  const [witness, count] = triedCases(question);
  if (!witness) return { answer: "unknown", open, stats: stats() };
  return { answer: "differs", witness, size: { count: BigInt(count), bits: 512 }, open, stats: stats() };
}

/** So many boundary calls of each side are tried where the diagrams leave something open. */
const TRIED = 2_000;

/** A boundary call that breaks the relation, and how many of them do. */
export function triedCases(question: Question): readonly [Witness | undefined, number] {
  const calls = [question.a, question.b].flatMap((side) => cases(side, { limit: TRIED }).calls);
  const found = calls.flatMap((call) => witnessAt(question, call) ?? []);
  return [found.find(({ possible }) => possible) ?? found[0], found.length];
}

/** What a question took that was begun at `start`. */
export function statsOf({ space, diagrams: [f, g] }: Question, start: number): ProofStats {
  const { table } = space;
  const size = (diagram: Node | undefined) => (diagram === undefined ? 0 : nodesOf(table, diagram));
  return {
    nodes: table.made,
    diagrams: [size(f), size(g)],
    ms: performance.now() - start,
  };
}

/** Whether `a` is never more permissive than `b`, by the kernel's precedence of actions. */
export function refines(a: Side, b: Side, options: ProveOptions = {}): Proof {
  return compare(a, b, { ...options, relation: "refines" });
}

/** The leaves of `f` that are pairs of answers. */
export function pairLeaves({ table }: Space, f: Node): Set<Node> {
  return new Set(leavesOf(table, f).filter((leaf) => table.low(leaf) === leafKinds.pair));
}

/** The parts that were not compared: one per program or policy that has any. */
export function openParts(question: Question): Open[] {
  const { space, broken } = question;
  const { table, open } = space;
  if (broken === undefined) {
    const all = table.attempt(space.budget, () => countedCalls(space, question.options)) ?? TRUE;
    return [openPart(question, all, { side: "both" }, [])];
  }
  const leaves = leavesOf(table, broken).filter((leaf) => isOpen(table, leaf));
  const owners = new Map<Program | ResolvedPolicy, Node[]>();
  for (const leaf of leaves) {
    const place = open[table.high(leaf)];
    if (!place) continue;
    const owner = "program" in place ? place.program : place.policy;
    owners.set(owner, [...(owners.get(owner) ?? []), leaf]);
  }
  return [...owners].map(([owner, own]) => {
    const places = own.flatMap((leaf) => open[table.high(leaf)] ?? []).map(pointOf);
    return openPart(question, where(table, broken, new Set(own)), ownerOf(question, owner), places);
  });
}

function openPart(
  { space }: Question,
  set: Node,
  owner: Pick<Open, "side" | "filter">,
  places: readonly OpenPoint[],
): Open {
  const order = (point: OpenPoint) => ("pc" in point ? point.pc : point.nr);
  return {
    ...owner,
    places: places.toSorted((a, b) => order(a) - order(b)),
    size: sizeOf(space.table, space.order, set),
    example: exampleOf(space, set),
    regions: regionsOf(space, set).map(({ region }) => region),
  };
}

function ownerOf({ a, b }: Question, owner: Program | ResolvedPolicy): Pick<Open, "side" | "filter"> {
  if (!("insns" in owner)) return { side: resolvedOf(a) === owner ? "a" : "b" };
  const inA = programsOf(a).indexOf(owner);
  return inA >= 0 ? { side: "a", filter: inA } : { side: "b", filter: programsOf(b).indexOf(owner) };
}

function pointOf(place: OpenPlace): OpenPoint {
  const { reason } = place;
  return "program" in place ? { reason, pc: place.pc } : { reason, abi: place.abi, nr: place.nr };
}
