/** What Node needs of a filter that is installed in it. */
import { type SyscallName, syscallNr } from "../../arch/index.ts";
import { groupReasons } from "../../arch/reason.ts";
import type { BackendName } from "../../shim/index.ts";
import { decodeAction } from "../abi/action.ts";
import type { Program } from "../bpf/program.ts";
import type { Native } from "./native.ts";
import { isAllowed, verdict } from "./verdict.ts";

/** What the list depends on. */
export interface Needs {
  readonly here: Native;
  readonly backend: BackendName;
  /** The major version of Node. */
  readonly node: number;
  /** Whether the process has an io_uring. */
  readonly rings: boolean;
}

/** What this Node is, in the numbers that the groups count in. */
export const nodeMajor = Number.parseInt(process.versions.node, 10);

/** The first Node whose libuv makes rings. */
const FIRST_WITH_RINGS = 22;

/**
 * Calls that this Node's engine, or `backend`, makes sooner or later and that `programs` deny whatever their arguments
 * are taken to be; and io_uring_setup when they end the process for it, as a worker would find out.
 */
export function nodeDenied(programs: readonly Program[], needs: Needs): SyscallName[] {
  const { here, node, backend, rings } = needs;
  const engine = [...groupReasons("@node-runtime/engine")].flatMap(([call, { nodes, found }]) =>
    found !== "reading" && isOf(node, nodes) ? [call] : [],
  );
  const wanted = engine.filter(
    (call) => (call !== "fsync" || backend === "koffi") && (call !== "io_uring_enter" || rings),
  );
  const denied = wanted.filter((call) => isDenied(programs, here, call, (ret) => !isAllowed(ret)));
  if (node >= FIRST_WITH_RINGS && isDenied(programs, here, "io_uring_setup", endsProcess))
    denied.push("io_uring_setup");
  return denied;
}

/** Whether the major version is in a range such as `22-26`; one later than the groups know counts as their last. */
function isOf(node: number, range: string): boolean {
  const [from = 0, to = 0] = range.split("-").map(Number);
  return from <= node && (node <= to || to === NEWEST_NODE);
}

const NEWEST_NODE = 26;

/** Whether a return value is more than an error that the caller can live with. */
export function endsProcess(ret: number): boolean {
  const { kind } = decodeAction(ret);
  return kind === "kill_process" || kind === "kill_thread" || kind === "trap";
}

function isDenied(
  programs: readonly Program[],
  { abi, auditArch }: Native,
  call: SyscallName,
  counts: (ret: number) => boolean,
): boolean {
  const nr = syscallNr(abi, call);
  if (nr === undefined) return false;
  const ones = Array<bigint>(6).fill(0xffff_ffff_ffff_ffffn);
  return [[], ones].every((args) => counts(verdict(programs, { nr, arch: auditArch, args })));
}
