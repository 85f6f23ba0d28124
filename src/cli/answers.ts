/** The answers to a stream of calls: a line each, and the sums of them. */
import type { AbiName } from "../../arch/index.ts";
import { decodeAction } from "../abi/action.ts";
import type { Issue } from "../abi/error.ts";
import { actionText } from "../testing/action.ts";
import type { Called, CallWords } from "./callline.ts";
import { STDIN } from "./input.ts";
import { Exit, printIssue, say } from "./output.ts";

/** So many problems are told one by one, the others are counted. */
const TOLD = 100;

/** What a return value means, and how often it was given. */
interface Verdict {
  readonly text: string;
  readonly passes: boolean;
  /** Its fields in JSON. */
  readonly json: string;
  count: number;
}

/** Lines of output that wait to be printed, and what they come to. */
export class Answers {
  readonly #json: boolean;
  readonly #verdicts = new Map<AbiName, Map<number, Verdict>>();
  #output = "";
  #refused = 0;

  /** As JSON, or as line number, call and verdict with tabs between them. */
  constructor(json: boolean) {
    this.#json = json;
  }

  /** Answers the call of a line; bit i of `unknown` is set for arguments that the input does not tell. */
  answer(line: number, called: Called, ret: number, words: CallWords, unknown: number): void {
    const verdict = this.#verdict(called.abi, ret);
    verdict.count++;
    const { abi, nr, name } = called;
    if (this.#json) {
      const syscall = name === undefined ? "null" : `"${name}"`;
      let args = "";
      for (let i = 0; i < 6; i++)
        args += `${i > 0 ? "," : ""}${(unknown >> i) & 1 ? "null" : `"${words.hex(i)}"`}`;
      this.#output += `{"line":${line},"arch":"${abi}","nr":${nr},"syscall":${syscall},"args":[${args}],${verdict.json}}\n`;
    } else this.#output += `${line}\t${name ?? nr}\t${verdict.text}\n`;
  }

  /** Says why a line has no answer. */
  refuse(line: number, issue: Issue): void {
    if (this.#refused++ < TOLD) printIssue({ ...issue, where: { file: STDIN, line } });
    if (this.#json) this.#output += `${JSON.stringify({ line, error: issue.message })}\n`;
  }

  /** What is to be printed, once. */
  take(): string {
    const output = this.#output;
    this.#output = "";
    return output;
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
    say(`${counted(calls, "call")}${calls > 0 ? `: ${parts.join(", ")}` : ""}`);
    if (this.#refused === 0) return;
    const silent = this.#refused > TOLD ? ` (the first ${TOLD} are told above)` : "";
    say(`${counted(this.#refused, "line")} not answered${silent}`);
  }

  #all(): readonly Verdict[] {
    return [...this.#verdicts.values()].flatMap((verdicts) => [...verdicts.values()]);
  }

  #verdict(abi: AbiName, ret: number): Verdict {
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
  return { text, passes, json: JSON.stringify(fields).slice(1, -1), count: 0 };
}
