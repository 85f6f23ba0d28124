/**
 * What a taken-over child would do: the demo's misdeeds, each harmless in itself. The child is asked for one by
 * whoever starts it, never by a client. They reach the kernel by their own way and not through Seccat's shim,
 * as an intruder's code would.
 */
import { createRequire } from "node:module";
import { connect } from "node:net";
import type * as Koffi from "koffi";
import type { LibraryHandle } from "koffi";

/** The misdeeds, in the order of the story. */
export const attackNames = Object.freeze(["spawn", "connect", "ptrace"] as const);

/** One of the misdeeds. */
export type AttackName = (typeof attackNames)[number];

/** What came of a misdeed that nobody stopped; `done` is false when it failed by itself. */
export interface Outcome {
  readonly done: boolean;
  readonly text: string;
}

/** A misdeed, ready to be done. */
export type Attack = () => Promise<Outcome>;

/** Whether `word` names a misdeed. */
export function isAttackName(word: string): word is AttackName {
  return attackNames.some((name) => name === word);
}

/**
 * Loads all that `name` takes, so that doing it needs nothing else from the kernel. `port` is where `connect`
 * goes, on 127.0.0.1.
 */
export function prepareAttack(name: AttackName, port: number): Attack {
  switch (name) {
    case "spawn":
      return spawnShell();
    case "connect":
      return () => connectOut(port);
    case "ptrace":
      return traceParent();
  }
}

const script = `exec >&0
printf 'HTTP/1.0 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\n'
echo "a shell answers, with user id $(id -u)"`;

const F_SETFD = 2;

/** Becomes a shell that speaks to the client; Node would close the descriptors for it, so that is undone before. */
function spawnShell(): Attack {
  const { libc, errno } = load();
  const fcntl = libc.func("int fcntl(int fd, int cmd, long arg)");
  for (const fd of [0, 1, 2]) fcntl(fd, F_SETFD, 0);
  const execve = libc.func("int execve(const char *path, const char **argv, const char **envp)");
  return async () => {
    execve("/bin/sh", ["sh", "-c", script, null], [null]);
    return { done: false, text: `no shell: errno ${errno()}` };
  };
}

const PTRACE_SEIZE = 0x4206;

/** Takes the parent under its control, in the way that does not stop it, and lets it go by exiting. */
function traceParent(): Attack {
  const { libc, errno } = load();
  const ptrace = libc.func("long ptrace(long request, long pid, void *addr, void *data)");
  const parent = process.ppid;
  return async () => {
    const result: unknown = ptrace(PTRACE_SEIZE, parent, null, null);
    return Number(result) === 0
      ? { done: true, text: `process ${parent}, the server, is mine to control` }
      : { done: false, text: `no control over ${parent}: errno ${errno()}` };
  };
}

/** Opens a socket and connects it; a refusal of the other side means that we got out. */
function connectOut(port: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("connect", () => resolve({ done: true, text: `connected to port ${port}` }));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === "ECONNREFUSED"
          ? { done: true, text: `got as far as port ${port}, which is closed` }
          : { done: false, text: `no way out: ${error.code}` },
      ),
    );
  });
}

function load(): { libc: LibraryHandle; errno: () => number } {
  const koffi: typeof Koffi = createRequire(import.meta.url)("koffi");
  return { libc: koffi.load(null), errno: () => koffi.errno() };
}
