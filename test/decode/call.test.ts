import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, abi as factsOf, type SyscallName, syscallNr } from "../../arch/index.ts";
import { type Caller, decodeCall, unseen } from "../../src/decode/index.ts";

const test = suite("decode/call");

const PAGE = 4096;
/** Two readable pages at 0x10000, nothing around them. */
const base = 0x10000n;

/** A process with `bytes` at base, and these descriptors, whose reads never cross from its pages into nothing. */
function process(bytes: Uint8Array, fds: Readonly<Record<number, string>> = {}, at = 0): Caller {
  const pages = new Uint8Array(2 * PAGE);
  pages.set(bytes, at);
  return {
    read(address, length) {
      const from = Number(address - base);
      return from < 0 || from >= pages.length ? new Uint8Array(0) : pages.slice(from, from + length);
    },
    descriptor: (fd) => fds[fd],
    directory: () => "/home/cat",
  };
}

const text = (string: string) => new TextEncoder().encode(`${string}\0`);

function call(abi: AbiName, name: SyscallName, args: readonly (number | bigint)[], caller = unseen): string {
  const nr = syscallNr(abi, name);
  if (nr === undefined) throw new Error(`${abi} has no ${name}`);
  const registers = Array.from({ length: 6 }, (_, i) => BigInt.asUintN(64, BigInt(args[i] ?? 0)));
  return decodeCall({ arch: factsOf(abi).auditArch, nr, args: registers }, caller).text;
}

const AT_FDCWD = 0xffffff9c;
const inet = Uint8Array.from([2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
const inet6 = new Uint8Array(28);
inet6.set([10, 0, 0x1f, 0x90]);
inet6[23] = 1;
const how = new Uint8Array(24);
new DataView(how.buffer).setBigUint64(0, 0o2000000n, true);
new DataView(how.buffer).setBigUint64(16, 0x18n, true);
const cloneArgs = new Uint8Array(88);
new DataView(cloneArgs.buffer).setBigUint64(0, 0x10020000n, true);
new DataView(cloneArgs.buffer).setBigUint64(32, 17n, true);
/** Pointers to two strings behind them, then NULL. */
const argv = new Uint8Array(64);
for (const [i, pointer] of [base + 32n, base + 40n, 0n].entries())
  new DataView(argv.buffer).setBigUint64(8 * i, pointer, true);
argv.set(text("ls"), 32);
argv.set(text("-l"), 40);
const message = new Uint8Array(64);
new DataView(message.buffer).setBigUint64(0, base + 32n, true);
new DataView(message.buffer).setUint32(8, 16, true);
message.set(inet, 32);

const cases: readonly (readonly [
  what: string,
  name: SyscallName,
  args: readonly (number | bigint)[],
  caller: Caller,
  expected: string,
])[] = [
  [
    "a path from the working directory",
    "mkdir",
    [base, 0o755],
    process(text("d")),
    'mkdir(pathname="d"</home/cat/d>, mode=0755)',
  ],
  ["a path from the root stands alone", "chdir", [base], process(text("/etc")), 'chdir(path="/etc")'],
  [
    "a path from a directory's descriptor",
    "openat",
    [3, base, 0o2000000, 0o644],
    process(text("./x"), { 3: "/srv" }),
    'openat(dirfd=3</srv>, pathname="./x"</srv/x>, flags=O_CLOEXEC)',
  ],
  [
    "a mode where a file may be made",
    "openat",
    [AT_FDCWD, base, 0o101, 0o644],
    process(text("/x")),
    'openat(dirfd=AT_FDCWD</home/cat>, pathname="/x", flags=O_WRONLY|O_CREAT, mode=0644)',
  ],
  [
    "a directory that cannot be seen",
    "openat",
    [9, base, 0],
    process(text("x")),
    'openat(dirfd=9, pathname="x", flags=O_RDONLY)',
  ],
  ["a pointer that cannot be read is a number", "chdir", [0x5000], process(text("x")), "chdir(path=0x5000)"],
  ["a null pointer", "chdir", [0], process(text("x")), "chdir(path=NULL)"],
  [
    "bytes that would steer a terminal",
    "chdir",
    [base],
    process(text('/\u001b[2J"\u202e\u00e9')),
    'chdir(path="/\\x1b[2J\\"\\u{202e}\u00e9")',
  ],
  [
    "bytes that are no UTF-8",
    "chdir",
    [base],
    process(Uint8Array.from([0x2f, 0xff, 0x41])),
    'chdir(path="/\\xffA")',
  ],
  [
    "an IPv4 address",
    "connect",
    [3, base, 16],
    process(inet, { 3: "socket:[7]" }),
    "connect(sockfd=3<socket:[7]>, addr={AF_INET 127.0.0.1:80}, addrlen=16)",
  ],
  [
    "an IPv6 address",
    "bind",
    [3, base, 28],
    process(inet6),
    "bind(sockfd=3, addr={AF_INET6 [::1]:8080}, addrlen=28)",
  ],
  [
    "a Unix socket's path",
    "connect",
    [3, base, 9],
    process(Uint8Array.from([1, 0, ...text("/run/x")])),
    "connect(sockfd=3, addr={AF_UNIX /run/x}, addrlen=9)",
  ],
  [
    "an abstract Unix socket",
    "connect",
    [3, base, 5],
    process(Uint8Array.from([1, 0, 0, 0x61, 0x62, 0x63])),
    "connect(sockfd=3, addr={AF_UNIX @ab}, addrlen=5)",
  ],
  [
    "an address that is too short",
    "connect",
    [3, base, 1],
    process(inet),
    `connect(sockfd=3, addr=0x10000, addrlen=1)`,
  ],
  [
    "the address of a message",
    "sendmsg",
    [3, base, 0x4000],
    process(message),
    "sendmsg(sockfd=3, msg={AF_INET 127.0.0.1:80}, flags=MSG_NOSIGNAL)",
  ],
  [
    "what is written",
    "write",
    [1, base, 5],
    process(text("meow\n"), { 1: "/dev/pts/1" }),
    'write(fd=1</dev/pts/1>, buf="meow\\n", count=5)',
  ],
  [
    "the begin of much that is written",
    "write",
    [1, base, 6000],
    process(text("x".repeat(100))),
    `write(fd=1, buf="${"x".repeat(32)}"..., count=6000)`,
  ],
  [
    "the words of a command",
    "execve",
    [base, base, 0],
    process(argv),
    'execve(pathname=" "</home/cat/ >, argv=["ls", "-l"], envp=NULL)',
  ],
  [
    "openat2's structure",
    "openat2",
    [AT_FDCWD, base, base, 24],
    process(how),
    'openat2(dirfd=AT_FDCWD</home/cat>, pathname="", how={flags=O_CLOEXEC, resolve=RESOLVE_BENEATH|RESOLVE_IN_ROOT}, size=24)',
  ],
  [
    "clone3's structure",
    "clone3",
    [base, 88],
    process(cloneArgs),
    "clone3(cl_args={flags=CLONE_NEWNS|CLONE_NEWUSER, exit_signal=SIGCHLD}, size=88)",
  ],
  [
    "constants by the argument",
    "socket",
    [1, 0x80001, 0],
    unseen,
    "socket(domain=AF_UNIX, type=SOCK_STREAM|SOCK_CLOEXEC, protocol=0)",
  ],
  [
    "a command without a name",
    "ioctl",
    [0, 0xdeadbeefn, 0],
    unseen,
    "ioctl(fd=0, request=0xdeadbeef, arg=0)",
  ],
  [
    "what a caller leaves above 32 bits",
    "fcntl",
    [0x1_0000_0003n, 0x7_0000_0004n, 0],
    unseen,
    "fcntl(fd=3, cmd=F_SETFL, arg=0)",
  ],
  ["negative numbers", "kill", [-1, 9], unseen, "kill(pid=-1, sig=SIGKILL)"],
  [
    "an id that is left as it is",
    "setresuid",
    [33, 0xffffffff, 0xffffffffn],
    unseen,
    "setresuid(ruid=33, euid=-1, suid=-1)",
  ],
  [
    "a prctl",
    "prctl",
    [38, 1, 0, 0, 0],
    unseen,
    "prctl(option=PR_SET_NO_NEW_PRIVS, second=1, third=0, fourth=0, fifth=0)",
  ],
  [
    "a mount",
    "mount",
    [base, base, base, 0x1001, 0],
    process(text("tmpfs")),
    'mount(source="tmpfs", target="tmpfs"</home/cat/tmpfs>, filesystemtype="tmpfs", mountflags=MS_RDONLY|MS_BIND, data=NULL)',
  ],
  ["flags of a pipe, which is not opened", "pipe2", [0, 0], unseen, "pipe2(pipefd=NULL, flags=0)"],
  ["permission bits", "fchmod", [3, 0o4755], unseen, "fchmod(fd=3, mode=04755)"],
  ["rights to ask for", "access", [0, 6], unseen, "access(pathname=NULL, mode=W_OK|R_OK)"],
  ["flags that are no flags", "unshare", [0x10000001], unseen, "unshare(flags=0x10000001)"],
];

for (const [what, name, args, caller, expected] of cases)
  test(what, () => {
    assert.is(call("x86_64", name, args, caller), expected);
  });

test("a string that ends with its page is read to there, and one that goes on is read on", () => {
  const end = 2 * PAGE - 5;
  assert.is(
    call("x86_64", "chdir", [base + BigInt(end)], process(text("/abc"), {}, end)),
    'chdir(path="/abc")',
  );
  const border = PAGE - 3;
  assert.is(
    call("x86_64", "chdir", [base + BigInt(border)], process(text("/abcdef"), {}, border)),
    'chdir(path="/abcdef")',
  );
});

test("a string without an end is told as far as it can be read", () => {
  const caller = process(new TextEncoder().encode("/abc"), {}, 2 * PAGE - 4);
  assert.is(call("x86_64", "chdir", [base + BigInt(2 * PAGE - 4)], caller), 'chdir(path="/abc"...)');
});

test("other ABIs: byte order, width and the place of arguments", () => {
  const big = Uint8Array.from([0, 2, 0, 80, 10, 0, 0, 1]);
  assert.is(
    call("s390x", "connect", [3, base, 8], process(big)),
    "connect(sockfd=3, addr={AF_INET 10.0.0.1:80}, addrlen=8)",
  );
  const words = new Uint8Array(32);
  new DataView(words.buffer).setUint32(0, Number(base) + 8, true);
  words.set(text("ls"), 8);
  assert.is(
    call("x86", "execve", [0, base, 0], process(words)),
    'execve(pathname=NULL, argv=["ls"], envp=NULL)',
  );
});

test("a call that is not in the tables is told by its number and what is in its registers", () => {
  const arch = factsOf("x86_64").auditArch;
  const raw = decodeCall({ arch, nr: 9999, args: [1n, 0n, 0x5000n, 0n, 0n, 0n] });
  assert.is(raw.text, "syscall 9999(arg0=0x1, arg1=0, arg2=0x5000)");
  assert.is(decodeCall({ arch: 1, nr: 3, args: [0n, 0n, 0n, 0n, 0n, 0n] }).text, "syscall 3");
});

test("strings, files and addresses are there as data too", () => {
  const open = decodeCall(
    { arch: factsOf("x86_64").auditArch, nr: 257, args: [3n, base, 0n, 0n, 0n, 0n] },
    process(text("x"), { 3: "/srv" }),
  );
  assert.equal(open.args[1], {
    name: "pathname",
    value: base,
    text: '"x"</srv/x>',
    string: "x",
    path: "/srv/x",
  });
  const connect = decodeCall(
    { arch: factsOf("x86_64").auditArch, nr: 42, args: [3n, base, 16n, 0n, 0n, 0n] },
    process(inet),
  );
  assert.equal(connect.args[1]?.socket, { family: "AF_INET", address: "127.0.0.1", port: 80 });
});

test.run();
