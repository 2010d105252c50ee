/** pgrepl beside a real standby: its lags by phase, what a synchronous commit waits for, and what the standby's processes wait for. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LockRow } from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Attribution, CommitRows, LockRows, WaitRows } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { SERVERS, UNABLE, withConnection } from '../accuracy/servers.ts';
import { complete, entries, type Row, rowsOf } from './harness.ts';
import { STANDBY_NAME, startStandby } from './standby.ts';

const COMMITS = 101;

const waitsOf = (rows: readonly Row[], type: string, event: string): number =>
  entries(
    rows.filter(({ key }) => String(key) === `${type},${event}`),
    'usecs',
  );

describe('pgrepl', { skip: UNABLE, concurrency: 2 }, () => {
  for (const server of SERVERS) {
    describe(`${server.flavour} ${server.major}`, { concurrency: 1 }, () => {
      let primary: Cluster;
      let standby: Cluster | undefined;
      before(async () => {
        primary = await startCluster({ ...server, settings: { synchronous_standby_names: STANDBY_NAME } });
        standby = await startStandby(primary);
        await withConnection(primary, async (connection) => {
          let state = '';
          while (state !== 'sync') {
            const [result] = await connection.query('SELECT sync_state FROM pg_stat_replication');
            state = result!.rows[0]?.[0] ?? '';
          }
        });
      });
      after(async () => {
        await standby?.stop();
        await primary.stop();
      });

      const commits = () =>
        withConnection(primary, async (connection) => {
          for (let i = 0; i < COMMITS; i++)
            await connection.query("SELECT pg_logical_emit_message(true, 'pebble', 'x')");
        });

      it('commits wait for the standby, its processes for WAL', async () => {
        let standbyRows: readonly Row[] = [];
        const onStandby = async () => {
          standbyRows = await rowsOf('pgrepl', ['--pgdata', standby!.pgdata], commits);
        };
        const rows = await complete(() => rowsOf('pgrepl', ['--pgdata', primary.pgdata], onStandby));
        const text = JSON.stringify([...rows, ...standbyRows]);
        for (const phase of ['write', 'flush', 'replay']) {
          const lags = rows.filter(({ key }) => String(key) === `${STANDBY_NAME},${phase}`);
          // Each commit waits for the one before it to be durable there, not to be replayed: two may be replayed before
          // one reply. The server itself writes WAL now and then.
          const moved = entries(lags, 'lag_us');
          const least = phase === 'replay' ? COMMITS * 0.9 : COMMITS - 1;
          assert.ok(moved >= least && moved <= COMMITS + 5, `${phase} ${moved}: ${text}`);
        }
        const synchronous = waitsOf(rows, 'client backend', 'SyncRep');
        // A wait that wakes up too early waits again.
        assert.ok(synchronous >= COMMITS && synchronous <= COMMITS * 2, text);
        assert.ok(waitsOf(rows, 'walsender', 'WalSenderMain') >= COMMITS, text);
        assert.ok(waitsOf(standbyRows, 'walreceiver', 'WalReceiverMain') > 0, text);
        assert.ok(waitsOf(standbyRows, 'startup', 'RecoveryWalStream') > 0, text);
        // WALSync before 17; commits that arrive together are made durable together.
        const synced = waitsOf(standbyRows, 'walreceiver', 'WALSync') + waitsOf(standbyRows, 'walreceiver', 'WalSync');
        assert.ok(synced >= COMMITS / 2, text);
      });

      it('attribution tells the same chain: the commit, its statement, and what the standby’s startup process waits for', async () => {
        const attribution = await Attribution.start({ pgdata: [primary.pgdata, standby!.pgdata] });
        try {
          const first = attribution.read();
          await commits();
          await sleep(100);
          const now = attribution.read();
          const synced = new CommitRows(first)
            .advance(now)
            .filter((row) => row.kind === 'statement' && row.cluster === primary.pgdata && row.replication_us > 0);
          assert.deepEqual(
            synced.map((row) => [
              row.kind === 'statement' && /pg_logical_emit_message/.test(row.query ?? ''),
              row.commits,
            ]),
            [[true, COMMITS]],
          );
          const waits = new WaitRows(first).advance(now).filter(({ cluster }) => cluster === standby!.pgdata);
          const of = (type: string): string[] =>
            waits.filter(({ backend_type, count }) => backend_type === type && count > 0).map((row) => row.wait_event);
          assert.ok(of('startup').includes('RecoveryWalStream'), JSON.stringify(waits));
          assert.ok(of('walreceiver').includes('WalReceiverMain'), JSON.stringify(waits));
        } finally {
          attribution.close();
        }
      });

      it('the standby’s sessions are seen, and whom its startup process waits for', async () => {
        await withConnection(primary, (connection) => connection.query('CREATE TABLE kept AS SELECT 1 AS n'));
        const attribution = await Attribution.start({ pgdata: [standby!.pgdata], signals: ['locks'] });
        const reader = await Connection.open(standby!);
        try {
          const rows = new LockRows(attribution);
          let read = false;
          while (!read)
            read = await reader.query('BEGIN; SELECT n FROM kept').then(
              () => true,
              () => reader.query('ROLLBACK').then(() => false),
            );
          await withConnection(primary, (connection) => connection.query('ALTER TABLE kept ADD COLUMN m int'));
          let waits: LockRow[] = [];
          for (const until = Date.now() + 20_000; waits.length === 0 && Date.now() < until; await sleep(50))
            waits = rows.advance();
          const [wait, ...others] = waits.map((row) => [
            row.waiter_backend_type,
            row.mode,
            row.blocker_pid,
            row.blocker_state,
            row.blocker_query,
          ]);
          assert.deepEqual(others, []);
          const query = 'BEGIN; SELECT n FROM kept';
          assert.deepEqual(wait, ['startup', 'AccessExclusiveLock', reader.backendPid, 'idle in transaction', query]);
        } finally {
          await reader.close();
          attribution.close();
        }
      });
    });
  }
});
