/**
 * The JavaScript that judges one array of calls again and again. V8 keeps the address and length of an array out
 * of the loop only where it knows the array when it compiles, so each batch has a text of its own.
 *
 * Where all tables are of one arch, a turn of eight calls asks only once whether one was of another arch or out
 * of the first table, and leaves calls that have no verdict for later, so that nothing is called in the loop:
 *
 *     x |= arch ^ ARCH | n - base >>> 9;  v = E[n - base & 511];  r[i] = v
 */
import { type Tables, WINDOW } from "./table.ts";
import { judgeLoop } from "./text.ts";

/** Calls in one turn. */
const TURN = 8;
/** Calls that are judged before those without a verdict are, or all of them again; a multiple of TURN. */
export const CHUNK = 1024;

/**
 * The body of a function of (E, Q, judge, w, r): the tables' verdicts, a Uint32Array of CHUNK, what judges the call
 * at an offset of an array, the calls and the array for their returns. It returns what judges `count` calls.
 */
export function batchText(tables: Tables, count: number): string {
  const [first, ...others] = tables.windows;
  const alone = first !== undefined && others.every(({ arch }) => arch === first.arch);
  const even = alone ? count - (count % TURN) : 0;
  const straight = alone ? straightText(tables, first.arch, first.base) : "";
  return `"use strict";const V=E,W=w,Z=r;
function all(i,e){${judgeLoop(tables, "V", "W", "Z")}}
${straight}
return function(){
${alone ? `for(let i=0;i<${even};i+=${CHUNK}){const e=Math.min(i+${CHUNK},${even}),k=straight(i,e);if(k<0)all(i,e);else rest(k);}` : ""}
all(${even},${count});}`;
}

/**
 * `straight(i,e)` judges calls by the first window and returns how many indices it left in Q, or -1 when some call
 * was not of that window; `rest(k)` judges those.
 */
function straightText({ none }: Tables, arch: number | undefined, base: number): string {
  const window = (n: string) => (base === 0 ? n : `(${n}-${base})`);
  const one = (k: number) => {
    const [o, i] = [`o+${16 * k}`, `i+${k}`];
    const wrong = `${arch === undefined ? "" : `(W[${o}+1]^${arch | 0})|`}${window("n")}>>>${Math.log2(WINDOW)}`;
    return `{const n=W[${o}];x=x|${wrong};const v=V[${window("n")}&${WINDOW - 1}];Z[${i}]=v;if(v===${none})Q[k++]=${i};}`;
  };
  return `function straight(i,e){
for(var o=16*i,k=0,x=0;i<e;i+=${TURN},o+=${16 * TURN}){
${Array.from({ length: TURN }, (_, k) => one(k)).join("\n")}
}
return x===0?k:-1;}
function rest(k){for(let j=0;j<k;j++){const i=Q[j];Z[i]=judge(W,16*i);}}`;
}
