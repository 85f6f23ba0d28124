import { spawnSync } from "node:child_process";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../../src/enforce/run.ts";
import { candidates, emptyFile, makePlace, memoryFile, removePlace } from "../../src/enforce/temporary.ts";
import { output, refusal, sourceUrl } from "./launched.ts";
import { allowAll, denyOnly, ret, skip, whyNotHere } from "./programs.ts";

const test = suite("temporary");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("a launcher lies where only its user can look", () => {
  const before = process.umask();
  for (const umask of [0, 0o22, 0o137, 0o777]) {
    process.umask(umask);
    const place = makePlace(folder, Uint8Array.of(1, 2, 3), 24);
    process.umask(before);
    assert.equal(
      [place.directory, place.launcher].map((path) => statSync(path).mode & 0o777),
      [0o700, 0o700],
    );
    assert.equal(readdirSync(place.directory), ["launcher"]);
    const { nlink, size } = fstatSync(place.status);
    assert.equal([nlink, size], [0, 24]);
    closeSync(place.status);
    removePlace(place.directory);
    assert.equal(readdirSync(folder), []);
  }
});

test("directories are tried in order, each once, and only those that the environment names", () => {
  const named = candidates({ XDG_RUNTIME_DIR: "/run/user/7", XDG_CACHE_HOME: "/dev/shm" });
  assert.equal(named.slice(0, 3), [tmpdir(), "/dev/shm", "/run/user/7"]);
  assert.is(named.filter((directory) => directory === "/dev/shm").length, 1);
  assert.not(candidates({}).includes("/run/user/7"));
});

test("a block in memory has no name, and is read from its beginning", () => {
  const before = readdirSync("/dev/shm");
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i);
  const fd = memoryFile(bytes);
  if (fd === undefined) return skip("a block in memory", "/dev/shm cannot be written to");
  assert.equal(
    readdirSync("/dev/shm").filter(
      (name) => name.startsWith(`seccat-${process.pid}-`) && !before.includes(name),
    ),
    [],
  );
  assert.is(fstatSync(fd).nlink, 0);
  const read = new Uint8Array(bytes.length + 1);
  assert.is(readSync(fd, read), bytes.length);
  assert.equal(read.subarray(0, -1), bytes);
  closeSync(fd);
});

test("a file for how far a launcher came has no name, and is of zeros", () => {
  const fd = emptyFile(24);
  assert.equal([fstatSync(fd).nlink, fstatSync(fd).size], [0, 24]);
  const read = new Uint8Array(25).fill(1);
  assert.is(readSync(fd, read, 0, 25, 0), 24);
  assert.equal([...read], [...Array(24).fill(0), 1]);
  closeSync(fd);
});

/** Runs `body` while launchers are written to `directory`. */
async function withTemporary<T>(directory: string, body: () => Promise<T>): Promise<T> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = directory;
  try {
    return await body();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

test("leaves nothing in the temporary directory", async () => {
  const directory = join(folder, "temporary");
  mkdirSync(directory);
  await withTemporary(directory, async () => {
    const { stdout } = await output([allowAll()], ["ls", "-a", directory]);
    assert.is(stdout, ".\n..\n", "the launcher's file is gone before the command starts");
    await refusal([denyOnly(ret.kill_process, "execve")], ["true"]);
    await refusal([allowAll()], ["true", "x".repeat(200_000)]); // execve refuses this
  });
  assert.equal(readdirSync(directory), []);
});

test("a launcher that is waited for to its end leaves nothing there either", async () => {
  const directory = join(folder, "removed");
  mkdirSync(directory);
  const listing = join(folder, "listing");
  await withTemporary(directory, async () => {
    const words = ["sh", "-c", `ls -a ${directory} > ${listing}`];
    const ended = await run([allowAll()], words, { cwd: "/" });
    assert.is(ended.kind === "ended" && ended.status, 0);
    assert.is(readFileSync(listing, "utf8"), ".\n..\n", "its file is gone before the command starts");
    const refused = await run([allowAll()], ["true", "x".repeat(200_000)]); // execve refuses this
    assert.equal([refused.kind, refused.status], ["not-started", 126]);
    const early = await run([allowAll()], ["true"], { openFiles: { soft: 9n, hard: 8n } });
    assert.equal([early.kind, early.status], ["not-started", 125]);
  });
  assert.equal(readdirSync(directory), []);
});

test("a temporary directory may be named from the current one, and the command begin in another", async () => {
  const directory = join(folder, "named");
  mkdirSync(directory);
  const { stdout } = await withTemporary(relative(process.cwd(), directory), () => {
    assert.is(candidates()[0], directory);
    return output([allowAll()], ["pwd"], { cwd: "/" });
  });
  assert.is(stdout, "/\n");
});

test("takes another directory where the temporary one cannot be written to", async () => {
  for (const directory of ["/proc", join(folder, "missing")])
    await withTemporary(directory, async () => {
      assert.is((await output([allowAll()], ["true"])).status, 0, directory);
    });
});

test("takes another directory where the temporary one is mounted noexec", async () => {
  const mounted = join(folder, "noexec");
  mkdirSync(mounted);
  const script = `
    const { spawnFiltered } = await import(${JSON.stringify(sourceUrl("src/enforce/launch"))});
    const { readProgram } = await import(${JSON.stringify(sourceUrl("src/bpf/codec"))});
    const program = readProgram(Buffer.from("06000000" + "0000ff7f", "hex"), "little");
    const { exited } = await spawnFiltered([program], ["echo", "started"], { stdio: "inherit" });
    await exited;
    console.log((await import("node:fs")).readdirSync(${JSON.stringify(mounted)}).length);`;
  const commands = `mount -t tmpfs -o noexec none ${mounted} || exit 77; TMPDIR=${mounted} exec "$@"`;
  const argv = ["-m", "sh", "-c", commands, "sh", process.execPath, "--input-type=module", "-e", script];
  const child = spawnSync("unshare", argv, { encoding: "utf8", timeout: 30_000 });
  if (child.error || child.status === 77 || /unshare failed/.test(child.stderr))
    return skip("a launch from a noexec directory", child.error?.message ?? child.stderr.trim());
  assert.is(child.stdout, "started\n0\n", child.stderr);
});

test("starts many commands at once", async () => {
  const directory = join(folder, "many");
  mkdirSync(directory);
  const endings = await withTemporary(directory, () =>
    Promise.all(
      Array.from({ length: 20 }, (_, i) => output([allowAll()], ["sh", "-c", `echo ${i}; exit ${i}`])),
    ),
  );
  assert.equal(
    endings.map(({ status, stdout }) => [status, stdout]),
    endings.map((_, i) => [i, `${i}\n`]),
  );
  assert.equal(readdirSync(directory), []);
});

const why = await whyNotHere();
if (why) {
  rmSync(folder, { recursive: true, force: true });
  skip("launchers in temporary directories", why);
} else test.run();
