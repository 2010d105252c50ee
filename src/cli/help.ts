/** Help texts, made from the command table. */
import type { CommandRow } from './command.ts';
import type { OptionSpec, Options } from './options.ts';
import { COMMANDS, COMMON_OPTIONS } from './table.ts';

export function overview(): string {
  const rows = COMMANDS.map((row): [string, string] => [row.name, row.summary]);
  return [
    'Pebble: eBPF for PostgreSQL',
    '',
    'Usage: pebble COMMAND [options]',
    '',
    ...twoColumns(rows),
    '',
    '`pebble COMMAND --help` shows the options and examples of a command.',
    '',
  ].join('\n');
}

export function commandHelp(row: CommandRow): string {
  const options: Options = row.raw ? row.options : { ...(row.options as Options), ...COMMON_OPTIONS };
  const usage = ['pebble', row.name, '[options]', row.operands].filter(Boolean).join(' ');
  return [
    `pebble ${row.name}: ${row.summary}`,
    '',
    `Usage: ${usage}`,
    '',
    ...twoColumns(Object.entries(options).map(([name, spec]) => [optionSpelling(name, spec), optionSummary(spec)])),
    '',
    'Examples:',
    ...twoColumns(row.examples.map(({ line, shows }) => [line, shows])),
    '',
  ].join('\n');
}

function optionSpelling(name: string, spec: OptionSpec): string {
  const long = spec.kind === 'flag' ? `--${name}` : `--${name} ${spec.value}`;
  return spec.short ? `-${spec.short}, ${long}` : `    ${long}`;
}

function optionSummary(spec: OptionSpec): string {
  if (spec.kind === 'choice') return `${spec.summary}: ${spec.choices.join(', ')}`;
  return spec.kind !== 'flag' && spec.repeat ? `${spec.summary} (may be repeated)` : spec.summary;
}

function twoColumns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
