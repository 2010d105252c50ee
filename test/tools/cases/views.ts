/** Tools that are views on the attribution engine: the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import type { Cluster } from '../../../src/cluster/index.ts';
import { Connection } from '../../../src/postgres/client/index.ts';
import { schedstat } from '../../accuracy/cpu-time.ts';
import { type Row, sum } from '../harness.ts';
import { assertSampled } from './sampled.ts';

export interface ViewCase {
  readonly tool: string;
  /** May give numbers of what else counted the same. */
  readonly load: (connection: Connection, cluster: Cluster) => Promise<unknown>;
  readonly check: (rows: readonly Row[], counted: readonly number[]) => void;
}

const COUNTS = { requests: 211, sleeps: 7, locks: 3, commits: 101 } as const;

const repeat = async (count: number, action: () => Promise<unknown>): Promise<void> => {
  for (let i = 0; i < count; i++) await action();
};

const about = (rows: readonly Row[], text: string): Row[] => rows.filter(({ query }) => String(query).includes(text));

const requests = (connection: Connection) => repeat(COUNTS.requests, () => connection.query('SELECT 1 AS viewed'));

const checkRequests = (rows: readonly Row[]) =>
  assert.deepEqual(
    ['requests', 'calls', 'errors'].map((field) => sum(about(rows, 'viewed'), field)),
    [COUNTS.requests, COUNTS.requests, 0],
  );

/** The second session waits for the first one's row lock. */
async function lockWaits(connection: Connection, cluster: Cluster): Promise<void> {
  const other = await Connection.open(cluster);
  const waiting = `SELECT FROM pg_locks WHERE NOT granted AND pid = ${other.backendPid}`;
  try {
    await repeat(COUNTS.locks, async () => {
      await connection.query('BEGIN; UPDATE accounts SET n = n WHERE id = 7');
      const waited = other.query('UPDATE accounts SET n = n + 1 WHERE id = 7');
      while ((await connection.query(waiting))[0]!.rows.length === 0);
      await connection.query('COMMIT');
      await waited;
    });
  } finally {
    await other.close();
  }
}

const commits = (connection: Connection) =>
  repeat(COUNTS.commits, () => connection.query('UPDATE accounts SET n = n WHERE id = 11'));

export const VIEW_CASES: readonly ViewCase[] = [
  { tool: 'pgtop', load: requests, check: checkRequests },
  { tool: 'pglat', load: requests, check: checkRequests },
  {
    tool: 'pgwaits',
    load: (connection) => repeat(COUNTS.sleeps, () => connection.query('SELECT pg_sleep(0.03)')),
    check: (rows) => {
      const sleeps = rows.filter(({ wait_event }) => wait_event === 'PgSleep');
      assert.equal(sum(sleeps, 'count'), COUNTS.sleeps);
      assert.ok(sum(sleeps, 'total_us') >= COUNTS.sleeps * 29_000);
    },
  },
  {
    tool: 'pglocks',
    load: lockWaits,
    check: (rows) => assert.equal(sum(rows, 'count'), COUNTS.locks, JSON.stringify(rows)),
  },
  {
    tool: 'pgio',
    load: commits,
    check: (rows) => {
      // Each commit writes its WAL at once: in two pieces where a segment, or the buffer in memory, ends.
      const wal = rows.filter(({ kind, path }) => kind === 'file' && String(path).startsWith('pg_wal/'));
      const written = sum(about(wal, 'UPDATE accounts'), 'count');
      assert.ok(written >= COUNTS.commits && written <= COUNTS.commits + 2, JSON.stringify(rows));
    },
  },
  {
    tool: 'pgcommit',
    load: commits,
    check: (rows) => {
      const own = about(rows, 'UPDATE accounts');
      assert.equal(sum(own, 'commits'), COUNTS.commits, JSON.stringify(rows));
      assert.ok(sum(own, 'sync_us') > 0);
    },
  },
  {
    tool: 'pgprofile',
    load: async (connection) => {
      const before = schedstat(connection.backendPid).onCpu;
      await connection.query('SELECT sum(i::numeric) FROM generate_series(1, 1000000) i');
      return [schedstat(connection.backendPid).onCpu - before];
    },
    check: (rows, [us]) => assertSampled(sum(about(rows, 'generate_series'), 'samples'), us! / 1000),
  },
];
