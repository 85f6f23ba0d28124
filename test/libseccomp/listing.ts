/** Runs pseudo filter code, the listing that libseccomp makes of its rules without going through a program. */
import type { SeccompData } from "../../src/abi/data.ts";

type Statement =
  | { readonly kind: "action"; readonly action: number }
  | { readonly kind: "if"; readonly test: Test; readonly yes: Statement[]; readonly no: Statement[] };

interface Test {
  readonly word: string;
  readonly mask: number;
  readonly op: string;
  readonly value: number;
}

/** What the listing says of a call, as a return value. */
export function runListing(text: string, call: SeccompData): number {
  const lines = text
    .split("\n")
    .filter((line) => line !== "" && !line.trimStart().startsWith("#"))
    .map((line) => line.replace(/ # .*$/, ""));
  const ret = runBlock(parse(lines, 0).block, call);
  if (ret === undefined) throw new Error("the listing ends without an action");
  return ret;
}

function parse(lines: readonly string[], indent: number, from = 0): { block: Statement[]; next: number } {
  const block: Statement[] = [];
  let at = from;
  for (let line = lines[at]; line?.startsWith(" ".repeat(indent)); line = lines[at]) {
    const action = /^ *action (\S+);$/.exec(line)?.[1];
    const condition = /^ *if \(\$(\S+)(?: & (0x\w+))? (==|>=|>) (\d+)\)$/.exec(line);
    if (action !== undefined) {
      block.push({ kind: "action", action: actionValue(action) });
      at++;
    } else if (condition) {
      const [, word = "", mask = "0xffffffff", op = "", value = ""] = condition;
      const yes = parse(lines, indent + 2, at + 1);
      const hasElse = lines[yes.next] === `${" ".repeat(indent)}else`;
      const no = hasElse ? parse(lines, indent + 2, yes.next + 1) : { block: [], next: yes.next };
      const test = { word, mask: Number(mask), op, value: Number(value) };
      block.push({ kind: "if", test, yes: yes.block, no: no.block });
      at = no.next;
    } else if (line === `${" ".repeat(indent)}else`) break;
    else throw new Error(`no line of a listing: ${line}`);
  }
  return { block, next: at };
}

function runBlock(block: readonly Statement[], call: SeccompData): number | undefined {
  for (const statement of block) {
    if (statement.kind === "action") return statement.action;
    const ret = runBlock(holds(statement.test, call) ? statement.yes : statement.no, call);
    if (ret !== undefined) return ret;
  }
  return undefined;
}

function holds({ word, mask, op, value }: Test, call: SeccompData): boolean {
  const left = (wordOf(word, call) & mask) >>> 0;
  if (op === "==") return left === value;
  return op === ">" ? left > value : left >= value;
}

function wordOf(word: string, call: SeccompData): number {
  if (word === "arch") return call.arch;
  if (word === "syscall") return call.nr;
  const [, index = "", half] = /^a(\d)(\.hi32)?/.exec(word) ?? [];
  const arg = call.args[Number(index)] ?? 0n;
  return Number(BigInt.asUintN(32, half === undefined ? arg : arg >> 32n));
}

const plain: ReadonlyMap<string, number> = new Map([
  ["KILL", 0],
  ["KILL_PROCESS", 0x80000000],
  ["TRAP", 0x30000],
  ["LOG", 0x7ffc0000],
  ["ALLOW", 0x7fff0000],
  ["NOTIFY", 0x7fc00000],
]);

function actionValue(text: string): number {
  const value = plain.get(text) ?? (text.startsWith("0x") ? Number(text) : undefined);
  if (value !== undefined) return value;
  const [, name, data = ""] = /^(ERRNO|TRACE)\((\d+)\)$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`no action of a listing: ${text}`);
  return (name === "ERRNO" ? 0x50000 : 0x7ff00000) + Number(data);
}
