import { assembleCode, type Code, type CodeItem } from "../launcher/code.ts";
import { asm } from "../launcher/x86_64.ts";
import {
  BYTE,
  FILE,
  type KeeperParameters,
  LIFE,
  LISTENER,
  NOTIF,
  NOTIF_SIZE,
  OWN,
  OWN_SIZE,
  POLLFD,
  SHARED,
} from "./layout.ts";

/**
 * The keeper's code for x86_64.
 *
 *     start:  close_range(FILE + 1, -1, 0)
 *             mmap(SHARED, 4096, R, SHARED|FIXED, FILE, 0); mmap(OWN, size, RW, PRIVATE|FIXED|ANONYMOUS, -1, 0)
 *             rbx = OWN; rbp = SHARED; response.flags = CONTINUE; pollfd = { LISTENER, POLLIN }
 *     wait:   n = read(LIFE, &byte, 1); if (n > 0) goto end; if (n == -EINTR) goto wait
 *             response.id = shared.id; ioctl(LISTENER, SEND, &response)
 *     next:   n = ppoll(&pollfd, 1, 0, 0, 0); if (n < 0) goto next
 *             if (!(pollfd.revents & POLLIN)) goto end
 *             clear notif; if (ioctl(LISTENER, RECV, notif) < 0) goto next
 *             response.id = notif.id; ioctl(LISTENER, SEND, &response); goto next
 *     end:    exit_group(0)
 */
export function x86_64Keeper({ nr, recv, send }: KeeperParameters): Code {
  const { movImm, mov, load, store, storeImm, syscall, testRax, cmpRax, jumps } = asm;
  const map = (address: number, size: number, protection: number, flags: number, fd: number) => [
    movImm("rax", nr.mmap),
    movImm("rdi", address),
    movImm("rsi", size),
    movImm("rdx", protection),
    movImm("r10", flags),
    movImm("r8", fd),
    movImm("r9", 0),
    syscall,
    cmpRax(address),
    jumps.jne("end"),
  ];
  const control = (request: number, address: number) => [
    movImm("rax", nr.ioctl),
    movImm("rdi", LISTENER),
    movImm("rsi", request),
    movImm("rdx", address),
    syscall,
  ];
  const items: readonly CodeItem[] = [
    movImm("rax", nr.close_range), // Linux 5.9; what was inherited stays open before
    movImm("rdi", FILE + 1),
    movImm("rsi", -1),
    movImm("rdx", 0),
    syscall,
    ...map(SHARED, 4096, 1, 0x11, FILE), // MAP_SHARED | MAP_FIXED
    ...map(OWN, OWN_SIZE, 3, 0x32, -1), // MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS
    movImm("rbx", OWN),
    movImm("rbp", SHARED),
    storeImm("rbx", 20, 1), // the upper half is beyond the response, in pollfd, which comes next
    storeImm("rbx", POLLFD, LISTENER),
    storeImm("rbx", POLLFD + 4, 1), // POLLIN; revents 0

    { label: "wait" },
    movImm("rax", nr.read),
    movImm("rdi", LIFE),
    movImm("rsi", OWN + BYTE),
    movImm("rdx", 1),
    syscall,
    cmpRax(-4),
    jumps.je("wait"),
    testRax,
    jumps.jg("end"),
    load("rax", "rbp", 0),
    store("rbx", 0, "rax"),
    ...control(send, OWN),

    { label: "next" },
    movImm("rax", nr.ppoll),
    movImm("rdi", OWN + POLLFD),
    movImm("rsi", 1),
    movImm("rdx", 0),
    movImm("r10", 0),
    movImm("r8", 0),
    syscall,
    testRax,
    jumps.jle("next"),
    load("rax", "rbx", POLLFD),
    [0x48, 0xc1, 0xe8, 48], // shr rax, 48: revents
    [0xa8, 0x01], // test al, POLLIN
    jumps.je("end"),
    movImm("rdi", NOTIF),
    movImm("rcx", NOTIF_SIZE / 8),
    [0x31, 0xc0], // xor eax, eax
    [0xf3, 0x48, 0xab], // rep stosq
    ...control(recv, NOTIF),
    testRax,
    jumps.js("next"),
    movImm("rcx", NOTIF),
    mov("rbp", "rcx"),
    load("rax", "rbp", 0),
    store("rbx", 0, "rax"),
    ...control(send, OWN),
    jumps.jmp("next"),

    { label: "end" },
    movImm("rax", nr.exit_group),
    movImm("rdi", 0),
    syscall,
    asm.hlt,
  ];
  return assembleCode(items);
}
