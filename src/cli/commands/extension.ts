/** `pebble extension`: copies the extension's files to where PostgreSQL looks for them; creates and drops it with psql. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PebbleError } from '../../base/errors.ts';
import type { Exit } from '../command.ts';
import { parseListen } from '../listen.ts';
import type { Parsed } from '../options.ts';
import { parseSocket, readPassword } from '../sql-listen.ts';
import type { EXTENSION_OPTIONS } from '../table.ts';

type ExtensionOptions = Parsed<typeof EXTENSION_OPTIONS>['options'];

const SOURCE = fileURLToPath(new URL('../../../extension/', import.meta.url));
const DEFAULT_ADDRESS = '/run/pebble:8433';

const ACTIONS: Readonly<Record<string, (options: ExtensionOptions) => void>> = { install, create, drop };

export function run({ options, operands }: Parsed<typeof EXTENSION_OPTIONS>): Exit {
  const action = ACTIONS[operands[0] ?? ''];
  if (!action)
    throw new PebbleError('usage', {
      what: operands[0] === undefined ? 'nothing to do is named' : `there is no \`extension ${operands[0]}\``,
      hint: '`pebble extension install`, `create` or `drop`',
    });
  action(options);
  return undefined;
}

function install({ 'pg-config': pgConfig = 'pg_config', directory }: ExtensionOptions): void {
  const share = directory ?? program(pgConfig, ['--sharedir'], 'give --pg-config PATH, or --directory DIR').trim();
  const target = join(share, 'extension');
  try {
    mkdirSync(target, { recursive: true });
    for (const file of readdirSync(SOURCE)) copyFileSync(join(SOURCE, file), join(target, file));
  } catch (cause) {
    throw new PebbleError('privilege', {
      doing: `installing the extension in ${target}`,
      what: cause instanceof Error ? cause.message : String(cause),
      hint: 'run it as root, or on PostgreSQL 18 with --directory DIR and DIR in extension_control_path',
      cause,
    });
  }
  process.stdout.write(`installed in ${target}; now: CREATE EXTENSION pebble CASCADE\n`);
}

function create({ url, address = DEFAULT_ADDRESS, 'password-file': passwordFile }: ExtensionOptions): void {
  const { host, port } = hostAndPort(address);
  const password = passwordFile === undefined ? 'NULL' : literal(readPassword(passwordFile));
  psql(url, [
    'CREATE EXTENSION IF NOT EXISTS pebble CASCADE',
    'ALTER EXTENSION pebble UPDATE',
    `SELECT pebble.use_address(${literal(host)}, ${port})`,
    `SELECT pebble.create_user_mapping('pebble', ${password})`,
  ]);
}

function drop({ url }: ExtensionOptions): void {
  psql(url, ['SELECT pebble.drop_user_mapping()', 'DROP EXTENSION pebble CASCADE']);
}

function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const socket = parseSocket(address);
  return socket ? { host: socket.directory, port: socket.port } : parseListen(address);
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** By standard input: a password has no place in the arguments of a process. */
function psql(url: string | undefined, statements: readonly string[]): void {
  const options = [
    '-X',
    '-q',
    '-v',
    'ON_ERROR_STOP=1',
    '-1',
    '-o',
    '/dev/null',
    ...(url === undefined ? [] : ['-d', url]),
  ];
  program(
    'psql',
    options,
    "psql's variables PGHOST, PGUSER … and --url say which database",
    `${statements.join(';\n')};\n`,
  );
}

function program(name: string, args: readonly string[], hint: string, input?: string): string {
  try {
    return execFileSync(name, args, {
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(input !== undefined && { input }),
    });
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { stderr?: string };
    throw new PebbleError('io', { doing: `running ${name}`, what: stderr.trim() || message, hint, cause });
  }
}
