/**
 * Who makes a call that waits: what /proc tells of the process, and what its memory holds.
 *
 * Numbers of processes are used again, so everything that is read here counts only if the call still waits afterwards:
 * ask isWaiting() last. Of a process in another pid namespace, whose number is not known here, nothing can be seen.
 */
import { readFileSync, readlinkSync } from "node:fs";
import type { Caller } from "../decode/index.ts";
import type { Listener } from "./listener.ts";
import { CallMemory } from "./memory.ts";
import type { Call } from "./notify.ts";

/** A process by its numbers and names; names as the process chose them, and not to be printed raw. */
export interface CallerIdentity {
  /** Of the thread that makes the call. */
  readonly tid: number;
  /** Of its process; the thread's own where that cannot be seen. */
  readonly pid: number;
  /** The thread's name: the command's first 15 bytes, unless it was changed. */
  readonly command?: string;
  /** The file that it executes. */
  readonly exe?: string;
}

/** Where an instruction stands. */
export interface CodePlace {
  /** The mapped file, `[vdso]`, or nothing for memory without a file, such as compiled JavaScript. */
  readonly file?: string;
  /** Bytes from where the file is mapped first, or from the begin of the memory. */
  readonly offset: bigint;
}

/** The process of a call that waits. */
export class WaitingCaller implements Caller {
  readonly #listener: Listener;
  readonly #call: Call;
  readonly #memory: CallMemory;

  constructor(listener: Listener, call: Call) {
    this.#listener = listener;
    this.#call = call;
    this.#memory = new CallMemory(listener, call);
  }

  /** Whether the call still waits, so that what was read is its maker's. */
  isWaiting(): boolean {
    return this.#listener.isWaiting(this.#call.id);
  }

  read(address: bigint, length: number): Uint8Array {
    const found = this.#memory.readAvailable(address, length);
    return found.kind === "done" ? found.value : new Uint8Array(0);
  }

  descriptor(fd: number): string | undefined {
    return this.#link(`fd/${fd}`);
  }

  directory(): string | undefined {
    return this.#link("cwd");
  }

  identity(): CallerIdentity {
    const tid = this.#call.pid;
    const status = this.#file("status") ?? "";
    const pid = /^Tgid:\t(\d+)$/m.exec(status)?.[1];
    const command = /^Name:\t(.*)$/m.exec(status)?.[1];
    const exe = this.#link("exe");
    return {
      tid,
      pid: pid === undefined ? tid : Number(pid),
      ...(command === undefined ? {} : { command }),
      ...(exe === undefined ? {} : { exe }),
    };
  }

  /** Where the instruction behind the call stands; undefined when that cannot be seen. */
  place(): CodePlace | undefined {
    const maps = this.#file("maps");
    const at = this.#call.instructionPointer;
    return maps === undefined || at === undefined ? undefined : placeIn(maps, at);
  }

  #file(name: string): string | undefined {
    return this.#call.pid === 0
      ? undefined
      : attempt(() => readFileSync(`/proc/${this.#call.pid}/${name}`, "utf8"));
  }

  #link(name: string): string | undefined {
    return this.#call.pid === 0 ? undefined : attempt(() => readlinkSync(`/proc/${this.#call.pid}/${name}`));
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // gone, or not ours to see
  }
}

/**
 * The place of address `at` in the text of a /proc/PID/maps: the mapping that holds it, counted from the first of the
 * mappings of the same file that come right before it.
 *
 *     7f29c5428000-7f29c55b0000 r-xp 00028000 fe:00 2236                       /usr/lib/x86_64-linux-gnu/libc.so.6
 */
export function placeIn(maps: string, at: bigint): CodePlace | undefined {
  const lines = maps.split("\n");
  // Sorted; most of them are looked at no further than to see that they end before.
  const found = lines.findIndex((line) => endOf(line) > Number(at));
  const mapping = mappingOf(lines[found]);
  if (!mapping || at < mapping.start) return undefined;
  const { file } = mapping;
  let base = mapping.start;
  for (let i = found - 1; file !== "" && i >= 0; i--) {
    const before = mappingOf(lines[i]);
    if (before?.file !== file) break;
    base = before.start;
  }
  return { ...(file === "" ? {} : { file }), offset: at - base };
}

function endOf(line: string): number {
  const dash = line.indexOf("-");
  return Number.parseInt(line.slice(dash + 1, dash + 17), 16);
}

function mappingOf(line: string | undefined): { readonly start: bigint; readonly file: string } | undefined {
  const [, start, file = ""] = /^([0-9a-f]+)-[0-9a-f]+ (?:\S+ +){3}\S+ *(.*)$/.exec(line ?? "") ?? [];
  return start === undefined ? undefined : { start: BigInt(`0x${start}`), file };
}
