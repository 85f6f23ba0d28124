/**
 * A keeper lets the calls of a listener go on when the process that receives them has ended, or does not want to any more:
 * about 400 bytes of machine code in a process of its own, in a session of its own, that wait until then. Without it the
 * kernel would answer every call of the command with ENOSYS from that moment on, and a call that was received and not yet
 * answered would wait for ever. What is being answered is in a page that both share, so that not even that one is lost.
 *
 * It ends when nobody is left under the filter.
 */
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { elf } from "../launcher/elf.ts";
import type { Listener } from "../listener.ts";
import { type Native, native } from "../native.ts";
import { candidates, makePlace, type Place, removePlace } from "../temporary.ts";
import { aarch64Keeper } from "./aarch64.ts";
import { type KeeperParameters, keeperParameters } from "./layout.ts";
import { x86_64Keeper } from "./x86_64.ts";

/** A keeper that waits. */
export interface Keeper {
  readonly pid: number;
  /** Descriptor, here, of the file behind the page that it shares; see SharedPage. */
  readonly page: number;
  /** Has it let the calls go on from now on, for as long as there are any. */
  release(): void;
}

const keepers = Object.freeze({ x86_64: x86_64Keeper, aarch64: aarch64Keeper });
const PAGE = 4096;

/** The keeper for a machine, as a file; undefined where there is none. */
export function makeKeeper(
  here: Native,
  parameters: KeeperParameters = keeperParameters(here),
): Uint8Array | undefined {
  if (here.abi !== "x86_64" && here.abi !== "aarch64") return undefined;
  return elf(here.abi, keepers[here.abi](parameters).bytes);
}

/** Starts a keeper for a listener; undefined where none can be started. */
export function startKeeper(listener: Listener): Keeper | undefined {
  const file = makeKeeper(native());
  if (!file) return undefined;
  for (const base of candidates()) {
    const place = tryPlace(base, file);
    if (!place) continue;
    const keeper = startAt(place, listener);
    removePlace(place.directory);
    if (keeper) return keeper;
    closeSync(place.status);
  }
  return undefined;
}

function tryPlace(base: string, file: Uint8Array): Place | undefined {
  try {
    return makePlace(base, file, PAGE);
  } catch {
    return undefined; // the next may do
  }
}

function startAt({ launcher, status }: Place, listener: Listener): Keeper | undefined {
  const child = spawn(launcher, [], {
    argv0: "seccat-keeper",
    env: {},
    detached: true,
    stdio: ["pipe", "ignore", "ignore", listener.descriptor, status],
  });
  child.on("error", () => {}); // there is no pid then
  if (child.pid === undefined) return undefined;
  child.unref();
  const life = child.stdin;
  if (life instanceof Socket) life.unref();
  life?.on("error", () => {});
  let released = false;
  return {
    pid: child.pid,
    page: status,
    release() {
      if (released) return;
      released = true;
      life?.destroy();
      closeSync(status);
    },
  };
}
