/**
 * A writer of PNG files: eight bits, red green blue, no interlace. Each row takes the filter whose bytes have
 * the least sum, as the PNG specification proposes (section 12.7).
 */
import { deflateSync } from "node:zlib";
import type { Picture } from "./raster.ts";

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 as PNG uses it (zlib.crc32 exists only from Node 22 on). */
function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = (crcTable[(c ^ byte) & 255] ?? 0) ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** One chunk: length, type, data, CRC of type and data. */
function chunk(type: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, "latin1");
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** The predictor of filter type 4: whichever of left, up and upper left is closest to left + up - upper left. */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

const predictors: readonly ((left: number, up: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, up) => up,
  (left, up) => (left + up) >> 1,
  paeth,
];

/** Row `y` under filter `type`, the type's byte first. */
function filterRow({ width, pixels }: Picture, y: number, type: number): Uint8Array {
  const stride = width * 3;
  const predict = predictors[type] ?? (() => 0);
  const row = new Uint8Array(stride + 1);
  row[0] = type;
  for (let i = 0; i < stride; i++) {
    const at = y * stride + i;
    const left = i >= 3 ? (pixels[at - 3] ?? 0) : 0;
    const up = y > 0 ? (pixels[at - stride] ?? 0) : 0;
    const corner = i >= 3 && y > 0 ? (pixels[at - stride - 3] ?? 0) : 0;
    row[i + 1] = (pixels[at] ?? 0) - predict(left, up, corner);
  }
  return row;
}

/** The sum of a filtered row's bytes read as signed numbers without sign. */
function weight(row: Uint8Array): number {
  return row.reduce((sum, byte, i) => (i === 0 ? 0 : sum + Math.min(byte, 256 - byte)), 0);
}

/** The PNG file that shows `picture`. */
export function encodePng(picture: Picture): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(picture.width, 0);
  head.writeUInt32BE(picture.height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Array.from({ length: picture.height }, (_, y) =>
    predictors
      .map((_predictor, type) => filterRow(picture, y, type))
      .reduce((best, row) => (weight(row) < weight(best) ? row : best)),
  );
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(Buffer.concat(rows), { level: 9, memLevel: 9 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}
