/** `npm run bench -- NAME [ARGUMENT ...]`: runs one benchmark, or tells which there are. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const benches: readonly (readonly [name: string, question: string])[] = [
  ["compile", "how good and how fast is the compiler, against libseccomp?"],
  ["explain", "how long does a denied call take when seccat run --explain tells it?"],
  ["evaluate", "how many calls a second can be asked off-box, against interpreters in C?"],
  ["kernel", "what does a call cost in the kernel, under filters of several compilers?"],
  ["libseccomp", "does any decision differ from libseccomp's, on many random policies?"],
  ["startup", "how long do commands take as whole processes?"],
  ["stream", "how many calls a second does seccat emulate answer?"],
  ["logs", "how fast are logs of strace read, and in how much memory, against grep and awk?"],
  ["mutants", "does the prover find every fault that is planted in a compiled program?"],
  ["decisions", "does any decision of a program differ from its policy's?"],
  ["prove", "how long does a proof take?"],
  ["trace", "how much slower does a program become while its calls are watched, against strace?"],
  ["learned", "does a policy that was learned from a program let it do the same work again?"],
  ["launch", "does a launch ever die of its own filter, and what does a start cost, against bwrap?"],
  ["soak", "does Node, of four versions, live under the groups that are said to suffice, under load?"],
  ["notify", "what does a call cost that a supervisor answers, against a supervisor in C?"],
  ["faults", "does every fault around a supervisor end in a clear state, many times over?"],
  ["prior", "how often do programs make each call? (rewrites src/compile/prior.ts)"],
];

const [name, ...args] = process.argv.slice(2);
const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
if (name !== undefined && benches.some(([known]) => known === name) && existsSync(file)) {
  process.exitCode = spawnSync(process.execPath, [file, ...args], { stdio: "inherit" }).status ?? 1;
} else {
  console.error("npm run bench -- NAME, where NAME is");
  for (const [known, question] of benches) console.error(`  ${known.padEnd(12)}${question}`);
  process.exitCode = 2;
}
