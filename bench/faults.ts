/**
 * Does every fault around a supervisor end in a clear state, many times over?
 *
 *     npm run bench -- faults [SCALE]      200 when absent: about a minute of calls as fast as they come, the rest SCALE / 10 times
 *
 * Exits with 1 when one did not: a stray process, a wrong exit code, something unsaid, or a hang.
 */
import { faults } from "../test/enforce/scenes.ts";
import { ffi, machine } from "./machine.ts";
import { progress } from "./report.ts";

const scale = Number(process.argv[2] ?? 200);
const times = Math.max(1, Math.round(scale / 10));
console.log(`${machine()}\n${ffi()}`);
for (const { name, play, missing, long } of faults) {
  if (missing !== undefined) {
    console.log(`left out  ${name}: ${missing}`);
    continue;
  }
  let told = "";
  let bad = 0;
  const count = long ? 1 : times;
  for (let i = 0; i < count; i++) {
    progress(`${i + 1} of ${count}: ${name}`);
    try {
      told = await play(long ? scale : 1);
    } catch (error) {
      bad++;
      told = error instanceof Error ? error.message : String(error);
    }
  }
  progress("");
  console.log(`${bad === 0 ? "clear" : `${bad} NOT CLEAR`}  ${count} x  ${name} (last: ${told})`);
  if (bad > 0) process.exitCode = 1;
}
