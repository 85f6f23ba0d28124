import { type AbiName, abi, tableOf } from "./abi.ts";
import { aliases, names, numbers, type SyscallName, since as sinceTable } from "./table/syscall.ts";
import { compareVersions } from "./version.ts";

export type { SyscallName };

/** The Linux whose tables these are: every call up to it is known. */
export const newestKernel: string = "7.2";

/** Every name that some ABI has, in order. */
export const syscallNames: readonly SyscallName[] = names.split(/\s/) as SyscallName[];

const known: ReadonlySet<string> = new Set(syscallNames);

/** Other spellings that no ABI has as a name of its own, but syscallAlias knows. */
export const syscallAliases: readonly string[] = aliases
  .map(([alias]) => alias)
  .filter((alias) => !known.has(alias));

interface Numbers {
  readonly byName: ReadonlyMap<string, number>;
  /** Ordered by number. */
  readonly list: readonly (readonly [SyscallName, number])[];
}

const cache = new Map<AbiName, Numbers>();
/** Apart, because to start a command takes no name of a number. */
const namesByNr = new Map<AbiName, ReadonlyMap<number, SyscallName>>();
let indexes: ReadonlyMap<string, number> | undefined;
let versions: readonly string[] | undefined;

function numbersOf(name: AbiName): Numbers {
  const had = cache.get(name);
  if (had) return had;
  const bit = name === "x32" ? abi(name).nrBase : 0;
  const column = (numbers[tableOf(name)] ?? "").split(/\s/);
  const list: (readonly [SyscallName, number])[] = [];
  syscallNames.forEach((call, i) => {
    const nr = column[i];
    if (nr !== undefined && nr !== "-") list.push([call, Number(nr) + bit]);
  });
  list.sort((a, b) => a[1] - b[1]);
  const made = { byName: new Map(list), list };
  cache.set(name, made);
  return made;
}

function indexOf(s: string): number | undefined {
  indexes ??= new Map(syscallNames.map((name, i) => [name, i]));
  return indexes.get(s);
}

/** Whether some ABI has a call of this name. */
export function isSyscallName(s: string): s is SyscallName {
  return indexOf(s) !== undefined;
}

/**
 * The name for which `s` is another spelling: `umount` is `umount2`, `pread` is `pread64`. With an ABI, one
 * that the ABI has, where it lacks `s` itself; undefined when there is none.
 */
export function syscallAlias(s: string, abi?: AbiName): SyscallName | undefined {
  const row = aliases.find(([alias]) => alias === s);
  if (!row) return undefined;
  const [, ...targets] = row;
  if (abi === undefined) return targets[0];
  const { byName } = numbersOf(abi);
  return byName.has(s) ? undefined : targets.find((name) => byName.has(name));
}

/** The number as seccomp_data.nr holds it, with x32's bit and the bases of mips; undefined when the ABI lacks it. */
export function syscallNr(abi: AbiName, name: SyscallName): number | undefined {
  return numbersOf(abi).byName.get(name);
}

/** The name of number `nr` (as seccomp_data.nr holds it) on the ABI. */
export function syscallName(abi: AbiName, nr: number): SyscallName | undefined {
  return (namesByNr.get(abi) ?? nameAll(abi)).get(nr);
}

function nameAll(abi: AbiName): ReadonlyMap<number, SyscallName> {
  const made = new Map(numbersOf(abi).list.map(([call, nr]) => [nr, call]));
  namesByNr.set(abi, made);
  return made;
}

/** Every call of the ABI with its number, ordered by number. */
export function syscallsOf(abi: AbiName): readonly (readonly [SyscallName, number])[] {
  return numbersOf(abi).list;
}

/** The Linux that had the call first on any architecture, such as "5.6"; undefined when not known. */
export function syscallSince(name: SyscallName): string | undefined {
  versions ??= sinceTable.split(/\s/);
  const version = versions[indexOf(name) ?? -1];
  return version === "-" ? undefined : version;
}

/**
 * The highest ordinary number that the ABI has in Linux `kernel` (the newest when absent): the second block
 * of x32 from 512 and the private calls of ARM from 0xf0000 are not counted. An architecture may have taken
 * a call later than the first one did; the answer is then too high for those kernels, never too low.
 */
export function newestNr(abi: AbiName, kernel: string = newestKernel): number {
  const last = ordinaryLimit(abi);
  let highest = 0;
  for (const [name, nr] of numbersOf(abi).list) {
    if (nr >= last) break;
    const since = syscallSince(name);
    if (since === undefined || compareVersions(since, kernel) <= 0) highest = nr;
  }
  return highest;
}

function ordinaryLimit(name: AbiName): number {
  if (name === "x32") return abi(name).nrBase + 512;
  return name === "arm" ? 0xf0000 : Number.POSITIVE_INFINITY;
}
