import { suite } from "uvu";
import * as assert from "uvu/assert";
import { seccat } from "./seccat.ts";

const test = suite("seccat doctor");

test("it tells what this machine can do, and its exit code is whether run works", () => {
  const { code, stdout } = seccat(["doctor", "--json"]);
  const status = JSON.parse(stdout);
  assert.is(code, status.run ? 0 : 3);
  assert.ok(status.facts.some(({ name }: { name: string }) => name === "kernel"));
});

test("for people it says the same in words", () => {
  const { stdout } = seccat(["doctor"]);
  assert.match(stdout, /^ {2}(ok|no) {2}kernel +\w+ /m);
  assert.match(
    stdout,
    /^So on this machine Seccat can\n {2}yes {2}learn from logs, compile, test and explain policies$/m,
  );
});

if (process.platform === "linux")
  test("it tells who may read the log of kills and who may make rings", () => {
    const { facts }: { facts: Record<string, string>[] } = JSON.parse(seccat(["doctor", "--json"]).stdout);
    const log = facts.find(({ name }) => name === "kernel log");
    assert.is(log?.state === "yes", log?.value === "readable");
    assert.is(log?.cost === undefined, log?.state === "yes");
    const ring = facts.find(({ name }) => name === "io_uring");
    assert.is(/ENOSYS/.test(ring?.reason ?? ""), ring?.value !== "off");
  });

test("without an FFI package it says what that takes away", () => {
  const { stdout } = seccat(["doctor"], { env: { SECCAT_FFI: "none" } });
  assert.match(stdout, /^ {2}no {3}put a Node process under a filter \(install\)$/m);
});

test.run();
