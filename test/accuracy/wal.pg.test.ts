/** Commits on a known load: how many, on which statement, and that their waits are somebody's. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommitRow, WalRow } from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Attribution, CommitRows } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { SERVERS, UNABLE, withConnection } from './servers.ts';

const SESSIONS = 4;
const COMMITS = 53;
const ROLLBACKS = 7;
const FAILURES = 11;
/** Processes in the background tell the server of theirs later, which are few. */
const BACKGROUND = 5;

for (const server of SERVERS) {
  describe(`commits, ${server.flavour} ${server.major}`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(server);
      await withConnection(cluster, (connection) => connection.query('CREATE TABLE c_wal (i int UNIQUE)'));
    });
    after(() => cluster.stop());

    test('each on the statement that ended it, with its waits', async (t) => {
      const attribution = await Attribution.start({ pgdata: cluster.pgdata });
      const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => Connection.open(cluster)));
      const windows = new CommitRows(attribution.read());
      const before = await syncsOf(cluster);
      await Promise.all(sessions.map(load));
      await sleep(100);
      const rows = windows.advance(attribution.read());
      attribution.close();
      await Promise.all(sessions.map((session) => session.close()));
      const theirs = (await syncsOf(cluster)) - before;
      const statements = rows.filter((row): row is CommitRow => row.kind === 'statement');
      const commits = (pattern: RegExp): number =>
        statements.filter(({ query }) => pattern.test(query ?? '')).reduce((sum, row) => sum + row.commits, 0);
      assert.equal(commits(/^COMMIT/i), SESSIONS * COMMITS, 'explicit');
      assert.equal(commits(/^INSERT/i), SESSIONS * COMMITS, 'implicit');
      assert.equal(commits(/^ROLLBACK/i), 0);
      for (const row of statements.filter(({ commits }) => commits > 0)) {
        assert.ok(row.wal_bytes >= 24 * row.wal_records && row.wal_records > 0, JSON.stringify(row));
      }
      const [wal] = rows.filter((row): row is WalRow => row.kind === 'cluster');
      assert.equal(wal!.commits, 2 * SESSIONS * COMMITS);
      if (wal!.inexact.length > 0)
        t.diagnostic('this file system does not show calls of fsync: sleeps are counted in place of calls');
      else
        assert.ok(Math.abs(wal!.syncs - theirs) <= BACKGROUND, `${wal!.syncs} calls of fsync, ${theirs} by the server`);
      assert.equal(wal!.group_size, wal!.commits / wal!.syncs);
      t.diagnostic(`${wal!.syncs} calls of fsync, ${theirs} by the server; ${wal!.group_size} commits share one`);
      assert.ok(wal!.attributed! >= 0.99, `${wal!.attributed}`);
      const ending = statements.filter(({ query }) => /^(COMMIT|INSERT)/i.test(query ?? ''));
      const waited = ending.reduce((sum, { sync_us, group_us, write_us }) => sum + sync_us + group_us + write_us, 0);
      assert.ok(waited >= 0.8 * (wal!.sync_us + wal!.group_us + wal!.write_us), `${waited} of ${JSON.stringify(wal)}`);
    });
  });
}

/** Calls of fsync for WAL, once sessions have ended: they tell the server then. Before 18 those of `pg_stat_wal`. */
async function syncsOf(cluster: Cluster): Promise<number> {
  const counted =
    cluster.major < 18
      ? 'SELECT wal_sync FROM pg_stat_wal'
      : "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal' AND context = 'normal'";
  // Sessions that have just ended may not have told it yet.
  await sleep(200);
  const [result] = await withConnection(cluster, (connection) => connection.query(counted));
  return Number(result!.rows[0]![0]);
}

async function load(session: Connection, number: number): Promise<void> {
  const value = (i: number): number => number * 10_000 + i;
  for (let i = 0; i < COMMITS; i++) {
    await session.query('BEGIN');
    await session.query(`INSERT INTO c_wal VALUES (${value(i)})`);
    await session.query('COMMIT');
    await session.query(`INSERT INTO c_wal VALUES (${value(1000 + i)})`);
  }
  for (let i = 0; i < ROLLBACKS; i++) {
    await session.query('BEGIN');
    await session.query(`INSERT INTO c_wal VALUES (${value(2000 + i)})`);
    await session.query('ROLLBACK');
  }
  for (let i = 0; i < FAILURES; i++)
    await session.query(`INSERT INTO c_wal VALUES (${value(0)})`).catch(() => undefined);
}
