/** Policy texts of every known format to a Policy. */
import {
  type AbiName,
  isGroupName,
  isSyscallName,
  type SyscallName,
  syscallAlias,
} from "../../arch/index.ts";
import { type Issue, type Place, SeccatError, throwIssues } from "../abi/error.ts";
import type { Policy, Rule } from "../policy/types.ts";
import {
  type FileRule,
  type IncludeRule,
  type PolicyFile,
  readFile,
  readRules,
  type WrittenRule,
} from "./file.ts";
import { readJson } from "./json.ts";
import { isOci, readOci } from "./oci.ts";
import { Reading } from "./reading.ts";
import { show, sourceOf } from "./text.ts";
import type { Tree } from "./tree.ts";
import { readYaml } from "./yaml.ts";

/** What the text alone does not tell. */
export interface ReadOptions {
  /** The text's name in messages; included files are sought beside it. */
  readonly file?: string | undefined;
  /**
   * `yaml` and `json` say how the text is written, `oci` that it is a container profile. When absent: by the
   * name's ending, else JSON when the first character is `{` or `[`. What kind of policy it is shows in it.
   */
  readonly format?: "yaml" | "json" | "oci" | undefined;
  /** What `native` means, and the arch of a policy that lists none. */
  readonly native?: AbiName | undefined;
  /** Gives the text of an included file; throws when it cannot. */
  readonly readFile?: ((path: string) => string) | undefined;
}

/** A policy with what its author should know about it. */
export interface ReadResult {
  readonly policy: Policy;
  readonly warnings: readonly Issue[];
}

const MAX_INCLUDES = 100;

/**
 * The policy that `text` is: a policy file in YAML or JSON, or an OCI or Docker profile.
 * Throws a SeccatError with every problem of the text and of the files that it includes.
 */
export function readPolicy(text: string, options: ReadOptions = {}): ReadResult {
  const reading = new Reading();
  const tree = readTree(text, options.file, options.format);
  const policy = isOciText(tree, options)
    ? readOci(reading, tree, options.native)
    : assemble(reading, readFile(reading, tree), options);
  throwIssues(inOrder(reading.issues));
  if (!policy) throw new SeccatError({ code: "internal", message: "a policy was neither read nor refused" });
  return { policy, warnings: inOrder(reading.warnings) };
}

/**
 * The tree of a text in JSON or YAML, whichever it is by `format`, by the name's ending, by the first character.
 * Throws a SeccatError when it is neither.
 */
export function readTree(text: string, file?: string, format?: ReadOptions["format"]): Tree {
  const source = sourceOf(text, file);
  const named = /\.(json|ya?ml)$/i.exec(file ?? "")?.[1]?.toLowerCase();
  const looks = /^\s*[{[]/.test(source.text) ? "json" : "yaml";
  const notation = format === "json" || format === "yaml" ? format : (named ?? looks);
  return notation === "json" ? readJson(source) : readYaml(source);
}

/** Whether the text is a container profile and no policy file of ours. */
export function isOciText(tree: Tree, options: Pick<ReadOptions, "format">): boolean {
  return options.format === "oci" || isOci(tree);
}

/** Issues of one file in the order of its lines; each file's stay together. */
function inOrder(issues: readonly Issue[]): Issue[] {
  const files = [...new Set(issues.map(({ where }) => where?.file))];
  const key = ({ where }: Issue) =>
    [files.indexOf(where?.file), where?.line ?? 0, where?.column ?? 0] as const;
  return [...issues].sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
  });
}

function assemble(reading: Reading, file: PolicyFile | undefined, options: ReadOptions): Policy | undefined {
  if (!file) return undefined;
  const arches = archesOf(reading, file, options.native);
  const rules = new Includer(reading, options).expand(
    file.rules,
    options.file === undefined ? [] : [options.file],
  );
  return {
    ...(file.name === undefined ? {} : { name: file.name }),
    arches,
    default: file.default,
    ...(file.badArch === undefined ? {} : { badArch: file.badArch }),
    ...(file.kernel === undefined ? {} : { kernel: file.kernel }),
    ...(file.newer === undefined ? {} : { newer: file.newer }),
    rules: rules.map((rule) => toRule(rule, arches)),
  };
}

function archesOf(reading: Reading, file: PolicyFile, native: AbiName | undefined): AbiName[] {
  const listed = file.arches ?? [{ name: "native" as const, place: file.place }];
  const arches = new Set<AbiName>();
  for (const { name, place } of listed) {
    const abi = name === "native" ? native : name;
    if (abi !== undefined) arches.add(abi);
    else
      reading.problem(
        "policy",
        place,
        "native has no meaning here: this machine's arch is none that Linux has",
        {
          fix: "name the arch, such as arches: [x86_64]",
        },
      );
  }
  return [...arches];
}

function toRule(rule: WrittenRule, arches: readonly AbiName[]): Rule {
  const syscalls = new Set(rule.syscalls.flatMap((entry) => canonical(entry, arches)));
  return {
    action: rule.action,
    syscalls: [...syscalls],
    ...(rule.when === undefined ? {} : { when: rule.when.condition }),
    ...(rule.why === undefined ? {} : { why: rule.why }),
    where: rule.place,
  };
}

/** The kernel's names for another spelling, which may stand for a different call on each arch. */
function canonical(entry: string | number, arches: readonly AbiName[]): Rule["syscalls"][number][] {
  if (typeof entry === "number" || isSyscallName(entry) || isGroupName(entry)) return [entry];
  const names = new Set<SyscallName>();
  for (const abi of arches) {
    const name = syscallAlias(entry, abi);
    if (name !== undefined) names.add(name);
  }
  const anywhere = syscallAlias(entry);
  return names.size > 0 ? [...names] : anywhere === undefined ? [] : [anywhere];
}

/** Puts the rules of included files where they are included. */
class Includer {
  readonly #reading: Reading;
  readonly #options: ReadOptions;
  #count = 0;

  constructor(reading: Reading, options: ReadOptions) {
    this.#reading = reading;
    this.#options = options;
  }

  /** `chain` names the files on the way here, the including one last. */
  expand(rules: readonly FileRule[], chain: readonly string[]): WrittenRule[] {
    return rules.flatMap((rule) => ("include" in rule ? this.#include(rule, chain) : [rule]));
  }

  #include(rule: IncludeRule, chain: readonly string[]): WrittenRule[] {
    const path = resolvePath(chain.at(-1), rule.include);
    const through = [...chain, path];
    if (chain.some((file) => normalize(file) === path))
      return this.#refuse(
        rule.place,
        "policy",
        `the files include each other: ${through.map((file) => show(file)).join(" -> ")}`,
      );
    if (++this.#count > MAX_INCLUDES)
      return this.#refuse(rule.place, "limit", `more than ${MAX_INCLUDES} files are included`);
    const text = this.#text(path, rule.place);
    if (text === undefined) return [];
    try {
      return this.expand(this.#rules(readTree(text, path), rule.place), through);
    } catch (error) {
      if (!(error instanceof SeccatError)) throw error;
      this.#reading.issues.push(...error.issues);
      return [];
    }
  }

  #rules(tree: Tree, where: Place): FileRule[] {
    if (tree.kind === "list") return readRules(this.#reading, tree);
    if (isOci(tree)) {
      const message = "a container profile cannot be included: its rules have no order";
      return this.#refuse(where, "policy", message, "convert it to a policy first");
    }
    const file = readFile(this.#reading, tree);
    if (!file) return [];
    for (const key of ["arches", "badArch", "kernel", "newer"] as const)
      if (file[key] !== undefined)
        this.#reading.warn(
          file.place,
          `${key} of an included policy has no effect: only its rules are taken`,
        );
    return [...file.rules];
  }

  #text(path: string, where: Place): string | undefined {
    const { readFile: read } = this.#options;
    if (!read) {
      this.#refuse(where, "file", "include cannot be followed here: there are no files to read");
      return undefined;
    }
    try {
      return read(path);
    } catch (error) {
      // An error of our own says the file itself.
      if (error instanceof SeccatError) for (const issue of error.issues) this.#take(issue, path, where);
      else {
        const reason = error instanceof Error ? error.message : String(error);
        this.#refuse(where, "file", `cannot read ${show(path)}: ${reason}`);
      }
      return undefined;
    }
  }

  /** What is wrong with an included file: told at the include when it could not be read, else in the file. */
  #take(issue: Issue, file: string, where: Place): void {
    const place = issue.code === "file" ? where : { file, ...issue.where };
    this.#reading.issues.push({ ...issue, where: place });
  }

  #refuse(where: Place, code: "file" | "limit" | "policy", message: string, fix?: string): [] {
    this.#reading.problem(code, where, message, fix === undefined ? {} : { fix });
    return [];
  }
}

/** `path` as seen from the folder of `from`; POSIX paths, `.` and `..` taken out. */
function resolvePath(from: string | undefined, path: string): string {
  const folder = from?.slice(0, from.lastIndexOf("/") + 1) ?? "";
  return normalize(path.startsWith("/") ? path : folder + path);
}

function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "." || part === "") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || !path.startsWith("/")) parts.push(part);
  }
  return (path.startsWith("/") ? "/" : "") + parts.join("/") || ".";
}
