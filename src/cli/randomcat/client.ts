import { connect } from "node:net";

/** What a server answered, unpacked. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** Asks the server on 127.0.0.1:`port` for `path`, in as few bytes as HTTP/1.0 takes; rejects when the answer is cut off. */
export function request(port: number, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(`GET ${path} HTTP/1.0\r\n\r\n`));
    socket.on("data", (part: Buffer) => parts.push(part));
    socket.on("error", reject);
    socket.on("close", () => {
      const answer = parse(Buffer.concat(parts));
      if (answer) resolve(answer);
      else reject(new Error("the connection ended before the answer"));
    });
  });
}

/** The answer in `bytes`; undefined when some of it is missing. */
function parse(bytes: Buffer): Answer | undefined {
  const split = bytes.indexOf("\r\n\r\n");
  if (split < 0) return undefined;
  const head = bytes.toString("latin1", 0, split);
  const body = bytes.subarray(split + 4);
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1]?.trim();
  const length = field("Content-Length");
  if (length !== undefined && Number(length) !== body.length) return undefined;
  return { status: Number(head.split(" ")[1]), type: field("Content-Type") ?? "", body };
}
