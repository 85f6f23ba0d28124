/**
 * Waits for any number of descriptors that Node's event loop cannot wait for, with one thread of its pool: an
 * epoll instance is itself a descriptor, and others can be added to it while a thread polls it.
 */
import { POLLIN, type Shim } from "../../shim/index.ts";
import { SeccatError } from "../abi/error.ts";
import { native, nr } from "./native.ts";

/** Called with the events of a descriptor (POLLIN, POLLHUP ...) for as long as they last. */
export type Watcher = (events: number) => void;

interface Watch {
  readonly epoll: number;
  readonly watchers: Map<number, Watcher>;
}

const watches = new Map<Shim, Watch>();

/** How long one poll lasts: a process that exits waits that long for the thread, in milliseconds. */
const TURN = 100;
const EPOLL_CLOEXEC = 0x80000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const MAX_EVENTS = 16;

/** Calls `watcher` whenever `fd` has something to read or its other side is gone, until unwatch(). */
export function watch(shim: Shim, fd: number, watcher: Watcher): void {
  const { epoll, watchers } = watchOf(shim);
  control(shim, epoll, EPOLL_CTL_ADD, fd);
  watchers.set(fd, watcher);
  if (watchers.size === 1) void turns(shim, epoll, watchers);
}

/** Ends watch(); to be called before `fd` is closed. */
export function unwatch(shim: Shim, fd: number): void {
  const { epoll, watchers } = watchOf(shim);
  if (watchers.delete(fd)) control(shim, epoll, EPOLL_CTL_DEL, fd);
}

function watchOf(shim: Shim): Watch {
  const known = watches.get(shim);
  if (known) return known;
  const answer = shim.syscall(nr("epoll_create1"), EPOLL_CLOEXEC);
  if (!answer.ok) throw failed("epoll_create1", answer.name);
  const made = { epoll: answer.value, watchers: new Map<number, Watcher>() };
  watches.set(shim, made);
  return made;
}

async function turns(shim: Shim, epoll: number, watchers: ReadonlyMap<number, Watcher>): Promise<void> {
  while (watchers.size > 0) {
    const ready = await shim.poll(epoll, TURN);
    if (ready & POLLIN) for (const { fd, events } of wait(shim, epoll)) watchers.get(fd)?.(events);
  }
}

/**
 * struct epoll_event is packed on x86 only.
 *
 *     x86:    0 events u32   4 data u64            others:  0 events u32   8 data u64
 */
function eventLayout(): { readonly data: number; readonly size: number } {
  return /^x/.test(native().abi) ? { data: 4, size: 12 } : { data: 8, size: 16 };
}

function control(shim: Shim, epoll: number, operation: number, fd: number): void {
  const { data, size } = eventLayout();
  const event = new Uint8Array(size);
  const view = new DataView(event.buffer);
  const little = native().endian === "little";
  view.setUint32(0, POLLIN, little);
  view.setBigUint64(data, BigInt(fd), little);
  const answer = shim.syscall(nr("epoll_ctl"), epoll, operation, fd, event);
  if (!answer.ok) throw failed("epoll_ctl", answer.name);
}

function wait(shim: Shim, epoll: number): { readonly fd: number; readonly events: number }[] {
  const { data, size } = eventLayout();
  const events = new Uint8Array(size * MAX_EVENTS);
  const answer = shim.syscall(nr("epoll_pwait"), epoll, events, MAX_EVENTS, 0, 0, 0);
  const view = new DataView(events.buffer);
  const little = native().endian === "little";
  return Array.from({ length: answer.ok ? answer.value : 0 }, (_, i) => ({
    events: view.getUint32(i * size, little),
    fd: Number(view.getBigUint64(i * size + data, little)),
  }));
}

function failed(call: string, errno: string): SeccatError {
  return new SeccatError({
    code: "enforce",
    message: `a listener cannot be waited for: ${call} answers ${errno}`,
  });
}
