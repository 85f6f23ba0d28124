/** Random calls to a program, in the words that it was made for. */
import { type AbiName, abi, newestKernel, newestNr } from "../arch/index.ts";
import { SECCOMP_DATA_WORDS } from "../src/abi/data.ts";
import type { Program } from "../src/bpf/program.ts";
import type { Random } from "../test/seed.ts";

/**
 * `count` calls, sixteen words each: an ABI of `arches`, any of its numbers (and ten more), and in each word of
 * the arguments a random word, a small one, or one that the program compares with, as likely.
 */
export function randomCalls(
  random: Random,
  program: Program,
  arches: readonly AbiName[],
  count: number,
): Uint32Array {
  const abis = arches.map((name) => {
    const { auditArch, nrBase } = abi(name);
    return { auditArch, nrBase, most: newestNr(name, newestKernel) - nrBase + 11 };
  });
  const constants = [...new Set(program.insns.filter(({ code }) => (code & 7) === 5).map(({ k }) => k))];
  const calls = new Uint32Array(count * SECCOMP_DATA_WORDS);
  for (let at = 0; at < calls.length; at += SECCOMP_DATA_WORDS) {
    const { auditArch, nrBase, most } = random.pick(abis);
    calls[at] = nrBase + random.below(most);
    calls[at + 1] = auditArch;
    for (let word = 2; word < SECCOMP_DATA_WORDS; word++) {
      const kind = random.below(3);
      calls[at + word] = kind === 0 ? random.u32() : kind === 1 ? random.below(16) : random.pick(constants);
    }
  }
  return calls;
}
