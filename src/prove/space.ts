/** What the diagrams of one question share: a table, the order of its bits, and the list of what stayed open. */
import type { AbiName } from "../../arch/index.ts";
import type { Program } from "../bpf/program.ts";
import type { ResolvedPolicy } from "../policy/resolve.ts";
import { makeOrder, type Order } from "./order.ts";
import { type Allowance, leafKinds, type Node, Table } from "./table.ts";
import { Words } from "./word.ts";

/** How much work may go into one diagram; the comparison of two may take as much again. */
export type Budget = Allowance;

/** Node and step budget when none is given: about 16 MB of nodes, and two or three seconds. */
export const defaultBudget: Budget = Object.freeze({ nodes: 1 << 20, steps: 1 << 23 });

/** Why a part of a diagram was not worked out. */
export type OpenReason =
  /** The operation of that instruction alone needs more than half of the budget. */
  | "instruction"
  /** What both sides of that jump, or all rules for that number, decide together needs more than half. */
  | "join"
  /** The budget was used up before that instruction was worked out. */
  | "budget";

/** A part of a program or a policy that was not worked out. */
export type OpenPlace = { readonly reason: OpenReason } & (
  | { readonly program: Program; readonly pc: number }
  | { readonly policy: ResolvedPolicy; readonly abi: AbiName; readonly nr: number }
);

/** Everything that diagrams which are to be compared have in common. */
export interface Space {
  readonly table: Table;
  readonly order: Order;
  readonly words: Words;
  readonly budget: Budget;
  /** By payload of the open leaves. */
  readonly open: OpenPlace[];
  /** By payload of the pair leaves: two leaves. */
  readonly pairs: (readonly [Node, Node])[];
}

/** A space in which the words of each set in `mixed` take turns (see makeOrder). */
export function makeSpace(mixed: readonly number[], budget: Budget): Space {
  const table = new Table();
  const order = makeOrder(mixed);
  return { table, order, words: new Words(table, order), budget, open: [], pairs: [] };
}

/** The leaf for a part that was not worked out. */
export function openLeaf({ table, open }: Space, place: OpenPlace): Node {
  const before = open.findIndex((other) => samePlace(other, place));
  if (before >= 0) return table.leaf(leafKinds.open, before);
  open.push(place);
  return table.leaf(leafKinds.open, open.length - 1);
}

function samePlace(a: OpenPlace, b: OpenPlace): boolean {
  if (a.reason !== b.reason) return false;
  if ("pc" in a) return "pc" in b && a.program === b.program && a.pc === b.pc;
  return !("pc" in b) && a.policy === b.policy && a.abi === b.abi && a.nr === b.nr;
}

/** The last eighth of a budget is kept for joining what was found before the rest was used up. */
const EXPLORED = 7 / 8;

/** What has been used so far. */
export function usage({ table }: Space): Allowance {
  return { nodes: table.size, steps: table.steps };
}

/** Whether the work that began at `begun` has used what it may, but for the last eighth. */
export function spent({ table, budget }: Space, begun: Allowance): boolean {
  const [nodes, steps] = [table.size - begun.nodes, table.steps - begun.steps];
  return nodes > budget.nodes * EXPLORED || steps > budget.steps * EXPLORED;
}

/** What one operation may use: half of the budget, and no more than what is left of `part` of it. */
export function share({ table, budget }: Space, begun: Allowance, part = EXPLORED): Allowance {
  const left = (all: number, used: number) => Math.max(0, Math.min(all / 2, all * part - used));
  return {
    nodes: left(budget.nodes, table.size - begun.nodes),
    steps: left(budget.steps, table.steps - begun.steps),
  };
}
