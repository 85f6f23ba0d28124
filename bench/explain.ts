/**
 * How long does a denied call take, from the side of who makes it, when somebody explains it?
 *
 *     npm run bench -- explain [CALLS] [ROUNDS]      300 calls a round, 7 rounds, interleaved
 *
 * Three sorts of calls: the same again and again; openat with another path each time; and ioctl with another request each
 * time, for each of which a rule to suggest has to be found. Four ways: denied by the kernel alone; handed over and denied
 * by Seccat, which says nothing; explained with every call told in full to a file; explained as `seccat run` does it, which
 * leaves out repetitions. `strace` stands beside them as the other way to see such calls.
 *
 * Exits with 1 when the median of calls that are told in full is not under 1 ms.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { encode } from "../src/bpf/codec.ts";
import { Explainer } from "../src/cli/denied/explainer.ts";
import { sourceOf } from "../src/cli/denied/origin.ts";
import { openLines } from "../src/cli/denied/output.ts";
import { fromPolicy } from "../src/cli/filter.ts";
import { type Denial, spawnFiltered } from "../src/enforce/index.ts";
import { native } from "../src/enforce/native.ts";
import { readPolicy } from "../src/formats/index.ts";
import { ffi, machine } from "./machine.ts";
import { quantile } from "./quantile.ts";
import { root } from "./root.ts";

const [calls = 300, rounds = 7] = process.argv.slice(2).map(Number);
const sorts = ["same", "open", "new"] as const;
const folder = mkdtempSync(join(tmpdir(), "seccat-bench-"));
const binary = join(folder, "explain");
const file = join(folder, "told.txt");
const policyText = `default: allow
rules:
  - action: { errno: EPERM }
    syscalls: [mkdirat, ioctl]
  - action: { errno: EPERM }
    syscalls: [openat]
    when: flags == O_CLOEXEC|O_NOFOLLOW
`;
const filter = {
  ...fromPolicy(readPolicy(policyText, { file: "p.yaml", native: native().abi }), "p.yaml", {}),
  text: policyText,
};
const unlimited = { first: Number.POSITIVE_INFINITY, pause: 0, burst: 1e9, perSecond: 1e9 };

type Hear = (denial: Denial) => void;

/** Who hears of denials; undefined where the kernel denies by itself. */
const ways: readonly { readonly name: string; readonly hear?: () => { hear: Hear; end: () => void } }[] = [
  { name: "the kernel alone" },
  { name: "handed over, nothing said", hear: () => ({ hear: () => {}, end: () => {} }) },
  { name: "explained, each told", hear: () => explained(true) },
  { name: "explained, as in seccat run", hear: () => explained(false) },
];

function explained(all: boolean): { hear: Hear; end: () => void } {
  const limits = all ? { limits: unlimited } : {};
  const explainer = new Explainer([sourceOf(filter)], openLines(file), {
    json: false,
    own: native().abi,
    ...limits,
  });
  return {
    hear: (denial) => explainer.hear(denial),
    end: () => explainer.end({ kind: "ended", status: 0, signal: undefined, pid: 0 }),
  };
}

async function measure(sort: string, way: (typeof ways)[number]): Promise<number[]> {
  const listening = way.hear?.();
  const { child, exited, supervisor } = await spawnFiltered([filter.program], [binary, sort, String(calls)], {
    stdio: ["ignore", "pipe", "inherit"],
    ...(listening ? { onDenied: listening.hear } : {}),
  });
  const said = child.stdout ? await text(child.stdout) : "";
  await exited;
  await supervisor?.done;
  listening?.end();
  return said.trimEnd().split("\n").map(Number);
}

function strace(sort: string): number[] | undefined {
  const program = join(folder, "p.bpf");
  writeFileSync(program, encode(filter.program));
  const under = [process.execPath, `${root}src/cli/seccat.cjs`, "run", "-p", program, "--"];
  const words = [
    "-f",
    "-o",
    "/dev/null",
    "-e",
    "trace=mkdirat,openat,ioctl",
    ...under,
    binary,
    sort,
    String(calls),
  ];
  const { status, stdout } = spawnSync("strace", words, { encoding: "utf8" });
  return status === 0 ? stdout.trimEnd().split("\n").map(Number) : undefined;
}

console.log(`${machine()}\n${ffi()}`);
console.log(
  `${calls} calls a round, ${rounds} rounds, interleaved; µs a call: median, 90 % and 99 % below\n`,
);
try {
  const gcc = spawnSync("gcc", ["-O2", "-o", binary, `${root}bench/explain.c`], { encoding: "utf8" });
  if (gcc.status !== 0) throw new Error(gcc.stderr);
  for (const sort of sorts) {
    const times = new Map<string, number[]>(
      [...ways.map(({ name }) => name), "strace"].map((name) => [name, []]),
    );
    for (let round = 0; round < rounds; round++) {
      for (const way of ways) times.get(way.name)?.push(...(await measure(sort, way)));
      times.get("strace")?.push(...(strace(sort) ?? []));
    }
    console.log(
      { same: "the same call", open: "another path each time", new: "another request each time" }[sort],
    );
    for (const [name, list] of times) {
      if (list.length === 0) continue;
      const figure = (q: number) => (quantile(list, q) / 1000).toFixed(1).padStart(9);
      console.log(`  ${name.padEnd(28)}${figure(0.5)}${figure(0.9)}${figure(0.99)}`);
      if (name.startsWith("explained") && quantile(list, 0.5) >= 1e6) process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
