/**
 * Makes good what waiting to be received does to a call that a signal interrupts meanwhile. Where the handler was installed
 * without SA_RESTART, the kernel lets such a call fail with EINTR, even one that nothing interrupts, and programs that
 * rightly expect no EINTR from fork, say, give up. So when such a handler returns, and the call that it interrupted was
 * never received, that call is begun again: in the frame that rt_sigreturn restores, the program counter goes back to the
 * syscall instruction and rax gets the number again, which is what the kernel itself does for SA_RESTART.
 *
 * Only on x86_64: elsewhere the frame does not hold what the call needs. Only for processes with such handlers; and where
 * the number of the call cannot be told, EINTR stays.
 *
 *     struct ucontext at rsp:  40 sigcontext: r8 r9 r10 r11 r12 r13 r14 r15 di si bp bx dx ax cx sp ip, 8 bytes each
 */
import { syscallName } from "../../../arch/index.ts";
import type { Listener } from "../listener.ts";
import { CallMemory } from "../memory.ts";
import { native } from "../native.ts";
import { decodeNotif } from "../notify.ts";
import { readProc } from "./look.ts";

const FRAME_SIZE = 176;
const RAX = 144;
const RIP = 168;
/** Where the six arguments of a call are: rdi rsi rdx r10 r8 r9. */
const ARGS = [104, 112, 136, 56, 40, 48];
const EINTR = -4n;
/** struct kernel_sigaction: 0 handler u64   8 flags u64 */
const SA_RESTART = 0x10000000n;

/** Calls that EINTR is nothing new from, when they were received: whoever waits in them is interrupted by any signal. */
const interruptible: ReadonlySet<string> = new Set(
  [
    "read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 open openat openat2 creat close",
    "recvfrom recvmsg recvmmsg sendto sendmsg sendmmsg accept accept4 connect wait4 waitid flock fcntl ioctl",
    "futex futex_wait futex_waitv poll ppoll select pselect6 epoll_wait epoll_pwait epoll_pwait2 nanosleep",
    "clock_nanosleep pause rt_sigsuspend rt_sigtimedwait msgrcv msgsnd semop semtimedop io_getevents io_pgetevents",
    "io_uring_enter getrandom mq_timedreceive mq_timedsend splice tee vmsplice sendfile copy_file_range fsync fdatasync",
  ]
    .join(" ")
    .split(" "),
);

/** Calls remembered of each thread. */
const CALLS = 16;
/** Words of a struct seccomp_data, which begins at this word of a struct seccomp_notif. */
const WORDS = 16;
const DATA = 4;

/** What is remembered of the calls of one thread. */
export interface Recent {
  readonly words: Uint32Array;
  next: number;
}

/** The numbers of the calls that were made from an address; -1 where they were several. */
export type Sites = Map<number, number>;

/** Whether calls can be begun again here. */
export function canRestart(): boolean {
  return native().abi === "x86_64";
}

/** Nothing remembered. */
export function newRecent(): Recent {
  return { words: new Uint32Array(CALLS * WORDS), next: 0 };
}

/** Remembers the call of a struct seccomp_notif. */
export function remember(recent: Recent, sites: Sites, notif: Uint32Array): void {
  recent.words.set(notif.subarray(DATA, DATA + WORDS), recent.next * WORDS);
  recent.next = (recent.next + 1) % CALLS;
  const nr = notif[DATA] ?? 0;
  const ip = (notif[DATA + 3] ?? 0) * 0x1_0000_0000 + (notif[DATA + 2] ?? 0);
  const had = sites.get(ip);
  if (had === undefined) sites.set(ip, nr);
  else if (had !== nr) sites.set(ip, -1);
}

/** Whether the rt_sigaction that waits installs a handler without SA_RESTART; true too when that cannot be seen. */
export function installsInterrupter(listener: Listener, notif: Uint32Array): boolean {
  const call = decodeNotif(bytesOf(notif), "little");
  const [, action = 0n] = call.args;
  if (action === 0n) return false;
  const read = new CallMemory(listener, call).read(action, 16);
  if (read.kind !== "done") return true;
  const view = viewOf(read.value);
  const handler = view.getBigUint64(0, true);
  return handler > 1n && (view.getBigUint64(8, true) & SA_RESTART) === 0n; // 0 and 1 are no handlers
}

/** At the rt_sigreturn that waits: has the call begin again that its handler interrupted before it was received. */
export function restartInterrupted(
  listener: Listener,
  notif: Uint32Array,
  recent: Recent,
  sites: Sites,
): boolean {
  const call = decodeNotif(bytesOf(notif), "little");
  const sp = stackPointerOf(call.pid);
  if (sp === undefined) return false;
  const memory = new CallMemory(listener, call);
  const frame = memory.read(sp, FRAME_SIZE);
  if (frame.kind !== "done") return false;
  const view = viewOf(frame.value);
  if (view.getBigInt64(RAX, true) !== EINTR) return false;
  const ip = view.getBigUint64(RIP, true);
  const nr = numberAt(memory, ip, sites);
  if (
    nr === undefined ||
    (interruptible.has(syscallName("x86_64", nr) ?? "") && wasReceived(recent, view, ip))
  )
    return false;
  view.setBigUint64(RAX, BigInt(nr), true);
  view.setBigUint64(RIP, ip - 2n, true);
  return (
    memory.write(sp + BigInt(RAX), frame.value.subarray(RAX, RAX + 8)).kind === "done" &&
    memory.write(sp + BigInt(RIP), frame.value.subarray(RIP, RIP + 8)).kind === "done"
  );
}

/** /proc/TID/syscall: nr, six arguments, stack pointer and program counter of a thread that waits in a call. */
function stackPointerOf(tid: number): bigint | undefined {
  const word = readProc(`/proc/${tid}/syscall`).split(" ")[7];
  return word?.startsWith("0x") ? BigInt(word) : undefined;
}

/** The number of the call made by the instruction before `ip`; undefined when there is no such, or it cannot be told. */
function numberAt(memory: CallMemory, ip: bigint, sites: Sites): number | undefined {
  const code = memory.read(ip - 7n, 7);
  if (code.kind !== "done" || code.value[5] !== 0x0f || code.value[6] !== 0x05) return undefined;
  if (code.value[0] === 0xb8) return viewOf(code.value).getUint32(1, true); // mov eax, nr
  const known = sites.get(Number(ip));
  return known === undefined || known < 0 ? undefined : known;
}

/** Whether the thread's last calls have one of the same place with the same arguments. */
function wasReceived({ words }: Recent, frame: DataView, ip: bigint): boolean {
  const [low, high] = [Number(ip & 0xffff_ffffn), Number(ip >> 32n)];
  for (let at = 0; at < words.length; at += WORDS) {
    if (words[at + 2] !== low || words[at + 3] !== high) continue;
    const same = ARGS.every(
      (place, i) =>
        words[at + 4 + 2 * i] === frame.getUint32(place, true) &&
        words[at + 5 + 2 * i] === frame.getUint32(place + 4, true),
    );
    if (same) return true;
  }
  return false;
}

/** The bytes of a struct seccomp_notif. */
export function bytesOf(notif: Uint32Array): Uint8Array {
  return new Uint8Array(notif.buffer, notif.byteOffset, notif.byteLength);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
