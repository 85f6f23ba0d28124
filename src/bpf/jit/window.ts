/** Which calls have a place in the tables: so many numbers of each arch that a program asks for. */
import { abi, abiNames } from "../../../arch/index.ts";
import type { Endian } from "../../abi/data.ts";
import type { Survey } from "./survey.ts";

/** Numbers in one window: the tables of arch/ end below, even where a window begins somewhat earlier. */
export const WINDOW = 512;

/** WINDOW numbers from `base` on, of calls with `arch` (u32), or of all calls when the program never looks at it. */
export interface Window {
  readonly arch: number | undefined;
  /** A multiple of 32. */
  readonly base: number;
}

/** A window for each ABI of that byte order whose arch some jump compares with what may be arch. */
export function windowsOf({ arches }: Survey, endian: Endian): Window[] {
  if (arches === undefined) return [{ arch: undefined, base: 0 }];
  const windows: Window[] = [];
  for (const arch of arches)
    for (const name of abiNames) {
      const one = abi(name);
      if (one.auditArch === arch && one.endian === endian) windows.push({ arch, base: one.nrBase & ~31 });
    }
  return windows;
}
