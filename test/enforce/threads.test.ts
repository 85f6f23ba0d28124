import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ThreadStatus, uncovered } from "../../src/enforce/threads.ts";

const test = suite("threads");
const good: ThreadStatus = { tid: 1, name: "node", mode: 2, noNewPrivs: true, filters: 2 };

/** Threads beside a good one, and whether they count as covered when two filters and no_new_privs are asked for. */
const cases: readonly (readonly [what: string, thread: Partial<ThreadStatus>, covered: boolean])[] = [
  ["as many filters", {}, true],
  ["no filter", { mode: 0, filters: 0 }, false],
  ["strict mode", { mode: 1, filters: 0 }, false],
  ["one filter less", { filters: 1 }, false],
  ["one filter more", { filters: 3 }, false],
  ["a kernel that counts no filters", { filters: undefined }, true],
  ["no no_new_privs", { noNewPrivs: false }, false],
];

for (const [what, change, covered] of cases)
  test(`a thread with ${what} ${covered ? "is covered" : "is told apart"}`, () => {
    const thread = { ...good, tid: 2, ...change };
    assert.equal(uncovered([good, thread], 2, true), covered ? [] : [thread]);
  });

test("no_new_privs and the number of filters are not asked of threads when nobody wants to know", () => {
  const thread = { ...good, noNewPrivs: false, filters: 7 };
  assert.equal(uncovered([thread], undefined, false), []);
  assert.equal(uncovered([thread], undefined, true), [thread]);
});

test.run();
