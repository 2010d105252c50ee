/** Prints pebble(1) for man, from the command table: the Debian package has it, and the unit names it. */

import { commandHelp } from '../../src/cli/help.ts';
import { COMMANDS } from '../../src/cli/table.ts';

const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(['.])/gm, '\\&$1');

function manual(): string {
  return [
    '.TH PEBBLE 1',
    '.SH NAME',
    `pebble \\- ${roff('eBPF for PostgreSQL: where every microsecond of every query goes')}`,
    '.SH SYNOPSIS',
    '.B pebble',
    roff('COMMAND [options]'),
    '.SH DESCRIPTION',
    roff(
      'Watches the PostgreSQL servers of this host from the kernel, without an extension, a restart or a probe in their code.',
    ),
    ...COMMANDS.flatMap((row) => [
      `.SH ${roff(row.name.toUpperCase())}`,
      '.nf',
      roff(commandHelp(row).trimEnd()),
      '.fi',
    ]),
    '.SH FILES',
    '.nf',
    roff(
      '/etc/pebble/agent.conf  settings of the agent\n/var/lib/pebble         its history\n/run/pebble             sockets and pins',
    ),
    '.fi',
    '',
  ].join('\n');
}

if (import.meta.main) process.stdout.write(manual());
