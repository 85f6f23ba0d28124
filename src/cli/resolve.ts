import {
  type AbiName,
  abi as abiFacts,
  abiNames,
  constant,
  constantNames,
  errnoName,
  errnoNames,
  errnoNumber,
  expandGroup,
  type GroupName,
  groupNames,
  isConstantName,
  isGroupName,
  isSyscallName,
  type SyscallName,
  syscallAlias,
  syscallArgs,
  syscallName,
  syscallNames,
  syscallNr,
  syscallSince,
} from "../../arch/index.ts";
import { type Found, groupReasons, type MemberReason } from "../../arch/reason.ts";
import { SeccatError } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";
import { archesOf, hostAbi } from "./arch.ts";
import type { Args } from "./args.ts";
import { Exit, outStyle, print, printJson } from "./output.ts";
import { table } from "./table.ts";

/** `seccat resolve`: what a name or a number means, on every arch. */
export async function resolveCommand(args: Args): Promise<number> {
  const word = args.text("name");
  const arches = archesOf(args.list("arch"));
  const answer = lookUp(word, arches ?? abiNames);
  if (!answer) throw unknown(word);
  if (answer.rows.length === 0) {
    throw new SeccatError({
      code: "name",
      message: arches ? `${word} is not on ${arches.join(", ")}` : `no arch has a syscall ${word}`,
      ...(arches ? { fix: "leave out --arch to see where it is" } : {}),
    });
  }
  if (args.flag("json")) printJson({ name: word, ...answer });
  else print(inWords(word, answer));
  return Exit.yes;
}

type Answer =
  | {
      readonly kind: "syscall";
      readonly since: string | null;
      readonly rows: readonly CallRow[];
    }
  | { readonly kind: "number"; readonly rows: readonly CallRow[]; readonly errnos: readonly string[] }
  | { readonly kind: "group"; readonly rows: readonly MemberRow[] }
  | { readonly kind: "errno" | "constant"; readonly rows: readonly ValueRow[] };

interface CallRow {
  readonly arch: AbiName;
  readonly nr: number;
  readonly syscall: SyscallName;
  readonly since: string | null;
  readonly arguments: readonly {
    readonly name: string;
    readonly type: string;
    readonly aliases: readonly string[];
  }[];
}
interface MemberRow {
  readonly syscall: SyscallName;
  readonly since: string | null;
  /** Why it is a member, where the group says so. */
  readonly reason?: MemberReason;
}
interface ValueRow {
  readonly arch: AbiName;
  readonly value: bigint;
}

function lookUp(word: string, arches: readonly AbiName[]): Answer | undefined {
  if (word.startsWith("@")) return isGroupName(word) ? { kind: "group", rows: members(word) } : undefined;
  if (/^(0x[0-9a-f]+|\d+)$/i.test(word)) return byNumber(Number(word), arches);
  const call = isSyscallName(word) ? word : syscallAlias(word);
  if (call !== undefined) {
    const rows = arches.flatMap((arch) => callRow(arch, syscallAlias(word, arch) ?? call));
    return { kind: "syscall", since: syscallSince(call) ?? null, rows };
  }
  if (errnoNames.some((name) => name === word))
    return {
      kind: "errno",
      rows: arches.flatMap((arch) => {
        const value = errnoNumber(arch, word);
        return value === undefined ? [] : [{ arch, value: BigInt(value) }];
      }),
    };
  if (!isConstantName(word)) return undefined;
  return {
    kind: "constant",
    rows: arches.flatMap((arch) => {
      const value = constant(arch, word);
      return value === undefined ? [] : [{ arch, value }];
    }),
  };
}

function members(group: GroupName): MemberRow[] {
  const reasons = groupReasons(group);
  return expandGroup(group).map((syscall) => {
    const reason = reasons.get(syscall);
    return { syscall, since: syscallSince(syscall) ?? null, ...(reason ? { reason } : {}) };
  });
}

function byNumber(nr: number, arches: readonly AbiName[]): Answer {
  const rows = arches.flatMap((arch) => {
    const name = syscallName(arch, nr) ?? syscallName(arch, nr + abiFacts(arch).nrBase);
    return name === undefined ? [] : callRow(arch, name);
  });
  const host = hostAbi() ?? "x86_64";
  const errno = errnoName(arches.includes(host) ? host : (arches[0] ?? host), nr);
  return { kind: "number", rows, errnos: errno === undefined ? [] : [errno] };
}

function callRow(arch: AbiName, syscall: SyscallName): CallRow[] {
  const nr = syscallNr(arch, syscall);
  if (nr === undefined) return [];
  const known = syscallArgs(arch, syscall) ?? [];
  return [
    {
      arch,
      nr,
      syscall,
      since: syscallSince(syscall) ?? null,
      arguments: known.map(({ name, type, aliases }) => ({ name, type, aliases })),
    },
  ];
}

function unknown(word: string): SeccatError {
  const candidates = word.startsWith("@") ? groupNames : [...syscallNames, ...groupNames, ...constantNames()];
  const fix = didYouMean(word, candidates);
  return new SeccatError({
    code: "name",
    message: `nothing is called ${word}`,
    expected: "a syscall, a number, a @group, a constant or an errno",
    ...(fix === undefined ? {} : { fix }),
  });
}

function inWords(word: string, answer: Answer): string {
  const style = outStyle();
  switch (answer.kind) {
    case "syscall": {
      const since = answer.since === null ? "" : `, since Linux ${answer.since}`;
      const otherNames = answer.rows.some(({ syscall }) => syscall !== word);
      return `${style.bold(word)}: a syscall${since}\n${callTable(answer.rows, otherNames)}`;
    }
    case "number": {
      const errno = answer.errnos.length > 0 ? `; as an errno it is ${answer.errnos.join(", ")}` : "";
      return `${style.bold(word)}: a number${errno}\n${callTable(answer.rows, true)}`;
    }
    case "group":
      return `${style.bold(word)}: a group of ${answer.rows.length} syscalls\n${table(
        answer.rows.map(({ syscall, since, reason }) => [
          syscall,
          reason ? reasonText(reason) : since === null ? "" : `since ${since}`,
        ]),
      )}`;
    default:
      return `${style.bold(word)}: ${answer.kind === "errno" ? "an errno" : "a constant"}\n${valueTable(answer.rows)}`;
  }
}

/** How far a trace can be trusted with a call is what people need to know of it. */
const foundText: Readonly<Record<Found, string>> = {
  trace: "",
  load: "; rare, a trace may not have it",
  reading: "; not in our traces, but in the sources",
};

function reasonText({ nodes, found, why }: MemberReason): string {
  return `${why} (Node ${nodes}${foundText[found]})`;
}

function callTable(rows: readonly CallRow[], withName: boolean): string {
  const head = ["arch", "number", ...(withName ? ["syscall"] : []), "arguments"];
  return table([
    head,
    ...rows.map(({ arch, nr, syscall, arguments: list }) => [
      arch,
      nr >= 0x40000000 ? `0x${nr.toString(16)}` : String(nr),
      ...(withName ? [syscall] : []),
      list.map(({ name, type }) => `${name}: ${type}`).join(", "),
    ]),
  ]);
}

/** One line per value, with the arches that share it. */
function valueTable(rows: readonly ValueRow[]): string {
  const byValue = new Map<bigint, AbiName[]>();
  for (const { arch, value } of rows) byValue.set(value, [...(byValue.get(value) ?? []), arch]);
  const all = byValue.size === 1 && rows.length === abiNames.length;
  return table(
    [...byValue].map(([value, arches]) => [
      String(value),
      `0x${BigInt.asUintN(64, value).toString(16)}`,
      all ? "on every arch" : arches.join(" "),
    ]),
  );
}
