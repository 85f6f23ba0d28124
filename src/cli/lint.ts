import { twinCauses } from "../../arch/index.ts";
import { writePolicy } from "../formats/index.ts";
import { type Finding, lint } from "../policy/lint.ts";
import { portability, type TwinFinding, type Widened, widen } from "../policy/portability.ts";
import type { Policy } from "../policy/types.ts";
import { archesOf } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { readPolicyFile } from "./filter.ts";
import { inFile, inputName, placed } from "./input.ts";
import { counted, Exit, print, printIssue, printJson, say, visible, writeOutput } from "./output.ts";
import { causesOf, sayWidened } from "./widening.ts";

/** `seccat lint`: rules that never match and calls that are missed elsewhere; exit code 1 when there are any. */
export async function lintCommand(args: Args): Promise<number> {
  const path = args.text("policy");
  const file = inputName(path);
  const causes = causesOf(args);
  const output = args.output();
  if (output !== undefined && !causes)
    throw usage("-o has nothing to write", { fix: "--widen libc,kernel,arch makes a policy" });
  const read = readPolicyFile(path);
  const policy = withArches(read.policy, args);
  const findings = [...read.warnings.map(asWarning), ...inFile(file, () => lint(policy))];
  const twins = portability(policy, causes ?? twinCauses);
  if (causes) {
    deliver(args, output, widen(policy, causes), path);
    return Exit.yes;
  }
  const serious = findings.length > 0 || twins.some(({ missing }) => missing.length > 0);
  if (args.flag("json")) printJson({ findings, twins });
  else {
    for (const finding of findings) printIssue(placed(finding, file), finding.severity);
    for (const twin of twins) printIssue(placed(twinIssue(policy, twin), file), "warning");
    if (findings.length + twins.length === 0) print(`${visible(file)}: nothing was found\n`);
    else print(`${visible(file)}: ${counted(findings.length + twins.length, "finding")}\n`);
  }
  return serious ? Exit.no : Exit.yes;
}

function asWarning<T extends object>(issue: T): T & Pick<Finding, "severity"> {
  return { ...issue, severity: "warning" };
}

function withArches(policy: Policy, args: Args): Policy {
  const more = archesOf(args.list("arch")) ?? [];
  const arches = [...new Set([...policy.arches, ...more])];
  return arches.length === policy.arches.length ? policy : { ...policy, arches };
}

function twinIssue(policy: Policy, { call, twins, missing, why, abis, rule, cause }: TwinFinding) {
  const who = { libc: "another libc calls", kernel: "another kernel has", arch: `${abis.join(", ")} has` }[
    cause
  ];
  const some = abis.length < policy.arches.length && cause !== "arch" ? ` (on ${abis.join(", ")})` : "";
  const covered = missing.length === 0 ? "; the policy allows that too" : "";
  const { where } = policy.rules[rule] ?? {};
  return {
    code: "policy",
    message: `${call}: ${who} ${twins.join(" or ")} instead${some}: ${why}${covered}`,
    ...(where ? { where } : {}),
    ...(missing.length > 0 ? { fix: `allow ${missing.join(", ")}: --widen ${cause}` } : {}),
  } as const;
}

function deliver(args: Args, output: string | undefined, widened: Widened, path: string): void {
  const target = output ?? (args.flag("json") ? undefined : "-");
  const text = writePolicy(widened.policy, /\.json$/i.test(output ?? path) ? "json" : "yaml");
  if (target !== undefined) writeOutput(target, text);
  if (args.flag("json")) {
    const { added, left } = widened;
    printJson({ policy: JSON.parse(writePolicy(widened.policy, "json")), added, left });
    return;
  }
  sayWidened(widened);
  if (output !== undefined && output !== "-") say(`wrote ${output}`);
}
