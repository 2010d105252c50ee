/** `pebble help`: the commands, or one command. */
import { commandHelp, overview } from '../help.ts';
import type { Parsed } from '../options.ts';
import { findCommand } from '../table.ts';

export function run({ operands: [name] }: Parsed<Record<never, never>>): undefined {
  process.stdout.write(name === undefined ? overview() : commandHelp(findCommand(name)));
}
