/** `node build.js FILE`: milliseconds to make the program in FILE ready for calls, in a process that is as fresh as can be. */
import { readFileSync } from "node:fs";
import { readProgram } from "../src/bpf/codec.ts";
import { jit } from "../src/bpf/jit/index.ts";

const program = readProgram(readFileSync(process.argv[2] ?? ""), "little");
const start = performance.now();
jit(program).evaluate(new Uint32Array(16));
console.log(performance.now() - start);
