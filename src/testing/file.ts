/**
 * Policy tests as a file, YAML or JSON:
 *
 *     policy: randomcat.yaml              # or `stack:` [newest, ..., oldest]; programs too
 *     arches: [x86_64, aarch64]           # all that the policy lists, or the program looks at, when absent
 *     kernels: ["4.9", "6.1"]             # one that knows every action, when absent
 *     tests:
 *       - allows: [read, write]
 *       - denies: [execve, ptrace]
 *         with: kill_process
 *       - call: [mount, umount2]
 *         gives: { errno: EPERM }
 *       - name: sockets stay on this machine
 *         call: socket
 *         args: { domain: AF_INET }
 *         gives: { errno: EPERM }
 *         arch: x86_64
 *         kernel: "6.1"
 *
 * This file reads the text; what it names is loaded and asked by the runner.
 */
import { type AbiName, abiNames, isAbiName } from "../../arch/index.ts";
import { type Place, SeccatError, throwIssues } from "../abi/error.ts";
import { readAction } from "../formats/action.ts";
import { readKernel } from "../formats/file.ts";
import { readTree } from "../formats/policy.ts";
import { Reading } from "../formats/reading.ts";
import type { Entry, Tree } from "../formats/tree.ts";
import type { ArgInput, ArgsInput } from "../policy/call.ts";
import type { PolicyAction } from "../policy/types.ts";

/** Whether a text is a test file, and no policy: it lists tests. */
export function isTestFile(text: string, file?: string): boolean {
  try {
    const tree = readTree(text, file);
    return tree.kind === "map" && tree.entries.some(({ key }) => key === "tests");
  } catch (error) {
    if (error instanceof SeccatError) return false;
    throw error;
  }
}

/** One question of a test file: a call, and the answer it must get. */
export interface TestCase {
  readonly name?: string;
  readonly call: string;
  readonly args: ArgsInput;
  /** `pass`, `deny`, or an action in words: `allow`, `kill_process`, `errno EPERM`, `trap 5`. */
  readonly wanted: string;
  /** Only on this arch. */
  readonly arch?: AbiName;
  /** Only under this version of Linux. */
  readonly kernel?: string;
  readonly where: Place;
}

/** A file that a test file names. */
export interface NamedFilter {
  readonly path: string;
  readonly where: Place;
}

/** A test file, read. */
export interface TestFile {
  /** Newest first. */
  readonly stack: readonly NamedFilter[];
  readonly arches?: readonly AbiName[];
  /** Versions of Linux, such as "6.1". */
  readonly kernels?: readonly string[];
  readonly cases: readonly TestCase[];
}

const fileKeys = ["policy", "stack", "arches", "kernels", "tests"] as const;
const testKeys = ["name", "allows", "denies", "with", "call", "args", "gives", "arch", "kernel"] as const;
const withData = ["errno", "trap", "trace"] as const;
type TestEntries = ReadonlyMap<(typeof testKeys)[number], Entry>;

/**
 * The test file that `text` spells.
 * Throws a SeccatError with everything that is wrong with it.
 */
export function readTestFile(text: string, file?: string): TestFile {
  const reader = new TestReader();
  const result = reader.file(readTree(text, file));
  throwIssues(reader.reading.issues);
  return result;
}

class TestReader {
  readonly reading = new Reading();

  file(tree: Tree): TestFile {
    const map = this.reading.map(tree, "a test file");
    if (!map) return { stack: [], cases: [] };
    const keys = this.reading.keys(map, fileKeys);
    const [policy, layers, arches, kernels, tests] = fileKeys.map((key) => keys.get(key)?.value);
    if (policy && layers)
      this.reading.problem("schema", layers.place, "policy and stack exclude each other", {
        expected: "one of them",
      });
    const named = policy ? [policy] : layers ? this.#items(layers, "stack") : [];
    if (named.length === 0)
      this.reading.problem("schema", tree.place, "the file names nothing to test", {
        expected: "policy: FILE, or stack: [FILE, ...]",
      });
    if (!tests)
      this.reading.problem("schema", tree.place, "tests is missing", { expected: "a list of tests" });
    const cases = tests ? this.#items(tests, "tests").flatMap((test) => this.#cases(test)) : [];
    if (tests && cases.length === 0 && this.reading.issues.length === 0)
      this.reading.wrong(tests, "there is no test", "at least one");
    return {
      stack: named.map((item) => ({ path: this.#text(item, "the name of a file"), where: item.place })),
      cases,
      ...(arches ? { arches: this.#some(arches, "arches").flatMap((item) => this.#arch(item)) } : {}),
      ...(kernels ? { kernels: this.#some(kernels, "kernels").flatMap((item) => this.#kernel(item)) } : {}),
    };
  }

  #cases(tree: Tree): TestCase[] {
    const map = this.reading.map(tree, "a test");
    if (!map) return [];
    const keys = this.reading.keys(map, testKeys);
    const [name, arch] = [keys.get("name")?.value, keys.get("arch")?.value];
    const [onArch] = arch ? this.#arch(arch) : [];
    const kernel = keys.get("kernel")?.value;
    const [under] = kernel ? this.#kernel(kernel) : [];
    const [calls, wanted] = this.#question(tree, keys);
    const common = {
      ...(name ? { name: this.#text(name, "the name of a test") } : {}),
      ...(onArch ? { arch: onArch } : {}),
      ...(under ? { kernel: under } : {}),
      args: this.#args(keys.get("args")?.value),
      wanted,
    };
    return calls.map((call) => ({ call: this.#call(call), where: call.place, ...common }));
  }

  /** The calls that a test asks about, and the answer it wants. */
  #question(tree: Tree, keys: TestEntries): [readonly Tree[], string] {
    const [allows, denies, call] = (["allows", "denies", "call"] as const).map((key) => keys.get(key)?.value);
    const [how, gives] = [keys.get("with"), keys.get("gives")];
    if ([allows, denies, call].filter((form) => form).length !== 1) {
      const expected = "one of allows, denies, call";
      this.reading.problem("schema", tree.place, "a test asks one kind of question", { expected });
      return [[], "deny"];
    }
    if (how && !denies) this.reading.problem("schema", how.place, "with belongs to denies");
    if (gives && !call) this.reading.problem("schema", gives.place, "gives belongs to call");
    if (allows) return [oneOrMore(allows), "pass"];
    if (denies) return [oneOrMore(denies), how ? this.#action(how.value) : "deny"];
    if (!gives)
      this.reading.problem("schema", tree.place, "gives is missing", { expected: "the call's action" });
    return [call ? oneOrMore(call) : [], gives ? this.#action(gives.value) : "deny"];
  }

  /** What a policy may not say, a test may find: `{ errno: 0 }`; `{ trap: 0 }` is exactly that, `trap` is any. */
  #action(tree: Tree): string {
    const [entry, second] = tree.kind === "map" ? tree.entries : [];
    const zero = entry?.value.kind === "scalar" && entry.value.value === 0n && !second;
    if (entry && zero && withData.some((kind) => kind === entry.key)) return `${entry.key} 0`;
    const action = readAction(this.reading, tree);
    return action ? wordsOf(action) : "deny";
  }

  #call(tree: Tree): string {
    if (tree.kind === "scalar" && typeof tree.value === "bigint") return String(tree.value);
    return this.#text(tree, "a syscall");
  }

  #arch(tree: Tree): AbiName[] {
    const name = this.reading.text(tree, "an arch")?.value;
    if (name === undefined) return [];
    if (isAbiName(name)) return [name];
    this.reading.unknown(tree.place, "arch", name, abiNames);
    return [];
  }

  #kernel(tree: Tree): string[] {
    const version = readKernel(this.reading, tree);
    return version === undefined ? [] : [version];
  }

  #args(tree: Tree | undefined): ArgsInput {
    if (!tree) return [];
    if (tree.kind === "list") return tree.items.map((item) => this.#arg(item));
    if (tree.kind === "map")
      return Object.fromEntries(tree.entries.map(({ key, value }) => [key, this.#arg(value)]));
    this.reading.wrong(tree, "args is neither a list nor a mapping", "[1, 2] or { domain: AF_UNIX }");
    return [];
  }

  #arg(tree: Tree): ArgInput {
    if (tree.kind === "scalar" && typeof tree.value === "bigint") return tree.value;
    return this.#text(tree, "an argument");
  }

  #items(tree: Tree, what: string): readonly Tree[] {
    return this.reading.list(tree, what)?.items ?? [];
  }

  /** A list of one at least: of none, nothing would be asked, and pass. */
  #some(tree: Tree, what: string): readonly Tree[] {
    if (tree.kind === "list" && tree.items.length === 0)
      this.reading.wrong(tree, `${what} is empty`, "at least one");
    return this.#items(tree, what);
  }

  #text(tree: Tree, what: string): string {
    return this.reading.text(tree, what)?.value ?? "";
  }
}

function oneOrMore(tree: Tree): readonly Tree[] {
  return tree.kind === "list" ? tree.items : [tree];
}

/** `errno EPERM`, `trap 5`, `allow`: an action as a result shows it; data of 0 is left open. */
function wordsOf(action: PolicyAction): string {
  if (action.kind === "errno") return `errno ${action.errno}`;
  return "data" in action && action.data > 0 ? `${action.kind} ${action.data}` : action.kind;
}
