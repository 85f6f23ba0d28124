/** Writes what was learned to its place, and what the user has to know about it to stderr. */
import { basename, extname } from "node:path";
import type { Needed, TwinCause } from "../../arch/index.ts";
import { writePolicy } from "../formats/index.ts";
import { type Added, addNeeded, neededBy } from "../policy/needed.ts";
import { widen } from "../policy/portability.ts";
import type { Policy } from "../policy/types.ts";
import {
  droppedAfterStart,
  formatReport,
  type Learned,
  type LearnedCall,
  type Part,
} from "../trace/index.ts";
import type { Args } from "./args.ts";
import { causesOf, sayWidened } from "./lint.ts";
import { errStyle, printJson, say, visible, writeOutput } from "./output.ts";
import { table } from "./table.ts";

/** Where results go. */
export interface Delivery {
  /** A file, `-`, or undefined for stdout. */
  readonly output: string | undefined;
  readonly json: boolean;
  /** By what the command line asks for several policies, when it does. */
  readonly split: string | undefined;
}

/** Which calls that were not seen are to be allowed too. */
export interface Extras {
  /** What others call for what was seen. */
  readonly causes: readonly TwinCause[];
  /** What traces miss. */
  readonly needed: readonly Needed[];
}

/** What `--widen` and `--add` ask for. Throws a SeccatError "usage" or "name". */
export function extrasOf(args: Args): Extras {
  return { causes: causesOf(args) ?? [], needed: neededBy(args.list("add") ?? []) };
}

/** The same with calls that were not seen; says which those are. */
export function widened(learned: Learned, extras: Extras): Learned {
  const policy = withExtras(learned.policy, extras);
  const parts = learned.parts.map((part) => ({ ...part, policy: withExtras(part.policy, extras, false) }));
  return { ...learned, policy, parts };
}

/** `policy` with calls that were not seen; says which those are, unless `tells` is false. */
export function withExtras(policy: Policy, { causes, needed }: Extras, tells = true): Policy {
  const more = addNeeded(policy, needed);
  if (tells && needed.length > 0) sayAdded(more);
  if (causes.length === 0) return more.policy;
  const wide = widen(more.policy, causes);
  if (tells) sayWidened(wide);
  return wide.policy;
}

function sayAdded({ added, unconditioned }: Added): void {
  say(added.length === 0 ? "nothing had to be added" : `added: ${added.join(", ")}`);
  if (unconditioned.length > 0)
    say(`allowed whatever their arguments are, as asked for: ${unconditioned.join(", ")}`);
}

/** What only start-up needs; `dropped` is undefined where no later phase was seen. */
function startText(dropped: readonly (string | number)[] | undefined): string {
  if (!dropped) return "no phase began behind the start, so what only start-up needs is not known";
  if (dropped.length === 0) return "start-up needs no call that is not needed afterwards too";
  return `only start-up needs ${dropped.length}, which can be denied afterwards: ${dropped.join(", ")}`;
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
      ...(split !== undefined ? { parts: told, ...(dropped ? { startOnly: dropped } : {}) } : {}),
    });
    return;
  }
  for (const line of formatReport(report)) say(coloured(visible(line)));
  sayArgs(report.syscalls);
  if (split === "phase") say(startText(dropped));
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
