/** Lock waits as the server itself says: their number and length by its log, who blocks by pg_blocking_pids. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LockRow } from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Attribution, LockRows } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { endAll, readBlockers, sessionsOf, untilSettled } from './lock-situations.ts';
import { SERVERS, UNABLE } from './servers.ts';

/** Comparisons of one waiter's blockers with pg_blocking_pids; more with PEBBLE_COMPARISONS. */
const COMPARISONS = Number(process.env.PEBBLE_COMPARISONS ?? 30);

for (const server of SERVERS) {
  describe(`lock waits on ${server.flavour} ${server.major}`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    let attribution: Attribution;
    let observer: Connection;
    let rows: LockRows;
    before(async () => {
      const parallel = server.major >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
      cluster = await startCluster({
        ...server,
        settings: {
          max_prepared_transactions: '20',
          log_lock_waits: 'on',
          deadlock_timeout: '20ms',
          log_line_prefix: '%a: ',
          [parallel]: 'on',
        },
      });
      observer = await Connection.open(cluster);
      await observer.query(
        'CREATE TABLE a (n int); CREATE TABLE b (n int); INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)',
      );
      attribution = await Attribution.start({ pgdata: cluster.pgdata, signals: ['locks'] });
      rows = new LockRows(attribution);
    });
    after(async () => {
      attribution?.close();
      await observer?.close();
      await cluster?.stop();
    });

    test('injected waits: counted, and as long as the log says, also those over deadlock_timeout', async (t) => {
      const [holder, waiter] = [
        await Connection.open(cluster),
        await Connection.open({ ...cluster, applicationName: 'injected' }),
      ];
      rows.advance();
      for (const ms of [50, 50, 50, 70, 110, 130, 1_300]) {
        await holder.query('BEGIN; LOCK TABLE a');
        const waiting = waiter.query('SELECT n FROM a');
        await untilSettled(observer, waiter.backendPid, waiting);
        await sleep(ms);
        await holder.query('COMMIT');
        await waiting;
      }
      await sleep(200);
      const own = rows.advance().filter(({ waiter_pid }) => waiter_pid === waiter.backendPid);
      const logged = [
        ...cluster.log().matchAll(/^injected: LOG: .*acquired AccessShareLock on relation .* after ([\d.]+) ms/gm),
      ];
      const loggedUs = logged.reduce((sum, [, ms]) => sum + Number(ms) * 1000, 0);
      assert.equal(logged.length, 7, cluster.log());
      assert.equal(
        sum(own, ({ count }) => count),
        7,
        JSON.stringify(own),
      );
      assert.deepEqual([...new Set(own.map(({ blocker_pid }) => blocker_pid))], [holder.backendPid]);
      t.diagnostic(`7 waits, ${sum(own, ({ wait_us }) => wait_us)} µs; the log says ${loggedUs} µs`);
      assertWithin(
        sum(own, ({ wait_us }) => wait_us),
        loggedUs,
        0.02,
      );
      await Promise.all([holder.close(), waiter.close()]);
    });

    test(`who blocks, in ${COMPARISONS} comparisons with pg_blocking_pids`, async (t) => {
      let compared = 0;
      let soft = 0;
      for (let seed = 1; compared < COMPARISONS; seed++) {
        rows.advance();
        const sessions = await sessionsOf(cluster, observer, seed);
        const expected = await readBlockers(observer);
        const seen = rows.advance();
        const pairs = Map.groupBy(
          seen.filter(({ waiting }) => waiting),
          (row) => row.waiter_pid,
        );
        for (const [pid, blockers] of expected) {
          const own = pairs.get(pid) ?? [];
          const found = [...new Set(own.map((row) => row.blocker_pid))].sort((x, y) => x! - y!);
          assert.deepEqual(found, blockers, `seed ${seed}, pid ${pid}: ${JSON.stringify(own)}`);
          soft += own.some((row) => row.blocker_mode === null) ? 1 : 0;
          compared += 1;
        }
        assert.deepEqual(new Set(pairs.keys()), new Set(expected.keys()));
        await endAll(observer, sessions);
      }
      t.diagnostic(`${compared} comparisons, ${soft} of them with a waiter ahead in the queue`);
      assert.ok(soft > 0);
    });
  });
}

const sum = (rows: readonly LockRow[], of: (row: LockRow) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);

function assertWithin(value: number, expected: number, part: number): void {
  assert.ok(Math.abs(value - expected) <= expected * part, `${value} µs, the log says ${expected} µs`);
}
