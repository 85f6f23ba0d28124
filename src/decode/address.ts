/**
 * struct sockaddr and its kinds. The port and the addresses are in network byte order, the rest in the caller's.
 *
 *     sockaddr_un   0 family u16   2 path                        (a NUL first: abstract; nothing: unnamed)
 *     sockaddr_in   0 family u16   2 port u16   4 address
 *     sockaddr_in6  0 family u16   2 port u16   4 flow u32   8 address   24 scope u32
 *     sockaddr_nl   0 family u16   4 pid u32    8 groups u32
 *     sockaddr_vm   0 family u16   4 port u32   8 cid u32
 *     sockaddr_ll   0 family u16   2 protocol u16   4 index i32
 *
 * Source: unix(7), ip(7), ipv6(7), netlink(7), vsock(7), packet(7).
 */
import { type AbiName, argValueName, constant } from "../../arch/index.ts";
import { plain } from "./quote.ts";

/** The longest one that the kernel takes: sizeof(struct sockaddr_storage). */
export const MAX_ADDRESS = 128;

/** Where a socket is told to go. */
export interface SocketAddress {
  /** AF_INET; a number where the family has no name. */
  readonly family: string;
  /** The address itself: `127.0.0.1`, `::1`, a path, `@name` for an abstract one; undefined where it has none. */
  readonly address?: string;
  readonly port?: number;
}

/** The address in `bytes`, as the kernel of `abi` reads them; undefined when there is not even a family. */
export function socketAddress(abi: AbiName, bytes: Uint8Array, little: boolean): SocketAddress | undefined {
  if (bytes.length < 2) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const number = view.getUint16(0, little);
  const family = argValueName(abi, "socket", 0, BigInt(number)) ?? String(number);
  const is = (name: string) => constant(abi, name) === BigInt(number);
  if (is("AF_UNIX")) return { family, ...unixPath(bytes.subarray(2)) };
  if (is("AF_INET") && bytes.length >= 8)
    return { family, address: bytes.subarray(4, 8).join("."), port: view.getUint16(2) };
  if (is("AF_INET6") && bytes.length >= 24) {
    const scope = bytes.length >= 28 ? view.getUint32(24, little) : 0;
    const address = `${ipv6(view)}${scope === 0 ? "" : `%${scope}`}`;
    return { family, address, port: view.getUint16(2) };
  }
  if (is("AF_NETLINK") && bytes.length >= 12)
    return { family, address: `pid ${view.getUint32(4, little)}, groups ${view.getUint32(8, little)}` };
  if (is("AF_VSOCK") && bytes.length >= 12)
    return { family, address: String(view.getUint32(8, little)), port: view.getUint32(4, little) };
  if (is("AF_PACKET") && bytes.length >= 8)
    return { family, address: `interface ${view.getInt32(4, little)}` };
  return { family };
}

/** `{AF_INET 127.0.0.1:80}`, `{AF_INET6 [::1]:80}`, `{AF_UNIX /run/x}`: an address in words. */
export function addressText({ family, address, port }: SocketAddress): string {
  const host = address?.includes(":") && port !== undefined ? `[${address}]` : address;
  const end = port === undefined ? "" : `:${port}`;
  return `{${family}${host === undefined ? "" : ` ${host}${end}`}}`;
}

function unixPath(bytes: Uint8Array): { address?: string } {
  if (bytes.length === 0) return {};
  if (bytes[0] === 0) return { address: `@${plain(bytes.subarray(1))}` };
  const end = bytes.indexOf(0);
  return { address: plain(end < 0 ? bytes : bytes.subarray(0, end)) };
}

/** The eight groups with the longest run of zeros left out (RFC 5952); an IPv4 address in its usual form. */
function ipv6(view: DataView): string {
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(8 + 2 * i));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${[20, 21, 22, 23].map((at) => view.getUint8(at)).join(".")}`;
  let [start, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (groups[i + run] === 0) run++;
    if (run > length) [start, length] = [i, run];
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  return start < 0 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}
