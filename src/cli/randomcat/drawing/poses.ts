/** Whole cats: sitting, tucked in like a loaf, curled up, walking, and leaning over an edge. */
import type { Coat, Look, Pen, Spot } from "./face.ts";
import { flipped, head, ink, pen, rust } from "./face.ts";
import type { Outline, Path, Picture } from "./raster.ts";
import { mix, points } from "./raster.ts";

/** Bars across a back or tail, inside `body`: `bars` are lines in the cat's own coordinates. */
export function bars(p: Pen, coat: Coat, body: Path, lines: readonly Outline[], width = 0.2): void {
  if (coat.pattern !== "tabby") return;
  for (const bar of lines) p.fill(p.line(bar, width, width * 0.3), coat.mark, body);
}

/** The rings of a tabby's tail: short bars across `spine`, inside `tail`. */
function rings(p: Pen, coat: Coat, tail: Path, spine: Outline): void {
  if (coat.pattern !== "tabby") return;
  for (const [x, y] of spine.slice(1)) p.fill(p.oval(x, y, 0.11, 0.32, 0.5), coat.mark, tail);
}

/** A tail along `spine`, dark at its end for a pointed cat. */
export function tail(p: Pen, coat: Coat, spine: Outline, from: number, to: number): void {
  const path = p.line(spine, from, to);
  p.fill(path, coat.fur);
  rings(p, coat, path, spine);
  const dark = coat.pattern === "points" || coat.pattern === "patches";
  if (dark) p.fill(p.line(spine.slice(-3), (from + to) / 2, to), coat.mark, path);
  if (coat.pattern === "bib") p.fill(p.line(spine.slice(-2), to * 1.4), coat.light, path);
}

/** A cat that sits and looks at us; the spot is the middle of its head, its feet lie 3.1 units below. */
export function sitting(target: Picture, spot: Spot, coat: Coat, look: Look): void {
  const p = pen(target, spot);
  const swing = points("0.8,2.8 1.7,2.75 2.0,2.1 1.75,1.5 2.0,1.05");
  tail(p, coat, swing, 0.42, 0.3);
  const half = points("0,0.4 0.62,0.75 0.85,1.4 1.18,2.1 1.2,2.75 0.85,3.08 0,3.1");
  const body = p.blob([...half, ...flipped(half.slice(1, -1)).toReversed()]);
  p.fill(body, coat.fur);
  const sides: Outline[] = [1.15, 1.6, 2.05].flatMap((y): Outline[] => [
    [
      [1.3, y],
      [0.95, y + 0.12],
      [0.6, y + 0.1],
    ],
    [
      [-1.3, y],
      [-0.95, y + 0.12],
      [-0.6, y + 0.1],
    ],
  ]);
  bars(p, coat, body, sides);
  if (coat.pattern === "patches") {
    p.fill(p.oval(1.05, 1.9, 0.6, 0.7, 0.3), coat.mark, body);
    p.fill(p.oval(-1.0, 1.4, 0.5, 0.6, -0.3), rust, body);
  }
  const chest = points("0,0.6 0.42,0.95 0.38,1.6 0,1.95 -0.38,1.6 -0.42,0.95");
  p.fill(p.blob(chest), mix(coat.light, coat.fur, coat.pattern === "bib" ? 0 : 0.15));
  const shade = mix(coat.fur, ink, 0.22);
  for (const side of [-1, 1]) {
    p.fill(p.oval(side * 0.84, 2.62, 0.5, 0.5), mix(coat.fur, ink, 0.06), body);
    const leg: Outline = [
      [side * 0.34, 1.7],
      [side * 0.33, 2.3],
      [side * 0.34, 2.85],
    ];
    p.fill(p.line(leg, 0.5, 0.46), coat.fur);
    const dark = coat.pattern === "points" ? coat.mark : coat.light;
    p.fill(p.oval(side * 0.36, 2.96, 0.3, 0.19), dark);
    p.fill(p.oval(side * 0.98, 3.0, 0.34, 0.17), dark);
    for (const toe of [-0.1, 0.1]) {
      const x = side * 0.36 + toe;
      const crease: Outline = [
        [x, 2.93],
        [x, 3.08],
      ];
      p.fill(p.line(crease, 0.03), mix(dark, ink, 0.4));
    }
  }
  const gap = points("0,1.95 0.01,2.5 0,3.05");
  p.fill(p.line(gap, 0.05), shade);
  head(target, spot, coat, look);
}

/** A cat with its paws tucked in; the spot is the middle of its head, the ground lies 1.75 units below. */
export function loaf(target: Picture, spot: Spot, coat: Coat, look: Look): void {
  const p = pen(target, spot);
  const back = points(
    "-0.6,0.2 0.6,-0.1 1.7,0.0 2.75,0.55 3.05,1.25 2.7,1.7 1.2,1.78 -0.5,1.78 -1.0,1.5 -0.95,0.8",
  );
  const body = p.blob(back);
  p.fill(body, coat.fur);
  const stripes = [1.05, 1.5, 1.95, 2.4].map(
    (x): Outline => [
      [x + 0.05, -0.25],
      [x + 0.2, 0.35],
      [x + 0.1, 0.85],
    ],
  );
  bars(p, coat, body, stripes, 0.22);
  p.fill(p.oval(2.3, 1.35, 0.72, 0.5, -0.1), mix(coat.fur, ink, 0.08), body);
  const wrap = points("2.95,1.25 2.7,1.62 1.9,1.72 1.1,1.66");
  tail(p, coat, wrap, 0.34, 0.3);
  p.fill(p.oval(-0.05, 1.1, 0.62, 0.55), mix(coat.light, coat.fur, 0.25), body);
  p.fill(p.oval(-0.42, 1.66, 0.4, 0.16), coat.light);
  p.fill(p.oval(0.38, 1.66, 0.4, 0.16), coat.light);
  head(target, spot, coat, look);
}

/** A cat asleep in a ring; the spot is the middle of the ring, about five units wide. */
export function curled(target: Picture, spot: Spot, coat: Coat): void {
  const p = pen(target, spot);
  const body = p.oval(0, 0, 2.4, 1.45);
  p.fill(body, coat.fur);
  const stripes = [-0.9, -0.3, 0.3, 0.9].map(
    (x): Outline => [
      [x * 1.25, -1.5],
      [x * 1.1, -1.05],
      [x, -0.7],
    ],
  );
  bars(p, coat, body, stripes, 0.26);
  if (coat.pattern === "patches") {
    p.fill(p.oval(1.1, -0.9, 1.0, 0.75, 0.4), coat.mark, body);
    p.fill(p.oval(-1.0, -1.1, 0.7, 0.5, -0.3), rust, body);
  }
  const shade = mix(coat.fur, ink, 0.16);
  p.fill(p.oval(1.25, 0.35, 1.0, 0.95, 0.3), mix(coat.fur, ink, 0.05), body);
  p.fill(p.oval(-0.9, 0.28, 1.14, 1.0, -0.22), shade, body);
  const at = { ...spot, x: spot.x - 0.95 * spot.unit, y: spot.y + 0.35 * spot.unit };
  head(target, { ...at, turn: -0.22 }, coat, "asleep");
  const wrap = points("2.2,0.2 1.95,1.05 1.0,1.42 -0.1,1.42 -0.75,1.3");
  p.fill(p.line(wrap, 0.62, 0.48), shade, body);
  tail(p, coat, wrap, 0.5, 0.36);
}

/** A cat on its way to the left, tail up; the spot is the middle of its head, its feet lie 3 units below. */
export function walking(target: Picture, spot: Spot, coat: Coat, look: Look): void {
  const p = pen(target, spot);
  const up = points("4.0,0.75 4.55,0.2 4.6,-0.6 4.3,-1.2 4.55,-1.6");
  tail(p, coat, up, 0.42, 0.26);
  const far = mix(coat.fur, ink, 0.16);
  const dark = coat.pattern === "points" ? coat.mark : coat.light;
  const leg = (x: number, lean: number, fur: typeof far) => {
    const bone: Outline = [
      [x, 1.3],
      [x + lean * 0.3, 2.1],
      [x + lean, 2.85],
    ];
    const path = p.line(bone, 0.66, 0.42);
    p.fill(path, fur);
    p.fill(p.oval(x + lean - 0.08, 2.9, 0.34, 0.18), fur === far ? mix(dark, ink, 0.16) : dark);
  };
  leg(1.25, 0.45, far);
  leg(3.35, -0.4, far);
  const back = points("0.2,0.1 1.2,0.35 2.4,0.4 3.6,0.3 4.25,0.8 4.1,1.6 3.2,1.85 1.9,1.8 0.7,1.75 0.25,1.1");
  const body = p.blob(back);
  p.fill(body, coat.fur);
  const stripes = [1.4, 1.95, 2.5, 3.05, 3.6].map(
    (x): Outline => [
      [x, 0.2],
      [x + 0.12, 0.75],
      [x + 0.02, 1.2],
    ],
  );
  bars(p, coat, body, stripes, 0.22);
  leg(0.75, -0.5, coat.fur);
  leg(3.8, 0.35, coat.fur);
  head(target, spot, coat, look);
}

/** A head and two paws over an edge that lies 0.75 units below the spot. */
export function peeking(target: Picture, spot: Spot, coat: Coat, look: Look): void {
  const p = pen(target, spot);
  head(target, spot, coat, look);
  for (const side of [-1, 1]) {
    p.fill(p.oval(side * 1.15, 0.86, 0.34, 0.26), coat.pattern === "points" ? coat.mark : coat.light);
    for (const toe of [-0.11, 0.11]) {
      const x = side * 1.15 + toe;
      const crease: Outline = [
        [x, 0.9],
        [x, 1.06],
      ];
      p.fill(p.line(crease, 0.035), mix(coat.light, ink, 0.4));
    }
  }
}
