/** The calls of a strace log in the words that a filter sees, as far as the log tells them. */
import { type AbiName, syscallArgs } from "../../arch/index.ts";
import type { Issue } from "../abi/error.ts";
import { Op } from "../abi/opcode.ts";
import type { Program } from "../bpf/program.ts";
import { run } from "../bpf/run.ts";
import { callNumber } from "../policy/call.ts";
import type { CallEvent, Mode, StraceEvent } from "../trace/event.ts";
import { type Resolved, resolveShown } from "../trace/name.ts";
import { follow, newProcesses, taskOf } from "../trace/process.ts";
import { constantOf, type Layout, layoutOf, registerTexts, shownRegister } from "../trace/registers.ts";
import { type Called, type CallWords, calledOf, type Halves, halvesOf, Memo } from "./callline.ts";

/** A call of a log: what it is, and which of its arguments the log does not tell, one bit each. */
export type Told = { readonly called: Called; readonly unknown: number } | { readonly problem: Issue };

/** A call's name in a log, as a filter sees it. */
interface Named {
  readonly resolved: Resolved;
  /** Undefined when no filter sees such a call. */
  readonly called: Called | undefined;
  readonly layout: Layout;
}

const ALL = 0b111111;
/** Longer arguments are mostly structures, which are not worth to be remembered. */
const SHORT = 64;
const unknownValue = Symbol("a value that the log does not tell");

/** Follows a log and tells its calls. */
export class TracedCalls {
  readonly #stack: readonly Program[];
  readonly #native: AbiName;
  readonly #processes = newProcesses();
  readonly #names = new Memo<Named>();
  readonly #values = new Map<AbiName, Memo<Halves | typeof unknownValue>>();

  /** `native` is the ABI of the machine that was traced. */
  constructor(stack: readonly Program[], native: AbiName) {
    this.#stack = stack;
    this.#native = native;
  }

  /** Moves on behind an event. */
  follow(event: StraceEvent): void {
    follow(this.#processes, event);
  }

  /**
   * Fills `into` with the call of an event, as far as the filter looks at it, or with all of it when `whole`.
   * Arguments that are not known are 0 there; a verdict that hangs on one is a problem.
   */
  tell(event: CallEvent, into: CallWords, whole: boolean): Told {
    return this.tellIn(taskOf(this.#processes, event).mode, event, into, whole);
  }

  /** As tell, for whoever follows the log and knows the mode that the process calls Linux in. */
  tellIn(mode: Mode | undefined, event: CallEvent, into: CallWords, whole: boolean): Told {
    const { name, nr } = event;
    const { resolved, called, layout } = this.#names.get(
      nr === undefined && mode === undefined ? name : `${name} ${nr ?? ""} ${mode ?? ""}`,
      () => this.#named(name, resolveShown({ name, nr, mode }, this.#native)),
    );
    if (!called) return { problem: { code: "trace", message: resolved.warning } };
    into.begin(called);
    // Words 0 to 3 are nr, arch and the instruction pointer.
    if (!whole && called.reads >>> 4 === 0) return { called, unknown: ALL };
    const texts = registerTexts(event.args, layout, whole ? ALL : this.#looked(called, into));
    let unknown = 0;
    for (let i = 0; i < 6; i++) {
      const text = texts[i];
      const plain = text === undefined ? -1 : plainWord(text);
      if (plain >= 0) {
        into.set(i, plain, 0);
        continue;
      }
      const value = text === undefined ? unknownValue : this.#value(called.abi, text);
      if (value === unknownValue) unknown |= 1 << i;
      else into.set(i, value.low, value.high);
    }
    const missed = this.#missed(called, into, unknown);
    return missed < 0 ? { called, unknown } : { problem: notShown(event, resolved, missed) };
  }

  #named(name: string, resolved: Resolved): Named {
    const { abi, call } = resolved;
    const nr = call === undefined ? undefined : callNumber({ abi, call });
    const called = nr === undefined ? undefined : calledOf(this.#stack, abi, nr);
    return { resolved, called, layout: layoutOf(name, resolved) };
  }

  /** The arguments that the filter looks at, one bit each. */
  #looked({ reads }: Called, into: CallWords): number {
    let wanted = 0;
    for (let i = 0; i < 6; i++) if ((reads & into.bits(i)) !== 0) wanted |= 1 << i;
    return wanted;
  }

  #value(abi: AbiName, text: string): Halves | typeof unknownValue {
    if (text.startsWith('"')) return unknownValue;
    const make = () => {
      const value = shownRegister(text, abi, (words) => constantOf(abi, words));
      return value === undefined ? unknownValue : halvesOf(value);
    };
    if (text.length > SHORT) return make();
    let values = this.#values.get(abi);
    if (!values) {
      values = new Memo();
      this.#values.set(abi, values);
    }
    return values.get(text, make);
  }

  /** The first unknown argument that the filter looks at on the way of this call, or -1. */
  #missed(called: Called, words: CallWords, unknown: number): number {
    let mask = 0;
    for (let i = 0; i < 6; i++) if ((unknown >> i) & 1) mask |= words.bits(i);
    if ((called.reads & mask) === 0) return -1;
    let seen = 0;
    for (const program of this.#stack)
      run(program, words.words, (pc) => {
        const insn = program.insns[pc];
        if (insn?.code === Op.LD_ABS) seen |= 1 << (insn.k / 4);
      });
    return [0, 1, 2, 3, 4, 5].findIndex((i) => (unknown >> i) & 1 && seen & words.bits(i));
  }
}

/** The u32 that `text` is in decimal, as most arguments are; -1 for any other text (017 is octal). */
function plainWord(text: string): number {
  const { length } = text;
  if (length === 0 || length > 10 || (length > 1 && text.charCodeAt(0) === 0x30)) return -1;
  let value = 0;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= 0xffffffff ? value : -1;
}

function notShown({ name, args }: CallEvent, { abi, call }: Resolved, index: number): Issue {
  const list = typeof call === "string" ? syscallArgs(abi, call) : undefined;
  const arg = list?.[index]?.name ?? `arg${index}`;
  return {
    code: "trace",
    message: `the verdict depends on ${arg}, whose value the log does not tell`,
    received: `${name}(${args.slice(0, 100)})`,
  };
}
