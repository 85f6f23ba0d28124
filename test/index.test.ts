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
  expect,
  explain,
  learn,
  lint,
  packData,
  policy,
  readPolicy,
  readStrace,
  run,
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

/** As a caller without types calls it. */
const untyped = (work: unknown, ...args: readonly unknown[]): unknown =>
  typeof work === "function" ? Reflect.apply(work, undefined, args) : undefined;

const data = { nr: 0, arch: 0xc000003e, args: [] };
const { program: exampleProgram } = compile(example);
/** Calls that no compiler of types would let pass; every one of them says what is wrong. */
const miscalled: readonly (readonly [sentence: string, call: () => unknown, message: string])[] = [
  ["a misspelt option of compile", () => untyped(compile, example, { arch: ["x86_64"] }), "unknown key arch"],
  ["options that are none", () => untyped(compile, example, null), "this is no object"],
  ["arches in a text", () => untyped(compile, example, { arches: "x86_64" }), "the arches are no list"],
  [
    "a kernel that is a number",
    () => untyped(compile, example, { kernel: 5.1 }),
    "this is no kernel version",
  ],
  ["weights in texts", () => untyped(compile, example, { weights: { read: "1" } }), "this is no weight"],
  ["a policy for a program", () => untyped(encode, example), "this is no program"],
  ["bytes for a program", () => untyped(explain, encode(exampleProgram)), "this is no program"],
  ["a policy to interpret", () => untyped(emulate, example, packData(data, "little")), "this is no program"],
  [
    "a call in numbers",
    () => untyped(emulate, exampleProgram, [0, 1]),
    "a call is the sixteen words of seccomp_data",
  ],
  ["a call by name", () => untyped(evaluate, example, { ...data, nr: "read" }), "this is no call"],
  ["arguments as numbers", () => untyped(packData, { ...data, args: [1] }, "little"), "this is no call"],
  ["no instructions", () => untyped(check, null, "little"), "this is no list of instructions"],
  ["a hole in a program", () => untyped(check, Array(1), "little"), "this is no instruction"],
  ["no byte order", () => untyped(check, exampleProgram.insns), "this is no byte order"],
  ["text for bytes", () => untyped(decode, "12345678", "little"), "these are no bytes"],
  ["bytes for text", () => untyped(readPolicy, new Uint8Array(8)), "this is no text to read"],
  ["an unknown notation", () => untyped(writePolicy, example, "toml"), "this is no notation"],
  [
    "a misspelt key of a call",
    () => untyped(seccompData, { abi: "x86_64", call: "read", arg: [1] }),
    "unknown key arg",
  ],
  ["an arch of nobody's", () => untyped(seccompData, { abi: "x86-64", call: "read" }), "unknown arch x86-64"],
  [
    "one argument without a list",
    () => untyped(seccompData, { abi: "x86_64", call: "read", args: 5 }),
    "these are no arguments",
  ],
  ["a log of no arch", () => untyped(learn, []), "the log's arch is missing"],
  [
    "a misspelt denial",
    () => untyped(expect(example, "x86_64").denies, "ptrace", { error: "EPERM" }),
    "unknown key error",
  ],
  ["an action of nobody's", () => expect(example, "x86_64").gives("alow", "read"), "unknown action alow"],
];
for (const [sentence, call, message] of miscalled)
  test(`refuses ${sentence}`, () => {
    try {
      call();
    } catch (error) {
      if (!(error instanceof SeccatError)) throw error;
      assert.is(error.message, message);
      return;
    }
    assert.unreachable("it was taken");
  });

test("a command is refused when it is no list of words, or under what is no program", async () => {
  for (const args of [
    [exampleProgram, "true"],
    [example, ["true"]],
    [exampleProgram, ["true", 5]],
    [exampleProgram, ["true"], { logs: true }],
  ]) {
    const error = await Promise.resolve(untyped(run, ...args)).catch((reason: unknown) => reason);
    assert.instance(error, SeccatError);
  }
});

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
