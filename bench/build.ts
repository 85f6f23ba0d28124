/**
 * `node build.js FILE`: milliseconds to make the program in FILE ready for calls of x86_64, in a process that is as
 * fresh as can be; then for calls of which the tables know nothing, in the same process; and the median of doing both
 * twenty times more.
 */
import { readFileSync } from "node:fs";
import { abi } from "../arch/index.ts";
import { readProgram } from "../src/bpf/codec.ts";
import { jit } from "../src/bpf/jit/index.ts";
import { quantile } from "./quantile.ts";

const bytes = readFileSync(process.argv[2] ?? "");
const known = new Uint32Array(16);
known[1] = abi("x86_64").auditArch;
const other = new Uint32Array(16).fill(0xffffffff);
const times = Array.from({ length: 21 }, () => {
  const program = readProgram(bytes, "little");
  const start = performance.now();
  jit(program).evaluate(known);
  const middle = performance.now();
  jit(program).evaluate(other);
  return [middle - start, performance.now() - middle] as const;
});
const [first = [Number.NaN, Number.NaN], ...more] = times;
const again = more.map(([one, two]) => one + two);
console.log(`${first.join(" ")} ${quantile(again, 0.5)}`);
