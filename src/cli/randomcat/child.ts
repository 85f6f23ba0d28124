/**
 * Serves one connection, which it finds as its standard input, and exits: the process that the filter is for.
 * After the filter is in force it makes plain synchronous calls only; Node's event loop turns once, to shut
 * the socket down. It starts in the folder that holds `images`.
 *
 *     child.ts [--program HEX [--listener]] [--attack NAME [--target PORT]]
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { parseArgs } from "node:util";
import { formatIssue, SeccatError } from "../../abi/error.ts";
import { check } from "../../bpf/check.ts";
import { decode } from "../../bpf/codec.ts";
import type { Program } from "../../bpf/program.ts";
import { install } from "../../enforce/install.ts";
import { native } from "../../enforce/native.ts";
import type { Attack, Outcome } from "./attack.ts";
import { isAttackName, prepareAttack } from "./attack.ts";
import type { Request } from "./request.ts";
import { answerHead, answerText, readRequest, SOCKET, UNGUARDED, writeAll } from "./request.ts";

const BLOCK = 4096;

/** Copies one of the folder's pictures to the socket. */
function answerCat(): void {
  writeSync(1, "Random cat\n");
  const names = readdirSync("images").filter((name) => name.endsWith(".png"));
  const name = names[Math.floor(Math.random() * names.length)];
  if (name === undefined) {
    answerText(SOCKET, "500 Internal Server Error", "There is no cat.\n");
    return;
  }
  const file = openSync(`images/${name}`, "r");
  writeAll(SOCKET, answerHead("200 OK", "image/png", fstatSync(file).size));
  const block = Buffer.alloc(BLOCK);
  for (;;) {
    const length = readSync(file, block, 0, BLOCK, null);
    if (length === 0) break;
    writeAll(SOCKET, block.subarray(0, length));
  }
  closeSync(file);
}

/** Answers `request`. */
function answer(request: Request): void {
  if (request.kind === "cat") answerCat();
  else if (request.kind === "other") answerText(SOCKET, "404 Not Found", "Only /randomcat is here.\n");
  else answerText(SOCKET, "400 Bad Request", "This is no request.\n");
}

/** Shuts the socket down for writing and exits; with `drain`, reads what the client still sends before that. */
function finish(drain: boolean): void {
  const socket = new Socket({ fd: SOCKET, allowHalfOpen: true });
  const leave = () => process.exit(0);
  socket.on("error", leave);
  if (drain) socket.resume().on("end", leave);
  socket.end(drain ? undefined : leave);
}

/** Tells whoever asked what came of a misdeed. */
function answerOutcome({ done, text }: Outcome): void {
  answerText(SOCKET, done ? "200 OK" : "403 Forbidden", `${text}\n`);
}

/** Serves the connection; an `attack` is what it does instead of answering. */
async function serve(attack: Attack | undefined): Promise<void> {
  const request = readRequest(SOCKET);
  try {
    if (attack) answerOutcome(await attack());
    else answer(request);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  finish(!request.whole);
}

/** Whether `error` says that the client went away. */
function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EPIPE" || error.code === "ECONNRESET");
}

/** The program of `hex`, checked as the kernel checks it. */
function programOf(hex: string): Program {
  const { endian } = native();
  return check(decode(Buffer.from(hex, "hex"), endian), endian);
}

/** Puts this process under the program of `hex`, or ends it: a child that cannot be guarded serves nobody. */
function guard(hex: string, listener: boolean): void {
  try {
    // From Node 22 on, libuv has a ring by now; the misdeeds of the story do not go through it.
    install(programOf(hex), { listener, rings: "keep" });
  } catch (error) {
    if (!(error instanceof SeccatError)) throw error;
    writeSync(2, `${formatIssue(error)}\n`);
    process.exit(UNGUARDED);
  }
}

const { values } = parseArgs({
  options: {
    program: { type: "string" },
    listener: { type: "boolean", default: false },
    attack: { type: "string" },
    target: { type: "string" },
  },
});
const attack =
  values.attack && isAttackName(values.attack)
    ? prepareAttack(values.attack, Number(values.target))
    : undefined;
if (values.program !== undefined) guard(values.program, values.listener);
await serve(attack);
