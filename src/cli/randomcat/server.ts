/**
 * A server of random cats: every connection is handed to a process of its own, which finds it as its standard
 * input. The server never reads what a client sends, so it needs no filter to be safe from it.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { createServer } from "node:net";
import { folder, modulePath } from "./folder.ts";

/** How the server starts its children. */
export interface ServerOptions {
  /** TCP port on 127.0.0.1; a free one when absent or 0. */
  readonly port?: number;
  /** The folder that holds `images`, with a trailing slash; this project's own when absent. */
  readonly folder?: string;
  /** Arguments for every child, as child.ts reads them. */
  readonly childArgs?: readonly string[];
  /** Milliseconds after which a child is killed, however slow its client is; 10,000 when absent. */
  readonly timeout?: number;
  /** Children that run at the same time, while others wait; 16 when absent. */
  readonly limit?: number;
  /** Called when a child has ended. */
  readonly onEnd?: (end: ChildEnd) => void;
  /** Called as soon as a child runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** How a child ended, and what it printed. */
export interface ChildEnd {
  readonly pid: number | undefined;
  /** Exit code, null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** A running server. */
export interface Server {
  readonly port: number;
  readonly url: string;
  /** Connections that are being served or wait for it. */
  busy(): number;
  /** Resolves when no connection is being served and none waits. */
  idle(): Promise<void>;
  /** Stops listening, kills the children that still run and waits for their end. */
  close(): Promise<void>;
}

/** Starts a server on 127.0.0.1; rejects when it cannot listen there. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const running = new Set<ChildProcess>();
  const waiting: Socket[] = [];
  const idlers: (() => void)[] = [];
  const busy = () => running.size + waiting.length;
  const idle = () => new Promise<void>((resolve) => (busy() === 0 ? resolve() : idlers.push(resolve)));
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    waiting.push(socket);
    startNext();
  });
  const startNext = () => {
    if (running.size >= (options.limit ?? 16)) return;
    let socket = waiting.shift();
    while (socket?.destroyed) socket = waiting.shift();
    if (!socket) return;
    const child = startChild(socket, options);
    running.add(child);
    collect(child, (end) => {
      running.delete(child);
      options.onEnd?.(end);
      startNext();
      if (busy() === 0) for (const resolve of idlers.splice(0)) resolve();
    });
    options.onStart?.(child);
  };
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of waiting.splice(0)) socket.destroy();
    const ends = [...running].map((child) => once(child, "close"));
    for (const child of running) child.kill("SIGKILL");
    await Promise.all([closed, ...ends]);
  };
  return { port, url: `http://127.0.0.1:${port}/randomcat`, busy, idle, close };
}

/** Starts the process that serves `socket`, and lets go of the socket. */
function startChild(socket: Socket, options: ServerOptions): ChildProcess {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("NODE_")));
  const child = spawn(process.execPath, [modulePath("child"), ...(options.childArgs ?? [])], {
    cwd: options.folder ?? folder,
    env,
    stdio: [socket, "pipe", "pipe"],
    timeout: options.timeout ?? 10_000,
    killSignal: "SIGKILL",
  });
  socket.destroy();
  return child;
}

/** Gathers what `child` prints and says how it ended, once. */
function collect(child: ChildProcess, onEnd: (end: ChildEnd) => void): void {
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout?.on("data", (bytes: Buffer) => output.push(bytes));
  child.stderr?.on("data", (bytes: Buffer) => errors.push(bytes));
  let ended = false;
  const end = (code: number | null, signal: NodeJS.Signals | null) => {
    if (ended) return;
    ended = true;
    const text = (parts: readonly Buffer[]) => Buffer.concat(parts).toString();
    onEnd({ pid: child.pid, code, signal, output: text(output), errors: text(errors) });
  };
  child.on("error", (error) => {
    errors.push(Buffer.from(`${error.message}\n`));
    if (child.pid === undefined) end(null, null); // it never ran, and may never be said to have ended
  });
  child.on("close", end);
}
