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
import { type Entries, GENERAL, type Tables, WINDOW } from "./table.ts";

/** Blocks in one function. */
const MOST_BLOCKS = 96;
/** Statements and jumps in one function. */
const MOST_LINES = 384;

/** Consecutive blocks that make one function. */
interface Segment {
  readonly first: number;
  readonly blocks: readonly Block[];
}

/** What one function needs to know of all. */
interface Layout {
  readonly segments: readonly Segment[];
  /** The segment of each block. */
  readonly segmentOf: readonly number[];
  /** The number `p` at which each block is entered from outside its function. */
  readonly entryOf: readonly number[];
  /** Blocks that are entered from outside their function. */
  readonly entered: ReadonlySet<number>;
  /** A, X and the cells in use, as parameters. */
  readonly variables: string;
}

/**
 * The body of a function of (E, T, R, general, wrong): the tables' verdicts, entries and returns, what judges a call
 * of which they know nothing (int32), and what to throw for a call of another size. It returns judge(words, at) (int32,
 * asks for nothing), evaluate(words), evaluateAt(words, at) and many(calls, returns, count).
 *
 * A call costs one load of a verdict; `judge` is for those that have none.
 */
export function programText(tables: Tables): string {
  const single = (at: string) =>
    `let v=${tables.none};${lookupText(tables, "V", "w", at)}return (v===${tables.none}?judge(w,${at}):v)>>>0;`;
  // V8 knows the tables by their address when it compiles, because they are constants.
  return `"use strict";const V=E;
${entriesText(tables)}
function judge(w,o){let v=${GENERAL};${lookupText(tables, "T", "w", "o")}
return v<${tables.returns.length}?R[v]:v===${GENERAL}?general(w,o):enter(w,o,v)|0;}
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
  return `"use strict";
${entriesText(general)}
return function(w,o){return ${ret ?? "enter(w,o,0)|0"};}`;
}

/** Functions for all blocks, and enter(words, at, entry), which judges by an entry that is no return value. */
function entriesText(entries: Entries): string {
  const layout = layOut(entries);
  const segments = layout.segments.map((_, s) => segmentText(layout, s));
  return `${segments.join("\n")}\n${enterText(entries, layout)}`;
}

/**
 * The loop that judges the calls of the array `w` from number i up to e, which it leaves in `r`; `table` has the
 * verdicts. Four calls make one turn, because a turn costs as much as a call.
 */
export function judgeLoop(tables: Tables, table: string, w: string, r: string): string {
  const call = (o: string, i: string) =>
    `{let v=${tables.none};${lookupText(tables, table, w, o)}${r}[${i}]=v===${tables.none}?judge(${w},${o}):v;}`;
  return `let o=16*i;
for(;i+4<=e;i+=4,o+=64){
${[0, 1, 2, 3].map((at) => call(`o+${16 * at}`, `i+${at}`)).join("\n")}
}
for(;i<e;i++,o+=16)${call("o", "i")}
`;
}

function layOut({ blocks, starts, returns }: Entries): Layout {
  const segments = cut(blocks);
  const segmentOf = segments.flatMap((segment, s) => segment.blocks.map(() => s));
  const entryOf = blocks.map((_, id) => returns.length + starts.length + id);
  starts.forEach((id, at) => {
    entryOf[id] = returns.length + at;
  });
  const entered = new Set(starts);
  blocks.forEach((block, id) => {
    for (const to of leadsTo(block)) if (segmentOf[to] !== segmentOf[id]) entered.add(to);
  });
  return { segments, segmentOf, entryOf, entered, variables: `a,x${cellsOf(blocks)}` };
}

/** Cuts blocks into functions. */
function cut(blocks: readonly Block[]): Segment[] {
  const segments: Segment[] = [];
  let first = 0;
  let lines = 0;
  blocks.forEach((block, id) => {
    lines += block.statements.length + 1;
    if (id > first && (id - first >= MOST_BLOCKS || lines > MOST_LINES)) {
      segments.push({ first, blocks: blocks.slice(first, id) });
      first = id;
      lines = block.statements.length + 1;
    }
  });
  return blocks.length > 0 ? [...segments, { first, blocks: blocks.slice(first) }] : [];
}

/** `,m0,m3`: the cells that some statement stores. */
function cellsOf(blocks: readonly Block[]): string {
  const stored = new Set<string>();
  for (const { statements } of blocks)
    for (const text of statements) if (text.startsWith("m")) stored.add(text.slice(0, text.indexOf("=")));
  return [...stored].map((cell) => `,${cell}`).join("");
}

function leadsTo({ end }: Block): number[] {
  const to = end.kind === "ret a" ? [] : end.kind === "go" ? [end.to] : [end.yes, end.no];
  return to.flatMap((target) => ("ret" in target ? [] : target.block));
}

function segmentText(layout: Layout, s: number): string {
  const { first = 0, blocks = [] } = layout.segments[s] ?? {};
  const broken = new Set<number>();
  const bodies = blocks.map((block, i) => blockText(block, first + i, layout, broken));
  const entries = blocks.map((_, i) => first + i).filter((id) => id > first && layout.entered.has(id));
  for (const id of entries) broken.add(id);
  const labels = [...broken].sort((a, b) => b - a).map((id) => `L${id}:{`);
  const cases = entries.map((id) => `case ${layout.entryOf[id]}:break L${id};`);
  const choice = cases.length > 0 ? `switch(p){${cases.join("")}}\n` : "";
  const parts = bodies.map((body, i) => `${broken.has(first + i) ? "}" : ""}${body}\n`);
  return `function s${s}(w,o,p,${layout.variables}){\n${labels.join("")}${choice}${parts.join("")}}`;
}

/** The text of a block; the blocks that it breaks to are added to `broken`. */
function blockText({ statements, end }: Block, id: number, layout: Layout, broken: Set<number>): string {
  const wayTo = (target: Target): string => {
    if ("ret" in target) return `return ${target.ret};`;
    const { block } = target;
    if (block === id + 1 && layout.segmentOf[block] === layout.segmentOf[id]) return "";
    if (layout.segmentOf[block] !== layout.segmentOf[id])
      return `return s${layout.segmentOf[block]}(w,o,${layout.entryOf[block]},${layout.variables});`;
    broken.add(block);
    return `break L${block};`;
  };
  const start = statements.join("");
  if (end.kind === "ret a") return `${start}return a;`;
  if (end.kind === "go") return start + wayTo(end.to);
  const yes = wayTo(end.yes);
  const no = wayTo(end.no);
  return yes === "" ? `${start}if(!(${end.test})){${no}}` : `${start}if(${end.test}){${yes}}${no}`;
}

/** The function that goes on from an entry which is no verdict. */
function enterText({ starts }: Entries, { segments, segmentOf, entryOf, variables }: Layout): string {
  const used = segments.map((_, s) => s).filter((s) => starts.some((id) => segmentOf[id] === s));
  const zeros = variables.replace(/\w+/g, "0");
  const calls = used.map((s, i) => {
    const last = Math.max(...starts.filter((id) => segmentOf[id] === s).map((id) => entryOf[id] ?? 0));
    return `${i < used.length - 1 ? `if(e<=${last})` : ""}return s${s}(w,o,e,${zeros});`;
  });
  return `function enter(w,o,e){${calls.join("\n")}}`;
}

/** Statements that leave what `table` has for the call at `o` of `w` in `v`, and nothing for a call in no window. */
function lookupText({ windows }: Tables, table: string, w: string, o: string): string {
  const arches = [...new Set(windows.map(({ arch }) => arch))];
  const texts = arches.map((arch) => {
    const own = windows.flatMap((window, i) => (window.arch === arch ? [{ ...window, at: i * WINDOW }] : []));
    const choice = own.map(({ base, at }) =>
      base === 0 && at === 0
        ? `if(n<${WINDOW})v=${table}[n];`
        : `if((n-${base}>>>0)<${WINDOW})v=${table}[(n-${base}>>>0)+${at}];`,
    );
    const text = choice.join("else ");
    return arch === undefined ? text : `if((${w}[${o}+1]|0)===${arch | 0}){${text}}`;
  });
  return `const n=${w}[${o}];${texts.join("else ")}\n`;
}
