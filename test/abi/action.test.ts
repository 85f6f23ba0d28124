import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Action,
  actionNames,
  actionValues,
  combineReturns,
  decodeAction,
  encodeAction,
  formatAction,
  isKnownAction,
} from "../../src/abi/action.ts";

const test = suite("abi/action");

const cases: readonly (readonly [ret: number, action: Action, words: string])[] = [
  [0x80000000, { kind: "kill_process" }, "kill_process"],
  [0x00000000, { kind: "kill_thread" }, "kill_thread"],
  [0x00030000, { kind: "trap", data: 0 }, "trap(0)"],
  [0x0003ffff, { kind: "trap", data: 65535 }, "trap(65535)"],
  [0x00050001, { kind: "errno", data: 1 }, "errno(1)"],
  [0x00050fff, { kind: "errno", data: 4095 }, "errno(4095)"],
  [0x7fc00000, { kind: "user_notif" }, "user_notif"],
  [0x7ff00009, { kind: "trace", data: 9 }, "trace(9)"],
  [0x7ffc0000, { kind: "log" }, "log"],
  [0x7fff0000, { kind: "allow" }, "allow"],
];

for (const [ret, action, words] of cases)
  test(`0x${ret.toString(16)} is ${words}, both ways`, () => {
    assert.equal(decodeAction(ret), action);
    assert.is(encodeAction(action), ret);
    assert.is(formatAction(action), words);
    assert.ok(isKnownAction(ret));
  });

test("the kernel clamps errno data above 4095", () => {
  assert.equal(decodeAction(0x00051000), { kind: "errno", data: 4095 });
  assert.equal(decodeAction(0x0005ffff), { kind: "errno", data: 4095 });
});

test("data of an action that has none is dropped", () => {
  assert.equal(decodeAction(0x7fff1234), { kind: "allow" });
  assert.equal(decodeAction(0x00001234), { kind: "kill_thread" });
});

test("an action that the kernel does not know kills the process", () => {
  for (const ret of [0x00010000, 0x12345678, 0xffffffff, 0x7ffd0000]) {
    assert.not.ok(isKnownAction(ret));
    assert.equal(decodeAction(ret), { kind: "kill_process" });
  }
});

test("of a stack the strongest answer wins, wherever it stands", () => {
  actionNames.forEach((strong, i) => {
    for (const weak of actionNames.slice(i)) {
      assert.is(combineReturns([actionValues[strong], actionValues[weak]]), actionValues[strong]);
      assert.is(combineReturns([actionValues[weak], actionValues[strong]]), actionValues[strong]);
    }
  });
});

test("on a tie the newest filter's data stays", () => {
  assert.is(combineReturns([0x00050001, 0x00050002]), 0x00050001);
  assert.is(combineReturns([0x7fff0000, 0x00050002, 0x00050001]), 0x00050002);
});

test("data of allow is never seen, and no filter at all allows", () => {
  assert.is(combineReturns([0x7fff0007]), 0x7fff0000);
  assert.is(combineReturns([]), 0x7fff0000);
});

test("unknown actions take part by their signed value", () => {
  assert.is(combineReturns([0x00010000, 0x00000005]), 0x00000005);
  assert.is(combineReturns([0x00010000, 0x00030000]), 0x00010000);
  assert.is(combineReturns([0x80010000, 0x80000000]), 0x80000000);
});

test.run();
