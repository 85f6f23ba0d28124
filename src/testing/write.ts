/** Generated tests as the text of a test file: calls that are asked and answered alike share one entry. */
import { errnoName } from "../../arch/index.ts";
import { yamlText } from "../formats/write.ts";
import type { Generated, Pinned } from "./generate.ts";

const MAX_WIDTH = 100;

/** The text that readTestFile reads back; `stack` names the filter's files, newest first. */
export function writeTestFile(stack: readonly string[], { tests, complete }: Generated): string {
  const names = stack.map(yamlText);
  const lines = [
    "# What this filter answers today, at the edges of its rules. Written by seccat test --generate.",
    ...(complete ? [] : ["# There are more edges: the search for them ended at its limit."]),
    names.length === 1 ? `policy: ${names[0]}` : `stack: [${names.join(", ")}]`,
    "tests:",
  ];
  const entries = new Map<string, string[]>();
  for (const test of tests) {
    const rest = restOf(test);
    const calls = entries.get(rest) ?? [];
    calls.push(String(test.call));
    entries.set(rest, calls);
  }
  for (const [rest, calls] of entries) lines.push(...callLines(calls), rest);
  return `${lines.join("\n")}\n`;
}

/** What follows `call:` in an entry. */
function restOf({ abi, args, action }: Pinned): string {
  const gives = "data" in action ? `{ ${action.kind}: ${dataText(abi, action)} }` : action.kind;
  const written = argsText(args);
  const lines = [...(written === "" ? [] : [`args: ${written}`]), `gives: ${gives}`, `arch: ${abi}`];
  return lines.map((line) => `    ${line}`).join("\n");
}

function dataText(
  abi: Pinned["abi"],
  { kind, data }: { readonly kind: string; readonly data: number },
): string {
  return (kind === "errno" ? errnoName(abi, data) : undefined) ?? String(data);
}

function argsText(args: Pinned["args"]): string {
  if (isList(args)) return args.length === 0 ? "" : `[${args.map(numberText).join(", ")}]`;
  const entries = Object.entries(args).map(([name, value]) => `${name}: ${numberText(value)}`);
  return `{ ${entries.join(", ")} }`;
}

function numberText(value: bigint): string {
  return value < 10n ? String(value) : `0x${value.toString(16)}`;
}

function isList(args: Pinned["args"]): args is readonly bigint[] {
  return Array.isArray(args);
}

/** `- call: read`, or a list of them over as many lines as it takes. */
function callLines(calls: readonly string[]): string[] {
  if (calls.length === 1) return [`  - call: ${calls[0]}`];
  const lines: string[] = [];
  let line = "  - call: [";
  for (const [i, call] of calls.entries()) {
    const word = `${call}${i === calls.length - 1 ? "]" : ","}`;
    if (line.length + word.length + 1 > MAX_WIDTH) {
      lines.push(line);
      line = "      ";
    }
    line += line.endsWith("[") || line.trim() === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}
