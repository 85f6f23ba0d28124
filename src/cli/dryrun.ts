/** `seccat run --dry-run`: what would be run, as whom, where, and under which filters. */
import type { AbiName } from "../../arch/index.ts";
import { decodeAction } from "../abi/action.ts";
import { opcodeOf } from "../abi/opcode.ts";
import type { Program } from "../bpf/program.ts";
import type { Plan, User } from "../enforce/index.ts";
import { actionText } from "../testing/action.ts";
import { hostAbi } from "./arch.ts";
import { outStyle, print, printJson, visible } from "./output.ts";
import type { Setting } from "./setting.ts";

/** How the filters are installed. */
export interface Mode {
  readonly log: boolean;
  readonly explain: boolean;
  readonly json: boolean;
}

/** Prints what a run would do; `names` are those of the filters, in order. */
export function printPlan(plan: Plan, names: readonly string[], setting: Setting, mode: Mode): void {
  const abi = hostAbi() ?? "x86_64";
  const filters = plan.programs.map((program, i) => ({
    name: names[i] ?? "",
    instructions: program.insns.length,
    actions: actionsOf(program, abi),
  }));
  if (mode.json) printJson(planJson(plan, filters, setting, mode));
  else print(planText(plan, filters, setting, mode));
}

interface Planned {
  readonly name: string;
  readonly instructions: number;
  readonly actions: readonly string[];
}

function planJson(plan: Plan, filters: readonly Planned[], setting: Setting, { log, explain }: Mode) {
  const { user, cwd, kept, spawn } = setting;
  return {
    path: textOf(plan.path),
    argv: plan.argv.map(textOf),
    cwd,
    env: plan.env.map(textOf),
    user: user ? { name: user.name ?? null, uid: user.uid, gid: user.gid, groups: user.groups } : null,
    descriptors: [0, 1, 2, ...kept],
    killOnParentExit: spawn.killOnParentExit === true,
    mode: log ? "log" : explain ? "explain" : "enforce",
    filters,
  };
}

function planText(plan: Plan, filters: readonly Planned[], setting: Setting, mode: Mode): string {
  const style = outStyle();
  const row = (label: string, text: string) => `  ${style.dim(label.padEnd(12))}${visible(text)}\n`;
  const { user, cwd, kept, spawn } = setting;
  const lines = filters.map(({ name, instructions, actions }, i) =>
    row(
      `filter ${i + 1}`,
      `${name}: ${instructions} ${instructions === 1 ? "instruction" : "instructions"}: ${actions.join(", ")}`,
    ),
  );
  return [
    `${style.bold("would run")} ${visible(plan.argv.map((word) => quoted(textOf(word))).join(" "))}\n`,
    row("file", textOf(plan.path)),
    row("directory", cwd),
    user ? row("user", userWords(user)) : "",
    row("variables", String(plan.env.length)),
    row("descriptors", [0, 1, 2, ...kept].join(" ")),
    spawn.killOnParentExit ? row("ends", "with seccat, and seccat with its parent") : "",
    ...lines,
    mode.log ? row("mode", "complain: nothing is denied, the kernel logs what would be") : "",
    mode.explain ? row("mode", "explain: seccat answers what the filters deny, and tells it") : "",
  ].join("");
}

function userWords({ name, uid, gid, groups }: User): string {
  return `${name ?? uid} (uid ${uid}, gid ${gid}, ${groups.length === 0 ? "no other groups" : `groups ${groups.join(" ")}`})`;
}

/** Every answer that a program can give, in words; one that it computes is not known beforehand. */
function actionsOf(program: Program, abi: AbiName): string[] {
  const answers = program.insns.flatMap(({ code, k }) => {
    if (opcodeOf(code)?.kind !== "ret") return [];
    return [code === RET_K ? actionText(decodeAction(k), abi) : "computed"];
  });
  return [...new Set(answers)].sort();
}

const RET_K = 0x06;

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

/** A word as a shell would read it back, where it is not plain. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
