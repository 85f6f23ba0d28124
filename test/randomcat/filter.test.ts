import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Program } from "../../src/bpf/program.ts";
import type { AttackName } from "../../src/cli/randomcat/attack.ts";
import { attackNames } from "../../src/cli/randomcat/attack.ts";
import { allowAll, programArgs, whyNoFilter } from "../../src/cli/randomcat/guard.ts";
import type { ChildEnd, Server } from "../../src/cli/randomcat/server.ts";
import { startServer } from "../../src/cli/randomcat/server.ts";
import { compile } from "../../src/compile/index.ts";
import { native } from "../../src/enforce/native.ts";
import type { Policy } from "../../src/policy/types.ts";
import { fetchUrl, pictureOf, sendRaw } from "./client.ts";

const test = suite("randomcat under a filter");
const reason = await whyNoFilter();
if (reason !== undefined) console.log(`skipped, no filter can be installed: ${reason}`);
const onKernel = reason === undefined ? test : test.skip;

/** What the child calls by its own doing, beside the run-time's noise. */
const calls = [
  "@node-runtime/engine",
  "openat",
  "getdents64",
  "newfstatat",
  "statx",
  "fstat",
  "ioctl",
  "fcntl",
  "getsockname",
  "getsockopt",
  "shutdown",
] as const;

function policyOf(names: Policy["rules"][number]["syscalls"]): Policy {
  return {
    arches: [native().abi],
    default: { kind: "kill_process" },
    rules: [{ action: { kind: "allow" }, syscalls: names }],
  };
}

/** Runs `body` with a server whose children are under `program`, and gives how they ended. */
async function under(
  program: Program,
  body: (server: Server) => Promise<void>,
  more: readonly string[] = [],
): Promise<ChildEnd[]> {
  const ends: ChildEnd[] = [];
  const childArgs = [...programArgs(program), ...more];
  const server = await startServer({ childArgs, onEnd: (end) => ends.push(end) });
  try {
    await body(server);
    await server.idle();
  } finally {
    await server.close();
  }
  return ends;
}

/** Lets a child do a misdeed under `program`; port 9 of this machine is for nobody. */
function misbehave(name: AttackName, program: Program, body: (answer: Promise<string>) => Promise<void>) {
  const more = ["--attack", name, "--target", "9"];
  return under(program, (server) => body(sendRaw(server.port, "GET /randomcat HTTP/1.0\r\n\r\n")), more);
}

onKernel("twelve cats are served whole, and every child ends well", async () => {
  const ends = await under(compile(policyOf(calls)).program, async (server) => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => fetchUrl(server.url)));
    for (const answer of answers) assert.ok(pictureOf(answer.body), "no cat");
  });
  assert.equal(
    ends.map(({ code, signal, errors }) => ({ code, signal, errors })),
    Array.from({ length: 12 }, () => ({ code: 0, signal: null, errors: "" })),
  );
});

onKernel("404, 400 and a client that sends too much end well too", async () => {
  const ends = await under(compile(policyOf(calls)).program, async (server) => {
    assert.match(await sendRaw(server.port, "GET / HTTP/1.0\r\n\r\n"), /^HTTP\/1\.0 404 /);
    assert.match(await sendRaw(server.port, "?\r\n\r\n"), /^HTTP\/1\.0 400 /);
    assert.match(await sendRaw(server.port, "A".repeat(50_000)), /^HTTP\/1\.0 400 /);
  });
  assert.equal(
    ends.map(({ code, signal }) => ({ code, signal })),
    Array.from({ length: 3 }, () => ({ code: 0, signal: null })),
  );
});

onKernel("without a call that it needs, a child is killed by SIGSYS and the server lives on", async () => {
  const fewer = calls.filter((name) => name !== "getdents64");
  const ends = await under(compile(policyOf(fewer)).program, async (server) => {
    for (let i = 0; i < 2; i++)
      await fetchUrl(server.url).then(
        () => assert.unreachable("a cat without getdents64"),
        (error: NodeJS.ErrnoException) => assert.is(error.code, "ECONNRESET"),
      );
  });
  assert.equal(
    ends.map(({ code, signal }) => ({ code, signal })),
    Array.from({ length: 2 }, () => ({ code: null, signal: "SIGSYS" })),
  );
});

onKernel("a child that cannot be guarded serves nobody and says why", async () => {
  const ends: ChildEnd[] = [];
  const server = await startServer({ childArgs: ["--program", "00"], onEnd: (end) => ends.push(end) });
  await fetchUrl(server.url).then(
    () => assert.unreachable("served without a filter"),
    () => {},
  );
  await server.idle();
  await server.close();
  assert.is(ends[0]?.code, 3);
  assert.is.not(ends[0]?.errors, "");
});

const outcomes: Record<AttackName, RegExp> = {
  spawn: /a shell answers, with user id \d/,
  connect: /got as far as port 9,/,
  ptrace: /is mine to control|no control over \d+: errno 1$/m,
};
for (const name of attackNames) {
  onKernel(`under a program that allows everything, ${name} is done: the misdeed is real`, async () => {
    await misbehave(name, allowAll(), async (answer) => assert.match(await answer, outcomes[name]));
  });

  onKernel(`under the filter, ${name} ends in SIGSYS and the client gets nothing`, async () => {
    const ends = await misbehave(name, compile(policyOf(calls)).program, async (answer) =>
      assert.is(await answer.catch(() => ""), ""),
    );
    assert.equal(
      ends.map(({ code, signal, output }) => ({ code, signal, output })),
      [{ code: null, signal: "SIGSYS", output: "" }],
    );
  });
}

test.run();
