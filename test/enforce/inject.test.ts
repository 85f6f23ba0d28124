import { closeSync, fstatSync, openSync, readlinkSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Shim } from "../../shim/index.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { giveDescriptor } from "../../src/enforce/inject.ts";
import { Listener } from "../../src/enforce/listener.ts";
import { type Call, type DescriptorAnswer, encodeAddfd } from "../../src/enforce/notify.ts";
import { serve } from "../../src/enforce/serve.ts";
import { output } from "./launched.ts";
import { denyOnly, ret, skip, whyNotHere } from "./programs.ts";

const test = suite("inject");
const ADDFD = 0x40182103;

/** A caller that has the number `mkdir` gives as an exit code, and what its listener gives it. */
async function given(
  answer: () => DescriptorAnswer,
  shimOf: (shim: Shim) => Shim = (shim) => shim,
  before = "",
): Promise<{ readonly stdout: string; readonly results: readonly unknown[] }> {
  const code = `import ctypes, os
${before}
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.mkdir(b"x", 0)
print(fd, os.readlink("/proc/self/fd/%d" % fd) if fd >= 0 else ctypes.get_errno(), os.get_inheritable(fd) if fd >= 0 else "")`;
  const results: unknown[] = [];
  const { stdout } = await output([denyOnly(ret.user_notif, "mkdir")], ["python3", "-c", code], {
    openFiles: { soft: 64n, hard: 64n },
    onListener: (listener) => {
      const giving = new Listener(shimOf(listener.shim), listener.descriptor);
      return serve(listener, (call: Call) => {
        try {
          results.push(giveDescriptor(giving, call, answer()));
        } catch (error) {
          results.push(error instanceof SeccatError ? error.message : String(error));
          return { errno: "EIO" };
        }
        return { value: 77 }; // the call has its answer already
      });
    },
  });
  return { stdout, results };
}

/** A kernel before 5.14, which does not know the flag SEND. */
const older = (shim: Shim): Shim => ({
  ...shim,
  syscall: (number, ...args) => {
    const [, request, bytes] = args;
    const sends = request === ADDFD && bytes instanceof Uint8Array && ((bytes[8] ?? 0) & 2) !== 0;
    return sends ? { ok: false, errno: 22, name: "EINVAL" } : shim.syscall(number, ...args);
  },
});

const isOpen = (fd: number) => {
  try {
    fstatSync(fd);
    return readlinkSync(`/proc/self/fd/${fd}`) === "/dev/null";
  } catch {
    return false;
  }
};

for (const [name, shimOf] of [
  ["in one step", (shim: Shim) => shim],
  ["in two steps before Linux 5.14", older],
] as const)
  test(`a descriptor arrives ${name}, and is closed here unless it is kept`, async () => {
    let fd = -1;
    const open = (more: object) => () => {
      fd = openSync("/dev/null", "r");
      return { descriptor: fd, ...more };
    };
    const plain = await given(open({}), shimOf);
    assert.match(plain.stdout, /^\d+ \/dev\/null True\n$/);
    assert.equal(plain.results, [true]);
    assert.not(isOpen(fd));
    const numbered = await given(open({ newfd: 33, cloexec: true, keep: true }), shimOf);
    assert.is(numbered.stdout, "33 /dev/null False\n");
    assert.ok(isOpen(fd));
    closeSync(fd);
  });

test("a caller without a free descriptor gets EMFILE; one that is not open here is an error", async () => {
  for (const shimOf of [(shim: Shim) => shim, older]) {
    const hoard = "try:\n  while True: os.dup(0)\nexcept OSError: pass";
    const full = await given(() => ({ descriptor: openSync("/dev/null", "r") }), shimOf, hoard);
    assert.is(full.stdout, "-1 24 \n");
    assert.equal(full.results, [true]);
  }
  const none = await given(() => ({ descriptor: 999_999 }));
  assert.match(String(none.results[0]), /^descriptor 999999 could not be given to the caller: EBADF$/);
  assert.is(none.stdout, "-1 5 \n");
  const high = await given(() => ({ descriptor: openSync("/dev/null", "r"), newfd: 500 }));
  assert.match(String(high.results[0]), /EBADF/);
});

test("the structure says id, flags, both numbers and close-on-exec, in either byte order", () => {
  for (const endian of ["little", "big"] as const) {
    const fields = (injection: Parameters<typeof encodeAddfd>[1]) => {
      const bytes = encodeAddfd(5n, injection, endian);
      const view = new DataView(bytes.buffer);
      const little = endian === "little";
      assert.is(bytes.length, 24);
      assert.is(view.getBigUint64(0, little), 5n);
      return [8, 12, 16, 20].map((at) => view.getUint32(at, little));
    };
    assert.equal(fields({ fd: 7 }), [0, 7, 0, 0]);
    assert.equal(fields({ fd: 7, newfd: 0 }), [1, 7, 0, 0]);
    assert.equal(fields({ fd: 7, newfd: 9, cloexec: true, send: true }), [3, 7, 9, 0x80000]);
  }
});

const why = await whyNotHere();
if (why) skip("injecting descriptors", why);
else test.run();
