import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadShim } from "../../shim/index.ts";
import { takeListener } from "../../src/enforce/attach.ts";
import type { Listener } from "../../src/enforce/listener.ts";
import { give, type Loop, startLoop } from "../../src/enforce/loop.ts";
import { nr } from "../../src/enforce/native.ts";
import type { Call } from "../../src/enforce/notify.ts";
import { type Sacrifice, sacrifice } from "./child.ts";
import { sourceUrl } from "./launched.ts";
import { denyOnly, ret, skip, whyNotHere } from "./programs.ts";

const test = suite("loop");
const program = denyOnly(ret.user_notif, "getpgid");
const module = new URL(sourceUrl("test/enforce/answering"));

const caller = (code: string) => `
  const shim = loadShim("koffi");
  const { listener } = install(programs.original, { listener: true });
  const call = (argument) => { const answer = shim.syscall(nr("getpgid"), argument); return answer.ok ? answer.value : answer.name; };
  ${code}
  process.exit(0);
`;

/** Serves what `code` calls from a worker, whose messages are kept; calls that it posts are answered here with 70. */
async function looped(code: string, during?: (loop: Loop, listener: Listener, child: Sacrifice) => void) {
  const child = sacrifice(caller(code), { original: program });
  const listener = await takeListener(child.pid, { wait: 20_000 });
  const messages: unknown[] = [];
  const isCall = (message: unknown): message is Call =>
    typeof message === "object" && message !== null && "id" in message;
  const loop = startLoop({
    listener,
    module,
    data: { from: "here" },
    onMessage: (message) => {
      if (isCall(message)) setTimeout(() => give(listener, message, { value: 70n }), 5);
      else messages.push(message);
    },
  });
  during?.(loop, listener, child);
  const end = await loop.done.catch((error) => String(error));
  listener.close();
  const { lines, status, stderr } = await child.ended;
  return { end, messages, said: lines.map((line): unknown => JSON.parse(line)), status, stderr };
}

test("a worker answers at once, or leaves a call to the thread that started it", async () => {
  const { end, messages, said } = await looped("say([call(1), call(7), call(41), call(0)]);");
  assert.is(end, "ended");
  assert.equal(said, [[2, 70, 42, 1]]);
  assert.equal(messages, [{ calls: 4, data: { from: "here" } }]);
});

test("it lets calls happen", async () => {
  const { said } = await looped("say([call(9), call(0)]);");
  assert.equal(said, [["ESRCH", 1]]);
});

test("a handler that throws denies its call, others go on, and the first fault is told at the end", async () => {
  const { end, said, messages } = await looped("say([call(8), call(8), call(1)]);");
  assert.is(end, "Error: a fault in the handler");
  assert.equal(said, [["EPERM", "EPERM", 2]]);
  assert.equal(messages, [{ calls: 3, data: { from: "here" } }]);
});

test("it stops when it is told to, and what is called later gets ENOSYS", async () => {
  const { end, said } = await looped(
    "say(call(1)); fs.closeSync(listener); await told(); say(call(1));",
    (loop, listener, child) => {
      void child.line().then(() => {
        loop.stop();
        loop.stop();
      });
      void loop.done.then(() => {
        listener.close();
        child.tell("go");
      });
    },
  );
  assert.is(end, "stopped");
  assert.equal(said, [2, "ENOSYS"]);
});

test("a wait ends by a call, by what another descriptor has, by time, and when nobody is left", async () => {
  const child = sacrifice(caller("await told(); call(1); await told();"), { original: program });
  const listener = await takeListener(child.pid, { wait: 20_000 });
  const eventfd = (count: number) => {
    const made = listener.shim.syscall(nr("eventfd2"), count, 0);
    assert.ok(made.ok);
    return made.value;
  };
  const [quiet, loud] = [eventfd(0), eventfd(1)];
  assert.is(listener.wait(1000), "nothing");
  assert.is(listener.wait(1000, quiet), "nothing");
  assert.is(listener.wait(-1, loud), "woken");
  child.tell("go");
  assert.is(listener.wait(-1, quiet), "call");
  const call = listener.receive();
  assert.ok(call && listener.answer(call.id, { value: 0n }));
  child.child.kill("SIGKILL");
  await child.ended;
  assert.is(listener.wait(-1, quiet), "ended");
  listener.close();
  assert.is(listener.wait(-1), "ended");
  assert.is(listener.receive(), undefined);
  for (const fd of [quiet, loud]) closeSync(fd);
});

test("a process that has a loop can end at any time", async () => {
  const script = `
    const { loadShim } = await import(${JSON.stringify(sourceUrl("shim/index"))});
    const { launch } = await import(${JSON.stringify(sourceUrl("src/enforce/launch"))});
    const { startLoop } = await import(${JSON.stringify(sourceUrl("src/enforce/loop"))});
    const { denyOnly, ret } = await import(${JSON.stringify(sourceUrl("test/enforce/programs"))});
    const started = await launch([denyOnly(ret.user_notif, "getpgid")], ["sleep", "0.5"], {
      onListener: (listener) => {
        const loop = startLoop({ listener, module: new URL(${JSON.stringify(module.href)}) });
        return { done: loop.done.then(() => listener.close()), close: () => loop.stop() };
      },
    });
    setTimeout(() => process.exit(7), 100);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    timeout: 20_000,
    stdio: "inherit",
  });
  const status = await new Promise((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? signal)),
  );
  assert.is(status, 7);
});

const why = (await whyNotHere()) ?? noKoffi();
if (why) skip("loops in workers", why);
else test.run();

function noKoffi(): string | undefined {
  try {
    loadShim("koffi");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
