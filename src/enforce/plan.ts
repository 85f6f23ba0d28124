import type { Program } from "../bpf/program.ts";
import type { Text } from "./command.ts";
import { type NotStarted, prepare, type SpawnOptions } from "./prepare.ts";
import { supervision } from "./supervision.ts";
import { programList } from "./verdict.ts";

/** What a launch would do. */
export interface Plan {
  readonly kind: "planned";
  /** The file that would be executed. */
  readonly path: Uint8Array;
  readonly argv: readonly Uint8Array[];
  /** `NAME=value` each. */
  readonly env: readonly Uint8Array[];
  /** The programs as they would be installed, in this order. */
  readonly programs: readonly Program[];
}

/**
 * What launch() would do with the same arguments, or why it would not: all that can be told without starting
 * anything. The kernel itself may still refuse. Throws as launch() does.
 */
export function plan(
  programs: Program | readonly Program[],
  argv: readonly Text[],
  options: SpawnOptions = {},
): Plan | NotStarted {
  const prepared = prepare(programList(programs), argv, options, supervision);
  if (prepared.kind === "not-started") return prepared;
  const { command, programs: installed } = prepared.orders;
  return { kind: "planned", ...command, programs: installed };
}
