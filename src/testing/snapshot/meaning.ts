/**
 * Whether two rows of a snapshot mean the same, and a call that they answer differently when not. Rows are in the
 * condition language of policies: each becomes a policy about that call alone, and the prover compares them.
 */
import {
  type AbiName,
  abi as abiFacts,
  abiOf,
  isAbiName,
  isSyscallName,
  type SyscallName,
  syscallName,
  syscallNr,
} from "../../../arch/index.ts";
import { actionNames, decodeAction } from "../../abi/action.ts";
import type { SeccompData } from "../../abi/data.ts";
import { SeccatError } from "../../abi/error.ts";
import type { Policy, PolicyAction, Rule } from "../../policy/types.ts";
import { parseWhen } from "../../policy/when.ts";
import { compare } from "../../prove/index.ts";
import { actionText } from "../action.ts";
import { callText } from "../failure.ts";

/** A call that two rows answer differently. */
export interface SnapshotExample {
  readonly call: SeccompData;
  /** `socket(domain=2): allow before, kill_process now`. */
  readonly text: string;
}

/**
 * `same`, or an example of what differs; undefined when the rows' texts say it all, having no conditions, and when
 * they do not: they are about many calls, or their conditions are cut.
 */
export function compareRows(
  title: string,
  call: string,
  before: readonly string[],
  after: readonly string[],
): "same" | SnapshotExample | undefined {
  if (before.length === 1 && after.length === 1) return undefined;
  const [a, b] = [before, after].map((answers) => policyOf(title, call, answers));
  if (!a || !b) return undefined;
  const [abi] = a.arches;
  if (abi === undefined) return undefined;
  const proof = compare(a, b, { calls: abiFacts(abi).argBits === 32 ? "kernel" : "any" });
  if (proof.answer === "proved") return "same";
  if (proof.answer === "unknown") return undefined;
  const { witness } = proof;
  const said = (ret: number) => actionText(decodeAction(ret), abi);
  const shown = callText([], abi, witness.call, []);
  return { call: witness.call, text: `${shown}: ${said(witness.a.ret)} before, ${said(witness.b.ret)} now` };
}

/** The policy that answers `call` so, and kills for all else. */
function policyOf(title: string, call: string, answers: readonly string[]): Policy | undefined {
  const [abi = ""] = title.split(",");
  const nr = isAbiName(abi) ? numberOf(abi, call) : undefined;
  if (!isAbiName(abi) || nr === undefined || answers.length === 0) return undefined;
  if (answers.some((answer) => answer.includes("#"))) return undefined;
  try {
    const rules = answers.map((answer) => ruleOf(syscallName(abi, nr) ?? nr, answer));
    return { arches: [abi], imported: true, default: { kind: "kill_process" }, rules };
  } catch (error) {
    if (error instanceof SeccatError) return undefined;
    throw error;
  }
}

/** The number of a row about one call; undefined when that is no call of the ABI, so that no rule would be about it. */
function numberOf(abi: AbiName, call: string): number | undefined {
  if (isSyscallName(call)) return syscallNr(abi, call);
  const text = /^number (\d+|0x[0-9a-f]+)$/.exec(call)?.[1];
  if (text === undefined) return undefined;
  return abiOf(abiFacts(abi).auditArch, Number(text)) === abi ? Number(text) : undefined;
}

/** Throws a SeccatError for what is no answer. */
function ruleOf(syscall: SyscallName | number, answer: string): Rule {
  const [, action = "", when] = /^(.*?)(?: when (.*)| otherwise)?$/.exec(answer) ?? [];
  const rule = { syscalls: [syscall], action: actionOf(action) };
  return when === undefined ? rule : { ...rule, when: parseWhen(when) };
}

function actionOf(text: string): PolicyAction {
  const [word = "", data = "0"] = text.split(" ");
  const kind = actionNames.find((name) => name === word);
  if (kind === undefined)
    throw new SeccatError({ code: "syntax", message: "this is no action", received: text });
  if (kind === "errno") return { kind, errno: /^\d+$/.test(data) ? Number(data) : data };
  return kind === "trap" || kind === "trace" ? { kind, data: Number(data) } : { kind };
}
