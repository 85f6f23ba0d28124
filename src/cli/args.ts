import { SeccatError } from "../abi/error.ts";

/** The arguments of one command as they were read, taken out by name and type. */
export class Args {
  readonly #values: Readonly<Record<string, unknown>>;
  /** The words after `--`, for the commands that run another one. */
  readonly command: readonly string[];

  constructor(values: Readonly<Record<string, unknown>>, command: readonly string[]) {
    this.#values = values;
    this.command = command;
  }

  /** The text of an option or positional; undefined when it is not there. */
  maybe(name: string): string | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value))
      throw usage(`--${name} is given ${value.length} times`, { fix: "give it once" });
    if (value === "") throw usage(`${name} is empty`);
    return String(value);
  }

  /** The text of an option or positional that is there for sure. */
  text(name: string): string {
    const value = this.maybe(name);
    if (value === undefined) throw usage(`${name} is missing`);
    return value;
  }

  /** All texts of a repeatable option or positional, none of them empty. */
  texts(name: string): readonly string[] {
    const texts = this.#all(name);
    if (texts.includes("")) throw usage(`${name} is empty`);
    return texts;
  }

  #all(name: string): readonly string[] {
    const value = this.#values[name];
    if (value === undefined) return [];
    return Array.isArray(value) ? value.map(String) : [String(value)];
  }

  /** The words of an option such as `--arch x86_64,aarch64`; undefined when it is not there. */
  list(name: string): readonly string[] | undefined {
    if (this.#values[name] === undefined) return undefined;
    const words = this.#all(name).flatMap((text) => text.split(","));
    const trimmed = words.map((word) => word.trim()).filter((word) => word !== "");
    if (trimmed.length === 0) throw usage(`--${name} is empty`);
    return trimmed;
  }

  /** Where `-o` sends a result. With --json, whose result is on stdout already, that cannot be stdout too. */
  output(): string | undefined {
    const path = this.maybe("output");
    if (path === "-" && this.flag("json"))
      throw usage("-o - and --json both mean standard output", { fix: "leave out one of them" });
    return path;
  }

  /** Whether a switch is on. */
  flag(name: string): boolean {
    return this.#values[name] === true;
  }
}

/** A call of a command that is wrong. */
export function usage(
  message: string,
  rest: { readonly expected?: string; readonly received?: string; readonly fix?: string } = {},
): SeccatError {
  return new SeccatError({ code: "usage", message, ...rest });
}
