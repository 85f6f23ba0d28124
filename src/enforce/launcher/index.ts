import { SeccatError } from "../../abi/error.ts";
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

/** The architectures that have a launcher. */
export const launcherMachines = Object.freeze(["x86_64", "aarch64"] as const);

/** The launcher for the machine `here`. Throws SeccatError "host" where there is none. */
export function makeLauncher(here: Native, channel: number, length: number): Launcher {
  const machine = launcherMachines.find((name) => name === here.abi);
  if (!machine)
    throw new SeccatError({
      code: "host",
      message: `no command can be started under a filter on ${here.abi}: the launcher is machine code`,
      expected: launcherMachines.join(" or "),
      received: here.abi,
      fix: "where the command is a Node program, let it call install() itself",
    });
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
