/**
 * What people see of a policy that is wrong, all in one file to read: test/data/policies/messages.txt holds
 * texts and, after `>>>`, the messages. SECCAT_WRITE=1 writes the messages anew and then fails, so that a
 * person looks at them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatIssue, SeccatError } from "../../src/abi/error.ts";
import { readPolicy } from "../../src/formats/index.ts";
import { lintOrThrow } from "../../src/policy/lint.ts";
import { root } from "../root.ts";

const test = suite("formats/messages");
const path = `${root}test/data/policies/messages.txt`;

const included: Readonly<Record<string, string>> = {
  "sub/loop.yaml": "- include: ../policy.yaml\n",
  "sub/faulty.yaml": "- action: allow\n  syscalls: [raed]\n- actoin: allow\n",
  "container.json": readFileSync(`${root}test/data/policies/container.json`, "utf8"),
};

function readIncluded(name: string): string {
  const text = included[name] ?? (name === "policy.yaml" ? "- include: sub/loop.yaml\n" : undefined);
  if (text === undefined) throw new Error("no such file");
  return text;
}

/** The messages that a person gets for `text`. */
function messages(text: string, file: string): string {
  try {
    lintOrThrow(readPolicy(text, { file, native: "x86_64", readFile: readIncluded }).policy);
    return "(nothing is wrong)\n";
  } catch (error) {
    if (!(error instanceof SeccatError)) throw error;
    return error.issues.map((issue) => `${formatIssue(issue)}\n`).join("");
  }
}

const blocks = readFileSync(path, "utf8")
  .split(/^=== /m)
  .slice(1)
  .map((block) => {
    const [, title = "", file = "", rest = ""] = /^(.*) \((.*)\)\n([\s\S]*)$/.exec(block) ?? [];
    const [text = "", expected = ""] = rest.split(/^>>>\n/m);
    return { title, file, text, expected };
  });

for (const { title, file, text, expected } of blocks)
  test(`the messages for ${title} are the reviewed ones`, () => {
    assert.is.not(expected, "", "no messages are recorded");
    assert.is(messages(text, file), expected);
  });

test("there are messages to compare, each for another fault", () => {
  assert.ok(blocks.length >= 40);
  assert.is(new Set(blocks.map(({ title }) => title)).size, blocks.length);
});

test("no message was written anew in this run", () => {
  if (!process.env.SECCAT_WRITE) return;
  const written = blocks.map(
    ({ title, file, text }) => `=== ${title} (${file})\n${text}>>>\n${messages(text, file)}`,
  );
  writeFileSync(path, written.join(""));
  assert.unreachable("the messages were written anew: read them, and run without SECCAT_WRITE");
});

test.run();
