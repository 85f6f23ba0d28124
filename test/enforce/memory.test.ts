import { suite } from "uvu";
import * as assert from "uvu/assert";
import { backendNames, loadShim } from "../../shim/index.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { takeListener } from "../../src/enforce/attach.ts";
import { Listener } from "../../src/enforce/listener.ts";
import { CallMemory, MAX_ACCESS } from "../../src/enforce/memory.ts";
import type { Call } from "../../src/enforce/notify.ts";
import { serve } from "../../src/enforce/serve.ts";
import { sacrifice } from "./child.ts";
import { denyOnly, ret, skip, whyNotHere } from "./programs.ts";

const program = denyOnly(ret.user_notif, "setdomainname");
const PAGE = 4096;

/** Makes a call whose argument is an address in a block of two pages, with no memory behind them and read-only memory before. */
const caller = (extra = "") => `
  const shim = loadShim("koffi");
  const block = shim.syscall(nr("mmap"), 0, ${4 * PAGE}, 3, 0x22, -1, 0).value + ${PAGE};
  shim.syscall(nr("munmap"), block + ${2 * PAGE}, ${PAGE});
  shim.syscall(nr("mprotect"), block - ${PAGE}, ${PAGE}, 1);
  const pipe = fs.openSync("/proc/self/mem", "r+");
  const put = (at, text) => fs.writeSync(pipe, Buffer.from(text), 0, text.length, block + at);
  const get = (at, length) => {
    const bytes = Buffer.alloc(length);
    fs.readSync(pipe, bytes, 0, length, block + at);
    return bytes.toString("latin1");
  };
  put(0, "hello\\0rest");
  put(${PAGE - 3}, "across\\0");
  put(${2 * PAGE - 4}, "last");
  const { listener } = install(programs.original, { listener: true });
  const call = (at, length = 0) => shim.syscall(nr("setdomainname"), at === null ? 0 : block + at, length);
  ${extra}
  process.exit(0);
`;

/** What `look` finds in the memory of the one call that is made with an address `at` in the block; and what the caller says then. */
async function during<T>(
  at: number,
  look: (memory: CallMemory, address: bigint, call: Call, listener: Listener) => T,
  after = "",
): Promise<{ readonly seen: T; readonly said: readonly string[] }> {
  const child = sacrifice(caller(`call(${at}); ${after}`), { original: program });
  const listener = await takeListener(child.pid, { wait: 20_000 });
  const seen: T[] = [];
  const { done } = serve(listener, (call) => {
    seen.push(look(new CallMemory(listener, call), call.args[0] ?? 0n, call, listener));
    return { value: 0n };
  });
  const { lines, stderr } = await child.ended;
  await done;
  const [first] = seen;
  if (first === undefined) throw new Error(`no call came: ${stderr}`);
  return { seen: first, said: lines };
}

const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

function tests(backend: string): void {
  const test = suite(`memory of a caller over ${backend}`);
  const before = process.env.SECCAT_FFI;
  test.before(() => {
    process.env.SECCAT_FFI = backend;
  });
  test.after(() => {
    if (before === undefined) delete process.env.SECCAT_FFI;
    else process.env.SECCAT_FFI = before;
  });

  test("texts end at their NUL, at the limit, or are a fault where memory ends first", async () => {
    const { seen } = await during(0, (memory, base) => {
      const text = (at: number, limit: number) => {
        const found = memory.readString(base + BigInt(at), limit);
        if (found.kind === "fault") return `fault ${found.address - base}`;
        return found.kind === "done" ? [latin(found.value.bytes), found.value.ended] : found.kind;
      };
      return [
        text(0, 100),
        text(0, 5),
        text(5, 100),
        text(PAGE - 3, 100),
        text(PAGE - 3, 3),
        text(2 * PAGE - 4, 4),
        text(2 * PAGE - 4, 100),
        text(2 * PAGE, 100),
        text(0, 0),
      ];
    });
    assert.equal(seen, [
      ["hello", true],
      ["hello", false],
      ["", true],
      ["across", true],
      ["acr", false],
      ["last", false],
      `fault ${2 * PAGE}`,
      `fault ${2 * PAGE}`,
      ["", false],
    ]);
  });

  test("bytes are read whole or not at all, or as far as they go when that is asked for", async () => {
    const { seen } = await during(0, (memory, base) => {
      const tell = (found: ReturnType<CallMemory["read"]>) =>
        found.kind === "done"
          ? latin(found.value)
          : found.kind === "fault"
            ? `fault ${found.address - base}`
            : found.kind;
      return [
        tell(memory.read(base, 5)),
        tell(memory.read(base + BigInt(PAGE - 3), 6)),
        tell(memory.read(base + BigInt(2 * PAGE - 4), 4)),
        tell(memory.read(base + BigInt(2 * PAGE - 4), 5)),
        tell(memory.readAvailable(base + BigInt(2 * PAGE - 4), 500)),
        tell(memory.read(base + BigInt(2 * PAGE), 1)),
        tell(memory.read(base, 0)),
        tell(memory.read(0n, 4)).replace(/-?\d+/, "N"),
        tell(memory.read(0xffff_ffff_ffff_0000n, 4)).replace(/-?\d+/, "N"),
      ];
    });
    const end = `fault ${2 * PAGE}`;
    assert.equal(seen, ["hello", "across", "last", end, "last", end, "", "fault N", "fault N"]);
  });

  test("what is written arrives, and nothing is written to memory that its owner cannot write", async () => {
    const { seen, said } = await during(
      0,
      (memory, base) => [
        memory.write(base, Buffer.from("HE")),
        memory.write(base + BigInt(PAGE - 1), Buffer.from("XYZ")),
        memory.write(base - 8n, Buffer.from("no")).kind,
        memory.write(base + BigInt(2 * PAGE - 2), Buffer.from("long")).kind,
      ],
      `say(get(0, 5) + get(${PAGE - 1}, 3));`,
    );
    assert.equal(seen, [{ kind: "done", value: 2 }, { kind: "done", value: 3 }, "fault", "fault"]);
    assert.equal(said, ['"HElloXYZ"']);
  });

  test("more than a limit is refused before anything is made ready for it", async () => {
    const { seen } = await during(0, (memory, base) =>
      [MAX_ACCESS + 1, -1, 1.5, 2 ** 60].map((length) => {
        try {
          return memory.read(base, length).kind;
        } catch (error) {
          return error instanceof SeccatError ? error.code : String(error);
        }
      }),
    );
    assert.equal(seen, ["limit", "limit", "limit", "limit"]);
  });

  test("a call that has its answer has no memory any more", async () => {
    const { seen } = await during(0, (memory, base, call, listener) => {
      listener.answer(call.id, { value: 0n });
      return [
        memory.read(base, 4),
        memory.readString(base, 4),
        memory.write(base, Buffer.from("x")),
        listener.answer(call.id, { value: 0n }),
        listener.isWaiting(call.id),
      ];
    });
    const gone = { kind: "gone" };
    assert.equal(seen, [gone, gone, gone, false, false]);
  });

  test("a caller that was killed has no memory any more", async () => {
    const { seen } = await during(0, (memory, base, call) => {
      const before = memory.read(base, 5).kind;
      process.kill(call.pid, "SIGKILL");
      while (memory.read(base, 5).kind === "done") if (memory.read(base, 1).kind === "gone") break;
      return [before, memory.read(base, 5).kind, memory.write(base, Buffer.from("x")).kind];
    });
    assert.equal(seen, ["done", "gone", "gone"]);
  });

  test("a thread that cannot be seen from here is refused in words", async () => {
    const { seen } = await during(0, (_, base, call, listener) =>
      new CallMemory(listener, { id: call.id, pid: 0 }).read(base, 4),
    );
    assert.equal(seen, { kind: "refused", errno: "ESRCH" });
  });

  test("where process_vm_readv and process_vm_writev are refused, /proc/PID/mem is the way", async () => {
    const { seen, said } = await during(
      0,
      (_, base, call, listener) => {
        const refusing = refuseVm(listener);
        const memory = new CallMemory(refusing, call);
        const text = memory.readString(base + BigInt(PAGE - 3), 100);
        return [
          text.kind === "done" && latin(text.value.bytes),
          memory.read(base + BigInt(2 * PAGE - 2), 3).kind,
          memory.read(base + BigInt(2 * PAGE), 3).kind,
          memory.write(base, Buffer.from("proc")).kind,
        ];
      },
      "say(get(0, 5));",
    );
    assert.equal(seen, ["across", "fault", "fault", "done"]);
    assert.equal(said, ['"proco"']);
  });

  test.run();
}

/** The same listener, for a kernel without the calls that copy between processes. */
function refuseVm(listener: Listener): Listener {
  const { shim } = listener;
  return new Listener(
    {
      ...shim,
      syscall: (number, ...args) => {
        const answer = shim.syscall(number, ...args);
        return args.length === 6 && args[2] === 1 ? { ok: false, errno: 38, name: "ENOSYS" } : answer;
      },
    },
    listener.descriptor,
  );
}

const why = await whyNotHere();
if (why) skip("the memory of callers", why);
else
  for (const backend of backendNames)
    try {
      loadShim(backend);
      tests(backend);
    } catch (error) {
      skip(`memory over ${backend}`, error instanceof Error ? error.message : String(error));
    }
