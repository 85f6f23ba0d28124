import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AbiName } from "../../arch/index.ts";
import { expandGroup } from "../../arch/index.ts";
import { backendNames, loadShim } from "../../shim/index.ts";
import { check } from "../../src/bpf/check.ts";
import type { Program } from "../../src/bpf/program.ts";
import { native } from "../../src/enforce/native.ts";
import { filterFlags } from "../../src/enforce/seccomp.ts";
import { policy, rule } from "../../src/policy/builder.ts";
import { compile } from "../../src/proof.ts";
import { sacrifice, sacrificed } from "./child.ts";
import { allowAll, allowOnly, byName, denyOnly, here, ret, skip, whyNotHere } from "./programs.ts";

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const installUrl = new URL(`../../src/enforce/install.${extension}`, import.meta.url).href;
const EPERM = ret.errno(1);
/** Whether libuv makes rings in the Node that runs these tests. */
const hasRings = readdirSync("/proc/self/fd").some((fd) => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === "anon_inode:[io_uring]";
  } catch {
    return false;
  }
});
const harmless = here && { deny: denyOnly(EPERM, "ptrace") };

/** Seccomp, Seccomp_filters and NoNewPrivs of every thread of a process, as this process sees them. */
function threadsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((tid) => {
    const status = readFileSync(`/proc/${pid}/task/${tid}/status`, "latin1");
    return ["Seccomp", "Seccomp_filters", "NoNewPrivs"]
      .map((field) => new RegExp(`^${field}:\\s*(.*)$`, "m").exec(status)?.[1])
      .join(" ");
  });
}

/** Code that starts a worker, which waits until it is ended. */
const withWorker = `await inWorker(\`
  require("node:worker_threads").parentPort.postMessage("here"); setInterval(() => {}, 1000);\`);`;

/** Code of a worker that puts itself alone under the program `workerData` and says which thread it is. */
const workerUnderFilter = `
  const { workerData, parentPort } = require("node:worker_threads");
  const { readFileSync } = require("node:fs");
  (async () => {
    const { install } = await import(${JSON.stringify(installUrl)});
    install(workerData, { tsync: false, ffi: "koffi", rings: "keep" });
    const status = readFileSync("/proc/thread-self/status", "latin1");
    parentPort.postMessage(status.split("\\nPid:\\t")[1].split("\\n")[0]);
    setInterval(() => {}, 1000);
  })();`;

/** A program under which this kernel looks like one that does not know a flag of seccomp(2). */
function withoutFlag(bit: number): Program {
  return compile(
    policy({ default: "allow", arches: [native().abi] }, [
      rule({ errno: "EINVAL" }, "seccomp").if(`op == 1 && flags & ${bit} != 0`),
    ]),
  ).program;
}

function tests(backend: string): void {
  const test = suite(`install over ${backend}`);
  const env = { SECCAT_FFI: backend };

  test("covers every thread, as another process sees", async () => {
    const child = sacrifice(
      `${withWorker} say(install(programs.deny)); await told(); process.exit(0);`,
      { ...harmless },
      env,
    );
    const report = JSON.parse(await child.line());
    const threads = threadsOf(child.pid);
    assert.ok(threads.length >= 7, `${threads.length} threads`);
    assert.equal([...new Set(threads)], ["2 1 1"]);
    assert.equal(report, {
      verified: "proc",
      threads: threads.length,
      filters: 1,
      flags: ["tsync"],
      rings: report.rings,
      backend,
      nodeDenied: [],
    });
    assert.is(report.rings.length > 0, hasRings);
    child.tell("end");
    assert.is((await child.ended).status, 0);
  });

  test("makes the kernel deny what the program denies", async () => {
    const denied = await sacrificed(
      `say(attempt(() => fs.readFileSync("/proc/self/comm", "utf8").trim()));
       say(install(programs.noMkdir).verified);
       say(attempt(() => fs.mkdirSync("/tmp/seccat-never")).code);`,
      { noMkdir: denyOnly(ret.errno(28), "mkdir", "mkdirat") },
      env,
    );
    assert.is(denied.status, 0, denied.stderr);
    assert.equal(denied.said.slice(1), ["proc", "ENOSPC"]);
  });

  test("makes the kernel kill for what the program kills", async () => {
    const killed = await sacrificed(
      `say(install(programs.noMkdir).verified); fs.mkdirSync("/tmp/seccat-never"); say("alive");`,
      { noMkdir: denyOnly(ret.kill_process, "mkdir", "mkdirat") },
      env,
    );
    assert.equal(killed.said, ["proc"]);
    assert.is(killed.signal, "SIGSYS");
  });

  test("lets a process end well under Node's own calls", async () => {
    const own = allowOnly(...expandGroup("@node-runtime"));
    const ended = await sacrificed("say(install(programs.own).nodeDenied); process.exit(0)", { own }, env);
    assert.equal(ended.said, [hasRings ? ["io_uring_setup"] : []], ended.stderr);
    assert.is(ended.signal, null);
    assert.is(ended.status, 0);
  });

  test("stacks when called again", async () => {
    const twice = await sacrificed(
      "say(install(programs.deny).filters); say(install(programs.deny).filters); say(status().Seccomp_filters)",
      { ...harmless },
      env,
    );
    assert.equal(twice.said, [1, 2, "2"]);
  });

  test("takes a program of 4096 instructions", async () => {
    const big = await sacrificed(`say(install(programs.big).verified)`, { big: allowAll(4096) }, env);
    assert.equal(big.said, ["proc"], big.stderr);
  });

  test("asks prctl where the program denies a look into /proc", async () => {
    const blind = await sacrificed(
      `const { verified, unverified } = install(programs.noOpen); say({ verified, unverified }); process.reallyExit(0)`,
      { noOpen: denyOnly(ret.kill_process, "open", "openat") },
      env,
    );
    assert.is(blind.signal, null, "the look into /proc was not made");
    assert.equal(blind.said, [{ verified: "prctl", unverified: "the filter denies openat" }]);
  });

  for (const call of ["read", "getdents64", "close"] as const)
    test(`asks prctl where the program kills for ${call}`, async () => {
      const blind = await sacrificed(
        `const { verified, unverified } = install(programs.no);
         fs.writeSync(1, JSON.stringify({ verified, unverified }) + "\\n"); process.reallyExit(0)`,
        { no: denyOnly(ret.kill_process, call) },
        env,
      );
      assert.equal(
        blind.said,
        [{ verified: "prctl", unverified: `the filter denies ${call}` }],
        blind.signal ?? "",
      );
    });

  test("goes by the return value where the program denies even prctl", async () => {
    const blind = await sacrificed(
      `say(install(programs.no).verified); process.reallyExit(0)`,
      { no: denyOnly(ret.kill_process, "open", "openat", "prctl") },
      env,
    );
    assert.equal(blind.said, ["return"], blind.signal ?? "");
  });

  test("refuses, naming the thread, when another thread has a filter of its own", async () => {
    const diverged = await sacrificed(
      `const tid = await inWorker(${JSON.stringify(workerUnderFilter)}, programs.deny);
       say({ tid, refused: attempt(() => install(programs.deny)), filters: status().Seccomp_filters });
       process.exit(0);`,
      { ...harmless },
      env,
    );
    const [said] = diverged.said as {
      tid: string;
      refused: { code: string; message: string };
      filters: string;
    }[];
    assert.is(said?.refused.code, "enforce", diverged.stderr);
    assert.match(said?.refused.message ?? "", new RegExp(`^thread ${said?.tid}( \\(.+\\))? has a filter`));
    assert.is(said?.filters, "0", "nothing was installed");
  });

  test("covers only the calling thread when told so", async () => {
    const child = sacrifice(
      `say(install(programs.deny, { tsync: false })); await told(); process.exit(0);`,
      { ...harmless },
      env,
    );
    const report = JSON.parse(await child.line());
    assert.is(report.threads, 1);
    const threads = threadsOf(child.pid);
    assert.is(threads.filter((thread) => thread === "2 1 1").length, 1);
    assert.ok(threads.includes("0 0 0"));
    child.tell("end");
    await child.ended;
  });

  test("refuses without no_new_privs and without privilege", async () => {
    const refused = await sacrificed(
      `if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
       say(attempt(() => install(programs.deny, { noNewPrivs: false }))); say(status().Seccomp);`,
      { ...harmless },
      env,
    );
    const [error, mode] = refused.said as [{ code: string; message: string }, string];
    assert.is(error.code, "enforce");
    assert.match(
      error.message,
      /refused the filter with EACCES: the process has neither no_new_privs nor CAP_SYS_ADMIN/,
    );
    assert.is(mode, "0");
  });

  test("says what ENOMEM means when the filters of a process are too long together", async () => {
    const full = await sacrificed(
      `for (let i = 0; i < 3; i++) say(install(programs.big).filters);
       say(attempt(() => install(programs.big))); say(status().Seccomp_filters);`,
      { big: allowAll(4096) },
      env,
    );
    const [, , third, error, filters] = full.said as [
      number,
      number,
      number,
      { code: string; message: string },
      string,
    ];
    assert.is(third, 3);
    assert.match(error.message, /ENOMEM: .*longer than 32768 instructions/);
    assert.is(filters, "3");
  });

  test("says that a filter which is there already denies seccomp(2)", async () => {
    for (const [errno, words] of [
      [1, /EPERM: a filter that is already installed/],
      [38, /ENOSYS: there is no seccomp\(2\)/],
    ] as const) {
      const denied = await sacrificed(
        `install(programs.first); say(attempt(() => install(programs.deny)))`,
        { ...harmless, first: denyOnly(ret.errno(errno), "seccomp") },
        env,
      );
      const [error] = denied.said as [{ code: string; message: string }];
      assert.is(error.code, "enforce");
      assert.match(error.message, words);
    }
  });

  test("says when no_new_privs is denied, and installs nothing", async () => {
    const denied = await sacrificed(
      `install(programs.first); say(attempt(() => install(programs.deny))); say(status().Seccomp_filters)`,
      { ...harmless, first: denyOnly(EPERM, "prctl") },
      env,
    );
    const [error, filters] = denied.said as [{ code: string; message: string }, string];
    assert.match(error.message, /refused PR_SET_NO_NEW_PRIVS with EPERM, and no filter was installed/);
    assert.is(filters, "1");
  });

  test("opens one listener, and says why there cannot be a second", async () => {
    const listeners = await sacrificed(
      `const { listener } = install(programs.deny, { listener: true });
       say(fs.readlinkSync("/proc/self/fd/" + listener)); say(attempt(() => install(programs.deny, { listener: true })));`,
      { ...harmless },
      env,
    );
    const [link, error] = listeners.said as [string, { message: string }];
    assert.is(link, "anon_inode:seccomp notify");
    assert.match(error.message, /EBUSY: a filter of this process already has a listener/);
  });

  test("refuses a program of the other byte order before it installs anything", async () => {
    const refused = await sacrificed(
      `say(attempt(() => install(programs.other))); say(status().NoNewPrivs);`,
      {
        other: check([{ code: 0x06, jt: 0, jf: 0, k: ret.allow }], here?.endian === "big" ? "little" : "big"),
      },
    );
    const [error, noNewPrivs] = refused.said as [{ code: string; message: string }, string];
    assert.is(error.code, "enforce");
    assert.match(error.message, /^the program is for a (big|little)-endian machine/);
    assert.is(noNewPrivs, "0");
  });

  test("refuses a program for another architecture, which would deny everything", async () => {
    const other: AbiName = here?.abi === "aarch64" ? "x86_64" : "aarch64";
    const refused = await sacrificed(`say(attempt(() => install(programs.other))); say(status().Seccomp);`, {
      other: byName(["ptrace"], EPERM, ret.allow, other),
    });
    const [error, mode] = refused.said as [{ message: string; received: string }, string];
    assert.match(error.message, new RegExp(`denies every call of ${here?.abi}`));
    assert.match(error.received, new RegExp(`a program for .*${other}`));
    assert.is(mode, "0");
  });

  test("uses the flags asked for, and says which", async () => {
    const flags = await sacrificed(
      `say(install(programs.deny, { log: true, specAllow: true }).flags);
       say(install(programs.deny, { listener: true, waitKillableRecv: false }).flags);`,
      { ...harmless },
      env,
    );
    assert.equal(flags.said, [
      ["tsync", "log", "specAllow"],
      ["tsync", "newListener", "tsyncEsrch"],
    ]);
    const killable = await sacrificed(
      `say(install(programs.deny, { listener: true, tsync: false }).flags);`,
      { ...harmless },
      env,
    );
    assert.equal(killable.said, [["newListener", "waitKillableRecv"]], killable.stderr);
  });

  for (const [flag, options, since] of [
    ["specAllow", { specAllow: true }, "4.17"],
    ["log", { log: true }, "4.14"],
    ["waitKillableRecv", { listener: true, waitKillableRecv: true }, "5.19"],
  ] as const)
    test(`asks for ${flag} before it does anything, and names it where the kernel does not know it`, async () => {
      const refused = await sacrificed(
        `install(programs.older); say(attempt(() => install(programs.deny, ${JSON.stringify(options)})));
         say(status().Seccomp_filters); say(install(programs.deny, { listener: true }).flags.includes("${flag}"))`,
        { ...harmless, older: withoutFlag(filterFlags[flag].bit) },
        env,
      );
      const [error, filters, used] = refused.said as [
        { code: string; message: string; fix: string },
        string,
        boolean,
      ];
      assert.is(error.code, "host", refused.stderr);
      assert.is(error.message, `this kernel does not know ${flag}, and no filter was installed`);
      assert.is(error.fix, `${flag} came with Linux ${since}`);
      assert.is(filters, "1");
      assert.is(used, false, "unasked, it is used only where it is known");
    });

  test("refuses waitKillableRecv without a listener, and an unknown choice about rings", async () => {
    const refused = await sacrificed(
      `say(attempt(() => install(programs.deny, { waitKillableRecv: true })));
       say(attempt(() => installStrictly(programs.deny, { rings: "close" })));
       say(status().Seccomp);`,
      { ...harmless },
      env,
    );
    const [first, second, mode] = refused.said as [{ code: string }, { message: string }, string];
    assert.is(first.code, "usage");
    assert.is(second.message, "this is no choice about rings");
    assert.is(mode, "0");
  });

  test("refuses, naming the thread, with a listener too, where the kernel does not name it", async () => {
    const diverged = await sacrificed(
      `const tid = await inWorker(${JSON.stringify(workerUnderFilter)}, programs.deny);
       say({ tid, refused: attempt(() => install(programs.deny, { listener: true })), filters: status().Seccomp_filters });
       process.exit(0);`,
      { ...harmless },
      env,
    );
    const [said] = diverged.said as { tid: string; refused: { message: string }; filters: string }[];
    assert.match(said?.refused.message ?? "", new RegExp(`^thread ${said?.tid} \\(.+\\) has a filter`));
    assert.is(said?.filters, "0", "nothing was installed");
  });

  test("does not die of a filter that kills for asking, and says so", async () => {
    for (const call of ["seccomp", "prctl"] as const) {
      const refused = await sacrificed(
        `install(programs.first); say(attempt(() => install(programs.deny))); say(status().Seccomp_filters)`,
        { ...harmless, first: denyOnly(ret.kill_process, call) },
        env,
      );
      const [error, filters] = refused.said as [{ code: string; message: string }, string];
      assert.is(error.code, "enforce", refused.stderr);
      assert.match(error.message, new RegExp(`answers ${call} with kill_process, so that no other`));
      assert.is(filters, "1");
    }
  });

  test("refuses when an io_uring is open, since no filter sees what is done through it", async () => {
    const refused = await sacrificed(
      `const fd = ring(); say(fd); say(attempt(() => installStrictly(programs.deny))); say([status().Seccomp, status().NoNewPrivs]);
       const { rings, threads } = install(programs.deny, { rings: "keep" }); say(rings.includes(fd)); say(threads > 5);`,
      { ...harmless },
      env,
    );
    const [fd, error, state, kept, covered] = refused.said as [
      number,
      { code: string; message: string; fix: string },
      ...unknown[],
    ];
    assert.is(error.code, "enforce", refused.stderr);
    assert.match(
      error.message,
      new RegExp(`^this process has an io_uring already \\(descriptor .*\\b${fd}\\b`),
    );
    assert.match(error.fix, /seccat run.*sandboxedFork\(\).*rings: "keep"/);
    assert.equal(state, ["0", "0"]);
    assert.equal([kept, covered], [true, true]);
  });

  test("remembers that there was no io_uring where a filter denies looking again", async () => {
    const stacked = await sacrificed(
      `install(programs.noOpen, { rings: "keep" }); say(install(programs.noOpen, { rings: "keep" }).verified);
       say(attempt(() => installStrictly(programs.noOpen)).verified ?? "refused"); process.reallyExit(0)`,
      { noOpen: denyOnly(ret.kill_process, "open", "openat") },
      env,
    );
    assert.equal(stacked.said, ["prctl", hasRings ? "refused" : "prctl"], stacked.stderr);
  });

  test("refuses where it cannot be seen whether there is an io_uring", async () => {
    const blind = await sacrificed(
      `byHand(programs.noLinks); say(attempt(() => installStrictly(programs.deny))); say(status().Seccomp_filters)`,
      { ...harmless, noLinks: denyOnly(EPERM, "readlinkat") },
      env,
    );
    const [error, filters] = blind.said as [{ code: string; message: string }, string];
    assert.is(error.code, "enforce", blind.stderr);
    assert.match(error.message, /^it cannot be seen whether this process has an io_uring.*EPERM/);
    assert.is(filters, "1");
  });

  test("takes no thread that is ending for one that is not covered", async () => {
    const busy = await sacrificed(
      `let ended = 0; const all = Array.from({ length: 4 }, () => new Worker("", { eval: true }).once("exit", () => ended++));
       let installs = 0;
       while (ended < all.length) { if (installs < 12) { install(programs.deny); installs++; }
         await new Promise((resolve) => setImmediate(resolve)); }
       say(status().Seccomp_filters === String(installs));`,
      { ...harmless },
      env,
    );
    assert.equal(busy.said, [true], busy.stderr);
  });

  test("names the calls of Node's own that the filter denies", async () => {
    const report = await sacrificed(`say(install(programs.no).nodeDenied)`, {
      no: denyOnly(EPERM, "sched_yield", "rt_sigreturn", "ptrace"),
    });
    assert.equal(report.said, [["rt_sigreturn", "sched_yield"]]);
  });

  test.run();
}

const why = await whyNotHere();
if (why) skip("installing filters in sacrificial processes", why);
else
  for (const backend of backendNames) {
    try {
      loadShim(backend);
    } catch (error) {
      skip(`install over ${backend}`, error instanceof Error ? error.message : String(error));
      continue;
    }
    tests(backend);
  }
