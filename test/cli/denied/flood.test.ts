import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Flood, type Group, newGroup } from "../../../src/cli/denied/flood.ts";

const test = suite("cli/denied/flood");
const limits = { first: 3, pause: 1000, burst: 10, perSecond: 5 };

/** How many of `times` denials of each group are told, one after another at the same time. */
const told = (flood: Flood, groups: readonly Group[], times: number, now: number) => {
  let count = 0;
  for (let i = 0; i < times; i++) for (const group of groups) if (flood.tell(group, now)) count++;
  return count;
};

test("a group is told a few times, then once after each pause", () => {
  const [flood, group] = [new Flood(limits), newGroup()];
  assert.is(told(flood, [group], 100, 5000), 3);
  assert.is(told(flood, [group], 100, 5999), 0);
  assert.is(told(flood, [group], 100, 6000), 1);
  assert.equal([group.count, group.hidden, group.told], [300, 296, 4]);
});

test("groups do not share their number, but have a limit together, which comes back with time", () => {
  const flood = new Flood(limits);
  const groups = Array.from({ length: 100 }, newGroup);
  assert.is(told(flood, groups.slice(0, 2), 5, 1000), 6);
  assert.is(told(flood, groups.slice(2), 1, 1000), 4);
  assert.is(told(flood, groups.slice(2), 1, 2000), 5);
  assert.is(told(flood, groups.slice(2), 1, 60_000), 10, "never more than at first");
});

test.run();
