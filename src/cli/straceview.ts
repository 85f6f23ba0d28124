/** Counts what strace tells while a command runs, for the view that a listener's recording is shown in. */
import { proc } from "../enforce/live/look.ts";
import type { LiveView } from "../enforce/live/record.ts";
import type { StraceEvent } from "../trace/event.ts";

/** Milliseconds between two views. */
const PERIOD = 200;

/** Tells a view what strace tells, until end(). */
export class StraceCounts {
  readonly #tell: (view: LiveView) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #processes = new Map<number, { readonly pid: number; comm: string; calls: number }>();
  readonly #names = new Set<string>();
  /** The process of each thread. */
  readonly #pids = new Map<number, number>();
  #calls = 0;

  constructor(tell: (view: LiveView) => void) {
    this.#tell = tell;
    this.#timer = setInterval(
      () => tell({ kind: "view", calls: this.#calls, processes: [...this.#processes.values()] }),
      PERIOD,
    ).unref();
  }

  see(event: StraceEvent): void {
    const { kind } = event;
    if (kind === "exit" && event.pid !== undefined && event.how !== "superseded") this.#forget(event.pid);
    if (kind !== "call" || event.pid === undefined) return;
    this.#calls++;
    const process = this.#processOf(event.pid);
    process.calls++;
    if (event.name === "execve" && event.result === "0") process.comm = proc.image(process.pid).comm;
    if (this.#names.has(event.name)) return;
    this.#names.add(event.name);
    this.#tell({ kind: "new", name: event.name, pid: process.pid });
  }

  #processOf(tid: number) {
    const pid = this.#pids.get(tid) ?? (proc.ids(tid).pid || tid);
    this.#pids.set(tid, pid);
    const process = this.#processes.get(pid) ?? { pid, comm: proc.image(pid).comm, calls: 0 };
    this.#processes.set(pid, process);
    return process;
  }

  #forget(tid: number): void {
    this.#pids.delete(tid);
    this.#processes.delete(tid);
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
