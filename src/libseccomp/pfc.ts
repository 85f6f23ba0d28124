/**
 * Pseudo filter code: the listing that seccomp_export_pfc writes, in libseccomp's layout.
 *
 * libseccomp shares the upper halves of comparisons between rules and this does not, so two listings of one
 * filter may differ; those without several comparisons of one argument do not.
 */
import { type AbiName, abi } from "../../arch/index.ts";
import { decodeAction } from "../abi/action.ts";
import { SCMP_FLTATR_ACT_BADARCH, SCMP_FLTATR_ACT_DEFAULT } from "./constant.ts";
import type { FilterContext } from "./context.ts";
import { resolveNr } from "./syscall.ts";
import type { Node, Side, Tree } from "./tree.ts";

/** The listing of `ctx`. */
export function listing(ctx: FilterContext): string {
  const base = ctx.attribute(SCMP_FLTATR_ACT_DEFAULT) ?? 0;
  const badArch = ctx.attribute(SCMP_FLTATR_ACT_BADARCH) ?? 0;
  const lines = ["#", "# pseudo filter code start", "#"];
  for (const arch of ctx.arches.keys()) lines.push(...archLines(ctx, arch, base));
  lines.push("# invalid architecture action", actionLine(badArch), "#", "# pseudo filter code end", "#");
  return `${lines.join("\n")}\n`;
}

function archLines(ctx: FilterContext, arch: AbiName, base: number): string[] {
  const { auditArch, wordBits } = abi(arch);
  const calls = [...(ctx.arches.get(arch) ?? [])].map(([nr, tree]) => ({
    nr: nr >>> 0,
    name: resolveNr(arch, nr) ?? "UNKNOWN",
    priority: (ctx.priority(arch, nr) << 16) | (0xffff - weight(tree, wordBits)),
    tree,
  }));
  calls.sort((a, b) => b.priority - a.priority || b.nr - a.nr);
  return [
    `# filter for arch ${arch} (${auditArch})`,
    `if ($arch == ${auditArch})`,
    ...indent(
      calls.flatMap(({ nr, name, priority, tree }) => [
        `# filter for syscall "${name}" (${nr}) [priority: ${priority}]`,
        `if ($syscall == ${nr})`,
        ...indent(sideLines(tree, wordBits)),
      ]),
    ),
    ...indent(["# default action", actionLine(base)]),
  ];
}

/** How many tests of 32-bit words libseccomp would make of a tree whose comparisons share nothing. */
function weight(tree: Tree, bits: 32 | 64): number {
  const words = (op: string) => (bits === 32 ? 1 : op === "==" || op === "&" ? 2 : 3);
  const of = (side: Side): number =>
    side === undefined || "action" in side
      ? 0
      : side.level.reduce((sum, { test, yes, no }) => sum + words(test.op) + of(yes) + of(no), 0);
  return of(tree);
}

function sideLines(side: Side, bits: 32 | 64): string[] {
  if (side === undefined) return [];
  if ("action" in side) return [actionLine(side.action)];
  return side.level.flatMap((node) => nodeLines(node, bits));
}

/** One node; at 64 bits, tests of the halves that come to the same. */
function nodeLines({ test, yes, no }: Node, bits: 32 | 64): string[] {
  const [then, otherwise] = [sideLines(yes, bits), sideLines(no, bits)];
  const masked = test.op === "&";
  const word = (half: "" | ".hi32" | ".lo32", op: string, shift: bigint) => {
    const mask = masked ? ` & 0x${part(test.mask, shift).toString(16).padStart(8, "0")}` : "";
    return `$a${test.arg}${half}${mask} ${op} ${part(test.datum, shift)}`;
  };
  const op = masked ? "==" : test.op;
  if (bits === 32) return choice(word("", op, 0n), then, otherwise);
  const low = choice(word(".lo32", op, 0n), then, otherwise);
  const high = choice(word(".hi32", "==", 32n), low, otherwise);
  return op === "==" ? high : choice(word(".hi32", ">", 32n), then, high);
}

function part(value: bigint, shift: bigint): bigint {
  return BigInt.asUintN(32, value >> shift);
}

function choice(test: string, then: readonly string[], otherwise: readonly string[]): string[] {
  return [`if (${test})`, ...indent(then), ...(otherwise.length > 0 ? ["else", ...indent(otherwise)] : [])];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function actionLine(ret: number): string {
  return `action ${actionName(ret)};`;
}

function actionName(ret: number): string {
  const action = decodeAction(ret);
  switch (action.kind) {
    case "kill_thread":
      return "KILL";
    case "user_notif":
      return "NOTIFY";
    case "errno":
    case "trace":
      return `${action.kind.toUpperCase()}(${action.data})`;
    default:
      return action.kind.toUpperCase();
  }
}
