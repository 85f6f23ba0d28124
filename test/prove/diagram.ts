/** Diagrams of single programs and policies, asked for single calls. */
import { type SeccompData, unpackData } from "../../src/abi/data.ts";
import type { Program } from "../../src/bpf/program.ts";
import { resolve } from "../../src/policy/resolve.ts";
import type { Policy } from "../../src/policy/types.ts";
import { mixedWords } from "../../src/prove/flow.ts";
import { isOpen, wordOfLeaf } from "../../src/prove/leaf.ts";
import { wordsOf } from "../../src/prove/order.ts";
import { policyDiagram } from "../../src/prove/policy.ts";
import { leafAt } from "../../src/prove/set.ts";
import { makeSpace, type Space } from "../../src/prove/space.ts";
import { type Node, TRUE } from "../../src/prove/table.ts";
import { programDiagram } from "../../src/prove/walk.ts";

/** A diagram that answers calls. */
export interface Asked {
  readonly space: Space;
  readonly root: Node;
  /** The return value (u32) for a call; undefined where the diagram is open. */
  readonly ask: (call: SeccompData) => number | undefined;
}

/** The diagram of a program, made with at most so many nodes. */
export function ofProgram(program: Program, nodes = 1 << 16): Asked {
  const space = makeSpace(mixedWords([program]), { nodes, steps: 8 * nodes });
  return asked(space, programDiagram(space, program));
}

/** The diagram of a policy. */
export function ofPolicy(policy: Policy, nodes = 1 << 18): Asked {
  const space = makeSpace([], { nodes, steps: 8 * nodes });
  return asked(space, policyDiagram(space, resolve(policy)));
}

/** What any diagram says of a call. */
export function asked(space: Space, root: Node): Asked {
  const { table, order, words } = space;
  const ask = (call: SeccompData) => {
    const values = wordsOf(call);
    const leaf = leafAt(table, order, root, values);
    if (isOpen(table, leaf)) return undefined;
    const bits = wordOfLeaf(table, words, leaf).bits;
    return bits.reduce(
      (sum, bit, i) => (leafAt(table, order, bit, values) === TRUE ? (sum | (1 << i)) >>> 0 : sum),
      0,
    );
  };
  return { space, root, ask };
}

/** The call that packed words hold for a program. */
export function callOf(program: Program, words: Uint32Array): SeccompData {
  return unpackData(words, program.endian);
}
