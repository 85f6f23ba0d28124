/**
 * The JavaScript that judges one array of calls again and again. V8 keeps the address and length of an array out
 * of the loop only where it knows the array when it compiles, so each batch has a text of its own.
 *
 * Where all tables are of one arch, a thousand calls ask only once whether one of them was of another arch or out of
 * the first table, and calls that have no verdict are left for later, so that nothing is called in the loop:
 *
 *     n = nr - base;  x |= arch ^ ARCH;  y |= n;  r[i] = D[n] | 0      in the end: x === 0 && y < 512
 *
 * D is the first table alone, because V8 asks for its length in any case and need not be kept below it then. Where
 * some numbers have no verdict in it, D[n & 511] is faster.
 */
import { SECCOMP_DATA_WORDS } from "../../abi/data.ts";
import type { Tables } from "./table.ts";
import { judgeLoop } from "./text.ts";
import { WINDOW } from "./window.ts";

/** Calls in one turn. */
const TURN = 16;
/** Calls that are judged before those without a verdict are, or all of them again; a multiple of TURN. */
export const CHUNK = 1024;
/** With more calls, places are no 32-bit integers any more. */
const MOST = 1 << 26;

/**
 * The body of a function of (E, Q, judge, refuse, w, r): the tables' verdicts, a Uint32Array of CHUNK, what judges the
 * call at an offset of an array, what throws for arrays that are not as they were, `count` calls and the array for
 * their returns. It returns what judges those and returns `r`.
 */
export function batchText(tables: Tables, count: number): string {
  const [first, ...others] = tables.windows;
  const alone = first !== undefined && others.every(({ arch }) => arch === first.arch) && count <= MOST;
  const even = alone ? count - (count % TURN) : 0;
  return `"use strict";const V=E,D=E.subarray(0,${WINDOW}),W=w,Z=r,P=Q;
function all(i,e){${judgeLoop(tables, "V", "W", "Z")}}
${alone ? straightText(tables, first.arch, first.base) : ""}
return function(){if(W.length!==${count * SECCOMP_DATA_WORDS}||Z.length<${count})refuse();
for(let i=0;i<${even};i+=${CHUNK}){const e=Math.min(i+${CHUNK},${even}),k=straight(i,e);if(k<0)all(i,e);else rest(k);}
all(${even},${count});return Z;}`;
}

/**
 * `straight(i,e)` judges calls by the first window and returns how many indices it left in Q, or -1 when some call
 * was not of that window; `rest(k)` judges those.
 */
function straightText({ none, verdicts }: Tables, arch: number | undefined, base: number): string {
  const complete = !verdicts.subarray(0, WINDOW).includes(none);
  const one = (k: number) => {
    const [o, i] = [`o+${SECCOMP_DATA_WORDS * k}|0`, `i+${k}|0`];
    const number = base === 0 ? `W[${o}]` : `W[${o}]-${base}|0`;
    const verdict = complete ? "D[n]|0" : `D[n&${WINDOW - 1}]`;
    const other = arch === undefined ? "" : `W[o+${SECCOMP_DATA_WORDS * k + 1}|0]^${arch | 0}|`;
    // Where calls are left, a processor has no register to spare for y.
    const wrong = complete ? `y=y|n;x=x|${other}0;` : `x=x|${other}n>>>${Math.log2(WINDOW)};`;
    const leave = complete ? "" : `if(v===${none}){P[k]=${i};k=k+1|0;}`;
    return `{const n=${number};${wrong}const v=${verdict};Z[${i}]=v;${leave}}`;
  };
  return `function straight(i,e){
let o=${SECCOMP_DATA_WORDS}*i|0,k=0,x=0,y=0;for(;i<e;i=i+${TURN}|0,o=o+${SECCOMP_DATA_WORDS * TURN}|0){
${Array.from({ length: TURN }, (_, k) => one(k)).join("\n")}
}
return (x|y>>>${Math.log2(WINDOW)})===0?k:-1;}
function rest(k){for(let j=0;j<k;j++){const i=P[j];Z[i]=judge(W,${SECCOMP_DATA_WORDS}*i);}}`;
}
