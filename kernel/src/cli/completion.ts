/** `sojourn completion bash|zsh|fish`: a script that completes verbs, options and families, made from the commands themselves. */
import { openEngine } from "@sojourn/engine";
import { Argument, type Command } from "commander";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

interface Verb {
  readonly name: string;
  readonly description: string;
  readonly options: readonly { readonly flag: string; readonly description: string }[];
  readonly models: boolean;
  /** What may stand after it: its own verbs, and what its arguments are chosen from. */
  readonly words: readonly { readonly word: string; readonly description: string }[];
}

export function completionCommand(program: Command): void {
  program
    .command("completion")
    .description("print a script that completes this command: source <(sojourn completion bash)")
    .addArgument(new Argument("<shell>", "for which shell").choices(SHELLS))
    .action((shell: Shell) => {
      const verbs = program.commands.map(verbOf);
      const families = Object.keys(openEngine().families);
      process.stdout.write(SCRIPTS[shell](verbs, families));
    });
}

function verbOf(command: Command): Verb {
  const all = [command, ...command.commands];
  // verbs below share most of their options
  const options = new Map(
    all.flatMap((one) => one.options.flatMap(({ long, description }) => (long ? [[long, description]] : []))) as [
      string,
      string,
    ][],
  );
  const choices = all.flatMap((one) => one.registeredArguments.flatMap(({ argChoices = [] }) => argChoices));
  return {
    name: command.name(),
    description: command.description(),
    options: Array.from(options, ([flag, description]) => ({ flag, description })),
    models: all.some((one) => one.registeredArguments.some((argument) => argument.name().startsWith("model"))),
    words: [
      ...command.commands.map((one) => ({ word: one.name(), description: one.description() })),
      ...choices.map((word) => ({ word, description: "" })),
    ],
  };
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const SCRIPTS: Readonly<Record<Shell, (verbs: readonly Verb[], families: readonly string[]) => string>> = {
  bash: (verbs, families) => `_sojourn() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words=${quoted(verbs.map(({ name }) => name).join(" "))}
  else
    case "\${COMP_WORDS[1]}" in
${verbs.map(({ name, options, models, words }) => `      ${name}) words=${quoted([...words.map(({ word }) => word), ...options.map(({ flag }) => flag), ...(models ? families : [])].join(" "))} ;;`).join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -F _sojourn sojourn
`,
  zsh: (verbs, families) => `#compdef sojourn
_sojourn() {
  local -a verbs options
  verbs=(${verbs.map(({ name, description }) => quoted(`${name}:${description}`)).join(" ")})
  if (( CURRENT == 2 )); then
    _describe verb verbs
    return
  fi
  case "$words[2]" in
${verbs.map(({ name, options, models, words }) => `    ${name}) options=(${[...words.map(({ word, description }) => quoted(`${word}:${description}`)), ...options.map(({ flag, description }) => quoted(`${flag}:${description}`)), ...(models ? families.map(quoted) : [])].join(" ")}) ;;`).join("\n")}
  esac
  _describe option options
  _files
}
compdef _sojourn sojourn
`,
  fish: (verbs, families) =>
    `complete -c sojourn -f\n${verbs
      .map(({ name, description, options, models, words }) =>
        [
          `complete -c sojourn -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
          ...words.map(
            ({ word, description: help }) =>
              `complete -c sojourn -n '__fish_seen_subcommand_from ${name}' -a ${word} -d ${quoted(help)}`,
          ),
          ...options.map(
            ({ flag, description: help }) =>
              `complete -c sojourn -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)} -d ${quoted(help)}`,
          ),
          ...(models
            ? [`complete -c sojourn -n '__fish_seen_subcommand_from ${name}' -a ${quoted(families.join(" "))}`]
            : []),
        ].join("\n"),
      )
      .join("\n")}\n`,
};
