/**
 * Names for the numbers of a listing: which arch, which system call, which errno.
 *
 * Jumps go forward only, so one pass in program order knows, at each instruction, which word A holds and
 * which arches a call that gets there can have. Only direct tests of a loaded word are followed: a program
 * that moves nr through X or a scratch cell first is listed without names, never with wrong ones.
 */
import { type AbiName, abi, abiNames, abiOf, errnoName, syscallName, X32_BIT } from "../../arch/index.ts";
import { actionValues, MAX_ERRNO } from "../abi/action.ts";
import { ARCH_OFFSET, NR_OFFSET } from "../abi/data.ts";
import { successors } from "./cfg.ts";
import { decodeInsn, type Insn } from "./insn.ts";
import { isInsns } from "./list.ts";
import type { Program, SockFilter } from "./program.ts";

/** What to take for granted. */
export interface AnnotateOptions {
  /** The ABI of calls where the program has not looked at their arch. */
  readonly abi?: AbiName;
}

/** What is known before an instruction runs. */
interface State {
  /** The offset of the data word that A holds, unchanged. */
  readonly a?: number;
  /** The only arches that can get here; absent when any can. */
  readonly arches?: readonly number[];
}

/** For each instruction, the name that its number stands for, or undefined: `X86_64`, `execve`, `EPERM`. */
export function annotate(
  program: Program | readonly SockFilter[],
  options: AnnotateOptions = {},
): (string | undefined)[] {
  const insns = isInsns(program) ? program : program.insns;
  const assumed = options.abi === undefined ? [] : [abi(options.abi).auditArch];
  const states: (State | undefined)[] = insns.map((_, pc) => (pc === 0 ? {} : undefined));
  return insns.map((filter, pc) => {
    const state = states[pc];
    if (state === undefined) return undefined;
    const insn = decodeInsn(filter);
    for (const [i, to] of successors(filter, pc).entries()) {
      if (to < states.length) states[to] = join(states[to], after(insn, state, i === 0));
    }
    return comment(insn, state, state.arches ?? assumed);
  });
}

/** The ABIs whose AUDIT_ARCH `program` compares with the arch of a call, in the order of abiNames; never x32. */
export function comparedArches(program: Program): AbiName[] {
  const names = new Set(annotate(program).map((text) => `AUDIT_ARCH_${text ?? ""}`));
  return abiNames.filter((name) => {
    const { endian, auditArchName } = abi(name);
    return name !== "x32" && endian === program.endian && names.has(auditArchName);
  });
}

function comment(insn: Insn, state: State, arches: readonly number[]): string | undefined {
  if (insn.op === "ret" && insn.from === "k") return errnoComment(insn.k, arches);
  if (insn.op !== "jump" || insn.from !== "k") return undefined;
  if (state.a === ARCH_OFFSET && insn.jump === "jeq") return archComment(insn.k);
  if (state.a !== NR_OFFSET) return undefined;
  if (insn.k === X32_BIT) return "x32";
  return insn.jump === "jset" ? undefined : agreed(arches, (arch) => callName(arch, insn.k));
}

function callName(arch: number, nr: number): string | undefined {
  const name = abiOf(arch, nr);
  return name && syscallName(name, nr);
}

/** `X86_64`: what audit.h calls the arch. */
function archComment(arch: number): string | undefined {
  const known = abiNames.map(abi).find(({ auditArch }) => auditArch === arch);
  return known?.auditArchName.replace("AUDIT_ARCH_", "");
}

function errnoComment(ret: number, arches: readonly number[]): string | undefined {
  if ((ret & 0xffff0000) !== actionValues.errno) return undefined;
  const data = ret & 0xffff;
  if (data > MAX_ERRNO) return `the kernel makes it ${MAX_ERRNO}`;
  return agreed(arches, (arch) => {
    const name = abiOf(arch, 0);
    return name && errnoName(name, data);
  });
}

/** The name that all these arches have for it, if they have the same. */
function agreed(arches: readonly number[], name: (arch: number) => string | undefined): string | undefined {
  const [first, ...others] = arches.map(name);
  return others.every((other) => other === first) ? first : undefined;
}

/** What is known after `insn`; `holds` tells the way that a conditional jump took. */
function after(insn: Insn, state: State, holds: boolean): State {
  switch (insn.op) {
    case "ld":
      return insn.from === "abs" ? { ...state, a: insn.k } : forgetA(state);
    case "alu":
    case "neg":
    case "txa":
      return forgetA(state);
    case "jump":
      return insn.jump === "jeq" && insn.from === "k" && state.a === ARCH_OFFSET
        ? archTested(state, insn.k, holds)
        : state;
    default:
      return state;
  }
}

function archTested(state: State, arch: number, equal: boolean): State {
  if (equal) return { ...state, arches: [arch] };
  return state.arches ? { ...state, arches: state.arches.filter((one) => one !== arch) } : state;
}

function forgetA(state: State): State {
  return state.arches ? { arches: state.arches } : {};
}

function join(known: State | undefined, state: State): State {
  if (known === undefined) return state;
  const joined: State =
    known.arches && state.arches ? { arches: [...new Set([...known.arches, ...state.arches])] } : {};
  return known.a !== undefined && known.a === state.a ? { ...joined, a: known.a } : joined;
}
