/**
 * Logs as `strace -f -o` writes them, from a seed: many processes that come and go and interrupt each other, calls
 * that fail, strings with escapes, signals. The first process is pid 1000, and all have ended at the end.
 */
import { Random } from "../test/seed.ts";

/** A process of the log. */
interface Running {
  readonly pid: number;
  /** What it was interrupted in: the second half of the line. */
  rest: string | undefined;
}

/** The two halves of a call's arguments, between which it can be interrupted, and its result. */
type Made = readonly [begin: string, rest: string, result: string];
type Call = readonly [name: string, often: number, make: (random: Random) => Made];

const MOST_PROCESSES = 40;
const FIRST_PID = 1000;
const LAST_PID = 4194303;
const missing = "-1 ENOENT (No such file or directory)";
const folders = ["/usr/lib/x86_64-linux-gnu", "/etc", "/home/ann/src/cat", "/proc/self", "/usr/share/doc"];
const names = [
  "libc.so.6",
  "passwd",
  "index.html",
  'image \\"7\\".png',
  "caf\\303\\251.txt",
  "a(b)c",
  "x <y>",
];

function path(random: Random): string {
  return `"${random.pick(folders)}/${random.pick(names)}"`;
}

function pointer(random: Random): string {
  return `0x7f${(random.u32() >>> 8).toString(16).padStart(6, "0")}000`;
}

/** What read and write show: text, or bytes in octal, cut after 32. */
function data(random: Random): string {
  if (random.once(2)) return '"GET /randomcat HTTP/1.1\\r\\nHost: \\"ca"...';
  if (random.once(2))
    return '"\\177ELF\\2\\1\\1\\3\\0\\0\\0\\0\\0\\0\\0\\0\\3\\0>\\0\\1\\0\\0\\0\\220\\235\\2)(= 0"...';
  return `"${"\\1".repeat(random.below(8))} = 0) \\\\", ${"x".repeat(random.below(12))}"`.replace(
    '", ',
    "\\n",
  );
}

const calls: readonly Call[] = [
  ["read", 14, (r) => [`${r.below(20)}, `, `${data(r)}, 4096)`, String(r.below(4096))]],
  ["write", 9, (r) => [`${r.below(20)}, ${data(r)}, ${r.below(4096)}`, ")", String(r.below(4096))]],
  [
    "openat",
    12,
    (r) => [`AT_FDCWD, ${path(r)}, O_RDONLY|O_CLOEXEC`, ")", r.once(4) ? missing : String(r.below(30))],
  ],
  ["close", 12, (r) => [String(r.below(30)), ")", "0"]],
  [
    "newfstatat",
    10,
    (r) => [
      `AT_FDCWD, ${path(r)}, `,
      `{st_mode=S_IFREG|0644, st_size=${r.below(99999)}, ...}, ${r.once(2) ? "AT_EMPTY_PATH" : "0"})`,
      "0",
    ],
  ],
  [
    "mmap",
    8,
    (r) => [
      `NULL, ${4096 * (1 + r.below(400))}, PROT_READ, MAP_PRIVATE|MAP_DENYWRITE, ${r.below(30)}, 0`,
      ")",
      pointer(r),
    ],
  ],
  ["mprotect", 3, (r) => [`${pointer(r)}, 16384, PROT_READ|PROT_WRITE`, ")", "0"]],
  ["munmap", 3, (r) => [`${pointer(r)}, ${4096 * (1 + r.below(99))}`, ")", "0"]],
  ["brk", 2, (r) => ["NULL", ")", pointer(r)]],
  ["lseek", 4, (r) => [`${r.below(30)}, ${r.below(99999)}, SEEK_SET`, ")", String(r.below(99999))]],
  [
    "getdents64",
    2,
    (r) => [`${r.below(30)}, `, `${pointer(r)} /* ${r.below(90)} entries */, 32768)`, String(r.below(9999))],
  ],
  [
    "futex",
    7,
    (r) => [`${pointer(r)}, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL`, ", ~0)", "0"],
  ],
  [
    "epoll_wait",
    3,
    (r) => [
      `${r.below(30)}, `,
      `[{events=EPOLLIN, data={u32=${r.below(99)}, u64=94127}}], 1024, -1)`,
      String(1 + r.below(9)),
    ],
  ],
  [
    "rt_sigaction",
    2,
    () => ["SIGCHLD, {sa_handler=SIG_DFL, sa_mask=[CHLD], sa_flags=SA_RESTORER}, NULL, 8", ")", "0"],
  ],
  [
    "ioctl",
    1,
    (r) => [`${r.below(3)}, TCGETS, ${pointer(r)}`, ")", "-1 ENOTTY (Inappropriate ioctl for device)"],
  ],
  ["fcntl", 2, (r) => [`${r.below(30)}, F_SETFD, FD_CLOEXEC`, ")", "0"]],
  ["getpid", 1, () => ["", ")", "1000"]],
  ["access", 2, (r) => [`${path(r)}, R_OK`, ")", missing]],
  ["recvfrom", 2, (r) => [`${r.below(30)}, `, `${data(r)}, 4096, MSG_DONTWAIT, NULL, NULL)`, "73"]],
  ["clock_nanosleep", 1, (r) => [`CLOCK_REALTIME, 0, {tv_sec=${r.below(9)}, tv_nsec=0}`, ", NULL)", "0"]],
];
/** Each call as often as it is made. */
const urn = calls.flatMap((call) => Array.from({ length: call[1] }, () => call));

/** The whole log in pieces of some 64 KiB of whole lines, `bytes` long or a little more. */
export function* traceLog(seed: number, bytes: number): Generator<string, void, undefined> {
  const log = new Log(new Random(seed));
  let written = 0;
  while (written < bytes) {
    const piece = log.lines(Math.min(65536, bytes - written));
    written += piece.length;
    yield piece;
  }
  yield log.ending();
}

class Log {
  readonly #random: Random;
  readonly #running: Running[] = [{ pid: FIRST_PID, rest: undefined }];
  #now = 0;
  #lastPid = FIRST_PID;
  #text = `${FIRST_PID} execve("/usr/bin/cat", ["cat", "\\"x\\""], 0x7ffe7120a120 /* 35 vars */) = 0\n`;

  constructor(random: Random) {
    this.#random = random;
  }

  lines(length: number): string {
    while (this.#text.length < length) this.#step();
    return this.#take();
  }

  ending(): string {
    for (const one of [...this.#running].reverse()) this.#exit(one);
    return this.#take();
  }

  #take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  #step(): void {
    const random = this.#random;
    if (random.once(8)) this.#now = random.below(this.#running.length);
    const one = this.#running[this.#now];
    if (!one) this.#now = 0;
    else if (one.rest !== undefined) this.#resume(one);
    else if (random.once(300)) this.#birthOrEnd(one);
    else if (random.once(400)) this.#signal(one);
    else this.#call(one);
  }

  #call({ pid }: Running): void {
    const random = this.#random;
    const [name, , make] = random.pick(urn);
    const [begin, rest, result] = make(random);
    if (random.once(40)) this.#interrupt(name, begin, rest, result);
    else this.#text += `${pid} ${`${name}(${begin}${rest}`.padEnd(33)} = ${result}\n`;
  }

  #interrupt(name: string, begin: string, rest: string, result: string): void {
    const one = this.#running[this.#now];
    if (!one) return;
    this.#text += `${one.pid} ${name}(${begin} <unfinished ...>\n`;
    one.rest = `<... ${name} resumed>${rest.padEnd(20)} = ${result}\n`;
    this.#now = this.#random.below(this.#running.length);
  }

  #resume(one: Running): void {
    this.#text += `${one.pid} ${one.rest}`;
    one.rest = undefined;
  }

  #signal({ pid }: Running): void {
    const from = this.#random.below(this.#lastPid);
    const what = `si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=${from}, si_uid=0, si_status=0, si_utime=0, si_stime=0`;
    this.#text += `${pid} --- SIGCHLD {${what}} ---\n`;
  }

  #birthOrEnd(one: Running): void {
    if (this.#running.length === MOST_PROCESSES || (this.#running.length > 1 && this.#random.once(2)))
      this.#exit(one);
    else this.#birth(one);
  }

  #birth({ pid }: Running): void {
    this.#lastPid = this.#lastPid === LAST_PID ? FIRST_PID + 1 : this.#lastPid + 1;
    const child = this.#lastPid;
    const thread = this.#random.once(3);
    const flags = thread ? "CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD" : "SIGCHLD";
    this.#text += `${pid} clone(child_stack=NULL, flags=${flags}, child_tidptr=0x7f40ea7a0a10) = ${child}\n`;
    this.#text += `${child} ${"set_robust_list(0x7f40ea7a0a20, 24)".padEnd(33)} = 0\n`;
    this.#running.push({ pid: child, rest: undefined });
  }

  #exit(one: Running): void {
    if (one.rest !== undefined) this.#resume(one);
    if (one.pid === FIRST_PID && this.#running.length > 1) return;
    this.#text += `${one.pid} ${"exit_group(0)".padEnd(33)} = ?\n${one.pid} +++ exited with 0 +++\n`;
    this.#running.splice(this.#running.indexOf(one), 1);
  }
}
