import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assembleProgram } from "../../src/bpf/assemble.ts";
import { wordsRead } from "../../src/bpf/loads.ts";
import { run } from "../../src/bpf/run.ts";
import { Random, seedOf } from "../seed.ts";
import { randomProgram, randomWord, randomWords } from "./random.ts";

const loads = suite("bpf/loads");
const ARCH = 0xc000003e;
const [NR, AUDIT, ARG0, ARG1] = [1 << 0, 1 << 1, 1 << 4, 1 << 6];

/** Programs, numbers, and the words that they may look at for calls of that number. */
const written: readonly (readonly [sentence: string, text: string, nr: number, words: number])[] = [
  ["no load, no word", "ret ALLOW", 5, 0],
  ["every load on a straight way", "ld nr\nld arch\nld args[0].lo\nret a", 5, NR | AUDIT | ARG0],
  [
    "the branch that the number takes",
    "ld nr\njeq #5, next, no\nld args[0].lo\nret a\nno: ret KILL",
    5,
    NR | ARG0,
  ],
  ["not the one that it does not take", "ld nr\njeq #5, next, no\nld args[0].lo\nret a\nno: ret KILL", 6, NR],
  [
    "the arch's branch",
    `ld arch\njeq #${ARCH}, next, no\nld nr\nret a\nno: ld args[0].lo\nret a`,
    5,
    AUDIT | NR,
  ],
  ["jgt", "ld nr\njgt #5, next, no\nld args[0].lo\nret a\nno: ret KILL", 5, NR],
  ["jge", "ld nr\njge #5, next, no\nld args[0].lo\nret a\nno: ret KILL", 5, NR | ARG0],
  ["jset", "ld nr\njset #4, next, no\nld args[0].lo\nret a\nno: ret KILL", 5, NR | ARG0],
  [
    "both branches of a comparison of an argument",
    "ld args[0].lo\njeq #1, next, no\nret KILL\nno: ld args[1].lo\nret a",
    5,
    ARG0 | ARG1,
  ],
  [
    "both branches behind arithmetic",
    "ld nr\nand #1\njeq #1, next, no\nret KILL\nno: ld args[1].lo\nret a",
    5,
    NR | ARG1,
  ],
  [
    "both branches where ways with different values of A meet",
    "ld args[0].lo\njeq #1, next, other\nld nr\nja on\nother: ld arch\non: jeq #9, next, no\nld args[1].lo\nret a\nno: ret KILL",
    5,
    NR | AUDIT | ARG0 | ARG1,
  ],
];

for (const [sentence, text, nr, words] of written) {
  loads(`sees ${sentence}`, () => {
    assert.is(wordsRead(assembleProgram(text, { endian: "little" }), ARCH, nr), words);
  });
}

loads("no other word changes what a random program returns", () => {
  const random = new Random(seedOf("bpf/loads"));
  let spared = 0;
  for (let i = 0; i < 20_000; i++) {
    const program = randomProgram(random);
    const words = randomWords(random, program);
    const read = wordsRead(program, words[1] ?? 0, words[0] ?? 0);
    const others = words.map((word, at) => (at < 2 || (read >> at) & 1 ? word : randomWord(random)));
    assert.is(run(program, others), run(program, words), `program ${i}`);
    if (others.some((word, at) => word !== words[at])) spared++;
  }
  assert.ok(spared > 10_000, `only ${spared} programs had a word to change`);
});

loads.run();
