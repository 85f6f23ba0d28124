import { type AbiName, tableOf } from "./abi.ts";

/** A reader of one table of named values: constants, errors or signals. */
export interface Values {
  /** All names in the order of the table. */
  names(): readonly string[];
  has(name: string): boolean;
  /** The value on the ABI; undefined when unknown there. */
  get(abi: AbiName, name: string): bigint | undefined;
}

/** Reads `NAME VALUE [TABLES VALUE]...` lines, none of them before it is asked. */
export function values(table: string): Values {
  let lines: Map<string, string> | undefined;
  const read = () => {
    lines ??= new Map(
      table.split("\n").map((line): [string, string] => {
        const space = line.indexOf(" ");
        return [line.slice(0, space), line.slice(space + 1)];
      }),
    );
    return lines;
  };
  return {
    names: () => [...read().keys()],
    has: (name) => read().has(name),
    get(abi, name) {
      const line = read().get(name);
      if (line === undefined) return undefined;
      const [base = "!", ...others] = line.split(" ");
      const letter = String.fromCharCode(65 + tableOf(abi));
      const other = others.find((each) => /^[A-Z]+/.exec(each)?.[0].includes(letter));
      return parse(other === undefined ? base : other.replace(/^[A-Z]+/, ""));
    },
  };
}

function parse(text: string): bigint | undefined {
  if (text === "!") return undefined;
  return text.startsWith("-") ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
}
