/** Completion scripts, made from the table of commands: everything is in the script, nothing runs on a Tab. */
import { abiNames, constantNames, groupNames, syscallNames } from "../../arch/index.ts";
import { actionNames } from "../abi/action.ts";
import { type Args, usage } from "./args.ts";
import { type Command, commands, type Option, type Words } from "./commands/index.ts";
import { Exit, print, printJson } from "./output.ts";

/** `seccat completion`: the script for a shell. */
export async function completion(args: Args): Promise<number> {
  const shell = args.maybe("shell") ?? process.env.SHELL?.replace(/.*\//, "") ?? "";
  const script = shell === "bash" ? bash() : shell === "zsh" ? zsh() : shell === "fish" ? fish() : undefined;
  if (script === undefined)
    throw usage(shell === "" ? "which shell is not known" : `there is no completion for ${shell}`, {
      expected: "bash, zsh or fish",
      fix: "seccat completion bash",
    });
  if (args.flag("json")) printJson({ shell, script });
  else print(script);
  return Exit.yes;
}

/** The words that can stand there; undefined for files. */
function wordsOf(words: Words | undefined): readonly string[] | undefined {
  if (typeof words !== "string") return words ?? [];
  switch (words) {
    case "file":
      return undefined;
    case "arch":
      return ["native", ...abiNames];
    case "action":
      return actionNames;
    case "syscall":
      return syscallNames;
    case "name":
      return [...syscallNames, ...groupNames, ...constantNames()];
  }
}

/** The shell variable that holds a list of words, so that a long one is said once. */
function variable(words: Words): string {
  return typeof words === "string" ? `_seccat_${words}s` : words.join(" ");
}

const lists = ["arch", "action", "syscall", "name"] as const;

function spellings(name: string, option: Option): string[] {
  return option.alias === undefined ? [`--${name}`] : [`--${name}`, `-${option.alias}`];
}

function bash(): string {
  const names = commands.map(({ name }) => name).join(" ");
  return `# seccat completion for bash: eval "$(seccat completion bash)"
${lists.map((list) => `_seccat_${list}s='${(wordsOf(list) ?? []).join(" ")}'`).join("\n")}
_seccat() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} i place=0
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${names} --help --version' -- "$cur"))
    return
  fi
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [ "\${COMP_WORDS[i]}" = -- ]; then
      case \${COMP_WORDS[1]} in ${starting()}) COMPREPLY=($(compgen -c -f -- "$cur")); return ;; esac
    fi
    case \${COMP_WORDS[i]} in -*) ;; *) case \${COMP_WORDS[1]}:\${COMP_WORDS[i-1]} in ${valued()}) ;; *) place=$((place + 1)) ;; esac ;; esac
  done
  case \${COMP_WORDS[1]}:$prev in
${commands.flatMap(bashValues).join("\n")}
  esac
  case \${COMP_WORDS[1]}:$cur in
${commands.map((command) => `    ${command.name}:-*) COMPREPLY=($(compgen -W '${allOptions(command).join(" ")}' -- "$cur")); return ;;`).join("\n")}
  esac
  case \${COMP_WORDS[1]}:$place in
${commands.flatMap(bashPlaces).join("\n")}
  esac
}
complete -o filenames -F _seccat seccat
`;
}

function starting(): string {
  return commands.flatMap(({ name, starts }) => (starts === undefined ? [] : [name])).join("|");
}

/** `compile:--arch|compile:-o|…`: the options after which a value stands. */
function valued(): string {
  return commands
    .flatMap((command) =>
      Object.entries(command.options).flatMap(([name, option]) =>
        option.value === undefined ? [] : spellings(name, option).map((text) => `${command.name}:${text}`),
      ),
    )
    .join("|");
}

function allOptions(command: Command): string[] {
  return [...Object.entries(command.options).flatMap(([name, option]) => spellings(name, option)), "--help"];
}

function bashReply(words: Words | undefined): string {
  if (words === "file") return 'COMPREPLY=($(compgen -f -- "$cur"))';
  const list =
    words === undefined ? "" : typeof words === "string" ? `"$${variable(words)}"` : `'${words.join(" ")}'`;
  return list === "" ? ":" : `COMPREPLY=($(compgen -W ${list} -- "$cur"))`;
}

function bashValues(command: Command): string[] {
  return Object.entries(command.options).flatMap(([name, option]) => {
    if (option.value === undefined) return [];
    const pattern = spellings(name, option).map((text) => `${command.name}:${text}`);
    return [`    ${pattern.join("|")}) ${bashReply(option.words)}; return ;;`];
  });
}

function bashPlaces(command: Command): string[] {
  return command.positionals.map(({ words, many }, i) => {
    return `    ${command.name}:${many ? "*" : i}) ${bashReply(words)} ;;`;
  });
}

function zsh(): string {
  const quote = (text: string) =>
    text.replaceAll("'", "'\\''").replaceAll(":", "\\:").replace(/[[\]]/g, "\\$&");
  const action = (words: Words | undefined) => {
    if (words === "file") return "_files";
    if (words === undefined) return " ";
    return typeof words === "string" ? `{compadd -a ${variable(words)}}` : `(${words.join(" ")})`;
  };
  const specs = (command: Command) => [
    ...Object.entries(command.options).map(([name, option]) => {
      const value = option.value === undefined ? "" : `:${option.value}:${action(option.words)}`;
      const body = `[${quote(option.describe)}]${value}`;
      const star = option.many ? "*" : "";
      if (option.alias === undefined) return `'${star}--${name}${body}'`;
      return `'(-${option.alias} --${name})'{-${option.alias},--${name}}'${body}'`;
    }),
    "'(-h --help)'{-h,--help}'[show the help]'",
    ...command.positionals.map(
      ({ name, words, many, optional }, i) =>
        `'${many ? "*" : i + 1}${optional && !many ? ":" : ""}:${name}:${action(words)}'`,
    ),
    ...(command.starts !== undefined ? ["'*::command:_normal'"] : []),
  ];
  return `#compdef seccat
# seccat completion for zsh: seccat completion zsh > "\${fpath[1]}/_seccat"
${lists.map((list) => `typeset -ga _seccat_${list}s=(${(wordsOf(list) ?? []).join(" ")})`).join("\n")}
_seccat() {
  local -a list
  if (( CURRENT == 2 )); then
    list=(
${commands.map(({ name, describe }) => `      '${name}:${quote(describe)}'`).join("\n")}
    )
    _describe command list
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map((command) => `    ${command.name}) _arguments ${specs(command).join(" ")} ;;`).join("\n")}
  esac
}
if [ "$funcstack[1]" = _seccat ]; then _seccat "$@"; else compdef _seccat seccat; fi
`;
}

function fish(): string {
  const quote = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const values = (words: Words | undefined) => {
    if (words === "file") return "-F";
    if (words === undefined) return "-f";
    return `-f -a ${typeof words === "string" ? `"$${variable(words)}"` : quote(words.join(" "))}`;
  };
  const lines = [
    "# seccat completion for fish: seccat completion fish > ~/.config/fish/completions/seccat.fish",
    ...lists.map((list) => `set -g _seccat_${list}s ${(wordsOf(list) ?? []).join(" ")}`),
    "complete -c seccat -n __fish_use_subcommand -f",
  ];
  for (const command of commands) {
    const seen = `-n ${quote(`__fish_seen_subcommand_from ${command.name}`)}`;
    lines.push(
      `complete -c seccat -n __fish_use_subcommand -a ${command.name} -d ${quote(command.describe)}`,
    );
    for (const [name, option] of Object.entries(command.options)) {
      const short = option.alias === undefined ? "" : ` -s ${option.alias}`;
      const value = option.value === undefined ? "" : ` -r ${values(option.words)}`;
      lines.push(`complete -c seccat ${seen} -l ${name}${short}${value} -d ${quote(option.describe)}`);
    }
    const words = command.positionals.find(
      (place) => place.words !== undefined && place.words !== "file",
    )?.words;
    if (words !== undefined) lines.push(`complete -c seccat ${seen} ${values(words).replace("-f ", "")}`);
  }
  return `${lines.join("\n")}\n`;
}
