import { type AbiName, abi as abiFacts } from "../../arch/index.ts";
import type { Action } from "../abi/action.ts";
import { type ArchExplanation, type Case, type Explanation, explain } from "../explain/index.ts";
import { actionText } from "../testing/action.ts";
import { archesOf } from "./arch.ts";
import type { Args } from "./args.ts";
import { type Filter, installedJson, printWarnings, readStack, type Stack } from "./filter.ts";
import { Exit, outStyle, print, printJson } from "./output.ts";
import { placeText, processJson, taskText } from "./process.ts";
import type { Style } from "./style.ts";
import { fold, foldList, lineWidth } from "./table.ts";

/** `seccat explain`: which call gets which action, read off the program, or off each that a process is under. */
export async function explainCommand(args: Args): Promise<number> {
  const asked = archesOf(args.list("arch"));
  const stack = readStack(args.text("filter"), { arches: asked });
  const explained = stack.filters.map((filter) => {
    const explanation = explain(filter.program, filter.arches);
    const arches = explanation.arches.filter((arch) => !asked || asked.includes(arch.abi));
    return { filter, explanation: { ...explanation, arches } };
  });
  if (args.flag("json")) {
    const filters = explained.map(({ filter, explanation }) => toJson(explanation, filter));
    printJson(stack.process ? { ...processJson(stack.process), filters } : filters[0]);
  } else {
    printWarnings(stack);
    const style = outStyle();
    const texts = explained.map(({ filter, explanation }) => inWords(explanation, filter, style, stack));
    print(stackWords(stack) + texts.join("\n"));
  }
  return Exit.yes;
}

/** How the filters of a process work together, where there are several. */
function stackWords({ filters, process }: Stack): string {
  if (!process || filters.length === 1) return "";
  const text = `${taskText(process)} is under ${filters.length} filters. The kernel asks each of them about every call, and the strictest answer counts; the oldest is told first.`;
  return `${fold(text, lineWidth()).join("\n")}\n\n`;
}

function toJson(explanation: Explanation, filter: Filter) {
  return {
    ...installedJson(filter),
    endian: filter.program.endian,
    instructions: filter.program.insns.length,
    complete: explanation.complete,
    arches: explanation.arches.map(({ abi, groups, rest }) => ({
      arch: abi,
      groups: groups.map((group) => ({ ...group, cases: group.cases.map((one) => caseJson(one, abi)) })),
      rest: rest.map((one) => caseJson(one, abi)),
    })),
    others: explanation.others.map((one) => caseJson(one, "x86_64")),
  };
}

function caseJson({ when, action }: Case, abi: AbiName) {
  return { when, verdict: verdict(action, abi) };
}

/** The action in words; `computed …` when the program works out what it returns. */
function verdict(action: Action | string, abi: AbiName): string {
  return typeof action === "string" ? `computed: ${action}` : actionText(action, abi);
}

function inWords(
  { arches, others, complete }: Explanation,
  { program: { insns, endian }, name, installed }: Filter,
  style: Style,
  { process }: Stack,
): string {
  const place = installed && process ? `, ${placeText(installed, process)}` : "";
  const parts = [`${style.bold(name)}: ${insns.length} instructions, ${endian}-endian${place}\n`];
  if (!complete)
    parts.push(
      style.yellow(
        "There are more ways through this program than were followed: what follows is true, not all.\n",
      ),
    );
  for (const arch of arches) parts.push(archWords(arch, style));
  if (others.length > 0)
    parts.push(
      `\n${style.bold(arches.length > 0 ? "every other arch" : "every call")}\n${casesWords(others, "x86_64", style, "  ")}`,
    );
  else if (arches.length > 0)
    parts.push(
      `\n${style.yellow("The program does not look at the arch:")} calls of every arch are judged by these numbers.\n`,
    );
  return parts.join("");
}

function archWords({ abi, groups, rest }: ArchExplanation, style: Style): string {
  const parts = [`\n${style.bold(abi)} ${style.dim(`(${abiFacts(abi).auditArchName})`)}\n`];
  for (const group of groups) {
    const members = [...group.syscalls, ...group.numbers.map(({ from, to }) => range(from, to))];
    const lines = foldList(members, lineWidth() - 4);
    const [only] = group.cases;
    if (group.cases.length === 1 && only && only.when.length === 0) {
      const count = group.syscalls.length;
      const how = count > 1 ? style.dim(` (${count} calls)`) : "";
      parts.push(`  ${painted(only.action, abi, style)}${how}\n    ${lines.join("\n    ")}\n`);
    } else parts.push(`  ${lines.join("\n  ")}\n${casesWords(group.cases, abi, style, "    ")}`);
  }
  const whole = groups.length === 0 ? "every call" : "every other call";
  return `${parts.join("")}  ${whole}\n${casesWords(rest, abi, style, "    ")}`;
}

/** Each answer with what it needs; the answer of the most ways last, as "otherwise". */
function casesWords(cases: readonly Case[], abi: AbiName, style: Style, indent: string): string {
  const byAction = new Map<string, Case[]>();
  for (const one of cases) {
    const key = verdict(one.action, abi);
    byAction.set(key, [...(byAction.get(key) ?? []), one]);
  }
  const ordered = [...byAction.values()].sort((a, b) => a.length - b.length);
  return ordered
    .map((list, i) => {
      const [first] = list;
      if (!first) return "";
      const action = painted(first.action, abi, style);
      if (ordered.length === 1) return `${indent}${action}\n`;
      if (i === ordered.length - 1) return `${indent}${action} otherwise\n`;
      return list.map(({ when }) => `${indent}${action} when ${when.join(" && ")}\n`).join("");
    })
    .join("");
}

function painted(action: Action | string, abi: AbiName, style: Style): string {
  const text = verdict(action, abi);
  if (text.startsWith("allow") || text.startsWith("log")) return style.green(text);
  return text.startsWith("kill") ? style.red(text) : style.yellow(text);
}

function range(from: number, to: number): string {
  const text = (value: number) => (value < 0x10000 ? String(value) : `0x${value.toString(16)}`);
  return from === to ? `number ${text(from)}` : `numbers ${text(from)}..${text(to)}`;
}
