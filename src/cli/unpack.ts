/** Packed input, known by its first bytes, as it comes. */
import { SeccatError } from "../abi/error.ts";

interface Packing {
  readonly name: "gzip" | "zstd";
  readonly magic: readonly number[];
}

/** Those that nothing here unpacks, by the command that does. */
const others: readonly { readonly magic: readonly number[]; readonly command: string }[] = [
  { magic: [0xfd, 0x37, 0x7a, 0x58], command: "xz" },
  { magic: [0x42, 0x5a, 0x68], command: "bzip2" },
  { magic: [0x50, 0x4b, 0x03, 0x04], command: "unzip" },
];

const packings: readonly Packing[] = [
  { name: "gzip", magic: [0x1f, 0x8b] },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd] },
];

/**
 * The bytes of `pieces`, unpacked where they are packed; `name` is for messages, `tell` gets how many packed bytes were
 * read. Throws a SeccatError "file" when what is packed is damaged, cut off or packed in another way, "host" when nothing
 * here unpacks it.
 */
export async function* unpacked(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  tell: (bytes: number) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  const source = counted(pieces, tell);
  let begin: Uint8Array = new Uint8Array(0);
  let next = await source.next();
  // What is kept is copied: the next piece may come in the same memory.
  for (; next.done !== true && begin.length + next.value.length < 4; next = await source.next())
    begin = Buffer.concat([begin, next.value]);
  if (next.done !== true && begin.length > 0) next.value = Buffer.concat([begin, next.value]);
  else if (next.done === true && begin.length > 0) {
    yield begin;
    return;
  }
  if (next.done === true) return;
  const first = next.value;
  const begins = ({ magic }: { readonly magic: readonly number[] }) =>
    magic.every((byte, i) => first[i] === byte);
  const other = others.find(begins);
  if (other) throw notUnpacked(name, other.command);
  const packing = packings.find(begins);
  if (packing) {
    const { through } = await import("./packing.ts");
    yield* through(copied(first, source), packing.name, name);
    return;
  }
  yield first;
  yield* source;
}

function notUnpacked(name: string, command: string): SeccatError {
  const unpack = command === "unzip" ? "unzip -p" : `${command} -dc`;
  return new SeccatError({
    code: "file",
    message: `${name} is packed by ${command === "unzip" ? "zip" : command}, and only gzip and zstd are unpacked here`,
    fix: `${unpack} FILE | seccat … -`,
  });
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  tell: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    tell(piece.length);
    yield piece;
  }
}

async function* copied(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(first);
  for await (const piece of rest) yield Buffer.from(piece);
}
