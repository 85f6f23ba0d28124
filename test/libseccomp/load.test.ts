/** The seed's setup_seccomp(), and what loading does to a process: each in a Node process of its own. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { here, skip, whyNotHere } from "../enforce/programs.ts";

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const library = new URL(`../../src/libseccomp.${extension}`, import.meta.url).href;

/** C's setup_seccomp(), line by line; the names and the default action are the caller's. */
const setupSeccomp = `
  function setup_seccomp(names, kill = SCMP_ACT_KILL) {
    const ctx = seccomp_init(kill);
    for (let i = 0; i < names.length; i++) {
      if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(names[i]), 0) < 0) {
        seccomp_release(ctx);
        console.log("adding rule %d failed", i);
        return -1;
      }
    }
    if (seccomp_load(ctx) < 0) {
      seccomp_release(ctx);
      console.log("loading seccomp failed");
      return -1;
    }
    return 0;
  }
  const eleven = ["close", "read", "write", "open", "fstat", "fcntl", "brk", "getdents", "openat", "shutdown", "exit_group"];
`;

/** What a Node process prints that runs `code` with all of libseccomp's names at hand, and how it ends. */
function ran(code: string): { status: number | null; signal: string | null; lines: string[] } {
  const prelude = `
    import * as fs from "node:fs";
    import { Worker } from "node:worker_threads";
    import * as library from ${JSON.stringify(library)};
    Object.assign(globalThis, library);
    const url = ${JSON.stringify(library)};
  `;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", `${prelude}${setupSeccomp}${code}`],
    { encoding: "utf8", timeout: 30_000, env: { ...process.env, NODE_NO_WARNINGS: "1" } },
  );
  if (stderr !== "") throw new Error(stderr);
  return { status, signal, lines: stdout.split("\n").slice(0, -1) };
}

const load = suite("libseccomp/load");

load("a rule that fails is told by its index, and nothing is loaded", () => {
  const { lines, status } = ran(`
    console.log(setup_seccomp(["close", "read", "write", "opne", "fstat"]));
    console.log(setup_seccomp(["close", "read"], SCMP_ACT_ALLOW));
    console.log(process.platform !== "linux" || /Seccomp:\\t0/.test(fs.readFileSync("/proc/self/status", "utf8")));
  `);
  assert.equal(lines, ["adding rule 3 failed", "-1", "adding rule 0 failed", "-1", "true"]);
  assert.is(status, 0);
});

load("a filter that does not fit this machine is not loaded, and the context says why", () => {
  const { lines } = ran(`
    const ctx = seccomp_init(SCMP_ACT_KILL);
    seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);
    const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
    console.log(seccomp_arch_add(ctx, little ? SCMP_ARCH_S390X : SCMP_ARCH_PPC64LE));
    console.log(seccomp_load(ctx) < 0, ctx.error?.code !== undefined);
  `);
  assert.equal(lines, ["0", "true true"]);
});

const cannot = here ? await whyNotHere() : "filters are a part of Linux";
if (cannot !== undefined) skip("loading filters through libseccomp's calls", cannot);
else {
  load("the seed's eleven calls are too few for Node, which the kernel shows at once", () => {
    const { signal, lines } = ran(`
      setup_seccomp(eleven, SCMP_ACT_KILL_PROCESS);
      fs.mkdirSync("/proc/none");
    `);
    assert.is(signal, "SIGSYS");
    assert.equal(lines, []);
  });

  load("a loaded filter decides, on this thread alone unless CTL_TSYNC is set", () => {
    const { lines } = ran(`
      const attempt = (work) => { try { work(); } catch (error) { return error.code; } };
      const pooled = () => fs.promises.mkdir("/proc/none").catch((error) => error.code);
      await pooled();
      const ctx = seccomp_init(SCMP_ACT_ALLOW);
      for (const name of ["mkdir", "mkdirat"])
        seccomp_rule_add(ctx, SCMP_ACT_ERRNO(18), SCMP_SYS(name), 0);
      console.log(attempt(() => fs.mkdirSync("/proc/none")));
      console.log(seccomp_load(ctx));
      console.log(attempt(() => fs.mkdirSync("/proc/none")), await pooled());
      seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
      console.log(seccomp_load(ctx));
      console.log(attempt(() => fs.mkdirSync("/proc/none")), await pooled());
    `);
    assert.equal(lines, ["ENOENT", "0", "EXDEV ENOENT", "0", "EXDEV EXDEV"]);
  });

  load("threads with filters of their own make CTL_TSYNC fail with ESRCH", () => {
    const { lines } = ran(`
      const code = \`
        import(\${JSON.stringify(url)}).then((library) => {
          const rc = library.seccomp_load(library.seccomp_init(library.SCMP_ACT_ALLOW));
          require("node:worker_threads").parentPort.postMessage(rc);
          setInterval(() => {}, 1000);
        });\`;
      const worker = new Worker(code, { eval: true, execArgv: [] });
      console.log(await new Promise((resolve) => worker.once("message", resolve)));
      const ctx = seccomp_init(SCMP_ACT_ALLOW);
      seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
      console.log(seccomp_load(ctx), ctx.error.code);
      process.exit(0);
    `);
    assert.equal(lines, ["0", "-3 enforce"]);
  });

  load("loading opens a listener where the rules notify, and seccomp_notify_fd tells it", () => {
    const { lines } = ran(`
      const ctx = seccomp_init(SCMP_ACT_ALLOW);
      console.log(seccomp_notify_fd(ctx));
      seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS("swapoff"), 0);
      console.log(seccomp_load(ctx), seccomp_notify_fd(ctx) > 2);
      console.log(fs.readlinkSync("/proc/self/fd/" + seccomp_notify_fd(ctx)));
      process.exit(0);
    `);
    assert.equal(lines, ["-14", "0 true", "anon_inode:seccomp notify"]);
  });

  load("a kernel's refusal is ECANCELED, or its own errno with API_SYSRAWRC", () => {
    const { lines } = ran(`
      const stack = (raw) => {
        for (;;) {
          const ctx = seccomp_init(SCMP_ACT_ALLOW);
          seccomp_attr_set(ctx, SCMP_FLTATR_API_SYSRAWRC, raw);
          for (let nr = 0; nr < 900; nr++) seccomp_rule_add(ctx, SCMP_ACT_ERRNO(1 + nr), 5000 + 2 * nr, 0);
          const rc = seccomp_load(ctx);
          if (rc < 0) return rc;
        }
      };
      console.log(stack(0), stack(1));
    `);
    assert.equal(lines, ["-125 -12"]);
  });
}

load.run();
