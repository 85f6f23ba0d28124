/**
 * The little of HTTP/1.0 that randomcat speaks: one request line, headers that nobody reads, one answer.
 * No bodies, no keep-alive, no ranges.
 */
import { readSync, writeSync } from "node:fs";

/** Where the connection is in the child, as under inetd. */
export const SOCKET = 0;
/** The exit code of a child whose filter could not be installed. */
export const UNGUARDED = 3;
/** Bytes of a request that are read before it counts as a bad one. */
export const REQUEST_LIMIT = 8192;

/** What a client asked for; `whole` is false when bytes of it may still be unread. */
export type Request =
  | { readonly kind: "cat"; readonly whole: true }
  | { readonly kind: "other"; readonly whole: true }
  | { readonly kind: "bad"; readonly whole: boolean };

/**
 * Reads a request from `fd`, a blocking socket, one byte at a time up to the blank line.
 * Whoever started this process has to end it when the client is too slow.
 */
export function readRequest(fd: number): Request {
  const bytes = Buffer.alloc(REQUEST_LIMIT);
  for (let length = 0; length < REQUEST_LIMIT; length++) {
    if (readSync(fd, bytes, length, 1, null) === 0) return { kind: "bad", whole: true };
    if (bytes[length] !== 0x0a) continue;
    const before = bytes[length - 1] === 0x0d ? length - 2 : length - 1;
    if (bytes[before] === 0x0a) return parseRequest(bytes.toString("latin1", 0, length + 1));
  }
  return { kind: "bad", whole: false };
}

/** What the request `text`, its blank line included, asks for. */
function parseRequest(text: string): Request {
  const match = /^([A-Z]+) (\/[!-~]*) HTTP\/1\.[01]\r?\n([!-9;-~]+:[^\0\r\n]*\r?\n)*\r?\n$/.exec(text);
  if (!match) return { kind: "bad", whole: true };
  return { kind: match[1] === "GET" && match[2] === "/randomcat" ? "cat" : "other", whole: true };
}

/** Writes all of `data` to `fd`. */
export function writeAll(fd: number, data: Uint8Array): void {
  for (let done = 0; done < data.length; ) done += writeSync(fd, data, done, data.length - done);
}

/** The head of an answer: status line, type, length, blank line. */
export function answerHead(status: string, type: string, length: number): Buffer {
  return Buffer.from(`HTTP/1.0 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`);
}

/** Answers with a short text. */
export function answerText(fd: number, status: string, text: string): void {
  const body = Buffer.from(text);
  writeAll(fd, Buffer.concat([answerHead(status, "text/plain; charset=utf-8", body.length), body]));
}
