import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abiNames, syscallNames, syscallNr, telling } from "../../arch/index.ts";
import { successorsOf } from "../../src/trace/families.ts";

const succeeding = suite("trace/families");

const everything = new Set<string>(syscallNames);

succeeding("every successor is a call of the ABI that it is told for, and not the call itself", () => {
  for (const name of abiNames)
    for (const { old, now, seen } of successorsOf(name, everything, everything)) {
      assert.ok(now.length > 0 && seen, `${name} ${old}`);
      for (const call of now) {
        assert.ok(syscallNr(name, call) !== undefined, `${name} ${call}`);
        assert.is.not(call, old);
      }
    }
});

succeeding("nothing is told about calls that were not seen", () => {
  assert.equal(successorsOf("x86_64", new Set(["read", "openat"]), new Set()), []);
});

succeeding("a successor that was seen too is marked", () => {
  const [note] = successorsOf("x86_64", new Set(["open", "openat"]), new Set());
  assert.equal([note?.old, note?.now, note?.seen], ["open", ["openat"], true]);
  assert.is(successorsOf("x86_64", new Set(["open"]), new Set())[0]?.seen, false);
});

succeeding("calls with 64-bit times are told on 32-bit ABIs only", () => {
  const seen = new Set(["futex", "clock_gettime"]);
  assert.equal(successorsOf("x86_64", seen, new Set()), []);
  assert.equal(
    successorsOf("arm", seen, new Set()).map(({ now }) => now[0]),
    ["clock_gettime64", "futex_time64"],
  );
});

succeeding("an ABI without newfstatat is told statx", () => {
  assert.equal(successorsOf("x86", new Set(["fstat"]), new Set())[0]?.now, ["statx"]);
});

succeeding("newfstatat counts only with the argument that makes it an fstat", () => {
  assert.equal([...telling], [["newfstatat", "AT_EMPTY_PATH"]]);
  assert.equal(successorsOf("x86_64", new Set(["newfstatat"]), new Set()), []);
  assert.is(successorsOf("x86_64", new Set(["newfstatat"]), new Set(["newfstatat"])).length, 1);
});

succeeding.run();
