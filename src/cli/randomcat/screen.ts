import type { Style } from "../style.ts";
import { styleOf } from "../style.ts";
import { fold } from "../table.ts";

/** Columns that the story fits in. */
const WIDTH = 78;

/** Where a story is told: a few kinds of lines, for a terminal of 80 columns or a pipe. */
export interface Screen {
  readonly style: Style;
  /** The first line. */
  title(text: string): void;
  /** The title of the next act, numbered. */
  act(title: string): void;
  /** A paragraph, wrapped. */
  say(text: string): void;
  /** Lines as they are, two spaces in. */
  show(...lines: readonly string[]): void;
  /** The last line: green when all went `well`, red when not; passes `well` on. */
  end(text: string, well: boolean): boolean;
}

/** A screen that hands its text to `write`, with colours or without. */
export function screen(write: (text: string) => void, colour: boolean): Screen {
  const style = styleOf({ isTTY: colour }, colour ? { TERM: "ansi" } : {});
  let acts = 0;
  return {
    style,
    title: (text) => write(`${style.bold(text)}\n`),
    act(title) {
      acts++;
      write(`\n${style.bold(style.cyan(`${acts}  ${title}`))}\n`);
    },
    say(text) {
      for (const line of fold(text, WIDTH - 3)) write(`   ${line}\n`);
    },
    show(...lines) {
      for (const line of lines) write(`     ${line}\n`);
    },
    end(text, well) {
      write(`\n${style.bold(well ? style.green(text) : style.red(text))}\n`);
      return well;
    },
  };
}

/** `28,880`: a number with its thousands apart. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
