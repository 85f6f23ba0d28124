/** Starting servers whose children are under a filter. */
import { actionValues } from "../../abi/action.ts";
import { check } from "../../bpf/check.ts";
import { encode } from "../../bpf/codec.ts";
import type { Program } from "../../bpf/program.ts";
import { native } from "../../enforce/native.ts";
import { request } from "./client.ts";
import type { ChildEnd } from "./server.ts";
import { startServer } from "./server.ts";

/** The arguments that put a child under `program`; with `listener` it holds a listener for USER_NOTIF verdicts. */
export function programArgs(program: Program, listener = false): string[] {
  const hex = Buffer.from(encode(program)).toString("hex");
  return listener ? ["--program", hex, "--listener"] : ["--program", hex];
}

/**
 * The program that allows everything. Installing it changes nothing but marks in a trace the moment after which
 * a child must live with its filter.
 */
export function allowAll(): Program {
  return check([{ code: 0x06, jt: 0, jf: 0, k: actionValues.allow }], native().endian);
}

/** Why children cannot be put under a filter here, or undefined when they can. */
export async function whyNoFilter(): Promise<string | undefined> {
  if (process.platform !== "linux") return `seccomp is a part of Linux, and this is ${process.platform}`;
  const ends: ChildEnd[] = [];
  const server = await startServer({ childArgs: programArgs(allowAll()), onEnd: (end) => ends.push(end) });
  try {
    const answer = await request(server.port, "/");
    if (answer.status === 404) return undefined;
  } catch {
    // the child ended before it answered, and says why
  } finally {
    await server.idle();
    await server.close();
  }
  const end = ends[0];
  return end?.errors.split("\n")[0] || `the child ended with ${end?.signal ?? `status ${end?.code}`}`;
}
