import { suite } from "uvu";
import * as assert from "uvu/assert";
import { syscallName } from "../../arch/index.ts";
import { encode } from "../../src/bpf/codec.ts";
import { costsOf } from "../../src/compile/cost.ts";
import { compile } from "../../src/compile/index.ts";
import { readPolicy } from "../../src/formats/index.ts";
import { resolve } from "../../src/policy/resolve.ts";
import { policyText } from "./policies.ts";
import { seccat, withFiles } from "./seccat.ts";

const test = suite("seccat compile --stats");

const { policy } = readPolicy(policyText);
const { program } = compile(policy);
const [cost] = costsOf(program, resolve(policy));

test("sizes, costs, cached calls and times go to stderr, the program alone to stdout", () => {
  const { stdout, stderr } = seccat(["compile", "-", "--stats", "--format", "hex"], { input: policyText });
  assert.is(stdout, `${Buffer.from(encode(program)).toString("hex")}\n`);
  const [arches, instructions, path, executed, cached, decisions, actions, passes, proof, end] =
    stderr.split("\n");
  assert.is(arches, "arches        x86_64");
  assert.is(
    instructions,
    `instructions  ${program.insns.length} of 4096 (${8 * program.insns.length} bytes)`,
  );
  assert.match(path ?? "", /^path cost {5}\d+ of 32768, as the kernel counts it$/);
  assert.is(
    executed,
    `executed      ${cost?.weighted.toFixed(2)} per call as calls occur (${cost?.uncached?.toFixed(2)} without the cached ones), ${cost?.mean.toFixed(1)} if all were alike, ${cost?.max} at most`,
  );
  // The five that are always allowed, and two that Linux lets no filter judge.
  assert.is(
    cached,
    `cached        7 of ${cost?.numbers.length} calls, for which Linux 7.2 does not run the program`,
  );
  assert.match(decisions ?? "", /^decisions {5}\d+ nodes$/);
  assert.equal(actions?.slice(14).split(", ").sort(), ["allow", "errno(1)", "kill_process"]);
  assert.match(
    passes ?? "",
    /^passes {8}resolve [\d.]+ ms, lint [\d.]+ ms, normalise .* layout [\d.]+ ms, check [\d.]+ ms$/,
  );
  assert.match(proof ?? "", /^proof {9}equal to the policy, [\d.]+ ms, \d+ nodes$/);
  assert.is(end, "");
});

test("each arch has its own costs", () => {
  const input = policyText.replace("[x86_64]", "[x86_64, aarch64]");
  const { stderr } = seccat(["compile", "-", "--stats", "-f", "hex"], { input });
  assert.match(stderr, /\nexecuted {6}x86_64: [\d.]+ per call .*\n {14}aarch64: [\d.]+ per call /);
  assert.match(stderr, /\ncached {8}x86_64: 7 of .*\n {14}aarch64: 5 of /);
});

test("a kernel without the bitmap runs the program for every call", () => {
  const { stderr } = seccat(["compile", "-", "--stats", "-f", "hex", "--kernel", "5.10"], {
    input: policyText,
  });
  assert.match(stderr, /\ncached {8}none: Linux 5\.10 runs the program for every call\n/);
});

test("--json has every call, whether it is cached, and what it costs", () => {
  const { stats } = JSON.parse(seccat(["compile", "-", "--json"], { input: policyText }).stdout);
  assert.is(stats.kernel, "7.2");
  assert.is(stats.costs.length, 1);
  const [{ arch, executed, calls }] = stats.costs;
  assert.is(arch, "x86_64");
  assert.is(executed.max, cost?.max);
  assert.is(executed.weighted, Number(cost?.weighted.toFixed(3)));
  assert.equal(
    calls,
    cost?.numbers.map(({ nr, cached, mean, max }) => {
      return { call: syscallName("x86_64", nr), cached, mean: Number(mean.toFixed(3)), max };
    }),
  );
  const cached = calls.filter((call: { cached: boolean }) => call.cached);
  assert.equal(
    cached.map(({ call }: { call: string }) => call),
    ["read", "write", "close", "brk", "exit_group", "uretprobe", "uprobe"],
  );
  assert.ok(stats.proof.nodes > 0);
  assert.ok(stats.proof.ms > 0);
});

test("the weights given are those that the costs are told by", () => {
  withFiles({ "p.yaml": policyText, "w.json": '{"ptrace": 3, "fcntl": 1}' }, (folder) => {
    const call = ["compile", "p.yaml", "--json", "--weights", "w.json"];
    const { stats } = JSON.parse(seccat(call, { cwd: folder }).stdout);
    const weights = { ptrace: 3, fcntl: 1 };
    const [own] = costsOf(compile(policy, { weights }).program, resolve(policy), { weights });
    assert.is(stats.costs[0].executed.weighted, Number(own?.weighted.toFixed(3)));
    assert.not.equal(own?.weighted.toFixed(3), cost?.weighted.toFixed(3));
  });
});

test.run();
