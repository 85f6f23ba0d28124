/** The numbers against the libseccomp that is installed, on every ABI that it knows. */
import koffi from "koffi";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type AbiName,
  abi,
  abiNames,
  compareVersions,
  type SyscallName,
  syscallNames,
  syscallNr,
  syscallSince,
} from "../../arch/index.ts";

type Resolve = (arch: number, name: string) => number;

/** libseccomp's own functions, or why there are none. */
function load(): { resolve: Resolve; token: (name: string) => number } | string {
  try {
    const library = koffi.load("libseccomp.so.2");
    return {
      resolve: library.func("int seccomp_syscall_resolve_name_arch(uint32_t, const char *)"),
      token: library.func("uint32_t seccomp_arch_resolve_name(const char *)"),
    };
  } catch (error) {
    return `libseccomp.so.2 does not load (${error instanceof Error ? error.message : error})`;
  }
}

/** Numbers that stand for a sub-call of socketcall and ipc, where libseccomp filters the multiplexer. */
const isMultiplexed = (nr: number) => nr <= -100 && nr >= -299;

/** What changed in Linux between their tables and ours, and one call that they never took. */
const otherwise: readonly (readonly [AbiName, SyscallName])[] = [
  ["parisc64", "_llseek"],
  ["x32", "map_shadow_stack"],
  ["riscv64", "riscv_hwprobe"],
];

const test = suite("arch: libseccomp");
const library = load();

for (const name of abiNames) {
  test(`libseccomp has the same numbers on ${name}`, () => {
    if (typeof library === "string") return console.log(`  skipped ${name}: ${library}`);
    const token = library.token(name);
    if (token === 0) return console.log(`  skipped ${name}: this libseccomp does not know it`);
    // The kernel whose calls this libseccomp has: the newest call that it resolves says so.
    const known = syscallNames.filter((call) => library.resolve(token, call) >= 0);
    assert.ok(known.length > 300, `${known.length} names resolved`);
    const kernel =
      known
        .map((call) => syscallSince(call) ?? "1.0")
        .sort(compareVersions)
        .at(-1) ?? "";
    assert.ok(compareVersions(kernel, "5.14") >= 0, kernel);
    const wrong: string[] = [];
    for (const call of syscallNames) {
      const theirs = library.resolve(token, call);
      const ours = syscallNr(name, call);
      if (theirs >= 0 ? theirs === ours : ours === undefined) continue;
      if (isMultiplexed(theirs) && abi(name).multiplexers.socketcall !== undefined) continue;
      if (theirs < 0 && compareVersions(syscallSince(call) ?? "1.0", kernel) > 0) continue;
      if (otherwise.some(([where, what]) => where === name && what === call)) continue;
      wrong.push(`${call} is ${theirs} there, ${ours} here`);
    }
    assert.equal(wrong, []);
  });
}

test.run();
