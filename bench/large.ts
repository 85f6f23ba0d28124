/** A policy as long as one wants: conditions on random 64-bit numbers, spread over the calls that all kernels know. */
import { syscallSince, syscallsOf } from "../arch/index.ts";
import { Random } from "../test/seed.ts";

const SEED = 4096;
/** Calls that Linux has had since then are known to every libseccomp. */
const OLD = /^[1-4]\./;
const ops = ["eq", "ge", "masked_eq", "ne", "le", "gt"] as const;

/** A neutral policy (see neutral.ts) of so many rules, the same each time. */
export function largePolicy(rules: number): string {
  const random = new Random(SEED);
  const wide = () => (BigInt(random.below(256)) << 32n) | BigInt(random.below(2 ** 32));
  const names = syscallsOf("x86_64")
    .map(([name]) => name)
    .filter((name) => OLD.test(syscallSince(name) ?? ""));
  const argument = () => {
    const op = ops[random.below(ops.length)] ?? "eq";
    const [index, value, mask] = [random.below(3), wide(), wide()];
    if (op !== "masked_eq") return { index, op, value: String(value) };
    return { index, op, value: String(value & mask), mask: String(mask) };
  };
  return JSON.stringify({
    name: `${rules} rules`,
    archs: ["x86_64"],
    badArch: { action: "kill_process" },
    default: { action: "errno", value: 1 },
    rules: Array.from({ length: rules }, (_, i) => ({
      syscall: names[i % names.length],
      action: { action: "allow" },
      args: [argument()],
    })),
  });
}
