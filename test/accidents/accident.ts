/** What every accident is followed by: a known load counted exactly, and nothing left in the kernel. */
import assert from 'node:assert/strict';
import type { QueryRow } from '../../src/api/index.ts';
import type { Cluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { queryRows } from '../cli/contract.ts';
import { assertFreed, kernelObjectsOf, Running } from '../cli/pebble.ts';

/** `npm run accidents` is the long form: more rounds, more backends, longer pauses. */
export const LONG: boolean = process.env.PEBBLE_ACCIDENTS === 'long';

/** A number for `npm test`, and one for `npm run accidents`. */
export const scaled = (quick: number, long: number): number => (LONG ? long : quick);

/** `pebble queries` on one cluster until it is told to stop. */
export async function startWatching(cluster: Cluster, ...options: string[]): Promise<Running> {
  const run = new Running(['queries', '--json', '--duration', '30m', '--pgdata', cluster.pgdata, ...options]);
  await run.watching();
  return run;
}

/** An agent that serves, with its history at `store`. */
export async function startAgent(
  { pgdata }: Pick<Cluster, 'pgdata'>,
  store: string,
  { options = [], env = {} }: { readonly options?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Running> {
  const agent = new Running(
    ['agent', '--pgdata', pgdata, '--store', store, '--listen', '127.0.0.1:0', ...options],
    env,
  );
  await agent.until('it serves', () => /token=/.test(agent.stdout));
  return agent;
}

/** Ends a watcher as Ctrl-C does; it must leave nothing in the kernel. */
export async function endWatching(run: Running): Promise<QueryRow[]> {
  const objects = kernelObjectsOf(run.pid);
  assert.ok(objects.some(({ kind }) => kind === 'link'));
  run.signal('SIGINT');
  const { status, stdout, stderr } = await run.ended;
  assert.equal(status, 130, stderr);
  await assertFreed(objects);
  return queryRows(stdout);
}

/** Creates the table on first use; its name tells the statement from all others. */
export async function select(cluster: Cluster, table: string, count: number): Promise<void> {
  const connection = await Connection.open(cluster);
  try {
    await connection.query(`CREATE TABLE IF NOT EXISTS ${table} ()`);
    for (let n = 0; n < count; n++) await connection.query(`SELECT FROM ${table}`);
  } finally {
    await connection.close();
  }
}

export const callsOf = (rows: readonly QueryRow[], table: string): number =>
  rows.reduce((sum, row) => sum + (row.query === `SELECT FROM ${table}` ? row.calls : 0), 0);

/** No complaint of a server that lost a process of its own. */
export function assertNoCrash(cluster: Cluster): void {
  assert.doesNotMatch(cluster.log(), /PANIC|was terminated by signal|server process .* exited with exit code [^0]/);
}

/** Opens sessions a few at a time: a listen queue is short. */
export async function openSessions(cluster: Cluster, count: number): Promise<Connection[]> {
  const sessions: Connection[] = [];
  while (sessions.length < count) {
    const more = Math.min(20, count - sessions.length);
    sessions.push(...(await Promise.all(Array.from({ length: more }, () => Connection.open(cluster)))));
  }
  return sessions;
}
