/** What the pictures of cats share: their size, the cats, backgrounds and shadows. */
import type { Coat } from "./face.ts";
import type { Colour, Path, Picture } from "./raster.ts";
import { ellipse, fill, hex, mix, picture } from "./raster.ts";

/** Pixels of a picture from left to right. */
export const width = 480;
/** Pixels of a picture from top to bottom. */
export const height = 360;
/** Stars, clouds, flowers. */
export const white = hex("#ffffff");

/** The cats of the house. */
export const coats = {
  ginger: coat("#ee9b4a", "#c4692a", "#fff1de", "#8fbf4d", "tabby"),
  grey: coat("#8d95a5", "#626a7c", "#eef0f4", "#e9c14f", "tabby"),
  tuxedo: coat("#2f2d3a", "#1c1a24", "#ffffff", "#f2c84b", "bib"),
  calico: coat("#fbf3e8", "#3c3440", "#ffffff", "#7fb3a6", "patches"),
  siamese: coat("#efe0c8", "#5d4638", "#f7ecd9", "#5aa9dd", "points"),
  cream: coat("#f4d9b0", "#d9ae78", "#fff6e6", "#6fa8c9", "tabby"),
  smoke: coat("#575a6b", "#3c3f4e", "#8b8fa1", "#9fd66a", "plain"),
  snow: coat("#ffffff", "#dfe4ea", "#f3f4f7", "#61b0d6", "plain"),
} as const;

function coat(fur: string, mark: string, light: string, eye: string, pattern: Coat["pattern"]): Coat {
  return { fur: hex(fur), mark: hex(mark), light: hex(light), eye: hex(eye), pattern };
}

/** A rectangle. */
export function box(x: number, y: number, w: number, h: number): Path {
  return [
    [
      [x, y],
      [x + w, y],
      [x + w, y + h],
      [x, y + h],
    ],
  ];
}

/** A new picture whose colour runs from `top` to `bottom`. */
export function backdrop(top: Colour, bottom: Colour): Picture {
  const target = picture(width, height);
  fill(target, box(0, 0, width, height), (_x, y) => mix(top, bottom, y / height));
  return target;
}

/** The shadow under a cat. */
export function shadow(target: Picture, x: number, y: number, rx: number, ry: number): void {
  fill(target, ellipse(x, y, rx, ry), hex("#2b2530"), undefined, 0.18);
}

/** Numbers from 0 to 1 that look random and are the same every time. */
export function scatter(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
