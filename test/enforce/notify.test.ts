import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packData } from "../../src/abi/data.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { decodeNotif, encodeResponse, type PlainAnswer } from "../../src/enforce/notify.ts";
import { parseStatus } from "../../src/enforce/threads.ts";

const test = suite("notify");
const call = {
  id: 0xfedcba9876543210n,
  pid: 4711,
  nr: 0x40000101,
  arch: 0xc000003e,
  instructionPointer: 0x7f00123456789abcn,
  args: [1n, 0xffffffffffffffffn, 0n, 0x100000000n, 5n, 6n],
};

for (const endian of ["little", "big"] as const) {
  const little = endian === "little";

  test(`a seccomp_notif is read whole (${endian}-endian)`, () => {
    const view = new DataView(new ArrayBuffer(96)); // longer than any kernel's so far
    view.setBigUint64(0, call.id, little);
    view.setUint32(8, call.pid, little);
    packData(call, endian).forEach((word, i) => {
      view.setUint32(16 + 4 * i, word, little);
    });
    assert.equal(decodeNotif(new Uint8Array(view.buffer), endian), call);
  });

  test(`a seccomp_notif_resp says id, value, error and flags (${endian}-endian)`, () => {
    const fields = (answer: PlainAnswer) => {
      const bytes = encodeResponse(call.id, answer, 24, endian);
      const view = new DataView(bytes.buffer);
      assert.is(view.getBigUint64(0, little), call.id);
      return [view.getBigInt64(8, little), view.getInt32(16, little), view.getUint32(20, little)];
    };
    assert.equal(fields({ errno: 13 }), [0n, -13, 0]);
    assert.equal(fields({ errno: "ENOENT" }), [0n, -2, 0]);
    assert.equal(fields({ errno: 4095 }), [0n, -4095, 0]);
    assert.equal(fields({ value: 42n }), [42n, 0, 0]);
    assert.equal(fields({ value: -5n }), [-5n, 0, 0]);
    assert.equal(fields({ continue: true }), [0n, 0, 1]);
    assert.equal(fields({ kill: true }), [0n, -1, 0]);
  });
}

test("an errno that no call can return is refused", () => {
  for (const errno of [-1, 4096, 1.5, Number.NaN])
    try {
      encodeResponse(1n, { errno }, 24, "little");
      assert.unreachable(`${errno} was taken`);
    } catch (error) {
      assert.ok(error instanceof SeccatError && error.code === "usage", String(error));
    }
});

test("a status text is read for what concerns seccomp", () => {
  const text =
    "Name:\tnode\nUmask:\t0022\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\nSpeculation:\tx\n";
  const expected = { tid: 7, name: "node", mode: 2, noNewPrivs: true, filters: 3 };
  assert.equal(parseStatus(7, text), expected);
  assert.equal(parseStatus(7, text.replace("Seccomp_filters:\t3\n", "")), {
    ...expected,
    filters: undefined,
  });
  assert.equal(parseStatus(7, text.replace("Privs:\t1", "Privs:\t0"))?.noNewPrivs, false);
  assert.is(parseStatus(7, "Name:\tnode\n"), undefined);
});

if (process.platform === "linux") test.run();
else console.log(`skipped: listeners are a part of Linux, and this is ${process.platform}`);
