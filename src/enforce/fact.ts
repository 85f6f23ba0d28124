import { readFileSync, readlinkSync } from "node:fs";

/** One fact about this machine. */
export interface HostFact {
  readonly name: string;
  readonly value: string;
  /** `no` where something is missing that Seccat could use. */
  readonly state: "yes" | "no" | "note";
  /** Why it is so, or what to do. */
  readonly reason?: string;
  /** What cannot be done for want of it, of a thing that is missing. */
  readonly cost?: string;
}

/** What `get` returns, or undefined when it throws. */
export function attempt<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

/** The text of a small file in /proc or /sys, trimmed; undefined when it cannot be read. */
export function textOf(path: string): string | undefined {
  return attempt(() => readFileSync(path, "utf8").trim());
}

/** What a link, such as those of /proc/PID/fd, leads to; undefined when it cannot be read. */
export function linkOf(path: string): string | undefined {
  return attempt(() => readlinkSync(path));
}

/** The code of an error of Node's, such as ENOENT; the words of one that has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** The words of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A fact that lists what is there; what is not is told with its reason and its cost. */
export function listFact<T extends string>(
  name: string,
  all: readonly T[],
  has: (item: T) => boolean,
  lack: (item: T) => { readonly reason: string; readonly cost: string },
): HostFact {
  const missing = all.filter((item) => !has(item)).map(lack);
  return {
    name,
    value: all.filter(has).join(" ") || "none",
    state: missing.length === 0 ? "yes" : "no",
    ...(missing.length > 0
      ? {
          reason: `not here: ${missing.map(({ reason }) => reason).join("; ")}`,
          cost: missing.map(({ cost }) => cost).join("; "),
        }
      : {}),
  };
}
