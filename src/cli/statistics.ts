/** What a compile tells of its program: sizes, what calls cost, which of them the kernel answers by itself, times. */
import { syscallName } from "../../arch/index.ts";
import { decodeAction, formatAction } from "../abi/action.ts";
import { pathCost } from "../bpf/check.ts";
import type { costsOf } from "../compile/cost.ts";
import type { Proven } from "../proof.ts";
import { say } from "./output.ts";

/** What calls cost on one arch. */
export type ArchCost = ReturnType<typeof costsOf>[number];

/** The statistics of a compile for Linux `kernel` as plain data. */
export function statisticsJson(compiled: Proven, costs: readonly ArchCost[], kernel: string) {
  return { ...sizesAndTimes(compiled), kernel, costs: costs.map(costJson) };
}

function sizesAndTimes({ program, nodes, passes, proof }: Proven) {
  return {
    instructions: program.insns.length,
    bytes: program.insns.length * 8,
    /** The length that the kernel counts against the limit of a path. */
    pathCost: pathCost(program),
    nodes,
    passes: passes.map(({ name, ms }) => ({ name, ms: rounded(ms) })),
    proof: proof ? { nodes: proof.nodes, ms: rounded(proof.ms) } : null,
  };
}

function costJson({ abi, mean, max, weighted, uncached, numbers }: ArchCost) {
  return {
    arch: abi,
    /** Instructions executed per call. */
    executed: {
      mean: rounded(mean),
      max,
      weighted: rounded(weighted),
      uncached: uncached === undefined ? null : rounded(uncached),
    },
    calls: numbers.map((number) => ({
      call: syscallName(abi, number.nr) ?? number.nr,
      cached: number.cached,
      mean: rounded(number.mean),
      max: number.max,
    })),
  };
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}

/** Says the statistics of a compile for Linux `kernel` to a person. */
export function sayStatistics(compiled: Proven, costs: readonly ArchCost[], kernel: string): void {
  const { instructions, bytes, pathCost: cost, nodes, passes, proof } = sizesAndTimes(compiled);
  const returns = new Set(
    compiled.program.insns.filter(({ code }) => code === 0x06).map(({ k }) => formatAction(decodeAction(k))),
  );
  const each = (name: string, text: (cost: ArchCost) => string) =>
    costs.forEach((arch, i) => {
      say(`${(i === 0 ? name : "").padEnd(14)}${costs.length > 1 ? `${arch.abi}: ` : ""}${text(arch)}`);
    });
  say(`arches        ${costs.map(({ abi }) => abi).join(", ")}`);
  say(`instructions  ${instructions} of 4096 (${bytes} bytes)`);
  say(`path cost     ${cost} of 32768, as the kernel counts it`);
  each("executed", executedText);
  each("cached", (arch) => cachedText(arch, kernel));
  say(`decisions     ${nodes} nodes`);
  say(`actions       ${[...returns].join(", ")}`);
  say(`passes        ${passes.map(({ name, ms }) => `${name} ${ms.toFixed(2)} ms`).join(", ")}`);
  if (proof) say(`proof         equal to the policy, ${proof.ms.toFixed(2)} ms, ${proof.nodes} nodes`);
}

function executedText({ mean, max, weighted, uncached }: ArchCost): string {
  const rest = uncached === undefined ? "" : ` (${uncached.toFixed(2)} without the cached ones)`;
  return `${weighted.toFixed(2)} per call as calls occur${rest}, ${mean.toFixed(1)} if all were alike, ${max} at most`;
}

function cachedText({ numbers }: ArchCost, kernel: string): string {
  const cached = numbers.filter((number) => number.cached).length;
  if (cached === 0) return `none: Linux ${kernel} runs the program for every call`;
  return `${cached} of ${numbers.length} calls, for which Linux ${kernel} does not run the program`;
}
