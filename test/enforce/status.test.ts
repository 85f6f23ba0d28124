import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { native } from "../../src/enforce/native.ts";
import { type HostStatus, hostStatus } from "../../src/enforce/status.ts";
import { whyNoRight } from "../../src/enforce/target.ts";
import { denyOnly, here, ret, skip, whyNotHere } from "./programs.ts";

const test = suite("status");
const url = new URL(
  `../../src/enforce/status.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`,
  import.meta.url,
).href;

/** What a fresh Node says of the machine after `before`. */
function fresh(before: string, env: Readonly<Record<string, string>> = {}): HostStatus {
  const script = `${before}; const { hostStatus } = await import(${JSON.stringify(url)});
    console.log(JSON.stringify(await hostStatus()));`;
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 30_000,
    env: { ...process.env, NODE_NO_WARNINGS: "1", ...env },
  });
  assert.is(child.status, 0, child.stderr);
  return JSON.parse(child.stdout);
}

const fact = (status: HostStatus, name: string) => status.facts.find((each) => each.name === name);

test("every fact has a name, a value and a state, and what is missing has a reason and a cost", async () => {
  for (const status of [
    await hostStatus(),
    fresh(`Object.defineProperty(process, "platform", { value: "darwin" })`),
    fresh(`Object.defineProperty(process, "arch", { value: "pdp11" })`),
  ]) {
    assert.ok(status.facts.length >= 3);
    for (const { name, value, state, reason, cost } of status.facts) {
      assert.ok(name.length > 0 && value.length > 0, JSON.stringify({ name, value }));
      if (state !== "no") assert.is(cost, undefined, name);
      else assert.ok(reason && cost, `${name} says why, and what it costs`);
    }
    assert.is(new Set(status.facts.map(({ name }) => name)).size, status.facts.length);
  }
});

test("another operating system can do nothing of it, and is told why", () => {
  const status = fresh(`Object.defineProperty(process, "platform", { value: "darwin" })`);
  assert.equal([status.install, status.run, status.supervise], [false, false, false]);
  assert.match(fact(status, "kernel")?.reason ?? "", /filters are a part of Linux/);
});

test("an architecture without seccomp is told apart", () => {
  const status = fresh(`Object.defineProperty(process, "arch", { value: "pdp11" })`);
  assert.equal([status.install, status.run, status.supervise], [false, false, false]);
  assert.is(fact(status, "architecture")?.state, "no");
});

test("a wrong choice of backend is said, and commands can still be run", () => {
  const status = fresh("0", { SECCAT_FFI: "nonsense" });
  assert.is(status.install, false);
  assert.match(fact(status, "seccomp(2)")?.reason ?? "", /no FFI backend is named "nonsense"/);
});

test("a missing strace is said with the way to get it", () => {
  const status = fresh(`process.env.PATH = "/seccat/none"`);
  assert.is(fact(status, "strace")?.state, "no");
  assert.match(fact(status, "strace")?.reason ?? "", /apt-get install strace/);
  assert.is(status.run, false, "and without a PATH there is no command true to try");
});

const why = await whyNotHere();
if (why) skip("what a machine with seccomp says of itself", why);
else {
  test("this machine installs, runs and supervises, as it was tried", async () => {
    const status = await hostStatus();
    assert.equal([status.install, status.run, status.supervise], [true, true, true]);
    assert.is(status.read, whyNoRight() === undefined);
    assert.match(fact(status, "notifications")?.value ?? "", /^notif 80, response 24, data 64 bytes$/);
    assert.match(fact(status, "actions")?.value ?? "", /^kill_process kill_thread .* allow$/);
    assert.match(fact(status, "filter flags")?.value ?? "", /tsync/);
    assert.match(fact(status, "FFI: koffi")?.value ?? "", /^\d/);
  });

  for (const [errno, words] of [
    [38, /hides it \(ENOSYS\)/],
    [1, /denies seccomp\(2\) \(EPERM\)/],
  ] as const)
    test(`a filter that answers seccomp(2) with ${errno} is noticed`, () => {
      const insns = JSON.stringify(denyOnly(ret.errno(errno), "seccomp").insns);
      const status =
        fresh(`const { install } = await import(${JSON.stringify(url.replace("status", "install"))});
        const { check } = await import(${JSON.stringify(url.replace("enforce/status", "bpf/check"))});
        install(check(${insns}, ${JSON.stringify(native().endian)}))`);
      assert.equal([status.install, status.run, status.supervise], [false, false, false]);
      assert.match(fact(status, "seccomp(2)")?.reason ?? "", words);
      assert.is(fact(status, "own filters")?.value, "1");
    });
}

/** Files laid over those of /proc and /sys, and what is then said. */
const laid: readonly (readonly [
  sentence: string,
  files: Readonly<Record<string, string>>,
  name: string,
  state: string,
  said: RegExp,
])[] = [
  [
    "interpreted filters",
    { "/proc/sys/net/core/bpf_jit_enable": "0" },
    "JIT",
    "no",
    /^off .*interpreted, which is slower/,
  ],
  [
    "log that is not logged",
    { "/proc/sys/kernel/seccomp/actions_logged": "errno" },
    "logged actions",
    "no",
    /^errno .*run --log/,
  ],
  [
    "forbidden user namespaces",
    { "/proc/sys/user/max_user_namespaces": "0" },
    "user namespaces",
    "note",
    /^restricted .*= 0: bwrap/,
  ],
  [
    "a container of Kubernetes",
    { "/proc/1/cgroup": "0::/kubepods/x" },
    "container",
    "note",
    /^yes \(.*kubepods/,
  ],
  [
    "limits of version 2, of the group or of one above it",
    {
      "/proc/self/cgroup": "0::/a/b",
      "/sys/fs/cgroup/a/b/memory.max": "max",
      "/sys/fs/cgroup/a/memory.max": "536870912",
      "/sys/fs/cgroup/a/b/pids.max": "100",
      "/sys/fs/cgroup/a/b/cpu.max": "50000 100000",
    },
    "cgroup limits",
    "note",
    /^memory 512 MiB, 100 tasks, 0\.5 processors /,
  ],
  [
    "limits of version 1, whose largest number is none",
    {
      "/proc/self/cgroup": "5:cpu,memory:/a\n4:pids:/a\n0::/",
      "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "9223372036854771712",
      "/sys/fs/cgroup/pids/a/pids.max": "7",
    },
    "cgroup limits",
    "note",
    /^7 tasks /,
  ],
];

const mounting = ["-m", "mount", "-t", "tmpfs", "none", "/sys/fs/cgroup"];
const unshare = here ? spawnSync("unshare", mounting, { encoding: "utf8" }) : undefined;
if (unshare?.status !== 0)
  skip("settings laid over this machine's", unshare?.error?.message ?? unshare?.stderr ?? "this is no Linux");
else
  for (const [sentence, files, name, state, said] of laid)
    test(`${sentence}: told`, () => {
      // In a mount namespace that ends with the command: a tmpfs for /sys/fs/cgroup, files bound over those of /proc.
      const mounts = Object.entries(files).map(([path, text]) =>
        path.startsWith("/sys/")
          ? `mkdir -p "$(dirname ${path})"; printf '%s\\n' '${text}' > ${path}`
          : `f=$(mktemp -p /sys/fs/cgroup); printf '%s\\n' '${text}' > $f; mount --bind $f ${path.replace("/self/", () => "/$$/")}`,
      );
      const script = ["set -e", "mount -t tmpfs none /sys/fs/cgroup", ...mounts, 'exec "$0" "$@"'].join("\n");
      const code = `const { hostStatus } = await import(${JSON.stringify(url)});
        console.log(JSON.stringify(await hostStatus()));`;
      const words = ["-m", "sh", "-c", script, process.execPath, "--input-type=module", "-e", code];
      const child = spawnSync("unshare", words, {
        encoding: "utf8",
        timeout: 30_000,
        env: { ...process.env, NODE_NO_WARNINGS: "1" },
      });
      assert.is(child.status, 0, child.stderr);
      const found = fact(JSON.parse(child.stdout), name);
      assert.is(found?.state, state);
      assert.match(`${found?.value} (${found?.reason}) ${found?.cost ?? ""}`, said);
    });

test.run();
