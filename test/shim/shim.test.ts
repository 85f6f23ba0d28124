import { spawnSync } from "node:child_process";
import { endianness } from "node:os";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nativeAbi, type SyscallName, syscallNr } from "../../arch/index.ts";
import { backendNames, loadShim, POLLIN } from "../../shim/index.ts";
import { SeccatError } from "../../src/abi/error.ts";

const abi = process.platform === "linux" ? nativeAbi(process.arch, endianness()) : undefined;
const shimUrl = new URL(
  import.meta.url.endsWith(".ts") ? "../../shim/index.ts" : "../../shim/index.js",
  import.meta.url,
);

function nr(name: SyscallName): number {
  const found = abi && syscallNr(abi, name);
  assert.type(found, "number", `${name} has a number here`);
  return Number(found);
}

function failure(call: () => unknown): SeccatError {
  try {
    call();
  } catch (error) {
    if (error instanceof SeccatError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** The backends that are installed: npm leaves out an optional one whose install script fails. */
const present = backendNames.filter((name) => {
  if (!abi) return false;
  try {
    return loadShim(name).backend === name;
  } catch (error) {
    console.log(`skipped: the tests over ${name}: ${error instanceof Error ? error.message : error}`);
    return name === "koffi"; // a dependency, not an optional one
  }
});
const both = present.length === backendNames.length;

for (const name of present) {
  const test = suite(`shim over ${name}`);

  test("says which package it is and its version", () => {
    const shim = loadShim(name);
    assert.is(shim.backend, name);
    assert.match(shim.version, /^\d+\.\d+\.\d+/);
  });

  test("returns the value of a call that succeeds", () => {
    assert.equal(loadShim(name).syscall(nr("getpid")), { ok: true, value: process.pid });
  });

  test("returns errno as number and name of a call that fails", () => {
    const close = loadShim(name).syscall(nr("close"), -1);
    assert.equal(close, { ok: false, errno: 9, name: "EBADF" });
  });

  test("gives each failure its own errno", () => {
    const shim = loadShim(name);
    const names = [
      shim.syscall(nr("close"), -1),
      shim.syscall(nr("kill"), process.pid, 9999),
      shim.prctl(0x7fff0000),
    ];
    assert.equal(
      names.map((result) => !result.ok && result.name),
      ["EBADF", "EINVAL", "EINVAL"],
    );
  });

  test("passes bytes by address and lets the kernel write to them", () => {
    const shim = loadShim(name);
    const directory = new Uint8Array(4096);
    const result = shim.syscall(nr("getcwd"), directory, directory.length);
    assert.ok(result.ok);
    assert.is(Buffer.from(directory).toString().split("\0", 1)[0], process.cwd());
  });

  test("passes a view into the middle of a larger buffer", () => {
    const shim = loadShim(name);
    const whole = new Uint8Array(64).fill(0xaa);
    assert.ok(shim.syscall(nr("getrandom"), whole.subarray(16, 48), 32, 0).ok);
    assert.ok(whole.subarray(0, 16).every((byte) => byte === 0xaa));
    assert.ok(whole.subarray(48).every((byte) => byte === 0xaa));
    assert.not(whole.subarray(16, 48).every((byte) => byte === 0xaa));
    assert.is(shim.address(whole.subarray(16)), shim.address(whole) + 16n);
  });

  test("passes all 64 bits of an argument and of a value", () => {
    const shim = loadShim(name);
    const map = shim.syscall(nr("mmap"), 0, 4096n, 3, 0x22, -1, 0);
    assert.ok(map.ok && map.value > 2 ** 32, "an address above 4 GiB comes back whole");
    const address = map.ok ? BigInt(map.value) : 0n;
    const beyond = shim.syscall(nr("munmap"), address | (1n << 63n), 4096);
    assert.equal(beyond, { ok: false, errno: 22, name: "EINVAL" }, "bit 63 arrives");
    assert.ok(shim.syscall(nr("munmap"), address, 4096).ok);
  });

  test("makes a call with the same arguments again and again, whose bytes the kernel writes to", () => {
    const shim = loadShim(name);
    const small = new Uint8Array(24); // as small as V8 keeps on its heap, where it would move
    const random = shim.prepare(nr("getrandom"), small, small.length, 0);
    const seen = new Set<string>();
    for (let i = 0; i < 50; i++) {
      small.fill(0);
      assert.is(random(), small.length);
      seen.add(Buffer.from(small).toString("hex"));
      for (let waste = 0; waste < 1000; waste++) new Uint8Array(64);
    }
    assert.is(seen.size, 50);
    assert.is(shim.prepare(nr("close"), -1)(), -1);
    assert.is(failure(() => shim.prepare(0, 1, 2, 3, 4)).code, "internal");
  });

  test("tells errno of a call that was made again", () => {
    const shim = loadShim(name);
    const close = shim.prepare(nr("close"), -1);
    for (let i = 0; i < 3; i++) assert.equal([close(), shim.errno()], [-1, 9]);
  });

  test("shows memory that the kernel mapped, itself and no copy", () => {
    const shim = loadShim(name);
    const map = shim.syscall(nr("mmap"), 0, 4096, 3, 0x21, -1, 0); // MAP_SHARED | MAP_ANONYMOUS
    assert.ok(map.ok);
    const view = shim.view(BigInt(map.ok ? map.value : 0), 24);
    assert.equal([...view], Array(24).fill(0));
    assert.is(shim.address(view), BigInt(map.ok ? map.value : 0));
    assert.ok(shim.syscall(nr("getrandom"), map.ok ? map.value : 0, 24, 0).ok);
    assert.not(view.every((byte) => byte === 0));
  });

  test("a signal that may interrupt calls has no number that is none", () => {
    assert.ok(loadShim(name).siginterrupt(23).ok);
    assert.equal(loadShim(name).siginterrupt(9999), { ok: false, errno: 22, name: "EINVAL" });
  });

  test("reads a process's own flag through prctl", () => {
    const result = loadShim(name).prctl(39, 0, 0, 0, 0); // PR_GET_NO_NEW_PRIVS
    assert.ok(result.ok && (result.value === 0 || result.value === 1));
  });

  test("waits for a descriptor without blocking the event loop", async () => {
    const shim = loadShim(name);
    const eventfd = shim.syscall(nr("eventfd2"), 0, 0);
    assert.ok(eventfd.ok);
    if (!eventfd.ok) return;
    assert.is(await shim.poll(eventfd.value, 5), 0, "nothing to read yet");
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 2);
    setTimeout(() => shim.syscall(nr("write"), eventfd.value, new Uint8Array(8).fill(1), 8), 40);
    assert.is(await shim.poll(eventfd.value, 5000), POLLIN);
    clearInterval(ticking);
    assert.ok(ticks >= 3, `timers ran ${ticks} times while it waited`);
    assert.ok(shim.syscall(nr("close"), eventfd.value).ok);
  });

  test("is refused as a fault of ours with too many arguments", () => {
    assert.is(failure(() => loadShim(name).syscall(0, 1, 2, 3, 4, 5, 6, 7)).code, "internal");
  });

  test.run();
}

const choice = suite("choice of a shim");
const linux = abi !== undefined;

choice("an unknown backend is a host error with the nearest name", () => {
  const error = failure(() => loadShim("kofi"));
  if (!linux) return assert.match(error.message, /part of Linux/);
  assert.is(error.code, "host");
  assert.is(error.fix, "did you mean koffi?");
});

/** Runs `code` in a fresh Node with `loadShim` at hand; gives what it printed. */
function inFreshNode(code: string, env: Record<string, string> = {}): string {
  const script = `import { loadShim } from ${JSON.stringify(shimUrl.href)};
    const say = (f) => { try { console.log(String(f())) } catch (e) { console.log(e.code, e.message) } };
    ${code}`;
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 30_000,
    env: { ...process.env, SECCAT_FFI: "", ...env },
  });
  assert.is(child.status, 0, child.stderr);
  return child.stdout.trim();
}

const blockFfi = (names: string) => `
  import Module from "node:module";
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (id, ...rest) {
    if (/^(${names})$/.test(id)) throw new Error("Cannot find module '" + id + "'\\nRequire stack: ...");
    return resolve.call(this, id, ...rest);
  };`;

if (linux) {
  choice("importing loads no FFI package", () => {
    assert.is(
      inFreshNode(`say(() => process.report.getReport().sharedObjects.filter((f) => /ffi/.test(f)).length)`),
      "0",
    );
  });
  choice("prefers ffi-napi on the main thread where it is installed", () => {
    assert.is(inFreshNode("say(() => loadShim().backend)"), both ? "ffi-napi" : "koffi");
  });
  choice("SECCAT_FFI chooses", () => {
    assert.is(inFreshNode("say(() => loadShim().backend)", { SECCAT_FFI: "koffi" }), "koffi");
    if (both) assert.is(inFreshNode("say(() => loadShim().backend)", { SECCAT_FFI: "ffi-napi" }), "ffi-napi");
    assert.match(
      inFreshNode("say(() => loadShim())", { SECCAT_FFI: "node-ffi" }),
      /^host no FFI backend is named "node-ffi"/,
    );
  });
  choice("takes koffi where ffi-napi is missing", () => {
    assert.is(inFreshNode(`${blockFfi("ffi-napi")} say(() => loadShim().backend)`), "koffi");
  });
  choice("a chosen backend that is missing is a host error, not a switch to the other", () => {
    const said = inFreshNode(`${blockFfi("ffi-napi")} say(() => loadShim())`, { SECCAT_FFI: "ffi-napi" });
    assert.is(said, "host ffi-napi does not load: Cannot find module 'ffi-napi'");
  });
  choice("no backend at all is a host error", () => {
    assert.match(
      inFreshNode(`${blockFfi("ffi-napi|koffi")} say(() => loadShim())`),
      /^host no FFI package loads/,
    );
  });
  choice("another operating system is a host error", () => {
    const said = inFreshNode(
      `Object.defineProperty(process, "platform", { value: "darwin" }); say(() => loadShim())`,
    );
    assert.is(said, "host seccomp is a part of Linux, and this is darwin");
  });

  /** What `code` posts from a worker thread. */
  const inWorker = (code: string) =>
    new Promise<unknown>((resolve, reject) => {
      const body = `import(${JSON.stringify(shimUrl.href)}).then(({ loadShim }) => {
        const { parentPort } = require("node:worker_threads");
        try { parentPort.postMessage(${code}); } catch (e) { parentPort.postMessage(e.code + " " + e.message); }
      });`;
      const worker = new Worker(body, { eval: true, env: { ...process.env, SECCAT_FFI: "" } });
      let said: unknown;
      worker.on("message", (message) => {
        said = message;
      });
      worker.on("error", reject);
      worker.on("exit", () => resolve(said));
    });
  choice("a worker thread gets koffi", async () => {
    assert.is(await inWorker("loadShim().backend"), "koffi");
    assert.is(await inWorker(`loadShim().syscall(${nr("getpid")}).value`), process.pid);
  });
  choice("a worker thread is refused ffi-napi", async () => {
    assert.is(
      await inWorker(`loadShim("ffi-napi")`),
      "host ffi-napi crashes when it is loaded in a worker thread",
    );
  });
} else {
  console.log(`skipped: the shim's calls need Linux, and this is ${process.platform} ${process.arch}`);
}

choice.run();
