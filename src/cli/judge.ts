/** What a filter says to the calls of a strace log, at the speed of the log. */
import type { AbiName } from "../../arch/index.ts";
import { decodeAction } from "../abi/action.ts";
import type { SeccompData } from "../abi/data.ts";
import type { Issue } from "../abi/error.ts";
import { jit } from "../bpf/jit/index.ts";
import type { Program } from "../bpf/program.ts";
import { actionText } from "../testing/action.ts";
import type { CallEvent, Mode } from "../trace/event.ts";
import { type Called, CallWords } from "./callline.ts";
import { TracedCalls } from "./tracedcalls.ts";

/** The answer to a call. */
export interface Judged {
  readonly called: Called;
  /** What the filter returns. */
  readonly ret: number;
  /** As `errno EPERM`. */
  readonly text: string;
  /** Whether the kernel makes the call. */
  readonly passes: boolean;
}

/** Judges the calls of a log, and remembers what one name alone decides. */
export class LogJudge {
  readonly #traced: TracedCalls;
  readonly #evaluate: (words: Uint32Array) => number;
  readonly #words: CallWords;
  /** Of calls whose arguments the filter does not look at, by name. */
  readonly #byName = new Map<string, Judged | Issue>();
  readonly #byRet = new Map<Called, Map<number, Judged>>();

  /** For logs of a machine whose ABI is `native`. */
  constructor(program: Program, native: AbiName) {
    this.#traced = new TracedCalls([program], native);
    this.#evaluate = jit(program).evaluate;
    this.#words = new CallWords(program.endian, 0n);
  }

  /** The answer to a call of a process in `mode`, or why there is none. */
  judge(event: CallEvent, mode: Mode | undefined): Judged | Issue {
    const plain = event.nr === undefined && mode === undefined;
    const known = plain ? this.#byName.get(event.name) : undefined;
    if (known) return known;
    const told = this.#traced.tellIn(mode, event, this.#words, false);
    if ("problem" in told) {
      // What is no call at all is none with other arguments either.
      if (plain && told.problem.received === undefined) this.#byName.set(event.name, told.problem);
      return told.problem;
    }
    const judged = this.#answer(told.called, this.#evaluate(this.#words.words));
    if (plain && told.called.reads >>> 4 === 0) this.#byName.set(event.name, judged);
    return judged;
  }

  /** The call that was judged last, as the filter saw it; arguments that it does not look at are 0. */
  seen({ called }: Judged): SeccompData {
    const args = [0, 1, 2, 3, 4, 5].map(
      (i) => (BigInt(this.#words.high(i)) << 32n) | BigInt(this.#words.low(i)),
    );
    return { nr: called.nr, arch: called.arch, args };
  }

  #answer(called: Called, ret: number): Judged {
    let answers = this.#byRet.get(called);
    if (!answers) {
      answers = new Map();
      this.#byRet.set(called, answers);
    }
    const had = answers.get(ret);
    if (had) return had;
    const action = decodeAction(ret);
    const passes = action.kind === "allow" || action.kind === "log";
    const made = { called, ret, text: actionText(action, called.abi), passes };
    answers.set(ret, made);
    return made;
  }
}
