/**
 * What a live engine tells of a process once it has ended. Engines that see every call as it is made know who made
 * whom and which threads belong together, so nothing of that is guessed, and they count at the source: a log of a
 * million calls is a few dozen counters.
 */
import type { Mode } from "./event.ts";

/** A program that a process executes. */
export interface Image {
  /** The path of its file; "" when that cannot be seen. */
  readonly exe: string;
  /** The name that the kernel shows for it. */
  readonly comm: string;
}

/** Where a new stretch of a process's life begins: another phase, another program, or both. */
export interface Cut {
  /** The order of the first call that belongs to the new stretch. */
  readonly from: number;
  /** The phase that begins; undefined when it goes on. */
  readonly phase?: string;
  /** The program that begins; undefined when it goes on. */
  readonly image?: Image;
}

/** One kind of call in one stretch of a process. */
export interface WatchedCall {
  /** How many cuts came before. */
  readonly stretch: number;
  /** As strace spells it; `syscall_0x1d9` where the tables have no name. */
  readonly name: string;
  readonly nr: number;
  /** Undefined for the machine's own. */
  readonly mode: Mode | undefined;
  /** What tells such calls apart besides their name, when their arguments are learned (scalar.ts). */
  readonly mark?: string;
  readonly count: number;
  /** The order of the first: the how-manieth of all calls it was, from 1. */
  readonly first: number;
  /** Whether one had the argument that families.ts asks about. */
  readonly told: boolean;
}

/** A process that was watched from its first call to its last. */
export interface WatchedProcess {
  readonly pid: number;
  /** The process that made it; undefined for the command itself. */
  readonly parent: number | undefined;
  /** Its threads, the first among them. */
  readonly tids: readonly number[];
  /** The program at its beginning: that of its maker. */
  readonly image: Image;
  /** The phases that its maker had reached when it made it. */
  readonly reached: readonly string[];
  readonly cuts: readonly Cut[];
  readonly calls: readonly WatchedCall[];
}
