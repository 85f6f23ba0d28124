/** What runs in the thread that receives calls (see startLoop). */

import { mapPage } from "../keeper/page.ts";
import type { LoopContext, LoopEnd, LoopHandler } from "../loop.ts";
import { CallMemory } from "../memory.ts";
import { native, nr } from "../native.ts";
import { decodeNotif, notifWords } from "../notify.ts";
import { BellListener } from "./bell.ts";
import { proc } from "./look.ts";
import { areViewsAskedFor, type FromReceiver, type ReceiverOrder, takeMark } from "./message.ts";
import { receiveAll } from "./receiver.ts";
import { Recorder } from "./recorder.ts";
import {
  bytesOf,
  canRestart,
  installsInterrupter,
  type Recent,
  restartInterrupted,
  type Sites,
} from "./restart.ts";

/** Turns between two sweeps, and between two views. */
const SWEEP = 10;
const VIEW = 2;
/** Bytes of a page that a keeper shares. */
const PAGE = 4096;
/** kcmp(2): are two descriptors one open file? */
const KCMP_FILE = 0;
/** The longest name of a mark, in bytes. */
const NAME = 64;

/** Makes what records the calls of a listener. */
export function makeHandler({ listener, data, post }: LoopContext<ReceiverOrder>): LoopHandler {
  const { phases, args, mailbox, view, bell, page, native: abi } = data;
  const tell: (message: FromReceiver) => void = post;
  const { endian } = native();
  const kcmp = nr("kcmp");
  const recorder = new Recorder({
    ...phases,
    native: abi,
    args,
    look: proc,
    words: notifWords(endian),
    each: (process) => tell({ kind: "process", process }),
    ...(view ? { onNew: (name: string, pid: number) => tell({ kind: "new", name, pid }) } : {}),
    ...(canRestart()
      ? {
          interruptions: {
            installs: (notif: Uint32Array) => installsInterrupter(listener, notif),
            returns: (notif: Uint32Array, recent: Recent, sites: Sites) =>
              restartInterrupted(listener, notif, recent, sites),
          },
        }
      : {}),
    isCopy: (tid, fd, other) => {
      const answer = listener.shim.syscall(kcmp, tid, tid, KCMP_FILE, fd, other);
      return answer.ok && answer.value === 0;
    },
    markName: (notif) => {
      const call = decodeNotif(bytesOf(notif), endian);
      const [, text = 0n, length = 0n] = call.args;
      const read = new CallMemory(listener, call).readAvailable(text, Math.min(Number(length), NAME));
      return read.kind === "done" ? Buffer.from(read.value).toString("utf8").trim() : "";
    },
  });
  const shared = page === undefined ? undefined : mapPage(listener.shim, page, PAGE);
  let turns = 0;
  let end: LoopEnd = "ended";
  const takeMarks = () => {
    const mark = takeMark(mailbox);
    if (mark !== undefined) recorder.mark(mark);
  };
  return {
    receive: (stop) => {
      end = receiveAll(listener, stop, new BellListener(bell, listener.shim), {
        memory: shared?.bytes,
        onCall: (notif) => {
          takeMarks();
          recorder.see(notif);
        },
        onTurn: () => {
          takeMarks();
          turns++;
          if (turns % SWEEP === 0) recorder.sweep();
          if (turns % VIEW === 0 && (view || areViewsAskedFor(mailbox)))
            tell({ kind: "view", calls: recorder.calls, processes: recorder.view() });
        },
      });
      return end;
    },
    onEnd: () => {
      shared?.leave();
      const left = end === "stopped" ? recorder.view() : [];
      recorder.finish();
      const { calls, listeners, restarted } = recorder;
      return {
        kind: "account",
        account: { calls, listeners, restarted, backend: listener.shim.backend, left },
      } satisfies FromReceiver;
    },
  };
}
