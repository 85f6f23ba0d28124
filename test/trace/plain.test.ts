import { suite } from "uvu";
import * as assert from "uvu/assert";
import { traceLog } from "../../bench/tracelog.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { type LearnOptions, newLearner } from "../../src/trace/learn.ts";
import { PlainLine } from "../../src/trace/plain.ts";
import { readStrace, straceReader } from "../../src/trace/reader.ts";
import { Random, seedOf } from "../seed.ts";
import { cut, lines, spoilt } from "./spoil.ts";

const plain = suite("trace/plain");
/** SECCAT_ROUNDS=100000 for the long form. */
const rounds = Number(process.env.SECCAT_ROUNDS ?? 400);

/** What is told of a log, in one text. */
function told(log: Uint8Array, slow: boolean): string {
  return JSON.stringify([...readStrace([log], { plain: !slow })]);
}

/** What is learned from a log, in one text, whether or not anything is. */
function learned(pieces: Iterable<Uint8Array>, options: LearnOptions, slow: boolean): string {
  const learner = newLearner(options);
  const reader = straceReader({ plain: !slow });
  for (const piece of pieces) {
    if (slow) for (const event of reader.push(piece)) learner.see(event);
    else reader.read(piece, (event) => learner.see(event));
  }
  for (const event of reader.end()) learner.see(event);
  try {
    return JSON.stringify(learner.finish(), (_, value) => (typeof value === "bigint" ? `${value}` : value));
  } catch (error) {
    if (error instanceof SeccatError) return JSON.stringify(error.issues);
    throw error;
  }
}

/** A line with what options of strace put in front of and behind a call. */
function decorated(random: Random, line: string): string {
  const [, pid = "", call = ""] = /^(\d+) (.*)$/.exec(line) ?? [];
  if (call === "" || random.once(3)) return line;
  const who = random.pick([
    `${pid} `,
    `[pid ${pid}] `,
    `[pid  ${pid}] `,
    `${pid}  `,
    "",
    `${pid}<ls> `,
    ` ${pid} `,
  ]);
  const when = random.pick([
    "",
    "",
    "10:00:00.123456 ",
    "10:00:00 ",
    "1795488889.968471 ",
    "     0.000031 ",
    "0 ",
  ]);
  const nr = random.pick(["", "", "[ 257] ", "[1073741863] ", "[00007f8320ad8ad7] "]);
  const behind = random.pick([
    "",
    "",
    "",
    " <0.000012>",
    " <1>",
    "</tmp/x>",
    "<pipe:[7]>",
    " ",
    "\r",
    " [pid 6] close(1) = 0",
  ]);
  return `${who}${when}${nr}${call}${behind}`;
}

function mixedLog(random: Random, seed: number): string {
  const source = [...traceLog(seed, 3000)]
    .join("")
    .split("\n")
    .filter((line) => line !== "");
  const own = source.map((line) => decorated(random, line));
  const from = random.below(own.length);
  const some = own.slice(from, from + 1 + random.below(40));
  return random.once(2) ? some.join("\n") : spoilt(random, [...some, ...lines], 40);
}

plain(`of ${rounds} logs, spoilt and whole, both readers tell the same`, () => {
  const random = new Random(seedOf("trace/plain events"));
  for (let i = 0; i < rounds; i++) {
    const log = Buffer.from(mixedLog(random, random.u32()));
    assert.is(told(log, false), told(log, true), JSON.stringify(log.toString()));
  }
});

plain(`of ${rounds} logs, in any pieces and by any choice, the same policy and report are learned`, () => {
  const random = new Random(seedOf("trace/plain learned"));
  for (let i = 0; i < rounds; i++) {
    const log = Buffer.from(mixedLog(random, random.u32()));
    const options: LearnOptions = {
      native: "x86_64",
      only: random.pick(["child", "all"]),
      ...(random.once(4) ? { after: random.pick(["read", "execve", "close"]) } : {}),
      ...(random.once(4) ? { pids: [1000, 1001] } : {}),
      ...(random.once(3) ? { args: true } : {}),
    };
    assert.is(
      learned(random.once(2) ? [log] : cut(random, log), options, false),
      learned([log], options, true),
      JSON.stringify([options, log.toString()]),
    );
  }
});

plain("of a long log with processes that come and go, the same is learned", () => {
  const seed = seedOf("trace/plain long");
  const pieces = () => [...traceLog(seed, 3_000_000)].map((text) => Buffer.from(text));
  for (const options of [{ only: "child" }, {}, { after: "execve" }, { args: true }] as const) {
    const all = { native: "x86_64", ...options } as const;
    assert.is(learned(pieces(), all, false), learned(pieces(), all, true));
  }
});

plain("nearly every line of such a log is read from its bytes", () => {
  const log = Buffer.from([...traceLog(1, 300_000)].join(""));
  const line = new PlainLine();
  line.open(log);
  let [read, left] = [0, 0];
  for (let at = 0; at < log.length; ) {
    const next = line.read(at, log.length);
    if (next < 0) left++;
    else read++;
    at = next < 0 ? log.indexOf(10, at) + 1 : next;
  }
  assert.ok(left * 50 < read, `${left} of ${left + read} lines are not`);
});

plain(
  "names of any length, at even and odd places, and more than are remembered are told as they are",
  () => {
    const random = new Random(seedOf("trace/plain names"));
    const name = () =>
      Array.from({ length: 1 + random.below(70) }, () => random.pick(["a", "b", "_", "0"])).join("");
    const names = Array.from({ length: 6000 }, () => `x${name()}`);
    const log = [...names, ...names]
      .map((one) => `${random.pick(["", "7 ", "10 "])}${one}(1) = 0\n`)
      .join("");
    const events = [...readStrace([Buffer.from(log)])].filter((event) => event.kind === "call");
    assert.equal(
      events.map((event) => event.name),
      [...names, ...names],
    );
    assert.is(told(Buffer.from(log), false), told(Buffer.from(log), true));
  },
);

plain("halves are one call, whichever of them has the pid, a doubt, or another name", () => {
  const first = [
    "7 read(3,  <unfinished ...>",
    "read(3,  <unfinished ...>",
    "[ 0] read(3,  <unfinished ...>",
    '4: 7 read(3, "é <unfinished ...>',
  ];
  const between = [
    "8 close(1) = 0",
    "close(1) = 0",
    "7 close(1) = 0",
    "7 +++ superseded by execve in pid 8 +++",
    "8 read(4,  <unfinished ...>",
  ];
  const second = [
    '7 <... read resumed>"", 1) = 1',
    '<... read resumed> "", 1) = -1 EIO (x)',
    "7 <... write resumed>) = 0",
    "8 <... read resumed>) = 0 <0.1>",
  ];
  for (const a of first)
    for (const b of between)
      for (const c of second) {
        const log = Buffer.from([a, b, c, c].join("\n"));
        assert.is(told(log, false), told(log, true), log.toString());
        for (const options of [{ native: "x86_64" }, { native: "x86_64", args: true }] as const)
          assert.is(learned([log], options, false), learned([log], options, true), log.toString());
      }
});

plain("a buffer may be used again once it was read", () => {
  const reader = straceReader();
  const learner = newLearner({ native: "x86_64" });
  const buffer = Buffer.alloc(64);
  for (const text of [
    '7 read(3, "a", 1) = 1\n7 wri',
    'te(1, "b", 1 <unfinished ...>\n',
    "7 <... write resumed>) = 1\n",
  ]) {
    buffer.write(text);
    reader.read(buffer.subarray(0, text.length), (event) => learner.see(event));
    buffer.fill("x");
  }
  for (const event of reader.end()) learner.see(event);
  assert.equal(
    learner.finish().report.syscalls.map(({ call, count }) => [call, count]),
    [
      ["read", 1],
      ["write", 1],
    ],
  );
});

plain.run();
