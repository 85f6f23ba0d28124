import type { JumpOp } from "../../src/abi/opcode.ts";

/** What each conditional jump asks of A and k, both u32. */
export const holds: Record<JumpOp, (a: number, k: number) => boolean> = {
  jeq: (a, k) => a === k,
  jgt: (a, k) => a > k,
  jge: (a, k) => a >= k,
  jset: (a, k) => (a & k) !== 0,
};
