/**
 * Decision graph -> instructions, written from the last to the first, so that every target already has its
 * place and no fix-up pass exists.
 *
 * A test is at most three instructions; it may be entered past its loads by those that come with A as needed:
 *
 *     ld  [offset]        <- enter here
 *     and #mask
 *     jeq #k, then, else  <- or here, when A holds that word already
 *
 * A jump reaches 255 instructions. A target further away is brought near: a return by a copy of it, anything
 * else by a `ja` right behind the jump.
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
  /** Per node id, where it can be entered: index into #reversed, with and without its loads. */
  readonly #entries = new Map<number, { load: number; jump: number }>();
  readonly #needsLoad: ReadonlySet<number>;

  constructor(root: Node) {
    this.#root = root;
    this.#needsLoad = findLoads(root);
  }

  insns(): SockFilter[] {
    for (const node of postOrder(this.#root)) this.#emit(node);
    return this.#reversed.reverse();
  }

  #emit(node: Node): void {
    if (node.kind === "leaf") {
      const at = this.#push({ code: Op.RET, jt: 0, jf: 0, k: node.ret });
      this.#entries.set(node.id, { load: at, jump: at });
      return;
    }
    const jump = this.#emitJump(node);
    let load = jump;
    if (this.#needsLoad.has(node.id)) {
      if (node.word.mask !== WHOLE) this.#push({ code: Op.AND, jt: 0, jf: 0, k: node.word.mask });
      load = this.#push({ code: Op.LD_ABS, jt: 0, jf: 0, k: node.word.offset });
    }
    this.#entries.set(node.id, { load, jump });
  }

  #emitJump(node: Test): number {
    let [yes, no] = [this.#target(node.then, node.word), this.#target(node.else, node.word)];
    // Bringing one target near pushes the other further away by one.
    if (this.#distance(no) > REACH || this.#distance(yes) > REACH) {
      const farNo = this.#distance(no) + (this.#distance(yes) > REACH ? 1 : 0) > REACH;
      if (farNo) no = this.#bringNear(node.else, no);
      if (this.#distance(yes) > REACH) yes = this.#bringNear(node.then, yes);
    }
    const code = jumpCodes[node.op];
    return this.#push({ code, jt: this.#distance(yes), jf: this.#distance(no), k: node.k });
  }

  /** Where `node` is entered by a test that leaves A as `word`. */
  #target(node: Node, word: Word): number {
    const entry = this.#entries.get(node.id);
    if (!entry) throw new RangeError("a target without a place");
    return node.kind === "test" && sameWord(node.word, word) ? entry.jump : entry.load;
  }

  /** The jump distance from the next instruction written to the one at `target`. */
  #distance(target: number): number {
    return this.#reversed.length - 1 - target;
  }

  #bringNear(node: Node, target: number): number {
    if (node.kind === "leaf") {
      this.#emit(node);
      return this.#reversed.length - 1;
    }
    return this.#push({ code: Op.JA, jt: 0, jf: 0, k: this.#distance(target) });
  }

  #push(insn: SockFilter): number {
    this.#reversed.push(insn);
    return this.#reversed.length - 1;
  }
}

function sameWord(a: Word, b: Word): boolean {
  return a.offset === b.offset && a.mask === b.mask;
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

/** The tests that someone enters with another word in A. */
function findLoads(root: Node): Set<number> {
  const loads = new Set<number>([root.id]);
  for (const node of postOrder(root)) {
    if (node.kind === "leaf") continue;
    for (const next of [node.then, node.else])
      if (next.kind === "test" && !sameWord(next.word, node.word)) loads.add(next.id);
  }
  return loads;
}
