/**
 * A small painter of flat pictures: closed outlines filled with a colour, smooth edges, a clip. Enough for
 * cats; no text, no images, no blending but "over".
 */

/** x to the right, y downward, in pixels. */
export type Point = readonly [number, number];
/** One closed outline. */
export type Outline = readonly Point[];
/** Outlines that are filled together where they wind (non-zero rule). */
export type Path = readonly Outline[];
/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number];
/** A colour for every pixel: one for all, or one that depends on the place. */
export type Ink = Colour | ((x: number, y: number) => Colour);

/** Pixels in rows from the top, three bytes each. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** The points written as `x,y x,y ...`, as in SVG. */
export function points(text: string): Point[] {
  return text.split(" ").map((pair): Point => {
    const [x, y] = pair.split(",").map(Number);
    return [x ?? 0, y ?? 0];
  });
}

/** The colour written as `#rrggbb`. */
export function hex(text: string): Colour {
  const value = Number.parseInt(text.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** The colour at `part` (0 to 1) of the way from `a` to `b`. */
export function mix(a: Colour, b: Colour, part: number): Colour {
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part];
}

/** An empty (black) picture. */
export function picture(width: number, height: number): Picture {
  return { width, height, pixels: new Uint8Array(width * height * 3) };
}

/** The outline of an ellipse, turned by `angle` radians. */
export function ellipse(cx: number, cy: number, rx: number, ry: number, angle = 0): Path {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const outline = Array.from({ length: 72 }, (_, i): Point => {
    const x = rx * Math.cos((i / 36) * Math.PI);
    const y = ry * Math.sin((i / 36) * Math.PI);
    return [cx + x * cos - y * sin, cy + x * sin + y * cos];
  });
  return [outline];
}

/** A point of the Catmull-Rom curve between `b` and `c`, at `t` from 0 to 1. */
function between(a: Point, b: Point, c: Point, d: Point, t: number): Point {
  const along = (i: 0 | 1) =>
    b[i] +
    0.5 *
      t *
      (c[i] - a[i] + t * (2 * a[i] - 5 * b[i] + 4 * c[i] - d[i] + t * (3 * (b[i] - c[i]) + d[i] - a[i])));
  return [along(0), along(1)];
}

/** A smooth curve through `points`, as many short pieces; closed when said so. */
function curve(points: Outline, closed: boolean): Point[] {
  const n = points.length;
  const pick = (i: number): Point => points[closed ? (i + n) % n : Math.min(Math.max(i, 0), n - 1)] ?? [0, 0];
  const out: Point[] = [];
  for (let i = 0; i < (closed ? n : n - 1); i++) {
    for (let step = 0; step < 12; step++)
      out.push(between(pick(i - 1), pick(i), pick(i + 1), pick(i + 2), step / 12));
  }
  if (!closed) out.push(pick(n - 1));
  return out;
}

/** A closed shape with a smooth edge through `points`. */
export function blob(points: Outline): Path {
  return [curve(points, true)];
}

/** A smooth line through `points` with round ends, `from` wide at its start and `to` wide at its end. */
export function line(points: Outline, from: number, to = from): Path {
  const spine = curve(points, false);
  const last = spine.length - 1;
  return spine.flatMap((here, i): Outline[] => {
    const radius = (from + ((to - from) * i) / last) / 2;
    const dot = ellipse(here[0], here[1], radius, radius);
    const next = spine[i + 1];
    if (!next) return [...dot];
    const long = Math.hypot(next[0] - here[0], next[1] - here[1]) || 1;
    const nx = (-(next[1] - here[1]) / long) * radius;
    const ny = ((next[0] - here[0]) / long) * radius;
    return [
      ...dot,
      [
        [here[0] - nx, here[1] - ny],
        [next[0] - nx, next[1] - ny],
        [next[0] + nx, next[1] + ny],
        [here[0] + nx, here[1] + ny],
      ],
    ];
  });
}

const ROWS = 4; // sample rows in one row of pixels

/** How much of each pixel `path` covers, 0 to 1: exact along x, sampled along y. */
function coverage(width: number, height: number, path: Path): Float32Array {
  const cover = new Float32Array(width * height);
  const crossings: { x: number; wind: number }[][] = Array.from({ length: height * ROWS }, () => []);
  for (const outline of path) {
    outline.forEach((a, i) => {
      const b = outline[(i + 1) % outline.length] ?? a;
      const [top, bottom, wind] = a[1] < b[1] ? [a, b, 1] : [b, a, -1];
      const first = Math.max(0, Math.ceil(top[1] * ROWS - 0.5));
      for (let row = first; row + 0.5 < bottom[1] * ROWS && row < height * ROWS; row++) {
        const part = ((row + 0.5) / ROWS - top[1]) / (bottom[1] - top[1]);
        crossings[row]?.push({ x: top[0] + (bottom[0] - top[0]) * part, wind });
      }
    });
  }
  crossings.forEach((row, index) => {
    row.sort((a, b) => a.x - b.x);
    let winding = 0;
    let start = 0;
    for (const { x, wind } of row) {
      if (winding === 0) start = x;
      winding += wind;
      if (winding === 0) span(cover, Math.floor(index / ROWS) * width, width, start, x);
    }
  });
  return cover;
}

/** Adds one sample row's span from `from` to `to` to the pixels of the row that begins at `offset`. */
function span(cover: Float32Array, offset: number, width: number, from: number, to: number): void {
  const left = Math.max(0, from);
  const right = Math.min(width, to);
  for (let x = Math.floor(left); x < right; x++) {
    const part = Math.min(right, x + 1) - Math.max(left, x);
    cover[offset + x] = Math.min(1, (cover[offset + x] ?? 0) + part / ROWS);
  }
}

/** Fills `path` on `target` with `ink`, only inside `clip` when there is one, `alpha` thick (0 to 1). */
export function fill(target: Picture, path: Path, ink: Ink, clip?: Path, alpha = 1): void {
  const { width, height, pixels } = target;
  const cover = coverage(width, height, path);
  const mask = clip && coverage(width, height, clip);
  for (let i = 0; i < cover.length; i++) {
    const part = (cover[i] ?? 0) * (mask?.[i] ?? 1) * alpha;
    if (part === 0) continue;
    const colour = typeof ink === "function" ? ink(i % width, Math.floor(i / width)) : ink;
    for (let c = 0; c < 3; c++) {
      const under = pixels[i * 3 + c] ?? 0;
      pixels[i * 3 + c] = Math.round(under + ((colour[c] ?? 0) - under) * part);
    }
  }
}
