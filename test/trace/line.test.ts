import { suite } from "uvu";
import * as assert from "uvu/assert";
import { account, events } from "./show.ts";

const reading = suite("trace/line");

type Row = readonly [title: string, line: string, ...expected: string[]];

/** One line, its events: nothing about it is odd. */
const plain: readonly Row[] = [
  ["a call", `close(3) = 0`, `- close(3) = 0`],
  ["a call without arguments", `getpid() = 77`, `- getpid() = 77`],
  ["a result in its column", `close(3)                                = 0`, `- close(3) = 0`],
  [
    "an error",
    `open("/x", O_RDONLY) = -1 ENOENT (No such file or directory)`,
    `- open("/x", O_RDONLY) = -1 ENOENT (No such file or directory)`,
  ],
  ["an address", `brk(NULL) = 0x561a883d0000`, `- brk(NULL) = 0x561a883d0000`],
  [
    "flags in the result",
    `fcntl(3, F_GETFL) = 0x8000 (flags O_RDONLY|O_LARGEFILE)`,
    `- fcntl(3, F_GETFL) = 0x8000 (flags O_RDONLY|O_LARGEFILE)`,
  ],
  [
    "a list in the result",
    `poll([{fd=3, events=POLLIN}], 1, -1) = 1 ([{fd=3, revents=POLLIN}])`,
    `- poll([{fd=3, events=POLLIN}], 1, -1) = 1 ([{fd=3, revents=POLLIN}])`,
  ],
  ["no result yet", `exit_group(0) = ?`, `- exit_group(0) = ?`],
  [
    "a restart",
    `pause() = ? ERESTARTNOHAND (To be restarted if no handler)`,
    `- pause() = ? ERESTARTNOHAND (To be restarted if no handler)`,
  ],
  [
    "a result that cannot be had",
    `read(0, 0x7f, 1) = ? <unavailable>`,
    `- read(0, 0x7f, 1) = ? <unavailable>`,
  ],
  [
    "a call that strace spoilt",
    `mkdir("a", 0777) = -1 EPERM (Operation not permitted) (INJECTED)`,
    `- mkdir("a", 0777) = -1 EPERM (Operation not permitted) (INJECTED)`,
  ],
  ["an octal result", `umask(022) = 002`, `- umask(022) = 002`],

  ["a pid as -o writes it", `7175  close(3) = 0`, `7175 close(3) = 0`],
  ["a pid of five digits", `16266 close(3) = 0`, `16266 close(3) = 0`],
  ["a pid of seven digits", `4194304 close(3) = 0`, `4194304 close(3) = 0`],
  ["a pid in brackets", `[pid 16266] close(3) = 0`, `16266 close(3) = 0`],
  ["a short pid in brackets", `[pid    12] close(3) = 0`, `12 close(3) = 0`],
  ["an indented line", `    [pid 16266] close(3) = 0`, `16266 close(3) = 0`],
  ["a pid with its name (-Y)", `[pid  9820<ls>] close(1) = 0`, `9820 close(1) = 0`],
  ["a pid with an odd name (-Y)", `9820<a b\\76 (> close(1) = 0`, `9820 close(1) = 0`],
  ["-t", `03:03:09 close(3) = 0`, `- close(3) = 0`],
  ["-tt", `7175  03:03:09.123456 close(3) = 0`, `7175 close(3) = 0`],
  ["-ttt", `[pid 7175] 1795488889.968471 close(3) = 0`, `7175 close(3) = 0`],
  ["-ttt without a pid", `1795488889.968471 close(3) = 0`, `- close(3) = 0`],
  ["whole seconds of -ttt", `1795489389 brk(NULL) = 0x1`, `- brk(NULL) = 0x1`],
  ["a pid and whole seconds", `9813  1795489389 brk(NULL) = 0x1`, `9813 brk(NULL) = 0x1`],
  ["-r", `     0.000031 close(3) = 0`, `- close(3) = 0`],
  ["-r with a pid", `16266      0.000031 close(3) = 0`, `16266 close(3) = 0`],
  ["-r in whole seconds", `     0 close(3) = 0`, `- close(3) = 0`],
  ["-r in whole seconds, later", `    12 close(3) = 0`, `- close(3) = 0`],
  ["-r in whole seconds with a pid", `9813       3 brk(NULL) = 0x1`, `9813 brk(NULL) = 0x1`],
  ["-t and -r", `03:03:09 (+     0.000231) brk(NULL) = 0x1`, `- brk(NULL) = 0x1`],
  ["-T", `brk(NULL) = 0x561a883d0000 <0.000041>`, `- brk(NULL) = 0x561a883d0000`],
  [
    "-T behind an error",
    `access("/x", R_OK) = -1 ENOENT (No such file or directory) <0.000046>`,
    `- access("/x", R_OK) = -1 ENOENT (No such file or directory)`,
  ],
  ["-T behind a path", `dup(3</etc/x>) = 4</etc/x> <0.000041>`, `- dup(3</etc/x>) = 4</etc/x>`],
  ["-i", `[00007f8320ad8ad7] close(3) = 0`, `- close(3) = 0`],
  ["-i in 32 bit", `[f7f1a549] close(3) = 0`, `- close(3) = 0`],
  ["-i that is all digits", `[12345678] close(3) = 0`, `- close(3) = 0`],
  ["-i that is not known", `[????????????????] +++ exited with 0 +++`, `- exited 0`],
  ["-n", `[  39] getpid() = 5`, `- getpid() = 5 #39`],
  [
    "-n of x32",
    `[1073741863] getpid() = -1 ENOSYS (Function not implemented)`,
    `- getpid() = -1 ENOSYS (Function not implemented) #1073741863`,
  ],
  [
    "-n that is not known",
    `9783  [???] syscall_0xffffffffffffffff(0x3) = -1 ENOSYS (Function not implemented)`,
    `9783 syscall_0xffffffffffffffff(0x3) = -1 ENOSYS (Function not implemented)`,
  ],
  [
    "all prefixes at once",
    `7175  1795488889.968471 [  59] [00007f8320ad8ad7] execve("/usr/bin/sh", ["sh", "-c", "true"], 0x7ffcc5c5c0a0 /* 39 vars */) = 0 <0.000309>`,
    `7175 execve("/usr/bin/sh", ["sh", "-c", "true"], 0x7ffcc5c5c0a0 /* 39 vars */) = 0 #59`,
  ],
  [
    "--secontext",
    `[unconfined_u:unconfined_r:t:s0] openat(AT_FDCWD, "x" [u:r:t:s0], O_RDONLY) = 3 [u:r:t:s0]`,
    `- openat(AT_FDCWD, "x" [u:r:t:s0], O_RDONLY) = 3 [u:r:t:s0]`,
  ],

  ["-y", `read(3</etc/passwd>, "", 1) = 0`, `- read(3</etc/passwd>, "", 1) = 0`],
  ["-y with a closing bracket in the path", `read(3</tmp/a)b>, "", 1) = 0`, `- read(3</tmp/a)b>, "", 1) = 0`],
  [
    "-y with an opening bracket in the path",
    `read(3</tmp/a(b[{>, "", 1) = 0`,
    `- read(3</tmp/a(b[{>, "", 1) = 0`,
  ],
  ["-y with a quote in the path", `read(3</tmp/a\\"b>, "", 1) = 0`, `- read(3</tmp/a\\"b>, "", 1) = 0`],
  [
    "-y with angle brackets in the path",
    `read(3</tmp/a\\74b\\76c>, "", 1) = 0`,
    `- read(3</tmp/a\\74b\\76c>, "", 1) = 0`,
  ],
  ["-y of an old strace with a > in the path", `close(3</tmp/a>b(c>) = 0`, `- close(3</tmp/a>b(c>) = 0`],
  ["-y with a path that ends in a dash", `close(3</tmp/a->) = 0`, `- close(3</tmp/a->) = 0`],
  ["-y of a deleted file", `close(3</tmp/a (deleted)>) = 0`, `- close(3</tmp/a (deleted)>) = 0`],
  [
    "-y of the working directory",
    `openat(AT_FDCWD</tmp/x>, "a", O_RDONLY) = 3</tmp/x/a>`,
    `- openat(AT_FDCWD</tmp/x>, "a", O_RDONLY) = 3</tmp/x/a>`,
  ],
  ["-y of a socket", `close(3<socket:[123]>) = 0`, `- close(3<socket:[123]>) = 0`],
  [
    "-yy of a connection",
    `write(3<TCP:[127.0.0.1:80->127.0.0.1:4(5]>, "a", 1) = 1`,
    `- write(3<TCP:[127.0.0.1:80->127.0.0.1:4(5]>, "a", 1) = 1`,
  ],
  [
    "-yy of a local socket",
    `close(3<UNIX-STREAM:[12->13, "/run/a\\"(b"]>) = 0`,
    `- close(3<UNIX-STREAM:[12->13, "/run/a\\"(b"]>) = 0`,
  ],
  [
    "-yy of a device",
    `write(1</dev/pts/0<char 136:0>>, "a", 1) = 1`,
    `- write(1</dev/pts/0<char 136:0>>, "a", 1) = 1`,
  ],
  [
    "-yy of an event descriptor",
    `close(3<anon_inode:[eventfd]<{eventfd-count=0, eventfd-id=1}>>) = 0`,
    `- close(3<anon_inode:[eventfd]<{eventfd-count=0, eventfd-id=1}>>) = 0`,
  ],
  [
    "a shift, which is no annotation",
    `capset({version=_LINUX_CAPABILITY_VERSION_3}, {effective=1<<CAP_CHOWN|1<<CAP_KILL}) = 0`,
    `- capset({version=_LINUX_CAPABILITY_VERSION_3}, {effective=1<<CAP_CHOWN|1<<CAP_KILL}) = 0`,
  ],
  ["-X raw", `openat(-100, "/x", 0x80000) = 3`, `- openat(-100, "/x", 0x80000) = 3`],
  [
    "-X verbose",
    `openat(-100 /* AT_FDCWD */, "/x", 0x2 /* O_RDWR */) = 3`,
    `- openat(-100 /* AT_FDCWD */, "/x", 0x2 /* O_RDWR */) = 3`,
  ],
  [
    "a comment with a bracket",
    `getdents(3, /* 23 entries) */, 32768) = 1104`,
    `- getdents(3, /* 23 entries) */, 32768) = 1104`,
  ],

  ["a string with a bracket", `write(1, "a)b", 3) = 3`, `- write(1, "a)b", 3) = 3`],
  ["a string with an escaped quote", `write(1, "a\\") = 9", 7) = 7`, `- write(1, "a\\") = 9", 7) = 7`],
  ["a string that ends in a backslash", `write(1, "a\\\\", 2) = 2`, `- write(1, "a\\\\", 2) = 2`],
  ["a string that was cut", `write(1, "abc"..., 99) = 99`, `- write(1, "abc"..., 99) = 99`],
  [
    "a string with an arrow",
    `write(1, "-> <unfinished ...>", 19) = 19`,
    `- write(1, "-> <unfinished ...>", 19) = 19`,
  ],
  [
    "structures in arrays",
    `recvmsg(3, {msg_name=NULL, msg_iov=[{iov_base="a]}", iov_len=3}], msg_flags=0}, 0) = 3`,
    `- recvmsg(3, {msg_name=NULL, msg_iov=[{iov_base="a]}", iov_len=3}], msg_flags=0}, 0) = 3`,
  ],
  [
    "signal sets",
    `rt_sigprocmask(SIG_BLOCK, ~[RTMIN RT_1], [CHLD], 8) = 0`,
    `- rt_sigprocmask(SIG_BLOCK, ~[RTMIN RT_1], [CHLD], 8) = 0`,
  ],
  [
    "what came out of a structure",
    `clone3({flags=CLONE_VM, stack=0x1} => {parent_tid=[5]}, 88) = 5`,
    `- clone3({flags=CLONE_VM, stack=0x1} => {parent_tid=[5]}, 88) = 5`,
  ],
  [
    "a nested call in an argument",
    `mknod("/x", S_IFCHR|0666, makedev(0x1, 0x3)) = 0`,
    `- mknod("/x", S_IFCHR|0666, makedev(0x1, 0x3)) = 0`,
  ],
  [
    "a restarted call",
    `restart_syscall(<... resuming interrupted read ...>) = 0`,
    `- restart_syscall(<... resuming interrupted read ...>) = 0`,
  ],
  [
    "a number without a name",
    `syscall_0x1d9(0x1, 0x3, 0, 0, 0, 0) = -1 ENOSYS (Function not implemented)`,
    `- syscall_0x1d9(0x1, 0x3, 0, 0, 0, 0) = -1 ENOSYS (Function not implemented)`,
  ],
  ["a call of the future", `frobnicate2(3) = 0`, `- frobnicate2(3) = 0`],
  [
    "the end of a call that was killed",
    `futex(0x7f, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>) = ?`,
    `- futex(0x7f, FUTEX_WAIT_PRIVATE, 2, NULL) = ?`,
  ],

  [
    "a signal",
    `--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---`,
    `- signal SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED}`,
  ],
  [
    "a signal of an old strace",
    `[pid 5] --- SIGCHLD (Child exited) @ 0 (0) ---`,
    `5 signal SIGCHLD (Child exited) @ 0 (0)`,
  ],
  ["a stop", `--- stopped by SIGSTOP ---`, `- signal stopped by SIGSTOP`],
  ["an exit", `[pid 5] +++ exited with 3 +++`, `5 exited 3`],
  ["an exit with -n", `9783  [ 231] +++ exited with 0 +++`, `9783 exited 0`],
  ["a death", `5     +++ killed by SIGSYS (core dumped) +++`, `5 killed SIGSYS`],
  ["an execve of a thread", `5     +++ superseded by execve in pid 9 +++`, `5 superseded 9`],
  ["32 bit mode", `[ Process PID=9779 runs in 32 bit mode. ]`, `9779 mode 32`],
  ["x32 mode with prefixes", `5 03:03:09 [7fd4fa1a0829] [ Process PID=5 runs in x32 mode. ]`, `5 mode x32`],
  [
    "the mode of a strace that speaks for itself",
    "strace: [ Process PID=5 runs in 32 bit mode. ]",
    "5 mode 32",
  ],
  ["the mode of an old strace on ARM", "[ Process PID=5 runs in AArch64 mode. ]", "5 mode 64"],
  ["a process attached by a strace in this folder", "./strace: Process 5 attached", "5 attach"],
  ["64 bit mode", `14700 [ Process PID=14700 runs in 64 bit mode. ]`, `14700 mode 64`],
  ["a process that is attached", `strace: Process 9658 attached`, `9658 attach`],
  ["one attached by an old strace", `Process 9658 attached (waiting for parent)`, `9658 attach`],
  ["one attached by a strace with a path", `/usr/local/bin/strace: Process 9658 attached`, `9658 attach`],
  ["a process that is detached", `strace: Process 9658 detached`, `9658 detach`],
  ["a message", `strace: Could not attach to process`, `message`],
  ["a stack frame", ` > /usr/lib/x86_64-linux-gnu/ld.so(_dl_catch_error+0x26f0) [0x1ab70]`, `stack`],
  ["a stack frame with a call's look", ` > /tmp/a(read(3) = 4) [0x1]`, `stack`],
  [
    "a dump of data",
    ` | 00000  48 65 6c 6c 6f 0a                                 Hello.           |`,
    `dump`,
  ],
  ["the head of a dump", ` * 5 bytes in buffer 0`, `dump`],
];

for (const [title, line, ...expected] of plain)
  reading(`${title} is read: ${line.slice(0, 60)}`, () => {
    assert.equal(events(line), expected);
    const { counts } = account(line);
    assert.equal([counts.lines, counts.read, counts.doubtful], [1, 1, 0]);
  });

/** One line, its events, and what is said about it. */
const doubtful: readonly (readonly [title: string, line: string, doubt: string, ...expected: string[]])[] = [
  ["no result", `[pid 5] close(3)`, "no result", `5 close(3) missing`],
  [
    "a page's line number",
    `26  [pid 16266] write(4, "a", 1) = 1`,
    `"26" in front is not strace's`,
    `16266 write(4, "a", 1) = 1`,
  ],
  [
    "a line number in front of a bare pid",
    `26  16266 close(4) = 0`,
    `"26" in front is not strace's`,
    `16266 close(4) = 0`,
  ],
  ["cat -n", `    12\tclose(4) = 0`, `"12" in front is not strace's`, `- close(4) = 0`],
  ["grep -n", `12:16266 close(4) = 0`, `"12" in front is not strace's`, `16266 close(4) = 0`],
  ["a quoted line", `> [pid 5] close(4) = 0`, `">" in front is not strace's`, `5 close(4) = 0`],
  [
    "a line quoted twice",
    `> > 12:53:49.936186 socket(PF_INET, SOCK_STREAM, IPPROTO_IP) = 9`,
    `"> >" in front is not strace's`,
    `- socket(PF_INET, SOCK_STREAM, IPPROTO_IP) = 9`,
  ],
  [
    "a string whose closing quote is escaped",
    `[pid 5] write(4, "\\377\\1\\"..., 4096) = 4096`,
    "quotes or brackets do not pair",
    `5 write(4, "\\377\\1\\"..., 4096) = 4096`,
  ],
  [
    "such a string with a bracket in it",
    `write(4, "a) = 3 \\"..., 4096) = 4096`,
    "quotes or brackets do not pair",
    `- write(4, "a) = 3 \\"..., 4096) = 4096`,
  ],
  [
    "such a string without a result",
    `write(4, "a\\"..., 4096)`,
    "quotes or brackets do not pair",
    `- write(4, "a\\"..., 4096) missing`,
  ],
  [
    "brackets that do not pair",
    `ioctl(4, TCGETS, {B38400 opost) = 0`,
    "quotes or brackets do not pair",
    `- ioctl(4, TCGETS, {B38400 opost) = 0`,
  ],
  [
    "a comment that does not close",
    `getdents(3, /* 2 entries, 32768) = 48`,
    "quotes or brackets do not pair",
    `- getdents(3, /* 2 entries, 32768) = 48`,
  ],
  ["words behind the result", `close(4) = 0 see page 3`, "text behind the result", `- close(4) = 0`],
  [
    "an end without its beginning",
    `[pid 5] <... read resumed>"a", 1) = 1`,
    "the beginning of this call is not in the log",
    `5 read("a", 1) = 1`,
  ],
  [
    "two records on one line",
    `[pid 5] close(4) = 0 [pid 6] dup(3) = 4`,
    "two records on one line",
    `5 close(4) = 0`,
    `6 dup(3) = 4`,
  ],
  [
    "two records, the first with an error",
    `[pid 5] close(4) = -1 EBADF (Bad file descriptor) 7 [pid 6] dup(3) = 4`,
    "two records on one line",
    `5 close(4) = -1 EBADF (Bad file descriptor) 7`,
    `6 dup(3) = 4`,
  ],
];

for (const [title, line, doubt, ...expected] of doubtful)
  reading(`${title} is read with a doubt: ${line.slice(0, 60)}`, () => {
    assert.equal(events(line), expected);
    const { counts, doubtful: notes } = account(line);
    assert.equal([counts.lines, counts.read, counts.doubtful], [1, 1, 1]);
    assert.equal(notes, [{ line: 1, reason: doubt, text: line.trim() }]);
  });

const unreadable: readonly (readonly [title: string, line: string, reason: string])[] = [
  ["a number alone", "10", "a number alone"],
  ["a pid alone", "[pid 5]", "a number alone"],
  ["a time alone", "03:03:09", "nothing behind the prefix"],
  ["prose", "The server then forks.", "strace does not print such a line"],
  ["a function that is no call", `printf("x")`, "no system call is named printf, and it has no result"],
  [
    "a call that strace could not name",
    "[pid 5] ????( <unfinished ...>",
    "strace did not know which call this is",
  ],
  ["its end", "[pid 5] <... ???? resumed>) = ?", "strace did not know which call this is"],
  ["a result on its own", "= 1", "a result without a call"],
  ["the end of arguments on its own", ", 3) = 1", "a result without a call"],
  ["a mode that no Linux has", "[ Process PID=5 runs in 16 bit mode. ]", "strace does not print such a line"],
  ["an end of no process", "+++ went away +++", "strace does not print such a line"],
  ["a name behind a prefix", "[pid 5] close", "strace does not print such a line"],
  [
    "a row of a summary without its table",
    " 24.78    0.000143           4        34        13 openat",
    "strace does not print such a line",
  ],
];

for (const [title, line, reason] of unreadable)
  reading(`${title} is not read, and said so: ${line}`, () => {
    assert.equal(events(line), [`unreadable: ${reason}`]);
    const { counts, unreadable: notes } = account(line);
    assert.equal([counts.lines, counts.read, counts.unreadable], [1, 0, 1]);
    assert.equal(notes, [{ line: 1, reason, text: line.trim() }]);
  });

reading.run();
