/**
 * Decision graph -> instructions, written from the last to the first, so that every target already has its
 * place and no fix-up pass exists.
 *
 * A test is at most three instructions; it may be entered further down by those that come with A as needed:
 *
 *     ld  [offset]        <- enter here
 *     and #mask           <- or here, when A holds those bits of that word and others
 *     jeq #k, then, else  <- or here, when A holds just those
 *
 * A jump reaches 255 instructions. A target further away is brought near: a return by a copy of it, anything
 * else by a `ja` right behind the jump; either serves the jumps before it that it is near to.
 */
import { Op } from "../abi/opcode.ts";
import type { SockFilter } from "../bpf/program.ts";
import { type Node, type Test, WHOLE, type Word } from "./graph.ts";

const REACH = 255;
const jumpCodes = { jeq: Op.JEQ, jgt: Op.JGT, jge: Op.JGE, jset: Op.JSET } as const;

/** The instructions of the decision `root`, first to last; their number is not limited here. */
export function layout(root: Node): SockFilter[] {
  return new Layout(root).insns();
}

class Layout {
  readonly #root: Node;
  /** Last instruction first. */
  readonly #reversed: SockFilter[] = [];
  /** Per node id, where each way of entering it begins: index into #reversed. */
  readonly #entries = new Map<number, Readonly<Record<Entry, number>>>();
  readonly #needed: Readonly<Record<"load" | "mask", ReadonlySet<number>>>;

  constructor(root: Node) {
    this.#root = root;
    this.#needed = findNeeded(root);
  }

  insns(): SockFilter[] {
    for (const node of postOrder(this.#root)) this.#emit(node);
    return this.#reversed.reverse();
  }

  #emit(node: Node): void {
    if (node.kind === "leaf") {
      const at = this.#push({ code: Op.RET, jt: 0, jf: 0, k: node.ret });
      this.#entries.set(node.id, { load: at, mask: at, jump: at });
      return;
    }
    const jump = this.#emitJump(node);
    let mask = jump;
    if (this.#needed.mask.has(node.id) && node.word.mask !== WHOLE)
      mask = this.#push({ code: Op.AND, jt: 0, jf: 0, k: node.word.mask });
    const load = this.#needed.load.has(node.id)
      ? this.#push({ code: Op.LD_ABS, jt: 0, jf: 0, k: node.word.offset })
      : mask;
    this.#entries.set(node.id, { load, mask, jump });
  }

  #emitJump(node: Test): number {
    let [yes, no] = [this.#target(node.then, node.word), this.#target(node.else, node.word)];
    // Bringing one target near pushes the other further away by one.
    if (this.#distance(no) > REACH || this.#distance(yes) > REACH) {
      const farNo = this.#distance(no) + (this.#distance(yes) > REACH ? 1 : 0) > REACH;
      if (farNo) no = this.#bringNear(node.else, node.word);
      if (this.#distance(yes) > REACH) yes = this.#bringNear(node.then, node.word);
    }
    const code = jumpCodes[node.op];
    return this.#push({ code, jt: this.#distance(yes), jf: this.#distance(no), k: node.k });
  }

  /** Where `node` is entered by a test that leaves A as `word`. */
  #target(node: Node, word: Word): number {
    const entry = this.#entries.get(node.id);
    if (!entry) throw new RangeError("a target without a place");
    return entry[entryFrom(node, word)];
  }

  /** The jump distance from the next instruction written to the one at `target`. */
  #distance(target: number): number {
    return this.#reversed.length - 1 - target;
  }

  /** A place of `node` right here, which serves all that come after, too: they are further from the other. */
  #bringNear(node: Node, word: Word): number {
    const entry = this.#entries.get(node.id);
    if (node.kind === "leaf" || !entry) {
      this.#emit(node);
      return this.#target(node, word);
    }
    const by = entryFrom(node, word);
    const at = this.#push({ code: Op.JA, jt: 0, jf: 0, k: this.#distance(entry[by]) });
    this.#entries.set(node.id, { ...entry, [by]: at });
    return at;
  }

  #push(insn: SockFilter): number {
    this.#reversed.push(insn);
    return this.#reversed.length - 1;
  }
}

/** How a test is entered: with its load, at its mask, or at its jump. */
export type Entry = "load" | "mask" | "jump";

/** How `node` is entered by a test that leaves A as `word`. */
export function entryFrom(node: Node, word: Word): Entry {
  if (node.kind === "leaf" || node.word.offset !== word.offset) return "load";
  if (node.word.mask === word.mask) return "jump";
  return (node.word.mask & ~word.mask) === 0 ? "mask" : "load";
}

/** Every node after all that it leads to; the `then` side nearest to its test. */
function postOrder(root: Node): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; done: boolean }[] = [{ node: root, done: false }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { node, done } = top;
    if (done) order.push(node);
    else if (!seen.has(node)) {
      seen.add(node);
      stack.push({ node, done: true });
      if (node.kind === "test")
        stack.push({ node: node.then, done: false }, { node: node.else, done: false });
    }
  }
  return order;
}

/** The tests that someone enters at their load, and those at their mask or before. */
function findNeeded(root: Node): Record<"load" | "mask", Set<number>> {
  const needed = { load: new Set<number>([root.id]), mask: new Set<number>([root.id]) };
  for (const node of postOrder(root)) {
    if (node.kind === "leaf") continue;
    for (const next of [node.then, node.else]) {
      const entry = entryFrom(next, node.word);
      if (entry === "load") needed.load.add(next.id);
      if (entry !== "jump") needed.mask.add(next.id);
    }
  }
  return needed;
}
