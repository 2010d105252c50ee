/** From arguments to a finished command and its exit status. */
import { PebbleError } from '../base/errors.ts';
import type { CommandRow, Context, Exit } from './command.ts';
import { type Options, type Parsed, parseOptions } from './options.ts';
import { COMMON_OPTIONS, findCommand } from './table.ts';

/** Runs the command that the arguments name. */
export async function dispatch(argv: readonly string[]): Promise<Exit> {
  const [name, ...rest] = argv;
  if (name === undefined) return help([], 2);
  if (name === '--help' || name === '-h') return help([]);
  if (name === '--version' || name === '-V') return run(findCommand('version'), rest);
  if (name.startsWith('-')) {
    throw new PebbleError('usage', {
      what: `${name} before the name of a command`,
      hint: '`pebble help` lists the commands',
    });
  }
  return run(findCommand(name), rest);
}

async function run(row: CommandRow, argv: readonly string[]): Promise<Exit> {
  if (row.raw) {
    if (argv[0] === '--help') return help([row.name]);
    return (await row.load()).run(argv, makeContext(false));
  }
  const specs: Options = { ...(row.options as Options), ...COMMON_OPTIONS };
  const parsed = parseOptions(argv, specs);
  if (parsed.options.help) return help([row.name]);
  const most = row.maxOperands ?? 0;
  if (parsed.operands.length > most) {
    throw new PebbleError('usage', {
      what: `pebble ${row.name} does not take ${JSON.stringify(parsed.operands[most])}`,
    });
  }
  const module = await row.load();
  return module.run(parsed as Parsed<never>, makeContext(parsed.options['no-color'] === true));
}

async function help(operands: readonly string[], status?: number): Promise<Exit> {
  const { run: showHelp } = await import('./commands/help.ts');
  showHelp({ options: {}, operands });
  return status;
}

function makeContext(noColor: boolean): Context {
  const terminal = process.stdout.isTTY === true;
  return { terminal, color: terminal && !noColor && colorsWanted() };
}

/** https://no-color.org: any value but the empty one. */
export function colorsWanted(): boolean {
  return !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}
