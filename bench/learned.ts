/**
 * Does a policy that was learned from a program let it do the same work again, when it kills for all else?
 *
 *     npm run bench -- learned [RUNS] [STABLE]      10 runs under each policy; learned until 3 runs show nothing new
 *
 * Ten programs, each learned by `seccat trace --until-stable` and then run under `seccat run`. A run that dies is told
 * with the call that the policy lacks, and the program is learned again with `--add usual,lock`, which allows what traces
 * miss. Exits with 1 when a run dies even so. Needs gcc, git and python3.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machine } from "./machine.ts";
import { printTable, progress } from "./report.ts";
import { root } from "./root.ts";

const [runs = 10, stable = 3] = process.argv.slice(2).map(Number);
const seccat = [process.execPath, `${root}src/cli/seccat.cjs`];

const threads = `
import hashlib, threading, urllib.request, http.server
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
server.RequestHandlerClass.log_message = lambda *_: None
threading.Thread(target=server.serve_forever, daemon=True).start()
def get():
    for _ in range(20):
        hashlib.sha256(urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/").read())
workers = [threading.Thread(target=get) for _ in range(4)]
[worker.start() for worker in workers]
[worker.join() for worker in workers]
server.shutdown()
`;

const node = `
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { Worker } from "node:worker_threads";
const server = createServer((request, response) => response.end(gzipSync("cat".repeat(1000))));
server.listen(0, "127.0.0.1", async () => {
  for (let i = 0; i < 50; i++) await (await fetch("http://127.0.0.1:" + server.address().port)).arrayBuffer();
  const worker = new Worker("require('node:fs').readdirSync('.')", { eval: true });
  worker.on("exit", () => server.close(() => process.exit()));
});
`;

/** What each program does, in a shell, in a folder of its own. */
const programs: Readonly<Record<string, string>> = {
  ls: "exec ls -lR /usr/include",
  find: "exec find /usr/share/doc -name 'c*' -newer /etc/hostname -printf '%s\\n'",
  "sort, awk": "seq 100000 | sort -r | awk '{ sum += $1 } END { print sum }'",
  tar: "rm -rf out && mkdir out && tar czf out.tgz /usr/include/linux 2>&1 && tar xzf out.tgz -C out",
  gcc: "printf 'int main(void) { return 0; }' > a.c && gcc -O2 -o a a.c && ./a",
  git: "rm -rf copy && git clone -q origin copy && git -C copy log --oneline",
  "python threads": "exec python3 threads.py",
  node: `exec '${process.execPath}' server.mjs`,
  "xargs, sha256sum": "find /usr/include/linux -name '*.h' | xargs -P 4 -n 50 sha256sum",
  "shell script":
    "for i in 1 2 3 4 5; do (echo $i > f$i; sleep 0.01; cat f$i) & done; wait; trap 'echo bye' EXIT",
};

function prepare(folder: string): void {
  writeFileSync(join(folder, "threads.py"), threads);
  writeFileSync(join(folder, "server.mjs"), node);
  mkdirSync(join(folder, "origin"));
  const identity = ["-c", "user.name=cat", "-c", "user.email=cat@localhost"];
  const git = (...args: readonly string[]) => spawnSync("git", args, { cwd: join(folder, "origin") });
  git("init", "-q");
  for (let i = 0; i < 20; i++) writeFileSync(join(folder, "origin", `f${i}`), "meow\n".repeat(i));
  git("add", ".");
  git(...identity, "commit", "-qm", "Meow");
}

/** How runs of a command under the policy that was learned from it came out. */
interface Outcome {
  readonly calls: number;
  readonly deaths: readonly string[];
}

function tryOut(cwd: string, command: string, more: readonly string[] = []): Outcome {
  const policy = join(cwd, "policy.json");
  const told = (args: readonly string[]) => {
    const [file = "", ...own] = seccat;
    return spawnSync(file, [...own, ...args, "--", "sh", "-c", command], {
      cwd,
      encoding: "utf8",
      timeout: 300_000,
      maxBuffer: 1 << 28,
    });
  };
  const learned = told(["trace", "--until-stable", String(stable), ...more, "--json", "-o", policy]);
  if (learned.status !== 0) throw new Error(`${command}: ${learned.stderr}`);
  const { report } = JSON.parse(learned.stdout);
  const deaths: string[] = [];
  for (let i = 0; i < runs; i++) {
    const { status, signal, stderr } = told(["run", "--policy", policy]);
    if (status !== 0)
      deaths.push(stderr.trim().split("\n").slice(-4).join(" ") || `ended with ${signal ?? status}`);
  }
  return { calls: report.syscalls.length, deaths };
}

const folder = mkdtempSync(join(tmpdir(), "seccat-bench-"));
try {
  prepare(folder);
  console.log(
    `${machine()}\n${runs} runs of each under the policy learned from it, kill_process for all else\n`,
  );
  const outcomes = Object.entries(programs).map(([name, command]) => {
    progress(name);
    const plain = tryOut(folder, command);
    return {
      name,
      plain,
      usual: plain.deaths.length > 0 ? tryOut(folder, command, ["--add", "usual,lock"]) : undefined,
    };
  });
  progress("");
  printTable(
    ["program", "calls allowed", "deaths", "with --add usual,lock", "deaths"],
    outcomes.map(({ name, plain, usual }) => [
      name,
      String(plain.calls),
      String(plain.deaths.length),
      usual ? String(usual.calls) : "",
      usual ? String(usual.deaths.length) : "",
    ]),
  );
  for (const { name, plain, usual } of outcomes) {
    for (const death of new Set(plain.deaths)) console.log(`${name}: ${death}`);
    for (const death of new Set(usual?.deaths)) console.log(`${name}, with --add usual,lock: ${death}`);
  }
  if (outcomes.some(({ usual }) => usual !== undefined && usual.deaths.length > 0)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
