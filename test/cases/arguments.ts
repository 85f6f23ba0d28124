import type { AbiName } from "../../arch/index.ts";
import { allow, deny, policy } from "../../src/policy/builder.ts";
import { type CaseGroup, group, values } from "./case.ts";

const kill = "kill_process";
const one = (call: Parameters<typeof allow>[0], when: string, arches: readonly AbiName[] = ["x86_64"]) =>
  policy({ default: "kill_process", arches }, [allow(call).if(when)]);
const GiB4 = 0x1_0000_0000n;

/** Policies that look at arguments. */
export const argumentCases: readonly CaseGroup[] = [
  group("an int is 32 bits wide", one("socket", "domain == AF_UNIX"), "x86_64", [
    ...values("socket", 0, "domain == AF_UNIX", {
      yes: ["AF_UNIX", 1, 0x1_0000_0001n, 0xffffffff_00000001n],
      no: [0, "AF_INET", "AF_INET6", -1, 0x1_0000_0000n, 0x1_0000_0002n],
      deny: kill,
    }),
    ["the other arguments do not matter", "socket", ["AF_UNIX", -1, -1, -1, -1, -1], "allow"],
    ["by name", "socket", { domain: "AF_UNIX", type: "SOCK_STREAM" }, "allow"],
    ["by the kernel's own name", "socket", { family: "AF_INET" }, kill],
  ]),
  group(
    "a mask before a set",
    one("socket", "type & SOCK_TYPE_MASK in {SOCK_STREAM, SOCK_DGRAM}"),
    "x86_64",
    [
      ...values("socket", 1, "type is stream or datagram", {
        yes: [
          "SOCK_STREAM",
          "SOCK_DGRAM",
          "SOCK_STREAM|SOCK_CLOEXEC",
          "SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC",
        ],
        no: ["SOCK_RAW", "SOCK_SEQPACKET", 0, "SOCK_RAW|SOCK_CLOEXEC", 0xf, 0x1_0000_0003n],
        deny: kill,
      }),
      ["the upper half of an int is not looked at", "socket", [0, 0xdead_0000_0001n], "allow"],
    ],
  ),
  group("a command out of a set", one("fcntl", "cmd in {F_GETFL, F_SETFD, 1030..1032}"), "x86_64", [
    ...values("fcntl", 1, "cmd is in the set", {
      yes: ["F_GETFL", "F_SETFD", 1030, 1031, 1032, 0x9_0000_0003n],
      no: ["F_GETFD", "F_DUPFD", "F_SETFL", "F_SETLK", 1029, 1033, 0, -1],
      deny: kill,
    }),
  ]),
  ...(
    [
      ["==", [GiB4 + 5n], [5n, GiB4, GiB4 + 4n, GiB4 + 6n, 2n * GiB4 + 5n, 0n, -1]],
      ["!=", [5n, GiB4, GiB4 + 4n, GiB4 + 6n, 2n * GiB4 + 5n, 0n, -1], [GiB4 + 5n]],
      ["<", [0n, 5n, 0xffffffffn, GiB4, GiB4 + 4n], [GiB4 + 5n, GiB4 + 6n, 2n * GiB4, 2n * GiB4 + 4n, -1]],
      ["<=", [0n, 0xffffffffn, GiB4, GiB4 + 5n], [GiB4 + 6n, 2n * GiB4, 2n * GiB4 + 5n, -1]],
      [">", [GiB4 + 6n, 2n * GiB4, 2n * GiB4 + 4n, -1], [0n, 6n, 0xffffffffn, GiB4, GiB4 + 5n]],
      [">=", [GiB4 + 5n, GiB4 + 6n, 2n * GiB4, -1], [0n, 5n, 6n, 0xffffffffn, GiB4, GiB4 + 4n]],
    ] as const
  ).map(([op, yes, no]) =>
    group(`a size_t is compared over both halves: ${op}`, one("read", `count ${op} 0x100000005`), "x86_64", [
      ...values("read", 2, `count ${op} 0x100000005`, { yes, no, deny: kill }),
    ]),
  ),
  group(
    "a range that spans three high halves",
    one("write", "count in {0xfffffff0..0x200000010}"),
    "x86_64",
    [
      ...values("write", 2, "count is in the range", {
        yes: [0xfffffff0n, 0xffffffffn, GiB4, GiB4 + 1n, 0x1_ffff_ffffn, 2n * GiB4, 2n * GiB4 + 0x10n],
        no: [0n, 0xffffffefn, 2n * GiB4 + 0x11n, 3n * GiB4, -1, 0x2_ffff_fff0n],
        deny: kill,
      }),
    ],
  ),
  group("signed order on an int", one("setpriority", "niceval s>= -5 && niceval s< 10"), "x86_64", [
    ...values("setpriority", 2, "-5 <= niceval < 10", {
      yes: [-5, -1, 0, 1, 9, 0xfffffffbn, 0xffffffffn],
      no: [-6, 10, -20, 0x7fffffff, 0x80000000n, 0xfffffffan],
      deny: kill,
    }),
  ]),
  group("signed order on a 64-bit offset", one("lseek", "offset s< 0"), "x86_64", [
    ...values("lseek", 1, "offset s< 0", {
      yes: [-1, -(2n ** 63n), -(2n ** 40n), 0x8000_0000_0000_0001n],
      no: [0, 1, 0x7fffffff, 0x80000000n, 0xffffffffn, 2n ** 63n - 1n],
      deny: kill,
    }),
  ]),
  group("all bits of a mask are clear", one("open", "flags & (O_WRONLY|O_RDWR|O_CREAT) == 0"), "x86_64", [
    ...values("open", 1, "no writing", {
      yes: ["O_RDONLY", "O_CLOEXEC", "O_DIRECTORY|O_NOFOLLOW", 0xf_0000_0000n, 0x1_0000_0000n],
      no: ["O_WRONLY", "O_RDWR", "O_CREAT", "O_RDWR|O_CLOEXEC", 3, -1],
      deny: kill,
    }),
  ]),
  group("any bit outside a mask is set", one("open", "flags & ~(O_CLOEXEC|O_NONBLOCK) != 0"), "x86_64", [
    ...values("open", 1, "some other flag", {
      yes: ["O_WRONLY", "O_WRONLY|O_CLOEXEC", -1, 1],
      no: [0, "O_CLOEXEC", "O_NONBLOCK", "O_CLOEXEC|O_NONBLOCK", 0x1_0000_0000n],
      deny: kill,
    }),
  ]),
  group("all bits of a mask are set", one("open", "flags & (O_CREAT|O_EXCL) == O_CREAT|O_EXCL"), "x86_64", [
    ...values("open", 1, "O_CREAT and O_EXCL", {
      yes: ["O_CREAT|O_EXCL", "O_CREAT|O_EXCL|O_WRONLY"],
      no: ["O_CREAT", "O_EXCL", 0, "O_WRONLY"],
      deny: kill,
    }),
  ]),
  group(
    "a mask over both halves of 64 bits",
    one("clone", "u64(flags) & 0x100010000000 == 0x100000000000"),
    "x86_64",
    [
      ...values("clone", 0, "bit 44 and not bit 28", {
        yes: [2n ** 44n, 2n ** 44n + 1n, 2n ** 44n + 2n ** 27n],
        no: [0n, 2n ** 28n, 2n ** 44n + 2n ** 28n, 2n ** 43n],
        deny: kill,
      }),
    ],
  ),
  group("a masked order", one("clone", "flags & 0xff <= 17"), "x86_64", [
    ...values("clone", 0, "signal up to SIGCHLD", {
      yes: [0, 17, 0x100, 0x111, 0xff00n, 2n ** 40n + 5n],
      no: [18, 0xff, 0x112, 2n ** 40n + 18n],
      deny: kill,
    }),
  ]),
  group("a mode is 16 bits wide", one("chmod", "mode & (S_ISUID|S_ISGID) == 0"), "x86_64", [
    ...values("chmod", 1, "no set-id bits", {
      yes: [0, 0o755, 0o777, 0x10000, 0xffff_0000n, 0x7_0000_01edn],
      no: ["S_ISUID", "S_ISGID", 0o4755, 0o2755, 0xffff],
      deny: kill,
    }),
  ]),
  group("64 bits on request", one("socket", "u64(domain) == AF_UNIX"), "x86_64", [
    ...values("socket", 0, "u64(domain) == AF_UNIX", {
      yes: [1],
      no: [0x1_0000_0001n, 0, 2, 0x8000_0000_0000_0001n],
      deny: kill,
    }),
  ]),
  group("32 bits on request", one("read", "u32(count) == 7"), "x86_64", [
    ...values("read", 2, "u32(count) == 7", {
      yes: [7, GiB4 + 7n],
      no: [0, 8, GiB4, GiB4 + 8n],
      deny: kill,
    }),
  ]),
  group("the null test of a pointer", one("mount", "ptr(data) == 0"), "x86_64", [
    ...values("mount", 4, "no data", { yes: [0], no: [1, GiB4, -1, 0x8000_0000n], deny: kill }),
  ]),
  group(
    "alternatives and demands",
    one(
      "socket",
      "domain == AF_UNIX || (domain in {AF_INET, AF_INET6} && type & 15 == SOCK_STREAM && protocol in {0, IPPROTO_TCP})",
    ),
    "x86_64",
    [
      ["a UNIX socket of any type", "socket", ["AF_UNIX", "SOCK_RAW", 77], "allow"],
      ["a TCP socket", "socket", ["AF_INET", "SOCK_STREAM", 0], "allow"],
      ["a TCP socket by protocol", "socket", ["AF_INET6", "SOCK_STREAM", "IPPROTO_TCP"], "allow"],
      ["a TCP socket with flags", "socket", ["AF_INET", "SOCK_STREAM|SOCK_CLOEXEC", 0], "allow"],
      ["a UDP socket", "socket", ["AF_INET", "SOCK_DGRAM", 0], kill],
      ["a stream of another protocol", "socket", ["AF_INET", "SOCK_STREAM", 132], kill],
      ["a netlink socket", "socket", ["AF_NETLINK", "SOCK_RAW", 0], kill],
      ["a packet socket", "socket", ["AF_PACKET", "SOCK_STREAM", 0], kill],
    ],
  ),
  group(
    "a negation",
    one("socket", "!(domain == AF_NETLINK && protocol != 0) && !(domain in {AF_PACKET, AF_VSOCK})"),
    "x86_64",
    [
      ["a netlink route socket", "socket", ["AF_NETLINK", 3, 0], "allow"],
      ["another netlink socket", "socket", ["AF_NETLINK", 3, 9], kill],
      ["protocol 9 of another family", "socket", ["AF_INET", 3, 9], "allow"],
      ["a packet socket", "socket", ["AF_PACKET", 3, 0], kill],
      ["a vsock socket", "socket", ["AF_VSOCK", 1, 0], kill],
    ],
  ),
  group(
    "rules on one call, in order",
    policy({ default: "kill_process", arches: ["x86_64"] }, [
      deny("EPERM", "ioctl").if("cmd in {TIOCSTI, TIOCLINUX}"),
      allow("ioctl").if("fd < 3"),
      deny("ENOTTY", "ioctl").if("cmd == TCGETS"),
      deny("EACCES", "ioctl"),
    ]),
    "x86_64",
    [
      ["TIOCSTI is denied on every descriptor", "ioctl", [0, "TIOCSTI"], "errno EPERM"],
      [
        "TIOCSTI with bits above the 32 that count is denied too",
        "ioctl",
        [0, 0x7_0000_5412n],
        "errno EPERM",
      ],
      ["TIOCLINUX is denied", "ioctl", [5, "TIOCLINUX"], "errno EPERM"],
      ["low descriptors are allowed the rest", "ioctl", [2, "TCGETS"], "allow"],
      ["TCGETS elsewhere is answered as no terminal", "ioctl", [3, "TCGETS"], "errno ENOTTY"],
      ["a descriptor of -1 is not low", "ioctl", [-1, "TCGETS"], "errno ENOTTY"],
      ["anything else is denied", "ioctl", [3, "TIOCGWINSZ"], "errno EACCES"],
    ],
  ),
  group(
    "a condition falls through to newer",
    policy({ default: { errno: "EPERM" }, newer: { errno: "ENOSYS" }, kernel: "5.4", arches: ["x86_64"] }, [
      allow("faccessat2").if("flags == 0"),
    ]),
    "x86_64",
    [
      ["the condition holds", "faccessat2", [0, 0, 0, 0], "allow"],
      ["else the call is newer than the policy", "faccessat2", [0, 0, 0, 1], "errno ENOSYS"],
    ],
  ),
  ...(["s390x", "ppc64", "mips64", "sheb"] as const).map((abi) =>
    group(
      `big-endian halves: ${abi}`,
      one("read", "count <= 0x100000005 && u64(buf) != 0x200000001", [abi]),
      abi,
      [
        ["a small count", "read", [0, 0, 5], "allow"],
        ...(abi === "sheb"
          ? []
          : ([
              ["a count on the limit", "read", [0, 0, GiB4 + 5n], "allow"],
              ["a count above the limit", "read", [0, 0, GiB4 + 6n], kill],
              ["a count with a large high half", "read", [0, 0, 5n * GiB4], kill],
              ["that address", "read", [0, 2n * GiB4 + 1n, 5], kill],
              ["its low half alone", "read", [0, 1, 5], "allow"],
              ["its halves exchanged", "read", [0, GiB4 + 2n, 5], "allow"],
            ] as const)),
      ],
    ),
  ),
  group("long is 32 bits wide on a 32-bit ABI", one("read", "count < 0x80000000", ["x86", "x86_64"]), "x86", [
    ...values("read", 2, "count < 2 GiB", {
      yes: [0, 5, 0x7fffffff],
      no: [0x80000000n, 0xffffffffn, -1],
      deny: kill,
      abi: "x86",
    }),
    ["on x86_64 the high half counts", "read", [0, 0, GiB4 + 5n], kill, "x86_64"],
    ["on x86_64 a small count", "read", [0, 0, 5], "allow", "x86_64"],
  ]),
  group("constants are each arch's own", one("mmap", "flags & MAP_ANONYMOUS != 0", ["x86_64"]), "x86_64", [
    ...values("mmap", 3, "anonymous memory", {
      yes: ["MAP_ANONYMOUS", 0x20, "MAP_ANONYMOUS|MAP_PRIVATE"],
      no: ["MAP_PRIVATE", 0x800, 0],
      deny: kill,
    }),
  ]),
  group("the same constant on mips", one("mmap", "flags & MAP_ANONYMOUS != 0", ["mips64"]), "mips64", [
    ...values("mmap", 3, "anonymous memory", {
      yes: ["MAP_ANONYMOUS", 0x800],
      no: ["MAP_PRIVATE", 0x20, 0],
      deny: kill,
      abi: "mips64",
    }),
  ]),
  group(
    "clone's registers are each arch's own",
    one("clone", "u64(tls) == 0", ["x86_64", "aarch64"]),
    "x86_64",
    [
      ["tls is the fifth on x86_64", "clone", [1, 1, 1, 1, 0], "allow"],
      ["not the fourth", "clone", [1, 1, 1, 0, 1], kill],
      ["tls is the fourth on aarch64", "clone", [1, 1, 1, 0, 1], "allow", "aarch64"],
      ["not the fifth", "clone", [1, 1, 1, 1, 0], kill, "aarch64"],
    ],
  ),
];
