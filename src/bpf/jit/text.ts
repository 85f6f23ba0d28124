/**
 * The JavaScript of a program. Nothing is in it but numbers and the operations of the opcode table.
 *
 * Jumps go forward only, so a jump is a `break` out of a labelled block that ends where its target begins:
 *
 *     function s0(w,o,p,a,x){
 *     L2:{L1:{
 *     switch(p){case 7:break L2;}
 *     a=w[o+4]|0;if(a===5)break L1;return 327681;
 *     }
 *     ...
 *     }
 *     ...
 *     }
 *
 * V8 does not optimise a function that is too long, and its parser needs stack for each open block, so the text
 * is cut into functions; a jump to a later one is a call in tail position, and there are some sixty at most.
 * `p` says where a function is entered. Words are signed, so that they stay out of V8's heap.
 */
import type { Block, Target } from "./specialise.ts";
import { at } from "./survey.ts";
import { type Entries, GENERAL, type Tables } from "./table.ts";
import { WINDOW } from "./window.ts";

/** Blocks in one function. */
const MOST_BLOCKS = 96;
/** Statements and jumps in one function. */
const MOST_LINES = 384;

/** The functions that blocks are cut into. */
interface Layout extends Entries {
  /** The place of the first block of each function, and last the number of blocks. */
  readonly firsts: readonly number[];
  /** The number of the function of each block. */
  readonly segmentOf: Uint16Array;
  /** 1 for each block that is entered from outside its function. */
  readonly entered: Uint8Array;
  /** A, X and the cells in use, as parameters. */
  readonly variables: string;
  /** What those begin as. */
  readonly zeros: string;
}

/**
 * The body of a function of (E, T, R, general, wrong): the tables' verdicts, entries and returns, what judges a call
 * of which they know nothing (int32), and what to throw for a call of another size. It returns judge(words, at) (int32,
 * asks for nothing), evaluate(words), evaluateAt(words, at) and many(calls, returns, count).
 *
 * A call costs one load of a verdict; `judge` is for those that have none.
 */
export function programText(tables: Tables): string {
  const { none, other, returns } = tables;
  const general = other === GENERAL ? `v===${GENERAL}?general(w,o):` : "";
  const single = (at: string) =>
    `${lookupText(tables, "V", "w", at)}return (v===${none}?judge(w,${at}):v)>>>0;`;
  // V8 knows the tables by their address when it compiles, because they are constants.
  return `"use strict";const V=E;
${entriesText(tables)}
function judge(w,o){${lookupText(tables, "T", "w", "o")}
return v<${returns.length}?R[v]:${general}enter(w,o,v)|0;}
function evaluate(w){if(!(w instanceof Uint32Array)||w.length!==16)throw wrong(w);
${single("0")}}
function evaluateAt(w,o){if(!(w instanceof Uint32Array)||o>>>0!==o||o+16>w.length)throw wrong(w,o);
${single("o")}}
function many(w,r,e){let i=0;${judgeLoop(tables, "V", "w", "r")}}
return {judge,evaluate,evaluateAt,many};`;
}

/** The body of a function without parameters, which returns what judges a call at a place by one entry, as int32. */
export function generalText(general: Entries): string {
  const [ret] = general.returns;
  const start = general.starts.indexOf(1);
  return `"use strict";
${entriesText(general)}
return function(w,o){return ${ret ?? `enter(w,o,${start})|0`};}`;
}

/**
 * The loop that judges the calls of the array `w` from number i up to e, which it leaves in `r`; `table` has the
 * verdicts. Four calls make one turn, because a turn costs as much as a call.
 */
export function judgeLoop(tables: Tables, table: string, w: string, r: string): string {
  const call = (o: string, i: string) =>
    `{${lookupText(tables, table, w, o)}${r}[${i}]=v===${tables.none}?judge(${w},${o}):v;}\n`;
  return `let o=16*i;
for(;i+4<=e;i+=4,o+=64){
${call("o", "i")}${call("o+16", "i+1")}${call("o+32", "i+2")}${call("o+48", "i+3")}}
for(;i<e;i++,o+=16)${call("o", "i")}`;
}

/** Functions for all blocks, and enter(words, at, entry), which judges by an entry that is no return value. */
function entriesText(entries: Entries): string {
  const layout = layOut(entries);
  let text = "";
  for (let s = 0; s + 1 < layout.firsts.length; s++) text += segmentText(layout, s);
  return `${text}${enterText(layout)}`;
}

/** Cuts blocks into functions. */
function layOut(entries: Entries): Layout {
  const { blocks, starts } = entries;
  const firsts = [0];
  const segmentOf = new Uint16Array(blocks.length);
  let first = 0;
  let lines = 0;
  let stores = 0;
  for (let place = 0; place < blocks.length; place++) {
    const block = at(blocks, place);
    lines += block.statements + 1;
    stores |= block.stores;
    if (place > first && (place - first >= MOST_BLOCKS || lines > MOST_LINES)) {
      firsts.push(place);
      first = place;
      lines = block.statements + 1;
    }
    segmentOf[place] = firsts.length - 1;
  }
  if (blocks.length > 0) firsts.push(blocks.length);
  const layout = { ...entries, firsts, segmentOf, entered: starts.slice(), ...variablesOf(stores) };
  for (const { place, end } of blocks) {
    if (end?.kind === "go") noteEntered(layout, place, end.to);
    else if (end?.kind === "jump") {
      noteEntered(layout, place, end.yes);
      noteEntered(layout, place, end.no);
    }
  }
  return layout;
}

/** A and X, and a variable for each bit of `stores`. */
function variablesOf(stores: number): Pick<Layout, "variables" | "zeros"> {
  let variables = "a,x";
  let zeros = "0,0";
  for (let cell = 0; stores >> cell !== 0; cell++)
    if (stores & (1 << cell)) {
      variables += `,m${cell}`;
      zeros += ",0";
    }
  return { variables, zeros };
}

/** Notes that the block at `from` leads to `target`, if that is in another function. */
function noteEntered({ segmentOf, entered }: Layout, from: number, target: Target): void {
  if (target.kind === "block" && segmentOf[target.place] !== segmentOf[from]) entered[target.place] = 1;
}

/** The function of number `s`. */
function segmentText(layout: Layout, s: number): string {
  const { firsts, blocks, returns, entered, variables } = layout;
  const first = firsts[s] ?? 0;
  const end = firsts[s + 1] ?? 0;
  const broken = new Uint8Array(end);
  let choice = "";
  for (let place = first + 1; place < end; place++)
    if (entered[place] === 1) {
      broken[place] = 1;
      choice += `case ${returns.length + place}:break L${place};`;
    }
  let body = choice === "" ? "" : `switch(p){${choice}}\n`;
  let labels = "";
  // Who leads to a block comes before it.
  for (let place = first; place < end; place++) {
    if (broken[place] === 1) {
      body += "}";
      labels = `L${place}:{${labels}`;
    }
    body += blockText(layout, at(blocks, place), broken);
  }
  return `function s${s}(w,o,p,${variables}){\n${labels}${body}}\n`;
}

/** The text of a block; the blocks that it breaks to are noted in `broken`. */
function blockText(layout: Layout, { place, text, end }: Block, broken: Uint8Array): string {
  switch (end?.kind) {
    case undefined:
      throw new RangeError(`block ${place} was not made`);
    case "ret a":
      return `${text}return a;\n`;
    case "go":
      return `${text}${wayText(layout, place, end.to, broken)}\n`;
    case "jump": {
      const yes = wayText(layout, place, end.yes, broken);
      const no = wayText(layout, place, end.no, broken);
      return yes === "" ? `${text}if(!(${end.test})){${no}}\n` : `${text}if(${end.test}){${yes}}${no}\n`;
    }
  }
}

/** How the block at `from` goes on to `target`: not at all where that comes next. */
function wayText(layout: Layout, from: number, target: Target, broken: Uint8Array): string {
  if (target.kind === "verdict") return `return ${target.ret};`;
  const { segmentOf, returns, variables } = layout;
  const { place } = target;
  const segment = segmentOf[place];
  if (segment !== segmentOf[from]) return `return s${segment}(w,o,${returns.length + place},${variables});`;
  if (place === from + 1) return "";
  broken[place] = 1;
  return `break L${place};`;
}

/** The function that goes on from an entry which is no verdict. */
function enterText({ starts, firsts, returns, zeros }: Layout): string {
  let calls = "";
  for (let s = firsts.length - 2; s >= 0; s--) {
    const end = firsts[s + 1] ?? 0;
    if (!starts.subarray(firsts[s], end).includes(1)) continue;
    const here = calls === "" ? "" : `if(e<${returns.length + end})`;
    calls = `${here}return s${s}(w,o,e,${zeros});\n${calls}`;
  }
  return `function enter(w,o,e){${calls}}`;
}

/** Statements that leave what `table` has for the call at `o` of `w` in a new `v`, also for a call in no window. */
function lookupText({ windows, none, other, returns }: Tables, table: string, w: string, o: string): string {
  const missing = table === "T" ? other : (returns[other] ?? none);
  let text = "";
  let last: number | undefined;
  for (let i = 0; i < windows.length; i++) {
    const { arch, base } = at(windows, i);
    const begins = i === 0 || arch !== last;
    if (arch !== undefined && begins) text += `${i === 0 ? "" : "}else "}if((${w}[${o}+1]|0)===${arch | 0}){`;
    else if (!begins) text += "else ";
    const n = base === 0 ? "n" : `(n-${base}>>>0)`;
    text += `if(${n}<${WINDOW})v=${table}[${n}${i === 0 ? "" : `+${i * WINDOW}`}];`;
    last = arch;
  }
  return `let v=${missing};const n=${w}[${o}];${text}${last === undefined ? "" : "}"}`;
}
