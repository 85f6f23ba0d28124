/** A command that ended by SIGSYS in a run without --explain: which call it was, where the kernel's log tells. */
import { type AbiName, abiOf, syscallName } from "../../../arch/index.ts";
import { decodeAction } from "../../abi/action.ts";
import type { SeccompData } from "../../abi/data.ts";
import { opcodeOf } from "../../abi/opcode.ts";
import type { Program } from "../../bpf/program.ts";
import { loggedKill } from "../../enforce/index.ts";
import { evaluate } from "../../policy/evaluate.ts";
import { resolve } from "../../policy/resolve.ts";
import type { Loaded } from "../binary.ts";
import { visible } from "../output.ts";
import type { Style } from "../style.ts";
import { type Origin, originOf, originText, sourceOf } from "./origin.ts";
import { archText, originJson } from "./record.ts";

/** The call that a command was killed for. */
export interface Killed {
  readonly syscall: string;
  readonly abi: AbiName | undefined;
  readonly data: SeccompData;
  /** What denied it, where that does not hang on arguments, which the log does not have. */
  readonly origins: readonly Origin[];
}

/** The call that the kernel's log gives for the death of process `pid` after `since`; undefined when it gives none. */
export async function killedFor(
  pid: number,
  since: number,
  filters: readonly Loaded[],
): Promise<Killed | undefined> {
  const found = await loggedKill(pid, since);
  if (!found) return undefined;
  const { arch, nr, instructionPointer } = found;
  const abi = abiOf(arch, nr);
  const data = { arch, nr, instructionPointer, args: Array<bigint>(6).fill(0n) };
  const origins = filters.flatMap((filter, index) =>
    killsAlways(filter, data) ? [originOf(sourceOf(filter), index, data)] : [],
  );
  return { syscall: (abi && syscallName(abi, nr)) ?? `syscall ${nr}`, abi, data, origins };
}

/** Whether a policy kills for that call whatever its arguments. */
function killsAlways({ policy }: Loaded, data: SeccompData): boolean {
  if (!policy) return false;
  const { action, abi } = evaluate(policy, data);
  const claims =
    resolve(policy)
      .arches.find((arch) => arch.abi === abi)
      ?.calls.get(data.nr) ?? [];
  return /^kill/.test(action.kind) && claims.every(({ when }) => when === undefined);
}

/** What is said about such an end. */
export function killedText(
  killed: Killed | undefined,
  filters: readonly Pick<Loaded, "name" | "program">[],
  style: Style,
): string {
  const paths = filters.map(({ name }) => name);
  const path = visible(paths.join(paths.length === 2 ? " or " : ", "));
  const what = killed ? `called ${killed.syscall}${archText(killed.abi)}` : "made a call";
  const by = killed?.origins.map((origin) => `\n  ${style.dim("by:")} ${visible(originText(origin))}`) ?? [];
  const trap = filters.some(({ program }) => canTrap(program))
    ? ", unless the rule's action is trap: make it kill_process then"
    : "";
  const how = killed
    ? `--explain tells its arguments, and what would allow it`
    : `--explain names the call${trap}; seccat emulate ${visible(paths.at(-1) ?? "")} CALL tells the rule`;
  return `seccat: ${style.red("killed")}: the command ${what}${killed ? ", which" : " that"} ${path} does not allow (SIGSYS)${by.join("")}\n  ${style.dim("fix:")} ${how}`;
}

/** Whether a program can return a trap, which the kernel neither logs nor hands over. */
function canTrap({ insns }: Program): boolean {
  return insns.some(
    ({ code, k }) => opcodeOf(code)?.kind === "ret" && (code !== RET_K || decodeAction(k).kind === "trap"),
  );
}

const RET_K = 0x06;

/** The call as plain data. */
export function killedJson({ syscall, abi, data, origins }: Killed) {
  const ip = `0x${(data.instructionPointer ?? 0n).toString(16)}`;
  return { syscall, arch: abi ?? null, nr: data.nr, ip, by: origins.map(originJson) };
}

/** What is said about a command that ended by SIGSYS where no filter killed it: by a trap, or by somebody's kill(2). */
export function trappedText(paths: readonly string[], style: Style): string {
  return `seccat: ${style.red("killed")}: the command ended by SIGSYS, and not by a kill action\n  ${style.dim("fix:")} look for the action trap in ${visible(paths.join(", "))}: the kernel carries it out alone and does not tell for which call; with kill_process in its place, --explain does`;
}
