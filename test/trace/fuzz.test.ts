import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { readArg, splitArgs } from "../../src/trace/argument.ts";
import type { StraceEvent } from "../../src/trace/event.ts";
import { learn } from "../../src/trace/learn.ts";
import { readStrace } from "../../src/trace/reader.ts";
import { formatReport } from "../../src/trace/report.ts";
import { Random, seedOf } from "../seed.ts";
import { cut, spoilt } from "./spoil.ts";

const fuzzing = suite("trace/fuzz");
const rounds = Number(process.env.SECCAT_ROUNDS ?? 400);

/** Fails unless every line is accounted for. */
function balanced(events: readonly StraceEvent[], lineCount: number, text: string): void {
  const end = events.at(-1);
  if (end?.kind !== "end") throw new Error(`no end: ${JSON.stringify(text)}`);
  const { counts } = end;
  assert.is(counts.lines, lineCount, JSON.stringify(text));
  assert.is(counts.read + counts.blank + counts.unreadable, counts.lines, JSON.stringify(text));
  const told = events.filter((event) => event.kind === "noise" && event.what === "unreadable");
  assert.ok(told.length >= counts.unreadable, JSON.stringify(text));
  for (const event of events) assert.ok(event.line >= 0 && event.line <= counts.lines, JSON.stringify(text));
}

fuzzing(
  `${rounds} spoilt logs are read to the last line, in any pieces, and refused properly at worst`,
  () => {
    const random = new Random(seedOf("trace/fuzz"));
    for (let i = 0; i < rounds; i++) {
      const text = spoilt(random);
      const bytes = new TextEncoder().encode(text);
      const events = [...readStrace([bytes])];
      balanced(events, text === "" ? 0 : text.split("\n").length - (text.endsWith("\n") ? 1 : 0), text);
      assert.equal([...readStrace(cut(random, bytes))], events, JSON.stringify(text));
      for (const event of events)
        if (event.kind === "call") for (const arg of splitArgs(event.args)) readArg(arg);
      const only = random.pick(["child", "all"] as const);
      try {
        const after = random.once(4) ? { after: "read" } : {};
        formatReport(learn(events, { native: "x86_64", only, ...after }).report);
      } catch (error) {
        assert.instance(error, SeccatError, JSON.stringify(text));
      }
    }
  },
);

fuzzing("random bytes are read to the last line", () => {
  const random = new Random(seedOf("trace/fuzz bytes"));
  for (let i = 0; i < rounds; i++) {
    const bytes = Uint8Array.from({ length: random.below(400) }, () => random.below(256));
    const events = [...readStrace([bytes])];
    const feeds = bytes.filter((byte) => byte === 10).length;
    balanced(events, feeds + (bytes.length === 0 || bytes.at(-1) === 10 ? 0 : 1), String(bytes));
    assert.equal([...readStrace(cut(random, bytes))], events, String(bytes));
  }
});

fuzzing.run();
