import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ChildEnd } from "../../src/cli/randomcat/server.ts";
import { startServer } from "../../src/cli/randomcat/server.ts";
import { fetchUrl, pictureOf, sendRaw } from "./client.ts";

const test = suite("randomcat server");

/** Runs `body` with a server and gives how its children ended. */
async function withServer(
  body: (server: Awaited<ReturnType<typeof startServer>>) => Promise<void>,
  options: Parameters<typeof startServer>[0] = {},
): Promise<ChildEnd[]> {
  const ends: ChildEnd[] = [];
  const server = await startServer({ ...options, onEnd: (end) => ends.push(end) });
  try {
    await body(server);
    const deadline = Date.now() + 5000;
    while (server.busy() > 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10));
  } finally {
    await server.close();
  }
  return ends;
}

test("a cat is one of the pictures, whole, and its child ends well", async () => {
  const ends = await withServer(async (server) => {
    const answer = await fetchUrl(server.url);
    assert.is(answer.status, 200);
    assert.is(answer.type, "image/png");
    assert.is(answer.length, String(answer.body.length));
    assert.ok(pictureOf(answer.body), "the bytes are those of no picture");
  });
  assert.is(ends.length, 1);
  assert.is(ends[0]?.code, 0);
  assert.is(ends[0]?.output, "Random cat\n");
  assert.is(ends[0]?.errors, "");
});

test("forty requests at once get forty whole cats, and not always the same one", async () => {
  const names = new Set<string | undefined>();
  const ends = await withServer(async (server) => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => fetchUrl(server.url)));
    for (const answer of answers) names.add(pictureOf(answer.body));
  });
  assert.not.ok(names.has(undefined));
  assert.ok(names.size > 1, "forty draws of eight pictures gave one picture");
  assert.equal(
    ends.map(({ code, signal, errors }) => ({ code, signal, errors })),
    Array.from({ length: 40 }, () => ({ code: 0, signal: null, errors: "" })),
  );
});

const refused: readonly (readonly [string, string, string])[] = [
  ["another path", "GET / HTTP/1.0\r\n\r\n", "404 Not Found"],
  ["a longer path", "GET /randomcat/.. HTTP/1.0\r\n\r\n", "404 Not Found"],
  ["another method", "POST /randomcat HTTP/1.0\r\n\r\n", "404 Not Found"],
  ["a method in lower case", "get /randomcat HTTP/1.0\r\n\r\n", "400 Bad Request"],
  ["no protocol", "GET /randomcat\r\n\r\n", "400 Bad Request"],
  ["a protocol of the future", "GET /randomcat HTTP/2.0\r\n\r\n", "400 Bad Request"],
  ["a control character in the path", "GET /random\u0001cat HTTP/1.0\r\n\r\n", "400 Bad Request"],
  ["a header without a colon", "GET /randomcat HTTP/1.0\r\nhello\r\n\r\n", "400 Bad Request"],
  ["a header with a zero byte", "GET /randomcat HTTP/1.0\r\nA: \0\r\n\r\n", "400 Bad Request"],
  ["more than 8192 bytes without a blank line", "A".repeat(100_000), "400 Bad Request"],
  [
    "only header lines, 8192 bytes of them",
    `GET /randomcat HTTP/1.0\r\n${"A: b\r\n".repeat(1400)}`,
    "400 Bad Request",
  ],
];
for (const [what, bytes, status] of refused) {
  test(`${what} is answered with ${status}`, async () => {
    const ends = await withServer(async (server) => {
      assert.match(await sendRaw(server.port, bytes), new RegExp(`^HTTP/1\\.0 ${status}\r\n`));
    });
    assert.equal(
      ends.map(({ code, output, errors }) => ({ code, output, errors })),
      [{ code: 0, output: "", errors: "" }],
    );
  });
}

test("lines may end in a bare newline, and headers are ignored", async () => {
  await withServer(async (server) => {
    assert.match(
      await sendRaw(server.port, "GET /randomcat HTTP/1.1\nHost: a:b\n\n"),
      /^HTTP\/1\.0 200 OK\r\n/,
    );
  });
});

test("a request that ends before its blank line is a bad one", async () => {
  await withServer(async (server) => {
    assert.match(await sendRaw(server.port, "GET /randomcat HTTP/1.0\r\n", true), /^HTTP\/1\.0 400 /);
  });
});

test("a client that says nothing loses its child after the time allowed, and others are served meanwhile", async () => {
  const ends = await withServer(
    async (server) => {
      const silent = sendRaw(server.port, "GET /rand");
      assert.is((await fetchUrl(server.url)).status, 200);
      assert.is(await silent, "");
    },
    { timeout: 3000 },
  );
  assert.equal(ends.map(({ signal }) => signal).sort(), ["SIGKILL", null].sort());
});

test("a client that goes away in the middle of a cat does no harm", async () => {
  const ends = await withServer(async (server) => {
    await new Promise<void>((resolve, reject) => {
      import("node:net").then(({ connect }) => {
        const socket = connect(server.port, "127.0.0.1", () => {
          socket.write("GET /randomcat HTTP/1.0\r\n\r\n", () => socket.resetAndDestroy());
        });
        socket.on("close", () => resolve());
        socket.on("error", reject);
      }, reject);
    });
    assert.is((await fetchUrl(server.url)).status, 200);
  });
  assert.equal(
    ends.map(({ code, errors }) => ({ code, errors })),
    [
      { code: 0, errors: "" },
      { code: 0, errors: "" },
    ],
  );
});

test("a folder without cats is the server's fault: 500", async () => {
  const folder = mkdtempSync(`${tmpdir()}/randomcat-`);
  mkdirSync(`${folder}/images`);
  try {
    await withServer(
      async (server) => {
        assert.is((await fetchUrl(server.url)).status, 500);
      },
      { folder },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("closing ends the children that still run and those that wait", async () => {
  const server = await startServer({ limit: 1 });
  const silent = [1, 2, 3].map(() => sendRaw(server.port, "GET").catch(() => "broken"));
  while (server.busy() < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  await server.close();
  assert.is(server.busy(), 0);
  assert.equal(
    (await Promise.all(silent)).filter((text) => text.includes("HTTP")),
    [],
  );
});

test("a port that is taken is an error and no crash", async () => {
  const server = await startServer();
  try {
    await startServer({ port: server.port }).then(
      () => assert.unreachable("two servers on one port"),
      (error: NodeJS.ErrnoException) => assert.is(error.code, "EADDRINUSE"),
    );
  } finally {
    await server.close();
  }
});

test.run();
