/** How large are our programs, and how long does a compile take once everything is loaded? */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "../src/compile/index.ts";
import { readNeutral } from "./neutral.ts";

const up = fileURLToPath(new URL("../", import.meta.url));
const folder = `${up.endsWith("/dist/") ? up.slice(0, -5) : up}bench/policies/`;
const ROUNDS = 31;

console.log("policy                     instructions   compile ms: median  (fastest .. slowest)");
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const times: number[] = [];
  let length = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const policy = readNeutral(folder + file);
    const start = performance.now();
    length = compile(policy).program.insns.length;
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const ms = (at: number) => (times[at] ?? 0).toFixed(2);
  console.log(
    `${file.replace(".json", "").padEnd(26)} ${String(length).padStart(12)}   ${ms(ROUNDS >> 1).padStart(18)}  (${ms(0)} .. ${ms(ROUNDS - 1)})`,
  );
}
