/**
 * How `seccat mark NAME` reaches a `seccat trace`: a socket named by the tracer's pid, in a folder of this user alone.
 * Either side says one line: {"name": "...", "pid": N}, and "ok" once the mark is set.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeccatError } from "../abi/error.ts";

/** A tracer that can be told marks. */
export interface MarkPost {
  /** The pids of those who told some: what they call is not the command's doing. */
  readonly tellers: ReadonlySet<number>;
  close(): void;
}

/** The longest request that is listened to. */
const LONGEST = 1024;

/** The folder of the sockets; undefined when there is none of this user alone. */
function folder(): string | undefined {
  const uid = process.getuid?.() ?? 0;
  const place = join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `seccat-marks-${uid}`);
  try {
    mkdirSync(place, { mode: 0o700 });
  } catch {
    // it is there, or cannot be made
  }
  const stat = lstatSync(place, { throwIfNoEntry: false });
  return stat?.isDirectory() && stat.uid === uid && (stat.mode & 0o077) === 0 ? place : undefined;
}

/** Listens for marks while a command is traced; undefined where that cannot be, which is no reason not to trace. */
export async function listenForMarks(
  onMark: (name: string) => void | Promise<void>,
): Promise<MarkPost | undefined> {
  const place = folder();
  if (place === undefined) return undefined;
  const path = join(place, String(process.pid));
  const tellers = new Set<number>();
  rmSync(path, { force: true });
  const server = createServer((socket) => answer(socket, tellers, onMark));
  if (!(await listening(server, path))) return undefined;
  server.unref();
  const close = () => {
    server.close();
    rmSync(path, { force: true });
  };
  process.once("exit", close);
  return {
    tellers,
    close() {
      process.off("exit", close);
      close();
    },
  };
}

function listening(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(path, () => resolve(true));
  });
}

function answer(socket: Socket, tellers: Set<number>, onMark: (name: string) => void | Promise<void>): void {
  let text = "";
  socket.setEncoding("utf8").on("error", () => socket.destroy());
  socket.on("data", (part: string) => {
    text += part;
    const end = text.indexOf("\n");
    if (end < 0 && text.length > LONGEST) socket.destroy();
    if (end < 0) return;
    const request = requestOf(text.slice(0, end));
    if (!request) return void socket.destroy();
    tellers.add(request.pid);
    void Promise.resolve(onMark(request.name)).then(() => socket.end("ok\n"));
  });
}

function requestOf(line: string): { readonly name: string; readonly pid: number } | undefined {
  try {
    const { name, pid }: { name: unknown; pid: unknown } = JSON.parse(line);
    return typeof name === "string" && typeof pid === "number" ? { name, pid } : undefined;
  } catch {
    return undefined;
  }
}

/** The pids of the tracers that listen for marks. */
export function tracers(): number[] {
  const place = folder();
  if (place === undefined) return [];
  return readdirSync(place)
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && isAlive(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Tells the tracer `pid` a mark; resolves when it is set. Throws SeccatError "host" when that tracer does not listen. */
export async function tellMark(pid: number, name: string): Promise<void> {
  const place = folder() ?? "";
  const told = await new Promise<boolean>((resolve) => {
    let text = "";
    const socket = connect(join(place, String(pid)));
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    socket.once("error", () => resolve(false)).once("close", () => resolve(text === "ok\n"));
    socket.write(`${JSON.stringify({ name, pid: process.pid })}\n`);
  });
  if (told) return;
  throw new SeccatError({ code: "host", message: `no trace with the pid ${pid} listens for marks` });
}
