/** Scripts by which shells complete the command line, made from the commands themselves. */
import type { Command, Option } from 'commander';
import { COMMAND_NAME } from '../output/messages.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type ShellName = (typeof SHELLS)[number];

/** Values of an option or an argument by its name: `--severity`. Those with choices of their own need not be here. */
type KnownValues = Readonly<Record<string, readonly string[]>>;

/** One option, as a script needs it. */
interface CompletedOption {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  readonly values: readonly string[];
}

interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** Values of the arguments; empty if they are files. */
  readonly values: readonly string[];
}

export function completionScript(shell: ShellName, program: Command, known: KnownValues): string {
  const commands = program.commands.map((command) => completedCommand(command, known));
  const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
  return scripts[shell](commands, completedOptions(program, known));
}

function completedCommand(command: Command, known: KnownValues): CompletedCommand {
  return {
    name: command.name(),
    description: command.description(),
    options: completedOptions(command, known),
    values: command.registeredArguments[0]?.argChoices ?? [],
  };
}

function completedOptions(command: Command, known: KnownValues): CompletedOption[] {
  const help = { long: '--help', short: '-h', description: 'display help', takesValue: false, values: [] };
  return [...command.options.map((option) => completedOption(option, known)), help];
}

function completedOption(option: Option, known: KnownValues): CompletedOption {
  const long = option.long ?? '';
  return {
    long,
    short: option.short,
    description: option.description,
    takesValue: option.required || option.optional,
    values: option.argChoices ?? known[long] ?? [],
  };
}

function flagsOf({ long, short }: CompletedOption): string[] {
  return short === undefined ? [long] : [short, long];
}

/** Rows of a `case` for each option that takes a value: its values, or files if it has none. */
function valueRows(commands: readonly CompletedCommand[], complete: (values: string) => string): string[] {
  return commands.flatMap(({ name, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map((option) => {
        const patterns = flagsOf(option).map((flag) => `'${name} ${flag}'`);
        return `    ${patterns.join('|')}) ${complete(option.values.join(' '))} ;;`;
      }),
  );
}

function bashScript(commands: readonly CompletedCommand[], global: readonly CompletedOption[]): string {
  const words = (list: readonly string[]) => `COMPREPLY=($(compgen -W '${list.join(' ')}' -- "$cur"))`;
  const names = commands.map(({ name }) => name);
  const withValues = commands.filter(({ values }) => values.length > 0);
  return `# ${COMMAND_NAME} completion for bash: eval "$(${COMMAND_NAME} completion bash)"
_agent_events() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command='' i
  # Bash makes words of --to=csv.
  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${names.join('|')}) command="\${COMP_WORDS[i]}"; break ;;
    esac
  done
  COMPREPLY=()
  case "$command $prev" in
${valueRows(commands, (values) => (values === '' ? 'return' : `${words(values.split(' '))}; return`)).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case "$command" in
      '') ${words(global.flatMap(flagsOf))} ;;
${commands.map(({ name, options }) => `      ${name}) ${words(options.flatMap(flagsOf))} ;;`).join('\n')}
    esac
  else
    case "$command" in
      '') ${words(names)} ;;
${withValues.map(({ name, values }) => `      ${name}) ${words(values)} ;;`).join('\n')}
    esac
  fi
}
# Where nothing is offered, bash completes files.
complete -o default -F _agent_events ${COMMAND_NAME}
`;
}

function zshScript(commands: readonly CompletedCommand[], global: readonly CompletedOption[]): string {
  const described = (list: readonly (readonly [string, string])[]) =>
    list.map(([word, text]) => quoted(`${word.replaceAll(':', '\\:')}:${text}`)).join(' ');
  const options = (list: readonly CompletedOption[]) =>
    described(list.flatMap((option) => flagsOf(option).map((flag) => [flag, option.description] as const)));
  return `#compdef ${COMMAND_NAME}
# ${COMMAND_NAME} completion for zsh: eval "$(${COMMAND_NAME} completion zsh)"
_agent_events() {
  local command='' i
  local -a offered
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
      ${commands.map(({ name }) => name).join('|')}) command=$words[i]; break ;;
    esac
  done
  case "$command $words[CURRENT-1]" in
${valueRows(commands, (values) => (values === '' ? '_files; return' : `compadd -- ${values}; return`)).join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then
    case "$command" in
      '') offered=(${options(global)}) ;;
${commands.map((command) => `      ${command.name}) offered=(${options(command.options)}) ;;`).join('\n')}
    esac
    _describe option offered
    return
  fi
  case "$command" in
    '') offered=(${described(commands.map(({ name, description }) => [name, description]))}); _describe command offered ;;
${commands
  .map(
    ({ name, values }) =>
      `    ${name}) ${values.length > 0 ? `compadd -- ${values.join(' ')}` : '_files'} ;;`,
  )
  .join('\n')}
  esac
}
if [[ $funcstack[1] == _agent_events ]]; then _agent_events "$@"; else compdef _agent_events ${COMMAND_NAME}; fi
`;
}

function fishScript(commands: readonly CompletedCommand[], global: readonly CompletedOption[]): string {
  const rule = (condition: string, rest: string) =>
    `complete -c ${COMMAND_NAME} -n ${quoted(condition)} ${rest}`;
  const option = (condition: string, { long, short, description, takesValue, values }: CompletedOption) => {
    const flags = `-l ${long.replace(/^--/, '')}${short === undefined ? '' : ` -s ${short.replace(/^-/, '')}`}`;
    const offered = values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : takesValue ? ' -r -F' : '';
    return rule(condition, `${flags}${offered} -d ${quoted(description)}`);
  };
  return `# ${COMMAND_NAME} completion for fish: ${COMMAND_NAME} completion fish | source
complete -c ${COMMAND_NAME} -f
${global.map((each) => option('__fish_use_subcommand', each)).join('\n')}
${commands
  .flatMap(({ name, description, options, values }) => {
    const within = `__fish_seen_subcommand_from ${name}`;
    return [
      rule('__fish_use_subcommand', `-a ${name} -d ${quoted(description)}`),
      ...options.map((each) => option(within, each)),
      rule(within, values.length > 0 ? `-a ${quoted(values.join(' '))}` : '-F'),
    ];
  })
  .join('\n')}
`;
}

/** A word of a shell script in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
