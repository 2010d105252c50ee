/** Where the agent listens for SQL: a Unix socket of the server's user, or TCP with a password. */
import { readFileSync, statSync } from 'node:fs';
import type { Agent, Configuration } from '../agent/index.ts';
import { PebbleError } from '../base/errors.ts';
import { type Address, WireServer } from '../wire/index.ts';
import { parseListen } from './listen.ts';
import { announce, log } from './log.ts';
import { sqlSource } from './sql-source.ts';

export async function listenForSql(configuration: Configuration, agent: Agent): Promise<WireServer | undefined> {
  const { sql_listen: at, sql_password_file: passwordFile } = configuration;
  if (at === '') return undefined;
  const server = await WireServer.listen(addressOf(at, passwordFile, agent), sqlSource(agent));
  if (!at.startsWith('/')) announce(`SQL: ${parseListen(at).host}:${server.port}`);
  return server;
}

function addressOf(at: string, passwordFile: string, agent: Agent): Address {
  const socket = parseSocket(at);
  if (socket) return { ...socket, ...ownerOf(agent) };
  if (passwordFile !== '') return { ...parseListen(at), password: readPassword(passwordFile) };
  throw new PebbleError('usage', {
    doing: `listening for SQL on ${at}`,
    what: 'TCP needs a password',
    hint: 'name a file with --sql-password-file, or listen on a Unix socket: --sql-listen /run/pebble:8433',
  });
}

/** `/DIRECTORY:PORT` */
export function parseSocket(text: string): { readonly directory: string; readonly port: number } | undefined {
  const match = /^(\/.*):(\d{1,5})$/.exec(text);
  return match ? { directory: match[1]!, port: Number(match[2]) } : undefined;
}

/**
 * The socket belongs to the user of the PostgreSQL that is watched: postgres_fdw connects as that user, and nobody else may.
 * Where servers of several users are watched it stays ours: any user could start one to read what the others' do.
 */
function ownerOf(agent: Agent): { readonly owner?: { readonly uid: number; readonly gid: number } } {
  if (process.getuid?.() !== 0) return {};
  const owners = new Map(agent.owners.map((owner) => [owner.uid, owner]));
  if (owners.size === 1) return { owner: [...owners.values()][0]! };
  if (owners.size > 1)
    log(
      'warning: servers of several users are watched: only root may ask for SQL at the socket; hint: name the clusters with `pgdata`',
    );
  return {};
}

export function readPassword(path: string): string {
  const { mode } = statSync(path);
  const password = readFileSync(path, 'utf8').trimEnd();
  if (password !== '' && (mode & 0o077) === 0) return password;
  throw new PebbleError('usage', {
    doing: `reading the password in ${path}`,
    what: password === '' ? 'the file is empty' : 'others can read the file',
    hint: `chmod 600 ${path}`,
  });
}
