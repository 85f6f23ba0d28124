import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  allow,
  arg,
  check,
  compile,
  decode,
  deny,
  emulate,
  encode,
  evaluate,
  explain,
  learn,
  lint,
  packData,
  policy,
  readPolicy,
  readStrace,
  SeccatError,
  seccompData,
  writePolicy,
} from "../src/index.ts";

const test = suite("the library");

const example = policy({ default: "kill_process", arches: ["x86_64"] }, [
  allow("read", "write", "exit_group"),
  allow("socket").if(arg("domain").eq("AF_UNIX")).because("the log"),
  deny("EPERM", "ptrace"),
]);

test("a policy is built, compiled, encoded, decoded and asked with what it exports", () => {
  const { program } = compile(example);
  const back = check(decode(encode(program), "little"), "little");
  for (const call of ["read", "socket", "ptrace", "execve"]) {
    const data = seccompData({ abi: "x86_64", call, args: ["AF_UNIX"] });
    assert.is(emulate(back, packData(data, "little")), evaluate(example, data).ret, call);
  }
  assert.equal(lint(example), []);
  assert.equal(
    explain(program).arches.map(({ abi }) => abi),
    ["x86_64", "x32"],
  );
});

test("a policy is written and read back", () => {
  const again = readPolicy(writePolicy(example, "yaml")).policy;
  assert.equal(encode(compile(again).program), encode(compile(example).program));
});

test("a policy is learned from a trace", () => {
  const learned = learn(readStrace(["read(0, 0, 0) = 0\nexit_group(0) = ?\n"]), { native: "x86_64" });
  assert.equal(
    learned.policy.rules.map(({ syscalls }) => syscalls),
    [["read", "exit_group"]],
  );
});

test("what is wrong is a SeccatError with every issue", () => {
  assert.throws(
    () => readPolicy("default: allow\nruels: []\n"),
    (error: unknown) => error instanceof SeccatError && error.issues.length === 2,
  );
});

test("importing it loads no FFI package", () => {
  const entry = new URL(`../src/index${import.meta.url.slice(-3)}`, import.meta.url).href;
  const code = `await import(${JSON.stringify(entry)}); console.log(process.report.getReport().sharedObjects.join("\\n"))`;
  const result = spawnSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", code], {
    encoding: "utf8",
  });
  assert.is(result.status, 0, result.stderr);
  assert.match(result.stdout, /libc\b/);
  assert.not.match(result.stdout, /koffi|ffi/);
});

test.run();
