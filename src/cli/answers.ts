/** The answers to a stream of calls: a line each, and the sums of them. */
import type { AbiName } from "../../arch/index.ts";
import { decodeAction } from "../abi/action.ts";
import type { Issue } from "../abi/error.ts";
import { actionText } from "../testing/action.ts";
import { Bytes } from "./bytes.ts";
import type { Called, CallWords } from "./callline.ts";
import { STDIN } from "./input.ts";
import { Exit, printIssue, say } from "./output.ts";

/** So many problems are told one by one, the others are counted. */
const TOLD = 100;

const encoder = new TextEncoder();
const LINE = encoder.encode('{"line":');
const UNKNOWN = encoder.encode("null,");
const COMMA = 0x2c;
const QUOTE = 0x22;
const ZERO = 0x30;
const X = 0x78;
/** More than all of a line but for what stands in a Called and in a Verdict. */
const REST = 256;

/** What a return value means, and how often it was given. */
interface Verdict {
  readonly abi: AbiName;
  readonly ret: number;
  readonly text: string;
  readonly passes: boolean;
  /** The end of a line of text. */
  readonly shown: Uint8Array;
  /** The end of a line of JSON, behind the last argument's comma. */
  readonly json: Uint8Array;
  count: number;
}

/** Lines of output that wait to be printed, and what they come to. */
export class Answers {
  readonly #json: boolean;
  readonly #verdicts = new Map<AbiName, Map<number, Verdict>>();
  readonly #output = new Bytes();
  #last: Verdict | undefined;
  #refused = 0;

  /** As JSON, or as line number, call and verdict with tabs between them. */
  constructor(json: boolean) {
    this.#json = json;
  }

  /** Answers the call of a line; bit i of `unknown` is set for arguments that the input does not tell. */
  answer(line: number, called: Called, ret: number, words: CallWords, unknown: number): void {
    const verdict = this.#verdict(called.abi, ret);
    verdict.count++;
    const output = this.#output;
    output.room(REST + called.json.length + verdict.json.length);
    if (this.#json) {
      output.bytes(LINE);
      output.decimal(line);
      output.bytes(called.json);
      for (let i = 0; i < 6; i++) {
        if ((unknown >> i) & 1) output.bytes(UNKNOWN);
        else this.#argument(words.low(i), words.high(i));
      }
      output.unsay();
      output.bytes(verdict.json);
    } else {
      output.decimal(line);
      output.bytes(called.shown);
      output.bytes(verdict.shown);
    }
  }

  #argument(low: number, high: number): void {
    const output = this.#output;
    output.byte(QUOTE);
    output.byte(ZERO);
    output.byte(X);
    output.hex(low, high);
    output.byte(QUOTE);
    output.byte(COMMA);
  }

  /** Says why a line has no answer. */
  refuse(line: number, issue: Issue): void {
    if (this.#refused++ < TOLD) printIssue({ ...issue, where: { file: STDIN, line } });
    if (this.#json) this.#output.text(`${JSON.stringify({ line, error: issue.message })}\n`);
  }

  /** What is to be printed, once. */
  take(): Uint8Array {
    return this.#output.take();
  }

  /** 2 when some line has no answer or there was no call at all, 1 when some call does not pass, else 0. */
  code(): number {
    const verdicts = this.#all();
    if (this.#refused > 0 || verdicts.length === 0) return Exit.input;
    return verdicts.every(({ passes }) => passes) ? Exit.yes : Exit.no;
  }

  /** Says the sums on stderr. */
  summarise(): void {
    const sums = new Map<string, number>();
    let calls = 0;
    for (const { text, count } of this.#all()) {
      calls += count;
      sums.set(text, (sums.get(text) ?? 0) + count);
    }
    const parts = [...sums].sort(([, a], [, b]) => b - a).map(([text, count]) => `${count} ${text}`);
    if (calls === 0 && this.#refused === 0)
      printIssue({
        code: "usage",
        message: "there is no call on standard input",
        expected: "calls such as fcntl 3 F_SETFD, one in a line, or lines of strace",
      });
    else say(`${counted(calls, "call")}${calls > 0 ? `: ${parts.join(", ")}` : ""}`);
    if (this.#refused === 0) return;
    const silent = this.#refused > TOLD ? ` (the first ${TOLD} are told above)` : "";
    say(`${counted(this.#refused, "line")} not answered${silent}`);
  }

  #all(): readonly Verdict[] {
    return [...this.#verdicts.values()].flatMap((verdicts) => [...verdicts.values()]);
  }

  #verdict(abi: AbiName, ret: number): Verdict {
    if (this.#last?.ret === ret && this.#last.abi === abi) return this.#last;
    this.#last = this.#found(abi, ret);
    return this.#last;
  }

  #found(abi: AbiName, ret: number): Verdict {
    let verdicts = this.#verdicts.get(abi);
    if (!verdicts) {
      verdicts = new Map();
      this.#verdicts.set(abi, verdicts);
    }
    let verdict = verdicts.get(ret);
    if (!verdict) {
      verdict = verdictOf(abi, ret);
      verdicts.set(ret, verdict);
    }
    return verdict;
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function verdictOf(abi: AbiName, ret: number): Verdict {
  const action = decodeAction(ret);
  const text = actionText(action, abi);
  const fields = { action: action.kind, data: "data" in action ? action.data : null, verdict: text, ret };
  const passes = action.kind === "allow" || action.kind === "log";
  const shown = encoder.encode(`${text}\n`);
  const json = encoder.encode(`],${JSON.stringify(fields).slice(1)}\n`);
  return { abi, ret, text, passes, shown, json, count: 0 };
}
