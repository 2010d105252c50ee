/** `pebble password`: makes the line of a user who may sign in to the pages. */
import { text } from 'node:stream/consumers';
import { PebbleError } from '../../base/errors.ts';
import { hashPassword } from '../../server/index.ts';
import type { Exit } from '../command.ts';
import type { Parsed } from '../options.ts';
import type { PASSWORD_OPTIONS } from '../table.ts';

const LEAST_CHARACTERS = 12;

export async function run({ options, operands }: Parsed<typeof PASSWORD_OPTIONS>): Promise<Exit> {
  const [name = ''] = operands;
  const doing = 'making a user';
  if (!/^[\w.@-]{1,64}$/.test(name)) {
    throw new PebbleError('usage', {
      doing,
      what: 'there is no name',
      hint: '`pebble password alice`, letters, digits and . @ - _',
    });
  }
  // Standard input, so that no shell keeps it in its history.
  const password = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (password.length < LEAST_CHARACTERS) {
    const hint = `write it to standard input: \`openssl rand -base64 18 | tee password.txt | pebble password ${name}\``;
    throw new PebbleError('usage', { doing, what: `the password has less than ${LEAST_CHARACTERS} characters`, hint });
  }
  process.stdout.write(`${name}:${options.admin ? 'admin' : 'viewer'}:${await hashPassword(password)}\n`);
  return undefined;
}
