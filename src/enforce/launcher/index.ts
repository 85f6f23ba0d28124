import { type Native, nr } from "../native.ts";
import { aarch64Launcher } from "./aarch64.ts";
import { codeAddress, elf } from "./elf.ts";
import { x86_64Launcher } from "./x86_64.ts";

/** A launcher as a file, and where its calls come from. */
export interface Launcher {
  readonly file: Uint8Array;
  /** The address behind the instruction that makes the steps' calls. */
  readonly instructionPointer: bigint;
}

const launchers = Object.freeze({ x86_64: x86_64Launcher, aarch64: aarch64Launcher });

/** The architectures that have one; on others a Node does the launcher's work, by FFI calls. */
export const launcherMachines = Object.freeze(["x86_64", "aarch64"] as const);

/** What starts a command: machine code, or the FFI calls of a Node. */
export type Way = "code" | "calls";

/** How a command is started on the machine `here`. */
export function wayOf(here: Native): Way {
  return machineOf(here) ? "code" : "calls";
}

function machineOf(here: Native): (typeof launcherMachines)[number] | undefined {
  return launcherMachines.find((name) => name === here.abi);
}

/** The launcher for the machine `here`; undefined where there is none. */
export function makeLauncher(here: Native, channel: number, length: number): Launcher | undefined {
  const machine = machineOf(here);
  if (!machine) return undefined;
  const parameters = {
    channel,
    length,
    nr: {
      unlinkat: nr("unlinkat", here),
      mmap: nr("mmap", here),
      read: nr("read", here),
      exit_group: nr("exit_group", here),
    },
  };
  const { bytes, labels } = launchers[machine](parameters);
  return { file: elf(machine, bytes), instructionPointer: codeAddress(labels.get("called") ?? 0) };
}
