/** The eight pictures that the randomcat server serves. */
import { cushion, nap, parcel, rain, yarn } from "./indoors.ts";
import { moonlight, stroll, sunrise } from "./outdoors.ts";
import type { Picture } from "./raster.ts";

/** The pictures by their file names (without `.png`). */
export const scenes: Readonly<Record<string, () => Picture>> = Object.freeze({
  cushion,
  moonlight,
  nap,
  parcel,
  rain,
  stroll,
  sunrise,
  yarn,
});
