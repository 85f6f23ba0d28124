import { spawnSync } from "node:child_process";

/**
 * A Python program that types on a terminal of its own: `start(argv)` starts a command there and gives what to talk to it
 * with: `type(text)`, `until(pattern)` for what comes next, `size(rows, columns)`, and `end()` for its status.
 */
const terminal = `
import fcntl, json, os, pty, re, select, struct, sys, termios, time

class Terminal:
    def __init__(self, argv, env):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.closerange(3, 65536) # what the tests themselves were started with
            os.execvpe(argv[0], argv, env)
        self.size(37, 91)
    def size(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    def type(self, text):
        os.write(self.fd, text.encode())
    def read(self):
        if not select.select([self.fd], [], [], 0.1)[0]: return True
        try: data = os.read(self.fd, 65536)
        except OSError: return False
        self.seen += data
        return data != b""
    def until(self, pattern):
        deadline = time.time() + 30
        while time.time() < deadline:
            found = re.search(pattern.encode(), self.seen)
            if found:
                self.seen = self.seen[found.end():]
                return found.group().decode()
            if not self.read(): break
        raise SystemExit("%r never came, but %r" % (pattern, self.seen))
    def end(self):
        while self.read(): pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

def start(argv, **env):
    return Terminal(argv, {**{k: v for k, v in os.environ.items() if k != "PROMPT_COMMAND"}, **env})

words = json.loads(sys.argv[1])
`;

/** Why there is no Python with ptys here; undefined when there is. */
export function whyNoPython(): string | undefined {
  const { error, status } = spawnSync("python3", [
    "-c",
    "import pty, termios, os; os.waitstatus_to_exitcode",
  ]);
  return error || status !== 0 ? "there is no python3, 3.9 or later" : undefined;
}

/** Runs Python `code` after the above, with `words` in its variable of that name; what it printed. Throws when it fails. */
export function onTerminal(code: string, words: unknown): string {
  const { status, stdout, stderr } = spawnSync("python3", ["-c", terminal + code, JSON.stringify(words)], {
    encoding: "utf8",
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
