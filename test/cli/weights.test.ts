import { writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encode } from "../../src/bpf/codec.ts";
import { compile } from "../../src/compile/index.ts";
import { readPolicy } from "../../src/formats/index.ts";
import { policyText } from "./policies.ts";
import { seccat, withFiles } from "./seccat.ts";

const test = suite("seccat compile --weights");

const policy = policyText.replace(
  "[close, read,",
  '["@basic-io", "@sync", times, swapon, getpid, close, read,',
);
const hexOf = (weights?: Readonly<Record<string, number>>) =>
  `${Buffer.from(encode(compile(readPolicy(policy).policy, { kernel: "5.4", ...(weights ? { weights } : {}) }).program)).toString("hex")}\n`;

const swaps = { swapon: 90, ptrace: 3 };
const log = `${"swapon(0x1, 0) = 0\n".repeat(90)}${"ptrace(0, 1, 2, 3) = 0\n".repeat(3)}`;
const table = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 90.00    0.000100           1        90         2 swapon
 10.00    0.000100          53         3           ptrace
------ ----------- ----------- --------- --------- ----------------
100.00    0.000200           2        93         2 total
`;

const forms: readonly (readonly [name: string, text: string])[] = [
  ["JSON", JSON.stringify(swaps)],
  ["JSON behind a byte order mark and blank lines", `\ufeff\n\n${JSON.stringify(swaps)}`],
  ["a strace log", log],
  ["a table of strace -c", table],
];
for (const [name, text] of forms) {
  test(`${name} makes swapon fast`, () => {
    assert.not.equal(hexOf(swaps), hexOf());
    withFiles({ "p.yaml": policy, weights: text }, (folder) => {
      const call = ["compile", "p.yaml", "-f", "hex", "--kernel", "5.4", "--weights", "weights"];
      const { code, stdout, stderr } = seccat(call, { cwd: folder });
      assert.is(code, 0, stderr);
      assert.is(stderr.replace(/.*does not know.*\n/, ""), "");
      assert.is(stdout, hexOf(swaps));
    });
  });
}

test("what seccat trace --json prints is taken as it is, from standard input too", () => {
  const report = seccat(["trace", "--from", "-", "--arch", "x86_64", "--json"], { input: log });
  assert.is(report.code, 0, report.stderr);
  withFiles({ "p.yaml": policy }, (folder) => {
    const call = ["compile", "p.yaml", "-f", "hex", "--kernel", "5.4", "--weights", "-"];
    assert.is(seccat(call, { cwd: folder, input: report.stdout }).stdout, hexOf(swaps));
  });
});

test("calls that no table knows are left out of a log's counts, and told", () => {
  withFiles({ "p.yaml": policy, weights: table.replace("ptrace", "ptraec") }, (folder) => {
    const call = ["compile", "p.yaml", "-f", "hex", "--kernel", "5.4", "--weights", "weights"];
    const { code, stdout, stderr } = seccat(call, { cwd: folder });
    assert.is(code, 0);
    assert.is(stderr, "weights: warning: ptraec was left out: did you mean ptrace?\n");
    assert.is(stdout, hexOf({ swapon: 90 }));
  });
});

const nothing =
  '  expected: a strace log, a table of strace -c, or JSON such as {"read": 120, "write": 44}\n  fix: record one with: strace -f -c -o FILE -- COMMAND\n';
const bad: readonly (readonly [sentence: string, text: string | undefined, stderr: string])[] = [
  ["a file that is not there", undefined, "seccat: error: cannot read weights: no such file or directory\n"],
  ["an empty file", "", `weights: error: no call is counted here\n${nothing}`],
  ["another text", "to be or not to be\n", `weights: error: no call is counted here\n${nothing}`],
  ["bytes", "\0\u0001\u0002", `weights: error: no call is counted here\n${nothing}`],
  [
    "a misspelt name",
    '{"raed": 5}',
    "weights:1:2: error: unknown syscall raed\n  received: raed\n  fix: did you mean read?\n",
  ],
  [
    "a negative count",
    '{"read": -5}',
    "weights:1:10: error: the count of read is negative\n  expected: 0..9007199254740991\n  received: -5\n",
  ],
  [
    "no counts",
    "{}",
    'weights:1:1: error: no call is counted here\n  expected: {"read": 120, "write": 44}, say\n  received: a mapping\n',
  ],
  [
    "malformed JSON",
    '{"read": 5,}',
    "weights:1:11: error: JSON has no comma after the last item\n  received: ,\n  fix: remove the comma\n",
  ],
  [
    "JSON of more than a MiB",
    `{"read": 5${" ".repeat(1 << 20)}}`,
    "weights: error: the counts are too long\n  expected: at most 1048576 bytes\n",
  ],
];
for (const [sentence, text, expected] of bad) {
  test(`${sentence} is refused, and no file is made`, () => {
    withFiles({ "p.yaml": policy }, (folder) => {
      if (text !== undefined) writeFileSync(`${folder}/weights`, text);
      const call = ["compile", "p.yaml", "-f", "hex", "--weights", "weights"];
      const { code, stdout, stderr } = seccat(call, { cwd: folder });
      assert.is(stderr, expected);
      assert.is(stdout, "");
      assert.is(code, 2);
    });
  });
}

test.run();
