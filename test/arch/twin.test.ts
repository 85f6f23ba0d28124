import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abiNames, substituteOn, syscallNames, syscallNr, twinsOn } from "../../arch/index.ts";

const twin = suite("arch/twin");

twin("the twins of an ABI are calls that it has, and never the call itself", () => {
  for (const abi of abiNames) {
    assert.ok(twinsOn(abi).length > 0, abi);
    for (const { call, twins, why } of twinsOn(abi)) {
      assert.ok(why !== "" && twins.length > 0);
      for (const name of [call, ...twins]) assert.ok(syscallNr(abi, name) !== undefined, `${abi} ${name}`);
      assert.not.ok(twins.includes(call), `${abi} ${call}`);
    }
  }
});

twin("what an ABI of today lacks of the calls of files, it has under another name", () => {
  const substitutes = (calls: string) =>
    calls.split(" ").map((name) => {
      const call = syscallNames.find((known) => known === name);
      return call && substituteOn("riscv64", call)?.twins[0];
    });
  assert.equal(
    substitutes(
      "open creat stat lstat access mkdir rmdir rename unlink readlink symlink link chmod chown pipe dup2",
    ),
    [
      ...["openat", "openat", "newfstatat", "newfstatat", "faccessat", "mkdirat", "unlinkat", "renameat2"],
      ...["unlinkat", "readlinkat", "symlinkat", "linkat", "fchmodat", "fchownat", "pipe2", "dup3"],
    ],
  );
});

twin("32-bit ABIs have twins for their times, 64-bit ones have not", () => {
  const futex = (abi: (typeof abiNames)[number]) => twinsOn(abi).find(({ call }) => call === "futex")?.twins;
  assert.equal(futex("arm"), ["futex_time64"]);
  assert.is(futex("x86_64"), undefined);
});

twin.run();
