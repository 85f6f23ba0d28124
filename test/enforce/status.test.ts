import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { native } from "../../src/enforce/native.ts";
import { type HostStatus, hostStatus } from "../../src/enforce/status.ts";
import { denyOnly, ret, skip, whyNotHere } from "./programs.ts";

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

test("every fact has a name, a value and a state, and what is missing has a reason", async () => {
  for (const status of [
    await hostStatus(),
    fresh(`Object.defineProperty(process, "platform", { value: "darwin" })`),
    fresh(`Object.defineProperty(process, "arch", { value: "pdp11" })`),
  ]) {
    assert.ok(status.facts.length >= 3);
    for (const { name, value, state, reason } of status.facts) {
      assert.ok(name.length > 0 && value.length > 0, JSON.stringify({ name, value }));
      if (state === "no") assert.ok(reason !== undefined && reason.length > 0, name);
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
      assert.is(fact(status, "filters on this process")?.value, "1");
    });
}

test.run();
