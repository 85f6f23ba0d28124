import { readdirSync, readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodePng } from "../../src/cli/randomcat/drawing/png.ts";
import { fill, picture, points } from "../../src/cli/randomcat/drawing/raster.ts";
import { scenes } from "../../src/cli/randomcat/drawing/scenes.ts";
import { root } from "../root.ts";

const test = suite("drawing of cats");
const folder = `${root}src/cli/randomcat/images/`;
const files = readdirSync(folder).sort();

/** The chunks of a PNG file, by type; compressed data is unpacked, since zlib's versions pack it differently. */
function contents(png: Buffer): Record<string, string> {
  const found: Record<string, string> = { signature: png.toString("hex", 0, 8) };
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    found[type] = (type === "IDAT" ? inflateSync(data) : data).toString("hex");
    at += length + 12;
  }
  return found;
}

test("there are eight pictures, each of several blocks and none above 40 KB", () => {
  assert.is(files.length, 8);
  for (const file of files) {
    const size = readFileSync(folder + file).length;
    assert.ok(size > 6 * 1024 && size < 40 * 1024, `${file} has ${size} bytes`);
  }
});

test("the pictures in the folder are those that the program draws", () => {
  assert.equal(
    files,
    Object.keys(scenes).map((name) => `${name}.png`),
  );
  for (const [name, draw] of Object.entries(scenes)) {
    const [drawn, kept] = [contents(encodePng(draw())), contents(readFileSync(`${folder}${name}.png`))];
    assert.ok(JSON.stringify(drawn) === JSON.stringify(kept), `${name}.png differs: run drawing/draw.ts`);
  }
});

test("a square fills the pixels inside it, half of those on its edge, and none outside", () => {
  const target = picture(4, 3);
  fill(target, [points("1,1 2.5,1 2.5,2 1,2")], [200, 100, 50]);
  const red = Array.from({ length: 12 }, (_, i) => target.pixels[i * 3]);
  assert.equal(red, [0, 0, 0, 0, 0, 200, 100, 0, 0, 0, 0, 0]);
});

test("a tiny picture is the PNG file that the format's specification describes", () => {
  const png = encodePng({ width: 1, height: 1, pixels: Uint8Array.of(255, 0, 128) });
  assert.equal(contents(png), {
    signature: "89504e470d0a1a0a",
    IHDR: "00000001000000010802000000",
    IDAT: "00ff0080",
    IEND: "",
  });
  assert.is(png.toString("hex", png.length - 4), "ae426082", "the CRC of an empty IEND");
});

test.run();
