import { text } from "node:stream/consumers";
import type { Program } from "../../src/bpf/program.ts";
import type { Text } from "../../src/enforce/command.ts";
import { launch } from "../../src/enforce/launch.ts";
import type { Way } from "../../src/enforce/launcher/index.ts";
import type { SpawnOptions } from "../../src/enforce/prepare.ts";

/** What a command left behind. */
export interface Output {
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command under programs to its end. */
export async function output(
  programs: readonly Program[],
  argv: readonly Text[],
  options: SpawnOptions = {},
  input = "",
  way?: Way,
): Promise<Output> {
  const launched = await launch(programs, argv, options, way);
  if (launched.kind === "not-started") throw launched.error;
  const { child, exited } = launched;
  child.stdin?.on("error", () => {}); // the command may have ended already
  child.stdin?.end(input);
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : "")),
  );
  return { ...(await exited), stdout: stdout ?? "", stderr: stderr ?? "" };
}

/** Why a command was not started: status, code and words. */
export async function refusal(
  programs: readonly Program[],
  argv: readonly Text[],
  options: SpawnOptions = {},
  way?: Way,
) {
  const launched = await launch(programs, argv, options, way);
  if (launched.kind === "started") {
    launched.child.kill("SIGKILL");
    throw new Error("the command was started");
  }
  return {
    status: launched.status,
    code: launched.error.code,
    message: launched.error.message,
    error: launched.error,
  };
}

/** The address of a source file, for scripts that another Node runs. */
export function sourceUrl(path: string): string {
  return new URL(`../../${path}.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url).href;
}
