/** Cats out of doors. */
import { sitting, walking } from "./poses.ts";
import type { Picture } from "./raster.ts";
import { blob, ellipse, fill, hex, mix, points } from "./raster.ts";
import { backdrop, box, coats, height, scatter, shadow, white, width } from "./stage.ts";

/** A tuxedo cat on a fence, looking at the moon. */
export function moonlight(): Picture {
  const target = backdrop(hex("#141a3a"), hex("#3d4a80"));
  const random = scatter(7);
  for (let i = 0; i < 90; i++) {
    const size = 0.6 + random() * 1.7;
    fill(
      target,
      ellipse(random() * width, random() * 250, size, size),
      white,
      undefined,
      0.4 + random() * 0.6,
    );
  }
  fill(target, ellipse(355, 95, 76, 76), hex("#fdf3c9"), undefined, 0.12);
  fill(target, ellipse(355, 95, 58, 58), hex("#fdf3c9"));
  for (const [x, y, r] of [
    [335, 80, 11],
    [372, 112, 15],
    [378, 70, 7],
    [345, 125, 6],
  ] as const)
    fill(target, ellipse(x, y, r, r), hex("#eadfa8"));
  for (let x = -10; x < width; x += 58) {
    const plank = points(`${x},290 ${x + 25},272 ${x + 50},290 ${x + 50},380 ${x},380`);
    fill(target, [plank], (px) => mix(hex("#6b4a3a"), hex("#4e3529"), (px - x) / 50));
  }
  fill(target, box(0, 312, width, 14), hex("#3f2b22"));
  sitting(target, { x: 165, y: 112, unit: 56 }, coats.tuxedo, "up");
  return target;
}

/** A siamese on a walk. */
export function stroll(): Picture {
  const target = backdrop(hex("#a9dcf5"), hex("#e6f6fb"));
  for (const [x, y, s] of [
    [90, 70, 1],
    [330, 48, 1.25],
    [430, 120, 0.7],
  ] as const) {
    const puffs = [
      [0, 0, 34, 20],
      [-28, 8, 24, 14],
      [30, 7, 28, 15],
    ] as const;
    fill(
      target,
      puffs.flatMap(([dx, dy, rx, ry]) => ellipse(x + dx * s, y + dy * s, rx * s, ry * s)),
      white,
    );
  }
  fill(target, blob(points("-60,290 120,232 300,276 540,226 560,460 -60,460")), hex("#9fce7d"));
  fill(target, blob(points("-60,320 160,296 540,304 560,460 -60,460")), hex("#6fae5b"));
  const random = scatter(11);
  for (let i = 0; i < 26; i++) {
    const x = random() * width;
    const y = 318 + random() * 38;
    for (const [dx, dy] of points("-3,0 3,0 0,-3 0,3"))
      fill(target, ellipse(x + dx, y + dy, 2.6, 2.6), i % 3 === 0 ? hex("#ffd3e0") : white);
    fill(target, ellipse(x, y, 2, 2), hex("#f4c542"));
  }
  shadow(target, 265, 312, 150, 9);
  walking(target, { x: 145, y: 150, unit: 54 }, coats.siamese, "awake");
  return target;
}

/** A ginger cat before the rising sun. */
export function sunrise(): Picture {
  const target = backdrop(hex("#ffd9a8"), hex("#ff9f7a"));
  fill(target, ellipse(240, 190, 150, 150), (_x, y) => mix(hex("#fff6d6"), hex("#ffd58a"), y / height));
  fill(target, blob(points("-80,300 80,262 250,292 420,258 560,300 560,460 -80,460")), hex("#d9795d"));
  fill(target, blob(points("-80,330 120,306 300,318 560,300 560,460 -80,460")), hex("#8a4a52"));
  shadow(target, 240, 330, 120, 12);
  sitting(target, { x: 240, y: 122, unit: 66 }, coats.ginger, "awake");
  return target;
}
