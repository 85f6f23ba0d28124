/** Cats at home. */
import { curled, loaf, peeking, sitting } from "./poses.ts";
import type { Outline, Picture } from "./raster.ts";
import { blob, ellipse, fill, hex, line, mix, points } from "./raster.ts";
import { backdrop, box, coats, height, scatter, shadow, white, width } from "./stage.ts";

/** A grey tabby on a cushion, winking. */
export function cushion(): Picture {
  const target = backdrop(hex("#f7d6dd"), hex("#e9a9bb"));
  const random = scatter(3);
  for (let y = 30; y < 250; y += 46)
    for (let x = (y % 92 === 30 ? 20 : 46) + random(); x < width; x += 52)
      fill(target, ellipse(x, y, 5, 5), white, undefined, 0.5);
  fill(target, box(0, 296, width, 64), hex("#9c6b7e"));
  shadow(target, 240, 330, 205, 14);
  fill(
    target,
    blob(points("40,292 90,262 240,270 390,262 440,292 440,318 390,334 240,330 90,334 40,318")),
    (x) => mix(hex("#6a63b8"), hex("#4d4796"), x / width),
  );
  fill(target, line(points("60,304 240,312 420,304"), 3), hex("#8d87d6"));
  loaf(target, { x: 160, y: 168, unit: 62 }, coats.grey, "wink");
  return target;
}

/** A cream cat asleep on a rug. */
export function nap(): Picture {
  const target = backdrop(hex("#35556b"), hex("#274056"));
  fill(target, box(0, 210, width, 150), hex("#7a5546"));
  for (let y = 232; y < height; y += 30) fill(target, box(0, y, width, 2), hex("#694638"));
  for (const [rx, colour] of [
    [215, "#c8553d"],
    [190, "#f0c987"],
    [176, "#c8553d"],
  ] as const)
    fill(target, ellipse(240, 262, rx, rx * 0.38), hex(colour));
  fill(target, ellipse(90, 80, 110, 110), hex("#ffdf9e"), undefined, 0.12);
  fill(target, ellipse(90, 80, 70, 70), hex("#ffdf9e"), undefined, 0.16);
  fill(target, [points("66,100 114,100 102,58 78,58")], hex("#ffe7b3"));
  fill(target, box(88, 100, 4, 118), hex("#1f2f3d"));
  fill(target, ellipse(90, 220, 26, 7), hex("#1f2f3d"));
  curled(target, { x: 250, y: 212, unit: 62 }, coats.cream);
  for (const [x, y, size] of [
    [120, 150, 14],
    [142, 120, 19],
    [170, 84, 25],
  ] as const) {
    const z: Outline[] = [
      [
        [x, y],
        [x + size, y],
      ],
      [
        [x + size, y],
        [x, y + size],
      ],
      [
        [x, y + size],
        [x + size, y + size],
      ],
    ];
    for (const stroke of z) fill(target, line(stroke, size / 5), hex("#cfe3ef"));
  }
  return target;
}

/** A calico in a cardboard box. */
export function parcel(): Picture {
  const target = backdrop(hex("#bfe3df"), hex("#8cc9c3"));
  fill(target, box(0, 292, width, 68), hex("#e8c9a0"));
  for (let x = 20; x < width; x += 92) fill(target, box(x, 292, 3, 68), hex("#d2ad7e"));
  shadow(target, 240, 332, 165, 14);
  fill(target, [points("110,190 370,190 352,222 128,222")], hex("#8f6136"));
  peeking(target, { x: 240, y: 140, unit: 78 }, coats.calico, "awake");
  fill(target, box(110, 216, 260, 116), (x, y) =>
    mix(hex("#d9a065"), hex("#b97e45"), (x - 110 + y - 216) / 420),
  );
  fill(target, [points("110,216 62,246 52,232 104,194")], hex("#c68c52"));
  fill(target, [points("370,216 418,246 428,232 376,194")], hex("#c68c52"));
  fill(target, box(226, 216, 28, 46), hex("#efd9ae"));
  const heart = points("318,290 304,276 305,263 315,261 318,268 321,261 331,263 332,276");
  fill(target, blob(heart), hex("#a5562f"));
  for (const x of [149, 331]) {
    fill(target, ellipse(x, 210, 27, 20), coats.calico.light);
    for (const dx of [-8, 8])
      fill(
        target,
        line(
          [
            [x + dx, 212],
            [x + dx, 226],
          ],
          2.6,
        ),
        hex("#b9aca6"),
      );
  }
  return target;
}

/** A white cat that would rather stay in. */
export function rain(): Picture {
  const target = backdrop(hex("#5c7384"), hex("#93a8b3"));
  const random = scatter(23);
  for (let i = 0; i < 70; i++) {
    const x = random() * width;
    const y = random() * 290;
    const size = 1.5 + random() * 2.5;
    fill(
      target,
      line(
        [
          [x, y - size * 5],
          [x, y],
        ],
        1,
        size * 1.6,
      ),
      hex("#dbe8ee"),
      undefined,
      0.55,
    );
  }
  shadow(target, 240, 300, 150, 16);
  sitting(target, { x: 240, y: 156, unit: 92 }, coats.snow, "up");
  fill(target, box(0, 296, width, 64), hex("#f3ece2"));
  fill(target, box(0, 296, width, 8), hex("#d6c9b8"));
  for (const x of [0, 464]) fill(target, box(x, 0, 16, 300), hex("#f3ece2"));
  fill(target, box(0, 0, width, 14), hex("#f3ece2"));
  fill(target, [points("60,262 118,262 110,306 68,306")], hex("#c8693f"));
  for (const [dx, dy] of points("-34,-50 -14,-72 12,-74 32,-52 0,-58"))
    fill(
      target,
      line(
        [
          [89, 264],
          [89 + dx * 0.4, 264 + dy * 0.6],
          [89 + dx, 264 + dy],
        ],
        9,
        3,
      ),
      hex("#5d9468"),
    );
  return target;
}

/** A smoke-grey cat and what it did to a ball of wool. */
export function yarn(): Picture {
  const target = backdrop(hex("#e2d9f3"), hex("#bfaee3"));
  fill(target, ellipse(240, 336, 300, 66), hex("#8f7cc0"));
  shadow(target, 190, 332, 110, 11);
  sitting(target, { x: 190, y: 128, unit: 62 }, coats.smoke, "wink");
  shadow(target, 372, 334, 52, 8);
  const ball = ellipse(370, 286, 48, 48);
  fill(target, ball, (x, y) => mix(hex("#ff7d6b"), hex("#d9483f"), (x - 322 + y - 238) / 192));
  for (let i = -3; i <= 3; i++) {
    const lean = i * 15;
    fill(
      target,
      line(
        [
          [322 + lean, 268],
          [370 + lean * 0.7, 262 + i * 3],
          [418 + lean, 300],
        ],
        2.6,
      ),
      hex("#ffb0a3"),
      ball,
    );
    fill(
      target,
      line(
        [
          [340, 236 + lean],
          [372, 286 + lean * 0.8],
          [350, 340 + lean],
        ],
        2.2,
      ),
      hex("#b5332f"),
      ball,
    );
  }
  fill(target, line(points("345,326 300,344 262,328 232,346 150,338 96,350"), 4), hex("#e2574c"));
  return target;
}
