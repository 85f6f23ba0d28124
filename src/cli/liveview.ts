/**
 * What is going on while a command is watched, on a terminal's stderr: a line for each call that is made for the first
 * time, and below them a few that are drawn again and again: calls a second, and who makes them.
 */
import type { LiveView } from "../enforce/live/record.ts";
import { errStyle, visibleLine } from "./output.ts";

/** Processes that are shown. */
const SHOWN = 6;

/** Whether a view can be shown without asking: on a terminal where the command neither reads nor prints. */
export function showsView(): boolean {
  return isTerminal() && !process.stdin.isTTY && !process.stdout.isTTY;
}

/** Whether stderr is a terminal that can go back to a line. */
export function isTerminal(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== "dumb";
}

/** A view of a command being watched. */
export class View {
  readonly #style = errStyle();
  readonly #begun = performance.now();
  #lines = 0;
  #kinds = 0;
  #calls = 0;
  #at = performance.now();
  #before = new Map<number, number>();
  #news: string[] = [];

  /** Takes in what is told. */
  see(view: LiveView): void {
    if (view.kind === "new") {
      this.#kinds++;
      const seconds = ((performance.now() - this.#begun) / 1000).toFixed(1);
      const text = `${seconds.padStart(7)} s  ${view.name}`;
      this.#news.push(`${this.#style.green("new")} ${text} ${this.#style.dim(`pid ${view.pid}`)}`);
      return;
    }
    const now = performance.now();
    const passed = Math.max(now - this.#at, 1) / 1000;
    const rate = (view.calls - this.#calls) / passed;
    const processes = [...view.processes].sort((a, b) => this.#gain(b) - this.#gain(a));
    const rows = processes.slice(0, SHOWN).map((process) => {
      const perSecond = grouped(this.#gain(process) / passed).padStart(11);
      return `${perSecond}/s  ${grouped(process.calls).padStart(12)}  ${String(process.pid).padStart(7)} ${process.comm}`;
    });
    const more = processes.length > SHOWN ? [`${"".padStart(15)}and ${processes.length - SHOWN} more`] : [];
    const total = `${grouped(rate)} calls/s, ${grouped(view.calls)} calls of ${this.#kinds} kinds, ${processes.length} processes`;
    this.#draw([total, ...rows, ...more]);
    this.#calls = view.calls;
    this.#at = now;
    this.#before = new Map(view.processes.map(({ pid, calls }) => [pid, calls]));
  }

  /** Takes the lines away that are drawn again; the others stay. */
  end(): void {
    this.#draw([]);
  }

  #gain({ pid, calls }: { readonly pid: number; readonly calls: number }): number {
    return calls - (this.#before.get(pid) ?? 0);
  }

  #draw(lines: readonly string[]): void {
    const width = (process.stderr.columns ?? 80) - 1;
    const up = this.#lines > 0 ? `\x1b[${this.#lines}A` : "";
    const shown = lines.map((line) => this.#style.dim(visibleLine(line).slice(0, width)));
    const text = [...this.#news, ...shown].map((line) => `${line}\n`).join("");
    if (up !== "" || text !== "") process.stderr.write(`${up}\r\x1b[J${text}`);
    this.#lines = lines.length;
    this.#news = [];
  }
}

function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}
