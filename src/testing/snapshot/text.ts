/**
 * A snapshot as text, and back:
 *
 *     # What cat.yaml answers. Written by seccat test --snapshot, and anew by --update.
 *
 *     x86_64
 *       read: allow
 *       fcntl:
 *         allow when cmd in {1, 2}
 *         kill_process otherwise
 *       every other call: kill_process
 *
 *     every other little-endian arch
 *       every call: kill_process
 */
import { SeccatError } from "../../abi/error.ts";

/** What calls get on one arch, under one kernel. */
export interface SnapshotSection {
  /** `x86_64`, `aarch64, Linux 4.9`. */
  readonly title: string;
  /** By call: its answers, each with its condition. Calls that are not there are answered as `EVERY_OTHER`. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
}

/** The verdicts of a filter. */
export type Snapshot = readonly SnapshotSection[];

/** The row for calls that have none. */
export const EVERY_OTHER = "every other call";

/** The text of the snapshot of a filter called `name`. */
export function formatSnapshot(snapshot: Snapshot, name: string): string {
  const head = `# What ${name} answers. Written by seccat test --snapshot, and anew by --update.`;
  const sections = snapshot.map(({ title, rows }) => [title, ...[...rows].flatMap(rowLines), ""].join("\n"));
  return `${[head, "", ...sections].join("\n")}`;
}

function rowLines([call, answers]: readonly [string, readonly string[]]): string[] {
  const [only, more] = answers;
  if (only !== undefined && more === undefined) return [`  ${call}: ${only}`];
  return [`  ${call}:`, ...answers.map((answer) => `    ${answer}`)];
}

/** The snapshot that `text` is. Throws a SeccatError "syntax" for what formatSnapshot does not write. */
export function parseSnapshot(text: string, file: string): Snapshot {
  const sections: { title: string; rows: Map<string, string[]> }[] = [];
  let row: string[] | undefined;
  text.split(/\r?\n/).forEach((line, at) => {
    const rows = sections.at(-1)?.rows;
    const [, indent = "", rest = ""] = /^( *)(.*)$/.exec(line) ?? [];
    const [, call, answer] = /^(.*?):(?: (.*))?$/.exec(rest) ?? [];
    if (rest === "" || line.startsWith("#")) return;
    if (indent === "" && /^[\w.,-]+( [\w.,-]+)*$/.test(rest)) {
      sections.push({ title: rest, rows: new Map() });
      row = undefined;
    } else if (indent === "  " && rows && call !== undefined && !rows.has(call)) {
      row = answer === undefined ? [] : [answer];
      rows.set(call, row);
    } else if (indent === "    " && row) row.push(rest);
    else throw noSnapshot(file, at + 1, rest);
  });
  return sections;
}

function noSnapshot(file: string, line: number, received: string): SeccatError {
  return new SeccatError({
    code: "syntax",
    message: "this is no line of a snapshot",
    where: { file, line },
    received,
    fix: "--update writes the snapshot anew",
  });
}
