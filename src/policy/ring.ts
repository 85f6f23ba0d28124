/**
 * What a policy for Node says about io_uring, without being asked. No filter sees what is done through a ring, so the
 * groups `@node-runtime` allow making none; but libuv asks for one with every event loop, from Node 22 on, and
 * does without only when the answer is an error.
 */
import { abi as abiFacts, expandGroup, type GroupName, isGroupName, syscallNr } from "../../arch/index.ts";
import { decodeAction } from "../abi/action.ts";
import { evaluate } from "./evaluate.ts";
import type { Policy, Rule } from "./types.ts";

/** The rule that lets Node do without a ring. */
const answer: Rule = {
  action: { kind: "errno", errno: "ENOSYS" },
  syscalls: ["io_uring_setup"],
  why: "no filter sees what is done through an io_uring, and Node does without one",
};

/**
 * `policy` with a last rule that answers io_uring_setup with ENOSYS, where it allows a group of Node's and would
 * end the process for that call by its default; else `policy` itself. Nothing more is allowed than before.
 */
export function answerRings(policy: Policy): Policy {
  return nodeGroups(policy).length > 0 && endsForRing(policy)
    ? { ...policy, rules: [...policy.rules, answer] }
    : policy;
}

/** Whether a Node under `policy` makes event loops (starts, or starts workers or spawnSync) and dies of the first. */
export function diesOfRing(policy: Policy): boolean {
  const loops = nodeGroups(policy).some((group) => expandGroup(group).includes("epoll_create1"));
  return loops && endsForRing(policy);
}

function nodeGroups({ rules }: Policy): GroupName[] {
  const found: GroupName[] = [];
  for (const { action, syscalls } of rules) {
    if (action.kind !== "allow") continue;
    for (const name of syscalls)
      if (typeof name === "string" && name.startsWith("@node-runtime") && isGroupName(name)) found.push(name);
  }
  return found;
}

/** Whether no rule speaks of io_uring_setup and what is said of it in general is no mere error. */
function endsForRing(policy: Policy): boolean {
  return policy.arches.some((arch) => {
    const nr = syscallNr(arch, "io_uring_setup");
    if (nr === undefined) return false;
    const { reason, ret } = evaluate(policy, { nr, arch: abiFacts(arch).auditArch, args: [] });
    const { kind } = decodeAction(ret);
    return reason !== "rule" && (kind === "kill_process" || kind === "kill_thread" || kind === "trap");
  });
}
