/** child_process.fork() under a policy: where the compiler, which src/enforce does not know, meets it. */
import type { ChildProcess } from "node:child_process";
import type { AbiName } from "../arch/index.ts";
import { throwIssues } from "./abi/error.ts";
import { isFields, keyIssues, wrongValue } from "./abi/fields.ts";
import type { Program } from "./bpf/program.ts";
import { type ForkOptions, forkFiltered, forkKeys } from "./enforce/fork.ts";
import { native } from "./enforce/native.ts";
import { deny, policy as policyOf } from "./policy/builder.ts";
import { answerRings } from "./policy/ring.ts";
import type { Policy } from "./policy/types.ts";
import { compile } from "./proof.ts";

/** How to fork a module under a policy. */
export interface SandboxedForkOptions extends ForkOptions {
  /** What the module may call, its loading included; a policy is compiled for this machine and proved. */
  readonly policy: Policy | Program;
}

/**
 * Runs `module` in a Node of its own that is under `policy` before the module's first line, with the channel that
 * child_process.fork() gives: `send`, `message`, `disconnect`, `exit`. Gives the child once its filter is in place on all of
 * its threads; the module begins to run in the next turn of the event loop. The policy has to allow what runs from
 * there on, `@node-runtime/modules` for loading the module at least. Throws SeccatError "usage" and "schema" when called
 * wrongly, what compile() throws, and "enforce", "file" or "host" when the filter cannot be installed: then nothing
 * of the module ran, and the child has ended.
 */
export async function sandboxedFork(
  module: string | URL,
  options: SandboxedForkOptions,
): Promise<ChildProcess> {
  if (!isFields(options)) throw wrongValue("these are no options", "an object with policy", options);
  throwIssues(keyIssues(options, ["policy", ...forkKeys]));
  const { policy, ...rest } = options;
  if (!isFields(policy)) throw wrongValue("this is no policy", "a policy or a program", policy);
  const { abi } = native();
  const program = isProgram(policy) ? policy : compiled(policy, abi);
  return (await forkFiltered(module, program, ringless(abi), rest)).child;
}

function isProgram(policy: Policy | Program): policy is Program {
  return "insns" in policy;
}

function compiled(policy: Policy, abi: AbiName): Program {
  const own = policy.arches.filter((name) => kin[abi]?.includes(name));
  return compile(answerRings(policy), { arches: own.includes(abi) ? own : [abi] }).program;
}

/** The ABIs that a process of a machine can make calls of: those of its kernel. */
const kin: Partial<Record<AbiName, readonly AbiName[]>> = {
  x86_64: ["x86_64", "x32", "x86"],
  aarch64: ["aarch64", "arm"],
};

const ringlessPrograms = new Map<AbiName, Program>();

/** A filter under which no ring can be made. */
function ringless(abi: AbiName): Program {
  const had = ringlessPrograms.get(abi);
  if (had) return had;
  const rules = [deny("ENOSYS", "io_uring_setup")];
  const { program } = compile(policyOf({ default: "allow", arches: kin[abi] ?? [abi] }, rules));
  ringlessPrograms.set(abi, program);
  return program;
}
