/**
 * Makes arch/table/*.ts from arch/data/*: `npm run arch` writes, `npm run arch -- --check` compares and exits
 * with 1 at the first difference. The tables are single strings, so that loading them costs a read and no
 * parsing; what their lines look like is said above each.
 *
 * The only file of arch/ that touches the disk; nothing of the product imports it.
 */
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The text of each table by file name, made from the data in the folder `data` (with a trailing slash). */
export function generate(data: string): Map<string, string> {
  const read = (name: string) => readFileSync(`${data}${name}`, "utf8");
  const abis: AbiRow[] = JSON.parse(read("abis.json"));
  const tables = [...new Set(abis.map((abi) => abi.table))];
  const syscalls = rows(read("syscalls.tsv"));
  const node = rows(read("node.tsv"));
  const files: [string, string][] = [
    ["abi.ts", abiTable(abis, tables, syscalls)],
    ["syscall.ts", syscallTable(syscalls, rows(read("aliases.tsv")))],
    ["arg.ts", argTable(rows(read("args.tsv")), tables)],
    ["constant.ts", valueTable("Constant", rows(read("constants.tsv")), tables)],
    ["errno.ts", valueTable("Errno", rows(read("errno.tsv")), tables)],
    ["signal.ts", valueTable("Signal", rows(read("signals.tsv")), tables)],
    ["group.ts", groupTable([...rows(read("groups.tsv")), ...nodeGroups(node)])],
    ["reason.ts", reasonTable(node)],
  ];
  return new Map(files.map(([name, text]) => [name, header + text]));
}

interface AbiRow {
  name: string;
  table: string;
  auditArch: string;
}

const header =
  "// Generated from arch/data by arch/generate.ts (npm run arch): change those, not this file.\n\n";

/** The lines of a TSV as cells, without comments. */
function rows(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => line.split("\t"));
}

/** The words broken into lines of about 100 characters. */
function fill(words: readonly string[], separator: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line !== "" && line.length + word.length > 100) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : separator + word;
  }
  return [...lines, line];
}

/** `export type NAME = "a" | "b" ...` */
function union(name: string, members: readonly string[]): string {
  const lines = fill(
    members.map((member) => JSON.stringify(member)),
    " | ",
  );
  return `export type ${name} =\n${lines.map((line) => `  | ${line}`).join("\n")};\n`;
}

/** `export const NAME` as one template literal of these lines. */
function text(name: string, lines: readonly string[]): string {
  return `export const ${name} = \`${lines.join("\n")}\`;\n`;
}

function abiTable(abis: readonly AbiRow[], tables: readonly string[], syscalls: string[][]): string {
  const [head = [], ...calls] = syscalls;
  const list = abis.map((abi) => {
    const column = head.indexOf(abi.table);
    const multiplexers: Record<string, number> = {};
    for (const name of ["socketcall", "ipc", "syscall"]) {
      const nr = calls.find((row) => row[0] === name)?.[column];
      if (nr !== undefined && nr !== "-") multiplexers[name] = Number(nr);
    }
    const row = { ...abi, auditArch: Number(abi.auditArch), table: tables.indexOf(abi.table), multiplexers };
    return `  ${JSON.stringify(row)},\n`;
  });
  const names = abis.map((abi) => abi.name);
  return `${union("AbiName", names)}
/** Every ABI; \`table\` counts the columns of numbers, and is the capital letter (0 = A) in the other tables. */
export const abiRows = [\n${list.join("")}] as const;\n`;
}

function syscallTable(syscalls: string[][], aliases: string[][]): string {
  const [head = [], ...calls] = syscalls;
  const names = calls.map(([name = ""]) => name);
  const column = (index: number) =>
    fill(
      calls.map((row) => row[index] ?? "-"),
      " ",
    );
  const numbers = head.slice(2).map((table, i) => `  // ${table}\n  \`${column(i + 2).join("\n")}\`,\n`);
  const other = aliases.map(([alias, names = ""]) => `  ${JSON.stringify([alias, ...names.split(" ")])},\n`);
  return `${union("SyscallName", names)}
/** All names in order. */
${text("names", fill(names, " "))}
/** The kernel that had each first, in the order of the names; "-" where unknown. */
${text("since", column(1))}
/** By table, the number of each in the order of the names; "-" where the ABI lacks it. */
export const numbers: readonly string[] = [\n${numbers.join("")}];

/** Other spellings, each before the names it stands for. */
export const aliases: readonly (readonly [string, ...SyscallName[]])[] = [\n${other.join("")}];\n`;
}

function argTable(args: string[][], tables: readonly string[]): string {
  const lines = args.map(([name = "", where = "*", ...list]) =>
    [where === "*" ? name : `${name}@${letters(where.split(","), tables)}`, ...list].join(" "),
  );
  return `/** NAME[@TABLES] ARG...: an ARG is name|alias:kind:type, "+" at its end when split on 32-bit ABIs. */
${text("args", lines)}`;
}

/** The capital letters of these tables. */
function letters(names: readonly string[], tables: readonly string[]): string {
  const codes = names.map((name) => {
    const index = tables.indexOf(name);
    if (index < 0) throw new Error(`arch/data: no table is named ${name}`);
    return String.fromCharCode(65 + index);
  });
  return codes.join("");
}

function valueTable(type: string, list: string[][], tables: readonly string[]): string {
  const value = (s: string) => (s === "-" ? "!" : s.replace("0x", ""));
  const lines = list.map(([name = "", base = "-", others = "-"]) => {
    const differing = others === "-" ? [] : others.split(" ");
    const parts = differing.map((each) => {
      const [where = "", there = "-"] = each.split("=");
      return letters(where.split(","), tables) + value(there);
    });
    return [name, value(base), ...parts].join(" ");
  });
  return `${union(
    `${type}Name`,
    list.map(([name = ""]) => name),
  )}
/** NAME VALUE [TABLES VALUE]...: hexadecimal, "!" where absent; the first value is for the tables not named. */
${text("values", lines)}`;
}

function groupTable(groups: string[][]): string {
  const names = groups.map(([name = ""]) => name);
  return `${union("GroupName", names)}
/** NAME MEMBER...: a member may be a group. */
${text(
  "groups",
  groups.map((row) => row.join(" ")),
)}`;
}

/** The groups that the rows of node.tsv make up, in order. */
function nodeGroups(node: string[][]): string[][] {
  const groups = new Map<string, Set<string>>();
  for (const [name = "", calls = ""] of node) {
    const members = groups.get(name) ?? new Set();
    groups.set(name, members);
    for (const call of calls.split(" ")) members.add(call);
  }
  return [...groups].map(([name, members]) => [name, ...members]);
}

function reasonTable(node: string[][]): string {
  return `/** GROUP, MEMBERS, NODES, FOUND, REASON, with tabs between. */
${text(
  "reasons",
  node.map((row) => row.join("\t")),
)}`;
}

/**
 * Where the files of a folder first differ from the made ones, as the lines to print; undefined when they agree.
 * `folder` ends with a slash.
 */
export function difference(made: ReadonlyMap<string, string>, folder: string): string | undefined {
  for (const [name, text] of made) {
    const is = existsSync(folder + name) ? readFileSync(folder + name, "utf8").split("\n") : [];
    const wanted = text.split("\n");
    const lines = Array.from({ length: Math.max(is.length, wanted.length) }, (_, i) => i);
    const at = lines.find((i) => is[i] !== wanted[i]);
    if (at === undefined) continue;
    const show = (line: string | undefined) => (line === undefined ? "(nothing)" : line.slice(0, 110));
    return `${name}:${at + 1} is out of date, run npm run arch\n  is:     ${show(is[at])}\n  should: ${show(wanted[at])}`;
  }
  return undefined;
}

function main(): void {
  const up = fileURLToPath(new URL("../", import.meta.url));
  const root = existsSync(`${up}package.json`) ? up : fileURLToPath(new URL("../../", import.meta.url));
  const folder = `${root}arch/table/`;
  const made = generate(`${root}arch/data/`);
  if (process.argv.includes("--check")) {
    const found = difference(made, folder);
    if (found === undefined) return;
    console.error(`arch/table/${found}`);
    process.exitCode = 1;
    return;
  }
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of made) writeFileSync(folder + name, text);
}

const started = process.argv[1];
if (started !== undefined && realpathSync(started) === realpathSync(fileURLToPath(import.meta.url))) main();
