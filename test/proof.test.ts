import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../src/abi/error.ts";
import { allow, policy } from "../src/policy/builder.ts";
import { type ResolvedPolicy, resolve } from "../src/policy/resolve.ts";
import { compile, compileResolved } from "../src/proof.ts";
import { root } from "./root.ts";

const proofs = suite("proof");
const head = { default: "kill_process", arches: ["x86_64", "aarch64"] } as const;
const small = policy(head, [allow("read", "write"), allow("socket").if("domain == AF_UNIX && type < 5")]);

function failure(work: () => unknown): SeccatError {
  try {
    work();
  } catch (error) {
    if (error instanceof SeccatError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

proofs("a compile proves its program, and says what that took", () => {
  const { proof, program } = compile(small);
  assert.ok(proof && proof.nodes > 0 && proof.ms >= 0);
  assert.ok(program.insns.length > 0);
});

proofs("some of the arches are proved alone", () => {
  assert.ok(compile(small, { arches: ["aarch64"] }).proof);
});

proofs("the proof can be left out", () => {
  assert.is(compile(small, { prove: false }).proof, undefined);
  assert.is(compileResolved(resolve(small), { prove: false }).proof, undefined);
});

proofs("a budget that does not suffice is an error that says where, never a success", () => {
  const error = failure(() => compile(small, { prove: { nodes: 40 } }));
  assert.is(error.code, "proof");
  assert.match(error.message, /the proof did not come to an end/);
  assert.match(error.fix ?? "", /raise the budget/);
});

proofs("a program that is not what the policy says is an error with the call, never a program", () => {
  const right = resolve(small);
  const wrong = resolve(policy(head, [allow("read"), allow("socket").if("domain == AF_UNIX && type < 5")]));
  let looks = 0;
  // What the compiler reads first is not what the prover reads after it.
  const facts: ResolvedPolicy = {
    badArch: right.badArch,
    skipped: [],
    get arches() {
      return looks++ < 4 ? wrong.arches : right.arches;
    },
  };
  const error = failure(() => compileResolved(facts));
  assert.is(error.code, "internal");
  assert.match(error.message, /^the compiled program is wrong about write\(/);
  assert.is(error.expected, "allow");
  assert.is(error.received, "kill_process");
});

proofs("compiling and proving docker's profile for three arches takes less than 150 MB", () => {
  const [own, neutral] = ["../src/proof", "../bench/neutral"].map(
    (path) => new URL(`${path}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url).href,
  );
  const code = `
    const { compile } = await import(${JSON.stringify(own)});
    const { readNeutral } = await import(${JSON.stringify(neutral)});
    const { proof } = compile(readNeutral(process.argv[1]));
    console.log(JSON.stringify({ nodes: proof.nodes, kilobytes: process.resourceUsage().maxRSS }));
  `;
  const file = `${root}bench/policies/docker-default-multi.json`;
  const args = ["--no-warnings", "--input-type=module", "-e", code, "--", file];
  const done = spawnSync(process.execPath, args, { encoding: "utf8" });
  assert.is(done.status, 0, done.stderr);
  const { nodes, kilobytes } = JSON.parse(done.stdout);
  assert.ok(nodes > 1000, `${nodes} nodes`);
  assert.ok(kilobytes < 150_000, `${kilobytes} kB`);
});

proofs.run();
