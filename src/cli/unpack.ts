/** Packed input, known by its first bytes, as it comes. */
interface Packing {
  readonly name: "gzip" | "zstd";
  readonly magic: readonly number[];
}

const packings: readonly Packing[] = [
  { name: "gzip", magic: [0x1f, 0x8b] },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd] },
];

/**
 * The bytes of `pieces`, unpacked where they are packed; `name` is for messages, `tell` gets how many packed bytes were
 * read. Throws a SeccatError "file" when what is packed is damaged or cut off, "host" when nothing here unpacks it.
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
  const packing = packings.find(({ magic }) => magic.every((byte, i) => first[i] === byte));
  if (packing) {
    const { through } = await import("./packing.ts");
    yield* through(copied(first, source), packing.name, name);
    return;
  }
  yield first;
  yield* source;
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
