/** `pebble completion`: completion scripts, made from the command table. */
import { PebbleError } from '../../base/errors.ts';
import type { CommandRow } from '../command.ts';
import type { OptionSpec, Options, Parsed } from '../options.ts';
import { COMMANDS, COMMON_OPTIONS } from '../table.ts';

const SHELLS: Readonly<Record<string, () => string>> = { bash, zsh };

export function run({ operands: [shell] }: Parsed<Record<never, never>>): undefined {
  const script = shell === undefined ? undefined : Object.hasOwn(SHELLS, shell) && SHELLS[shell];
  if (!script) {
    throw new PebbleError('usage', {
      what: shell === undefined ? 'which shell?' : `there is no completion for ${JSON.stringify(shell)}`,
      hint: `one of ${Object.keys(SHELLS).join(', ')}`,
    });
  }
  process.stdout.write(script());
}

function optionsOf(row: CommandRow): [string, OptionSpec][] {
  return Object.entries(row.raw ? row.options : { ...(row.options as Options), ...COMMON_OPTIONS });
}

/** Of the rows of `pebble run --json`: a tool that a user has put into a folder is there, too. */
const TOOL_NAMES = String.raw`sed -n 's/^{"name":"\([^"]*\)".*/\1/p'`;

function bash(): string {
  const cases = COMMANDS.map((row) => {
    const words = optionsOf(row).flatMap(([name, spec]) => [`--${name}`, ...(spec.short ? [`-${spec.short}`] : [])]);
    return `    ${row.name}) words=${quote(words.join(' '))} ;;`;
  });
  return `# bash completion for pebble
_pebble() {
  local current=\${COMP_WORDS[COMP_CWORD]} words
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W ${quote(COMMANDS.map((row) => row.name).join(' '))} -- "$current"))
    return
  fi
  if [[ \${COMP_WORDS[1]} == run && $COMP_CWORD -eq 2 && $current != -* ]]; then
    COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" run --json 2>/dev/null | ${TOOL_NAMES})" -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o default -F _pebble pebble
`;
}

function zsh(): string {
  const commands = COMMANDS.map((row) => `    ${quote(`${row.name}:${row.summary}`)}`);
  const cases = COMMANDS.map((row) => {
    const specs = optionsOf(row).map(([name, spec]) => `      ${quote(zshOption(name, spec))}`);
    return `    ${row.name}) _arguments \\\n${[...specs, "      '*:file:_files'"].join(' \\\n')} ;;`;
  });
  return `#compdef pebble
_pebble() {
  local -a commands=(
${commands.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  if [[ $words[2] == run && $CURRENT -eq 3 && $PREFIX != -* ]]; then
    local -a tools=(\${(f)"$($words[1] run --json 2>/dev/null | ${TOOL_NAMES})"})
    compadd -a tools
    return
  fi
  local name=$words[2]
  shift words
  ((CURRENT--))
  case $name in
${cases.join('\n')}
  esac
}
# Autoloaded from fpath this file is the function itself; sourced, it has to register it.
if [[ $funcstack[1] == _pebble ]]; then _pebble "$@"; else compdef _pebble pebble; fi
`;
}

/** `*--name=[summary]:VALUE:action` (zshcompsys, _arguments). */
function zshOption(name: string, spec: OptionSpec): string {
  const summary = spec.summary.replace(/[[\]]/g, '\\$&');
  if (spec.kind === 'flag') return `--${name}[${summary}]`;
  return `${spec.repeat ? '*' : ''}--${name}=[${summary}]:${spec.value}:${zshAction(spec)}`;
}

function zshAction(spec: Exclude<OptionSpec, { kind: 'flag' }>): string {
  if (spec.kind === 'choice') return `(${spec.choices.join(' ')})`;
  if (spec.kind !== 'string') return ' ';
  return spec.complete === 'directory' ? '_files -/' : spec.complete === 'file' ? '_files' : ' ';
}

/** A word of a shell script. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
