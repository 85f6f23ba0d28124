/**
 * Draws the pictures of the folder `images` anew: `node src/cli/randomcat/drawing/draw.ts [FOLDER]`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodePng } from "./png.ts";
import { scenes } from "./scenes.ts";

const folder = process.argv[2] ?? fileURLToPath(new URL("../images", import.meta.url));
mkdirSync(folder, { recursive: true });
for (const [name, draw] of Object.entries(scenes)) {
  const png = encodePng(draw());
  writeFileSync(`${folder}/${name}.png`, png);
  console.log(`${name}.png ${png.length} bytes`);
}
