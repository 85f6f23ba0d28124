import type { EndEvent, StraceEvent } from "../../src/trace/event.ts";
import { readStrace } from "../../src/trace/reader.ts";

/** An event in one line, for tables: `7 read(3, "", 1) = 0`. */
export function show(event: StraceEvent): string {
  switch (event.kind) {
    case "call": {
      const nr = event.nr === undefined ? "" : ` #${event.nr}`;
      const end = event.end === "returned" ? `= ${event.result}` : event.end;
      return `${event.pid ?? "-"} ${event.name}(${event.args}) ${end}${nr}`;
    }
    case "begin":
      return `${event.pid ?? "-"} ${event.name}(${event.args} begins`;
    case "signal":
      return `${event.pid ?? "-"} signal ${event.text}`;
    case "exit":
      return `${event.pid ?? "-"} ${event.how} ${event.by}`;
    case "mode":
      return `${event.pid} mode ${event.mode}`;
    case "attach":
    case "detach":
      return `${event.pid} ${event.kind}`;
    case "noise":
      return event.what === "unreadable" ? `unreadable: ${event.reason}` : event.what;
    case "end":
      return "end";
  }
}

/** The events of a log, each in one line, without the last. */
export function events(log: string): string[] {
  return [...readStrace([log])].map(show).slice(0, -1);
}

/** The account of a log. */
export function account(log: string): EndEvent {
  const last = [...readStrace([log])].at(-1);
  if (last?.kind !== "end") throw new Error("a log must close with its account");
  return last;
}
