/** The oracle's line protocol, answered by src/libseccomp.ts. */
import {
  SCMP_CMP64,
  type scmp_filter_ctx,
  seccomp_arch_add,
  seccomp_arch_exist,
  seccomp_arch_remove,
  seccomp_arch_resolve_name,
  seccomp_attr_get,
  seccomp_attr_set,
  seccomp_export_pfc,
  seccomp_init,
  seccomp_release,
  seccomp_reset,
  seccomp_rule_add_array,
  seccomp_rule_add_exact_array,
  seccomp_syscall_priority,
  seccomp_syscall_resolve_name_arch,
  seccomp_syscall_resolve_name_rewrite,
  seccomp_syscall_resolve_num_arch,
} from "../../src/libseccomp.ts";

/** What came of some commands: an answer each, and the context that they built. */
export interface Mirrored {
  readonly answers: readonly string[];
  readonly ctx: scmp_filter_ctx;
}

/** Runs `commands` on a fresh state. `bpf` is not among them: programs are not meant to be equal. */
export function mirror(commands: readonly string[]): Mirrored {
  let ctx: scmp_filter_ctx = null;
  const answers = commands.map((command) => {
    const [verb, ...words] = command.split(" ");
    if (verb === "init") {
      seccomp_release(ctx);
      ctx = seccomp_init(Number(words[0]));
      return ctx === null ? "-1" : "0";
    }
    return String(answer(ctx, verb ?? "", words));
  });
  return { answers, ctx };
}

function answer(ctx: scmp_filter_ctx, verb: string, words: readonly string[]): number | string {
  const [first = "", second = ""] = words;
  const [a, b] = [Number(first), Number(second)];
  switch (verb) {
    case "reset":
      return seccomp_reset(ctx, a);
    case "arch_add":
      return seccomp_arch_add(ctx, a);
    case "arch_remove":
      return seccomp_arch_remove(ctx, a);
    case "arch_exist":
      return seccomp_arch_exist(ctx, a);
    case "arch_name":
      return seccomp_arch_resolve_name(first);
    case "rule":
    case "exact":
      return addRule(ctx, verb, words);
    case "priority":
      return seccomp_syscall_priority(ctx, a, b);
    case "attr_set":
      return seccomp_attr_set(ctx, a, b);
    case "attr_get":
      return attributeGet(ctx, a);
    case "resolve":
      return seccomp_syscall_resolve_name_arch(a, second);
    case "rewrite":
      return seccomp_syscall_resolve_name_rewrite(a, second);
    case "name":
      return seccomp_syscall_resolve_num_arch(a, b) ?? "-";
    case "pfc":
      return `0 ${Buffer.from(seccomp_export_pfc(ctx)).toString("hex")}`;
    default:
      throw new RangeError(`no answer to ${verb}`);
  }
}

function addRule(ctx: scmp_filter_ctx, verb: string, words: readonly string[]): number {
  const [action = "", nr = "", count = "", ...data] = words;
  const args = [];
  for (let i = 0; i + 3 < data.length; i += 4) {
    const [arg = "", op = "", x = "", y = ""] = data.slice(i, i + 4);
    args.push(SCMP_CMP64(Number(arg), Number(op), BigInt(x), BigInt(y)));
  }
  const add = verb === "exact" ? seccomp_rule_add_exact_array : seccomp_rule_add_array;
  return add(ctx, Number(action), Number(nr), Number(count), args);
}

function attributeGet(ctx: scmp_filter_ctx, attr: number): string {
  const value = seccomp_attr_get(ctx, attr);
  return value < 0 ? `${value} 0` : `0 ${value}`;
}
