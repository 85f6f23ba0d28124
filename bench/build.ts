/**
 * `node build.js FILE`: milliseconds to make the program in FILE ready for calls, in a process that is as fresh as
 * can be, and the median of doing it twenty times more.
 */
import { readFileSync } from "node:fs";
import { readProgram } from "../src/bpf/codec.ts";
import { jit } from "../src/bpf/jit/index.ts";
import { quantile } from "./quantile.ts";

const bytes = readFileSync(process.argv[2] ?? "");
const times = Array.from({ length: 21 }, () => {
  const program = readProgram(bytes, "little");
  const start = performance.now();
  jit(program).evaluate(new Uint32Array(16));
  return performance.now() - start;
});
console.log(`${times[0]} ${quantile(times.slice(1), 0.5)}`);
