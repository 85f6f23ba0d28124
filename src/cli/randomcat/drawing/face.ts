/** The head of a cat, coloured by a coat, and the pen that draws in a cat's own coordinates. */
import type { Colour, Outline, Path, Picture, Point } from "./raster.ts";
import { blob, ellipse, fill, hex, line, mix, points } from "./raster.ts";

/** The colours of one cat. */
export interface Coat {
  readonly fur: Colour;
  /** Stripes, or the dark parts of a pointed cat. */
  readonly mark: Colour;
  /** Muzzle, chest and paws. */
  readonly light: Colour;
  readonly eye: Colour;
  /** What lies over the fur: tabby stripes, patches, dark points, a bib, or nothing. */
  readonly pattern: "tabby" | "patches" | "points" | "bib" | "plain";
}

/** What a face does. */
export type Look = "awake" | "asleep" | "up" | "wink";

/** Where a cat's own coordinates lie in the picture: origin, size of one unit, turn in radians, mirrored or not. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly unit: number;
  readonly turn?: number;
  readonly mirror?: boolean;
}

const pink = hex("#f2a6a6");
/** The near-black of pupils and outlines. */
export const ink = hex("#2b2530");
/** The ginger of a calico's other patches. */
export const rust = hex("#e08a3c");
const white = hex("#ffffff");

/** The map from a cat's own coordinates to the picture's. */
function placed(spot: Spot): (point: Point) => Point {
  const cos = Math.cos(spot.turn ?? 0);
  const sin = Math.sin(spot.turn ?? 0);
  const flip = spot.mirror ? -1 : 1;
  return ([px, py]) => [
    spot.x + spot.unit * flip * (px * cos - py * sin),
    spot.y + spot.unit * (px * sin + py * cos),
  ];
}

/** Shapes in a cat's own coordinates, ready to be filled on a picture. */
export function pen(target: Picture, spot: Spot) {
  const at = placed(spot);
  const moved = (path: Path): Path => path.map((outline) => outline.map(at));
  return {
    blob: (outline: Outline): Path => blob(outline.map(at)),
    line: (spine: Outline, from: number, to = from): Path =>
      line(spine.map(at), from * spot.unit, to * spot.unit),
    oval: (x: number, y: number, rx: number, ry: number, angle = 0): Path =>
      moved(ellipse(x, y, rx, ry, angle)),
    shape: (outline: Outline): Path => moved([outline]),
    fill: (path: Path, colour: Colour, clip?: Path, alpha = 1): void =>
      fill(target, path, colour, clip, alpha),
  };
}

/** What pen() returns. */
export type Pen = ReturnType<typeof pen>;

/** `outline` with x negated. */
export function flipped(outline: Outline): Outline {
  return outline.map(([x, y]): Point => [-x, y]);
}

/** One eye at `x`: open with a slit or a round pupil, closed as an arc. */
function eye(p: Pen, coat: Coat, x: number, look: Look): void {
  const closed = look === "asleep" || (look === "wink" && x > 0);
  if (closed) {
    const arc: Outline = [
      [x - 0.17, -0.02],
      [x, 0.08],
      [x + 0.17, -0.02],
    ];
    p.fill(p.line(arc, 0.05), coat.fur === ink ? white : ink);
    return;
  }
  const shift = look === "up" ? -0.06 : 0;
  const ball = p.oval(x, -0.02, 0.185, 0.2);
  p.fill(p.oval(x, -0.02, 0.215, 0.23), ink);
  p.fill(ball, coat.eye);
  p.fill(p.oval(x, 0.12, 0.2, 0.12), mix(coat.eye, white, 0.35), ball);
  p.fill(p.oval(x, -0.02 + shift, 0.085, 0.17), ink, ball);
  p.fill(p.oval(x - 0.07, -0.1 + shift / 2, 0.05, 0.05), white);
  p.fill(p.oval(x + 0.06, 0.06, 0.025, 0.025), white);
}

/** Stripes, patches or dark points on the head, inside `head`. */
function headPattern(p: Pen, coat: Coat, head: Path): void {
  if (coat.pattern === "tabby") {
    for (const x of [-0.24, 0, 0.24]) {
      const stripe: Outline = [
        [x * 1.2, -0.95],
        [x, -0.66],
        [x * 0.8, -0.42],
      ];
      p.fill(p.line(stripe, 0.13, 0.03), coat.mark, head);
    }
    for (const side of [-1, 1])
      for (const y of [0.02, 0.22]) {
        const stripe: Outline = [
          [side * 1.1, y - 0.06],
          [side * 0.86, y + 0.02],
          [side * 0.68, y + 0.06],
        ];
        p.fill(p.line(stripe, 0.12, 0.03), coat.mark, head);
      }
  }
  if (coat.pattern === "patches") {
    p.fill(p.oval(0.62, -0.45, 0.55, 0.55, 0.4), coat.mark, head);
    p.fill(p.oval(-0.85, -0.4, 0.5, 0.42, -0.5), rust, head);
  }
  if (coat.pattern === "points") p.fill(p.oval(0, 0.2, 0.62, 0.52), coat.mark, head, 0.85);
  if (coat.pattern === "bib") {
    const blaze = points("-0.07,-0.5 0.07,-0.5 0.2,0.05 0.62,0.5 0.3,0.9 -0.3,0.9 -0.62,0.5 -0.2,0.05");
    p.fill(p.blob(blaze), coat.light, head);
  }
}

/** Muzzle, nose, mouth and whiskers. */
function muzzle(p: Pen, coat: Coat): void {
  const pointed = coat.pattern === "points";
  const cheek = pointed ? coat.mark : coat.light;
  p.fill(p.oval(-0.17, 0.36, 0.22, 0.17), cheek);
  p.fill(p.oval(0.17, 0.36, 0.22, 0.17), cheek);
  p.fill(p.oval(0, 0.5, 0.14, 0.12), cheek);
  const nose = points("-0.1,0.2 0.1,0.2 0.05,0.29 0,0.32 -0.05,0.29");
  p.fill(p.blob(nose), pointed ? hex("#1f1a1c") : hex("#e07f86"));
  const mouth = pointed ? hex("#1f1a1c") : mix(ink, coat.light, 0.2);
  for (const side of [-1, 1]) {
    const lip: Outline = [
      [0, 0.3],
      [side * 0.02, 0.4],
      [side * 0.12, 0.45],
      [side * 0.22, 0.41],
    ];
    p.fill(p.line(lip, 0.035, 0.025), mouth);
    for (const [dy, end] of points("0.3,0.2 0.37,0.38 0.43,0.56")) {
      const whisker: Outline = [
        [side * 0.3, dy],
        [side * 0.75, (dy + end) / 2 - 0.05],
        [side * 1.25, end],
      ];
      p.fill(p.line(whisker, 0.024, 0.008), mix(coat.light, white, 0.6), undefined, 0.95);
    }
  }
}

/** A cat's head, about two units wide, its middle at the spot. */
export function head(target: Picture, spot: Spot, coat: Coat, look: Look): void {
  const p = pen(target, spot);
  const ears: Outline[] = [];
  const ear = points("-0.9,-0.15 -0.9,-0.75 -0.8,-1.12 -0.55,-0.95 -0.2,-0.62 -0.4,-0.2");
  const inner = points("-0.78,-0.35 -0.79,-0.72 -0.73,-0.93 -0.56,-0.8 -0.38,-0.58 -0.55,-0.35");
  const earColour = coat.pattern === "points" ? coat.mark : coat.fur;
  for (const side of [ear, flipped(ear)]) {
    p.fill(p.blob(side), earColour);
    ears.push(...p.blob(side));
  }
  if (coat.pattern === "patches") {
    p.fill(p.blob(flipped(ear)), coat.mark);
    p.fill(p.blob(ear), rust);
  }
  for (const side of [inner, flipped(inner)]) p.fill(p.blob(side), mix(pink, earColour, 0.15));
  const half = points("0,-0.76 0.45,-0.69 0.83,-0.42 0.98,0.02 1.0,0.34 0.72,0.58 0.38,0.74 0,0.78");
  const skull = p.blob([...half, ...flipped(half.slice(1, -1)).toReversed()]);
  p.fill(skull, coat.fur);
  headPattern(p, coat, skull);
  muzzle(p, coat);
  eye(p, coat, -0.42, look);
  eye(p, coat, 0.42, look);
}
