/** Writes what was learned to its place, and what the user has to know about it to stderr. */
import { basename, extname } from "node:path";
import type { TwinCause } from "../../arch/index.ts";
import { writePolicy } from "../formats/index.ts";
import { widen } from "../policy/portability.ts";
import type { Policy } from "../policy/types.ts";
import {
  droppedAfterStart,
  formatReport,
  type Learned,
  type LearnedCall,
  type Part,
} from "../trace/index.ts";
import { sayWidened } from "./lint.ts";
import { errStyle, printJson, say, visible, writeOutput } from "./output.ts";
import { table } from "./table.ts";

/** Where results go. */
export interface Delivery {
  /** A file, `-`, or undefined for stdout. */
  readonly output: string | undefined;
  readonly json: boolean;
  /** Whether the command line asks for several policies. */
  readonly split: boolean;
}

/** The same with the calls that are made elsewhere; says which those are. */
export function widened(learned: Learned, causes: readonly TwinCause[]): Learned {
  if (causes.length === 0) return learned;
  const wide = widen(learned.policy, causes);
  sayWidened(wide);
  const parts = learned.parts.map((part) => ({ ...part, policy: widen(part.policy, causes).policy }));
  return { ...learned, policy: wide.policy, parts };
}

/** Writes the policy, and those of its parts beside it. */
export function deliver(learned: Learned, { output, json, split }: Delivery): void {
  const { policy, report, parts } = learned;
  const inJson = output !== undefined && /\.json$/i.test(output);
  const text = (one: Policy) => writePolicy(one, inJson ? "json" : "yaml");
  const dropped = droppedAfterStart(parts);
  if (json) {
    if (output !== undefined) writeOutput(output, text(policy));
    const told = parts.map(({ name, policy: own, syscalls }) => {
      return { name, policy: JSON.parse(writePolicy(own, "json")), syscalls };
    });
    printJson({
      policy: JSON.parse(writePolicy(policy, "json")),
      report,
      ...(split ? { parts: told, ...(dropped ? { startOnly: dropped } : {}) } : {}),
    });
    return;
  }
  for (const line of formatReport(report)) say(coloured(visible(line)));
  sayArgs(report.syscalls);
  if (dropped && dropped.length > 0)
    say(`only start-up needs ${dropped.length}, which can be denied afterwards: ${dropped.join(", ")}`);
  writeOutput(output ?? "-", text(policy));
  if (output === undefined || output === "-") return;
  say(`wrote ${output}`);
  for (const [part, path] of partPaths(output, parts)) {
    writeOutput(path, text(part.policy));
    const count = part.syscalls.length;
    say(`wrote ${path} (${visible(part.name)}): ${count} ${count === 1 ? "call" : "calls"}`);
  }
}

/** What conditions leave of the values that each argument can have. */
function sayArgs(syscalls: readonly LearnedCall[]): void {
  const rows = syscalls.flatMap(({ call, args = [] }) =>
    args.map(({ name, when, values, unknown, allowed, known }) => [
      String(call),
      name,
      when !== undefined
        ? `${allowed} of ${known}`
        : unknown > 0
          ? `all: ${unknown === 1 ? "a call does" : `${unknown} calls do`} not tell it`
          : `all: ${values.length} were seen`,
    ]),
  );
  if (rows.length > 0) say(table([["call", "argument", "values and flags allowed"], ...rows]).trimEnd());
}

function coloured(line: string): string {
  const style = errStyle();
  const head = /^(warning|note):/.exec(line)?.[1];
  if (head === undefined) return line;
  return line.replace(head, head === "warning" ? style.yellow(head) : style.cyan(head));
}

/** `p.yaml` has `p.accept.yaml` beside it; of parts whose short names are the same, all but the first get a number. */
export function partPaths(output: string, parts: readonly Part[]): (readonly [Part, string])[] {
  const extension = extname(output);
  const stem = output.slice(0, output.length - extension.length);
  const taken = new Map<string, number>();
  return parts.map((part) => {
    const short = basename(part.name).replaceAll(/[^A-Za-z0-9._-]+/g, "-") || "part";
    const before = taken.get(short) ?? 0;
    taken.set(short, before + 1);
    return [part, `${stem}.${short}${before === 0 ? "" : `-${before + 1}`}${extension}`];
  });
}
