import type { BeginEvent, CallEnd, CallEvent } from "./event.ts";
import { type Journal, noteDoubt, ownText } from "./journal.ts";
import type { Prefix } from "./prefix.ts";
import type { Body } from "./tail.ts";

/** A call whose end was not read yet. */
export interface OpenCall {
  readonly line: number;
  readonly pid: number | undefined;
  readonly name: string;
  readonly nr: number | undefined;
  readonly args: string;
  /** Whether the `)` was read. */
  readonly closed: boolean;
  readonly doubt: string;
  /** Its first line, for notes. */
  readonly text: string;
}

/** The calls of a log that are open, and where their events go. */
export interface Pairing {
  readonly journal: Journal;
  readonly emit: (event: CallEvent | BeginEvent) => void;
  /** Interrupted by another process: at most one per pid. */
  readonly open: Map<number | undefined, OpenCall>;
  /** The last call read, if its line ended before its result: the next line may bring it. */
  held: OpenCall | undefined;
  /** Whose call is known not to be open, as most lines are by the process of the one before; NaN for nobody. */
  clear: number | undefined;
}

/** Calls kept open at most: processes that the log leaves without an end must not fill the memory. */
const openLimit = 65536;

/** Lines up to this length are kept as they are. */
const shortLine = 400;

/** No call is open. */
export function newPairing(journal: Journal, emit: Pairing["emit"]): Pairing {
  return { journal, emit, open: new Map(), held: undefined, clear: Number.NaN };
}

/** A call begins, and may end, on the journal's line. */
export function beginCall(pairing: Pairing, prefix: Prefix, name: string, body: Body, text: string): void {
  releaseHeld(pairing);
  leaveCall(pairing, prefix.pid);
  const doubt = prefix.stray === "" ? body.doubt : withStray(prefix.stray, body.doubt);
  const { line, pid, nr } = { line: pairing.journal.lines, pid: prefix.pid, nr: prefix.nr };
  settle(pairing, { line, pid, name, nr, args: body.args, closed: body.closed, doubt, text }, body);
}

function withStray(stray: string, doubt: string): string {
  const said = `"${ownText(stray.slice(0, 40))}" in front is not strace's`;
  return doubt === "" ? said : `${said}; ${doubt}`;
}

/** `<... read resumed>`: the second half of a call. */
export function resumeCall(pairing: Pairing, prefix: Prefix, name: string, body: Body, text: string): void {
  releaseHeld(pairing);
  const first = takeOpen(pairing, prefix.pid, name);
  if (!first) {
    endLostCall(pairing, prefix, name, body, text);
    return;
  }
  const joined = {
    pid: prefix.pid ?? first.pid,
    args: `${first.args}${body.args}`,
    closed: body.closed,
    doubt: first.doubt === "" ? body.doubt : first.doubt,
  };
  settle(pairing, { ...first, ...joined }, body);
}

/** The second half of a call whose first half takeOpen has not. */
export function endLostCall(pairing: Pairing, prefix: Prefix, name: string, body: Body, text: string): void {
  const { args, closed } = body;
  const { pid, nr } = prefix;
  const lost = "the beginning of this call is not in the log";
  settle(pairing, { line: pairing.journal.lines, pid, name, nr, args, closed, doubt: lost, text }, body);
}

/**
 * The open call that `pid` resumes. A pid comes and goes with the number of processes that strace follows, so
 * one side of the pair may have none; then the name decides, if it fits one call only.
 */
export function takeOpen(pairing: Pairing, pid: number | undefined, name: string): OpenCall | undefined {
  const { open } = pairing;
  let found = open.get(pid);
  if (found && found.name !== name) {
    leaveCall(pairing, pid);
    found = undefined;
  }
  if (!found && pid !== undefined) {
    const alone = open.get(undefined);
    if (alone?.name === name) found = alone;
  }
  if (!found && pid === undefined) {
    const named = [...open.values()].filter((call) => call.name === name);
    if (named.length === 1) found = named[0];
  }
  if (found) open.delete(found.pid);
  return found;
}

/** The rest of the held call, from a line of its own; false when no call is held. */
export function restOfCall(pairing: Pairing, body: Body): boolean {
  const { held } = pairing;
  if (!held) return false;
  pairing.held = undefined;
  const doubt = held.doubt === "" ? body.doubt : held.doubt;
  settle(pairing, { ...held, args: `${held.args}${body.args}`, closed: body.closed, doubt }, body);
  return true;
}

function settle(pairing: Pairing, call: OpenCall, body: Body): void {
  if (body.end === "returned") {
    close(pairing, call, "returned", body.result);
    return;
  }
  // Of a short line nothing else is kept with its parts.
  const long = call.text.length > shortLine || call.args.length > shortLine;
  const own = long ? { ...call, args: ownText(call.args), text: ownText(call.text.slice(0, 200)) } : call;
  if (body.end === "missing") {
    pairing.held = own;
    return;
  }
  const { line, pid, name, args } = own;
  pairing.open.set(pid, own);
  pairing.clear = Number.NaN;
  pairing.emit({ kind: "begin", line, pid, name, args });
  if (pairing.open.size <= openLimit) return;
  for (const oldest of pairing.open.keys()) {
    leaveCall(pairing, oldest);
    return;
  }
}

function close(pairing: Pairing, call: OpenCall, end: CallEnd, result: string | undefined): void {
  const { line, pid, name, nr, args } = call;
  const doubt = call.doubt === "" && end === "missing" ? "no result" : call.doubt;
  if (doubt !== "") noteDoubt(pairing.journal, line, doubt, call.text);
  pairing.emit({ kind: "call", line, pid, name, nr, args, result, end });
}

/** The held call got no result. */
export function releaseHeld(pairing: Pairing): void {
  const { held } = pairing;
  pairing.held = undefined;
  if (held) close(pairing, held, "missing", undefined);
}

/** The open call of `pid` will not be resumed. */
export function leaveCall(pairing: Pairing, pid: number | undefined): void {
  if (pid === pairing.clear) return;
  pairing.clear = pid;
  const call = pairing.open.get(pid);
  if (!call) return;
  pairing.open.delete(pid);
  close(pairing, call, "unfinished", undefined);
}

/** The open execve of the thread `from` goes on under its process's pid. */
export function moveCall(pairing: Pairing, from: number, to: number): void {
  const call = pairing.open.get(from);
  if (!call) return;
  pairing.open.delete(from);
  leaveCall(pairing, to);
  pairing.open.set(to, { ...call, pid: to });
  pairing.clear = Number.NaN;
}

/** The log is over. */
export function leaveAllCalls(pairing: Pairing): void {
  releaseHeld(pairing);
  for (const pid of [...pairing.open.keys()]) leaveCall(pairing, pid);
}
