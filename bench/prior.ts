/**
 * Measures the prior: how often each system call occurs in programs that people run, for a compiler that knows
 * nothing of the one at hand.
 *
 *     npm run bench -- prior            counts, and writes src/compile/prior.ts
 *
 * Every program below runs under `strace -f -c`; its counts are turned into shares, and the prior is the mean of
 * the shares over the groups, each group the mean of its programs. What is not installed is left out and said.
 * Two runs on one machine differ by 1 % of the calls or so (timers, futexes). It knows nothing of bench/mix.json, by
 * which programs are measured. Traffic stays on this machine, files in a temporary folder.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSyscallName } from "../arch/index.ts";
import { root } from "./root.ts";

/** Programs by group; `{}` is the folder to work in, `{port}` a web server on loopback. */
const groups: Readonly<Record<string, readonly string[]>> = {
  shells: [
    "bash -c 'for i in 1 2 3 4 5 6 7 8 9 10; do echo $i | cat | wc -c; done'",
    "sh -c 'cd {} && for f in tree/*/*.txt; do test -s $f && basename $f; done'",
  ],
  files: [
    "ls -lR /usr/include",
    "find /usr/share/doc -name '*.gz'",
    "cp -r {}/tree {}/copy",
    "du -s /usr/include",
    "rm -r {}/copy",
  ],
  text: [
    "grep -r include {}/tree",
    "sort {}/tree/big.txt",
    "sed -n 's/a/b/p' {}/tree/big.txt",
    "awk '{ n += length($0) } END { print n }' {}/tree/big.txt",
    "wc {}/tree/big.txt",
    "head -c 100000 {}/tree/big.txt",
  ],
  archives: [
    "tar cf {}/a.tar {}/tree",
    "gzip -k {}/tree/big.txt",
    "tar xf {}/a.tar -C {}/out",
    "xz -k -1 {}/tree/big.txt",
  ],
  compilers: ["gcc -O2 -c {}/t.c -o {}/t.o", "gcc {}/t.o -o {}/t", "make -C {} -f {}/Makefile"],
  versions: ["git -C {} init -q repo", "git -C {}/repo add -A ..", "git -C {} status", "git -C {} log -1"],
  scripts: [
    "python3 -c 'import json, os, re, subprocess; print(len(os.listdir(\"/usr/bin\")))'",
    "python3 -m compileall -q -f {}/py",
    "perl -MFile::Find -e 'find(sub { $n++ }, \"/usr/include\"); print $n'",
  ],
  node: [
    'node -e \'require("fs").readdirSync("/usr/bin").length\'',
    'node -e \'const h=require("http");const s=h.createServer((q,r)=>r.end("x")).listen(0,"127.0.0.1",()=>{let n=0;const go=()=>h.get(s.address(),r=>{r.resume();r.on("end",()=>++n<200?go():s.close())});go()})\'',
  ],
  servers: [
    'python3 -c \'import http.server, threading, urllib.request as u; s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler); threading.Thread(target=s.serve_forever, daemon=True).start(); [u.urlopen("http://127.0.0.1:%d/" % s.server_port).read() for _ in range(100)]; s.shutdown()\'',
  ],
  clients: [
    "curl -s http://127.0.0.1:{port}/",
    "python3 -c 'import urllib.request as u; u.urlopen(\"http://127.0.0.1:{port}/\").read()'",
  ],
  system: ["dpkg -l", "ps aux", "id", "date", "df", "uname -a", "apt-cache policy bash"],
};

function prepare(): string {
  const folder = mkdtempSync(join(tmpdir(), "seccat-prior-"));
  for (const name of ["tree", "out", "py"]) mkdirSync(join(folder, name));
  const lines = Array.from({ length: 40_000 }, (_, i) => `line ${(i * 7919) % 40_009} of some text\n`);
  writeFileSync(join(folder, "tree/big.txt"), lines.join(""));
  for (let i = 0; i < 40; i++) {
    mkdirSync(join(folder, `tree/d${i}`));
    for (let j = 0; j < 5; j++)
      writeFileSync(join(folder, `tree/d${i}/f${j}.txt`), `#include ${i} ${j}\n`.repeat(j * 200));
    writeFileSync(join(folder, `py/m${i}.py`), `def f${i}(x):\n    return [x + ${i} for _ in range(9)]\n`);
  }
  writeFileSync(
    join(folder, "t.c"),
    '#include <stdio.h>\n#include <stdlib.h>\nint main(void){puts("cat");return 0;}\n',
  );
  writeFileSync(join(folder, "Makefile"), "all:\n\techo one\n\techo two\n");
  return folder;
}

/** Shares of the calls that one program makes; undefined when it cannot be run. */
function count(command: string, folder: string): Promise<Map<string, number> | undefined> {
  const out = join(folder, "counts");
  const child = spawn("strace", ["-f", "-c", "-U", "name,calls", "-o", out, "sh", "-c", `exec ${command}`], {
    stdio: "ignore",
    cwd: folder,
  });
  return new Promise((resolve) => {
    child.on("error", () => resolve(undefined));
    child.on("close", (code) => {
      if (code === 127 || code === null) resolve(undefined);
      else resolve(shares(readFileSync(out, "utf8")));
    });
  });
}

function shares(summary: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of summary.split("\n")) {
    const [name, calls] = line.trim().split(/\s+/);
    // The header names its column as a call of mips is named.
    if (name !== undefined && isSyscallName(name) && Number(calls) > 0) counts.set(name, Number(calls));
  }
  const total = [...counts.values()].reduce((a, b) => a + b, 0);
  return new Map([...counts].map(([name, calls]) => [name, calls / total]));
}

function mean(maps: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sum = new Map<string, number>();
  for (const map of maps)
    for (const [name, share] of map) sum.set(name, (sum.get(name) ?? 0) + share / maps.length);
  return sum;
}

async function main(): Promise<void> {
  if (spawnSync("strace", ["-V"]).error) throw new Error("strace is missing: apt-get install strace");
  const folder = prepare();
  const server = createServer((_, response) => response.end("cat\n".repeat(500)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const perGroup: Map<string, number>[] = [];
    for (const [name, commands] of Object.entries(groups)) {
      const counted: Map<string, number>[] = [];
      for (const command of commands) {
        const real = command.replaceAll("{port}", String(port)).replaceAll("{}", folder);
        const result = await count(real, folder);
        if (result && result.size > 0) counted.push(result);
        else console.error(`left out: ${command.slice(0, 60)}`);
      }
      console.error(`${name}: ${counted.length} of ${commands.length} programs`);
      if (counted.length > 0) perGroup.push(mean(counted));
    }
    writeFileSync(`${root}src/compile/prior.ts`, source(mean(perGroup)));
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Shares in millionths; what is rarer than one is left to the compiler's floor. */
function source(prior: ReadonlyMap<string, number>): string {
  const rows = [...prior]
    .map(([name, share]) => [name, Math.round(share * 1e6)] as const)
    .filter(([, share]) => share > 0)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return `/**
 * How often programs make each call, in millionths, the most frequent first: the mean over ${Object.keys(groups).length} groups of programs.
 * Made by \`npm run bench -- prior\` (bench/prior.ts has the programs): run that instead of editing.
 */
export const prior: Readonly<Record<string, number>> = Object.freeze({
${rows.map(([name, share]) => `  ${name}: ${share},`).join("\n")}
});
`;
}

await main();
