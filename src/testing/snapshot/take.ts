/** The verdicts of layers, as a snapshot tells them: read off the diagram, however the programs are laid out. */
import { type AbiName, abi as abiFacts } from "../../../arch/index.ts";
import { decodeAction } from "../../abi/action.ts";
import type { Endian } from "../../abi/data.ts";
import { kernelRules } from "../../bpf/kernel.ts";
import { type ArchVerdicts, type Judge, type VerdictCase, verdicts } from "../../prove/index.ts";
import { actionText } from "../action.ts";
import { type FilterLayer, programsOf } from "../filter.ts";
import { conditionText, valuesText } from "./condition.ts";
import { numbersRow } from "./numbers.ts";
import { EVERY_OTHER, type Snapshot, type SnapshotSection } from "./text.ts";

/**
 * What `layers` (newest first) answer on `arches`, under each of `kernels`, or under one that knows every action. Which
 * answer of a stack wins is the newest kernel's precedence: an older one has another for unknown actions above 2^31.
 * Throws what compile throws, and a SeccatError "proof" when the answers take too much to be worked out.
 */
export function takeSnapshot(
  layers: readonly FilterLayer[],
  arches: readonly AbiName[],
  kernels: readonly string[] = [],
): Snapshot {
  const orders = new Set(arches.map((abi) => abiFacts(abi).endian));
  const versions = kernels.length === 0 ? [undefined] : kernels;
  return versions.flatMap((kernel) =>
    [...orders].flatMap((endian) => {
      const own = arches.filter((abi) => abiFacts(abi).endian === endian);
      return sectionsOf(layers, endian, own, kernel);
    }),
  );
}

function sectionsOf(
  layers: readonly FilterLayer[],
  endian: Endian,
  arches: readonly AbiName[],
  kernel: string | undefined,
): SnapshotSection[] {
  const [first] = arches;
  if (!first) return [];
  const judge: Judge | undefined =
    kernel === undefined ? undefined : kernelRules({ version: kernel }).outcome;
  const table = verdicts(programsOf(layers, first), arches, judge);
  const title = (words: string) => (kernel === undefined ? words : `${words}, Linux ${kernel}`);
  return [
    ...table.arches.map((arch) => ({ title: title(arch.abi), rows: rowsOf(arch) })),
    {
      title: title(`every other ${endian}-endian arch`),
      rows: new Map([["every call", answersText(table.others, first)]]),
    },
  ];
}

function rowsOf({ abi, calls, numbers, rest }: ArchVerdicts): Map<string, readonly string[]> {
  const every = answersText(rest, abi);
  const rows = new Map<string, readonly string[]>();
  for (const { syscall, cases } of calls.toSorted((a, b) => (a.syscall < b.syscall ? -1 : 1))) {
    const answers = answersText(cases, abi, syscall);
    if (answers.join("\n") !== every.join("\n")) rows.set(syscall, answers);
  }
  for (const { values, mark, cases } of numbers) rows.set(numbersText(values, mark), answersText(cases, abi));
  return rows.set(EVERY_OTHER, every);
}

function numbersText(values: ArchVerdicts["numbers"][number]["values"], mark: string): string {
  const whole = values.complete ? "" : ` and more #${mark}`;
  if (values.kind === "masks") return `numbers ${valuesText("nr", values, 32)}${whole}`;
  return `${numbersRow(values.ranges)}${whole}`;
}

/** `allow when cmd in {1, 2}` and `kill_process otherwise`, or `allow` alone. */
function answersText(
  cases: readonly VerdictCase[],
  abi: AbiName,
  syscall?: ArchVerdicts["calls"][number]["syscall"],
): string[] {
  return cases.map(({ ret, when, mark }, i) => {
    const action = ret === undefined ? `computed #${mark}` : actionText(decodeAction(ret), abi);
    if (i < cases.length - 1) return `${action} when ${conditionText(when, mark, abi, syscall)}`;
    return cases.length === 1 ? action : `${action} otherwise`;
  });
}
