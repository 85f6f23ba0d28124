import { readdirSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:net";
import { root } from "../root.ts";

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly length: string | undefined;
  readonly body: Buffer;
}

/** Asks for `url`; rejects when the connection breaks. */
export function fetchUrl(url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"],
          length: response.headers["content-length"],
          body: Buffer.concat(parts),
        }),
      );
    }).on("error", reject);
  });
}

/** Sends `bytes` as they are and gives everything that comes back until the server ends; `half` ends our side too. */
export function sendRaw(port: number, bytes: string, half = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let text = "";
    socket.on("data", (part: Buffer) => {
      text += part.toString("latin1");
    });
    socket.on("end", () => {
      socket.end();
      resolve(text);
    });
    socket.on("error", reject);
    if (half) socket.end(bytes);
    else socket.write(bytes);
  });
}

const folder = `${root}src/cli/randomcat/images/`;
const pictures = new Map(readdirSync(folder).map((name) => [name, readFileSync(folder + name)] as const));

/** The file name of the picture whose bytes are `body`, or undefined when there is none. */
export function pictureOf(body: Buffer): string | undefined {
  return [...pictures].find(([, bytes]) => bytes.equals(body))?.[0];
}
