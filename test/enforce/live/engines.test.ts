/**
 * Both engines watch the same programs and have to tell the same calls as often. What a program does is not the same in
 * two runs where it depends on time: threads wait for each other or do not (futex, sched_yield), heaps grow at other
 * moments, an event loop turns once more. Such calls are named with each program, and compared as a set: whether one of
 * them is made at all may differ too, so they only have to be known to this list.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { whyNoStrace } from "../../trace/here.ts";
import { skip, whyNotHere } from "../programs.ts";
import { build, byListener, byStrace, countsOf, type Place, whyNoGcc } from "./programs.ts";

const test = suite("enforce/live/engines");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const why = (await whyNotHere()) ?? (whyNoStrace() || undefined) ?? whyNoGcc();

interface Work {
  readonly title: string;
  /** The command, once what it needs is made; undefined when the machine has no such program. */
  readonly command: () => readonly string[] | undefined;
  /** Calls that no two runs make equally often. */
  readonly varying?: string;
  readonly place?: Place;
}

const threads = "futex sched_yield restart_syscall clock_nanosleep";
const heaps = "brk mmap munmap mprotect madvise mremap";

const python = `
import http.server, threading, urllib.request
http.server.SimpleHTTPRequestHandler.log_message = lambda *words: None
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
for i in range(3): urllib.request.urlopen("http://127.0.0.1:%d/" % server.server_port).read()
server.shutdown()
`;
const server = `
const http = require("node:http");
const server = http.createServer((request, response) => response.end("meow")).listen(0, "127.0.0.1", () =>
  http.get({ port: server.address().port }, (answer) => answer.resume().on("end", () => server.close())));
`;
const script = `
for i in 1 2 3; do (exit $i) || true; done
echo one two | tr a-z A-Z | cat
ls / > /dev/null && cat /etc/hostname /nonexistent 2> /dev/null
kill -0 $$
`;

const works: readonly Work[] = [
  { title: "a C server that forks for each request", command: () => [build("forks", folder), "5"] },
  { title: "ls -lR", command: () => ["ls", "-lR", tree()], varying: heaps },
  {
    title: "a threaded Python server",
    command: () => (has("python3") ? ["python3", "-S", "-c", python] : undefined),
    varying: `${threads} ${heaps} ppoll poll select pselect6 epoll_wait newfstatat stat getsockname`,
    place: { cwd: tree(), env: { PATH: process.env.PATH ?? "", PYTHONHASHSEED: "0" } },
  },
  {
    title: "git clone",
    command: () =>
      has("git") ? ["git", "clone", "-q", repository(), join(folder, `clone${++clones}`)] : undefined,
    varying: `${threads} ${heaps} wait4 poll read write rt_sigaction kill rt_sigreturn`,
  },
  {
    title: "gcc",
    command: () => ["gcc", "-c", "-o", join(folder, "a.o"), source()],
    varying: `${heaps} openat unlink access stat newfstatat`,
  },
  {
    title: "a Node server",
    command: () => [process.execPath, "-e", server],
    varying: `${threads} ${heaps} epoll_wait epoll_pwait epoll_ctl read write getpid io_uring_enter rt_sigprocmask exit prctl set_robust_list rseq clone clone3 getrandom gettid sched_getaffinity`,
  },
  {
    title: "a shell script",
    command: () => ["sh", "-c", script],
    varying: "rt_sigreturn wait4",
    place: { env: { PATH: "/usr/bin:/bin" } },
  },
  { title: "a program that installs a filter of its own", command: () => [build("filtered", folder)] },
];

let clones = 0;

function has(name: string): boolean {
  return !spawnSync(name, ["--version"]).error;
}

function tree(): string {
  const top = join(folder, "tree");
  for (const part of ["a/b", "c"]) mkdirSync(join(top, part), { recursive: true });
  for (const name of ["a/1", "a/b/2", "c/3"]) writeFileSync(join(top, name), name);
  return top;
}

function repository(): string {
  const place = join(folder, "repository");
  const git = (...args: string[]) =>
    spawnSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", "-C", place, ...args]);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "file"), "text\n");
  git("init", "-q");
  git("add", "file");
  git("commit", "-qm", "one");
  return place;
}

function source(): string {
  const path = join(folder, "a.c");
  writeFileSync(path, '#include <stdio.h>\nint main(void) { puts("meow"); return 0; }\n');
  return path;
}

/** What the engines tell differently, as lines. */
function differences(
  one: ReadonlyMap<string, number>,
  other: ReadonlyMap<string, number>,
  varying: ReadonlySet<string>,
): string[] {
  const names = [...new Set([...one.keys(), ...other.keys()])].filter((name) => !varying.has(name)).sort();
  return names
    .filter((name) => one.get(name) !== other.get(name))
    .map((name) => `${name}: notify ${one.get(name) ?? 0}, strace ${other.get(name) ?? 0}`);
}

/** Two runs may differ by more than is known; the engines agree when some pair of runs does. */
const ATTEMPTS = 3;

for (const { title, command, varying = "", place } of works)
  test(`both engines see the same calls of ${title}`, async () => {
    if (why !== undefined) return skip(title, why);
    if (command() === undefined) return skip(title, "it is not installed");
    const exempt = new Set(varying.split(" "));
    const listened: Map<string, number>[] = [];
    const straced: Map<string, number>[] = [];
    let closest: string[] | undefined;
    for (let i = 0; i < ATTEMPTS && closest?.length !== 0; i++) {
      const mine = await byListener(command() ?? [], place);
      const theirs = await byStrace(command() ?? [], place);
      assert.is(mine.status, 0);
      assert.is(theirs.status, 0);
      listened.push(countsOf(mine));
      straced.push(countsOf(theirs));
      for (const one of listened)
        for (const other of straced) {
          const differing = differences(one, other, exempt);
          if (closest === undefined || differing.length < closest.length) closest = differing;
        }
    }
    assert.equal(closest, []);
    assert.ok((listened[0]?.size ?? 0) > 10);
  });

test.run();
