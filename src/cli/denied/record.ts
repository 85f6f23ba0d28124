/** One denied call with everything that is told about it. */
import { basename } from "node:path";
import type { AbiName } from "../../../arch/index.ts";
import { abiOf } from "../../../arch/index.ts";
import type { Action } from "../../abi/action.ts";
import { type DecodedCall, decodeCall } from "../../decode/index.ts";
import type { CallerIdentity, CodePlace, Denial } from "../../enforce/index.ts";
import { actionText } from "../../testing/action.ts";
import { hostAbi } from "../arch.ts";
import { visible } from "../output.ts";
import type { Style } from "../style.ts";
import { allowanceText, type Origin, originText } from "./origin.ts";

/** Who makes a call, and where in its code. */
export interface Scene {
  readonly identity: CallerIdentity;
  readonly place?: CodePlace;
}

/** A denied call. */
export interface DenialRecord extends Scene {
  readonly time: Date;
  readonly call: Denial["call"];
  readonly decoded: DecodedCall;
  /** What the call got, in words. */
  readonly verdict: string;
  readonly origins: readonly Origin[];
}

/** Who makes the call of a denial; without names when its caller is gone meanwhile. */
export function sceneOf({ call, caller }: Denial): Scene {
  const identity = caller.identity();
  const place = caller.place();
  if (!caller.isWaiting()) return { identity: { tid: call.pid, pid: call.pid } };
  return { identity, ...(place ? { place } : {}) };
}

/** The call of a denial in words, with what its pointers point to; registers alone when its caller is gone meanwhile. */
export function decodedCall({ call, caller }: Denial): DecodedCall {
  const decoded = decodeCall(call, caller);
  return caller.isWaiting() ? decoded : decodeCall(call);
}

/** `errno EPERM`: what a call gets. */
export function verdictText(action: Action, { arch, nr }: Denial["call"], own: AbiName): string {
  return actionText(action, abiOf(arch, nr) ?? own);
}

/** ` on x86`: by which of its ABIs a call came into this machine's kernel, where that is not the usual one. */
export function archText(abi: AbiName | undefined): string {
  return abi === undefined || abi === hostAbi() ? "" : ` on ${abi}`;
}

/** The record as lines for people: the call, then who denied it, where it comes from, and what would allow it. */
export function recordText(record: DenialRecord, style: Style): string {
  const { time, identity, decoded, verdict, origins } = record;
  const who = `${identity.command ?? "?"}[${identity.pid}]`;
  const row = (label: string, text: string) => `  ${style.dim(`${label}:`)} ${visible(text)}`;
  return [
    `seccat: ${style.red("denied")}: ${clock(time)} ${visible(who)}: ${visible(decoded.text)}${archText(decoded.abi)}: ${verdict}`,
    row("from", sceneText(record)),
    ...origins.flatMap((origin) => [row("by", originText(origin)), row("allow", allowanceText(origin))]),
  ].join("\n");
}

/** `libc.so.6+0x114a7 in /usr/bin/ls`. */
export function sceneText({ identity, place }: Scene): string {
  const code = !place
    ? "a place that cannot be seen"
    : place.file === undefined
      ? `code that is in no file, +0x${place.offset.toString(16)}`
      : `${basename(place.file)}+0x${place.offset.toString(16)}`;
  return identity.exe === undefined ? code : `${code} in ${identity.exe}`;
}

/** The record as plain data, 64-bit values as "0x…" texts. */
export function recordJson({ time, identity, place, call, decoded, verdict, origins }: DenialRecord) {
  return {
    event: "denied",
    time: time.toISOString(),
    pid: identity.pid,
    tid: identity.tid,
    command: identity.command ?? null,
    exe: identity.exe ?? null,
    arch: decoded.abi ?? null,
    nr: call.nr,
    syscall: decoded.syscall ?? null,
    call: decoded.text,
    args: decoded.args.map(({ value, ...rest }) => ({ ...rest, value: hex(value) })),
    ip: hex(call.instructionPointer ?? 0n),
    from: place ? { file: place.file ?? null, offset: hex(place.offset) } : null,
    verdict,
    by: origins.map(originJson),
  };
}

/** An origin as plain data. */
export function originJson({ name, reason, rule, why, where, allowance, line, before }: Origin) {
  return {
    policy: name,
    reason,
    rule: rule ?? null,
    why: why ?? null,
    file: where.file ?? null,
    line: where.line ?? null,
    column: where.column ?? null,
    ...(where.pc === undefined ? {} : { instruction: where.pc }),
    allow: line ?? null,
    before: before?.line ?? null,
    ...(allowance?.kind === "none" ? { noRule: allowance.why } : {}),
  };
}

/** `05:21:03.123`: the time of day here. */
export function clock(time: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const [h, m, s] = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two);
  return `${h}:${m}:${s}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
