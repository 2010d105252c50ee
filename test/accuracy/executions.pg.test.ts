/** Executions on a known load: the slowest are kept, all of them, with what they waited for in order, and for whom. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionRow } from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Attribution, windowBetween } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { SERVERS, UNABLE, withConnection } from './servers.ts';

/** In no order; ms. */
const NAPS = [20, 140, 60, 100, 40, 160, 80, 120, 30, 90, 50];
const SLOWEST = [160, 140, 120, 100, 90];
const MANY = 997;

/** WALSync before 17, WalSync since. */
const isWal = (event: string): boolean => /^wal/i.test(event);

for (const server of SERVERS) {
  describe(`executions, ${server.flavour} ${server.major}`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    let session: Connection;
    before(async () => {
      cluster = await startCluster({ ...server, settings: server.major >= 14 ? { compute_query_id: 'on' } : {} });
      session = await Connection.open(cluster);
      await session.query('CREATE TABLE c_rows AS SELECT 1 AS i');
    });
    after(async () => {
      await session.close();
      await cluster.stop();
    });

    test('the slowest of each statement, and none of the others', async () => {
      const rows = await executionsOf(cluster, async () => {
        for (const ms of NAPS) await session.query(`SELECT pg_sleep(${ms / 1000}) AS c_nap`);
        for (let i = 0; i < MANY; i++) await session.query('SELECT 1 AS c_quick');
      });
      const naps = rows.filter(({ query }) => query?.includes('c_nap'));
      assert.equal(naps.length, SLOWEST.length);
      for (const [i, row] of naps.entries()) {
        assert.ok(row.latency_us / 1000 >= SLOWEST[i]!, `${row.latency_us} µs for ${SLOWEST[i]} ms`);
        if (i > 0) assert.ok(row.latency_us <= naps[i - 1]!.latency_us);
        assertTimeIdentity(row);
        const asleep = row.steps.filter(({ wait_event }) => wait_event === 'PgSleep');
        // Where a hypervisor takes the CPU away, a nap is that much shorter: it ends at its hour.
        const awake = row.on_cpu_us / 1000;
        const slept = asleep.reduce((sum, { us }) => sum + us, 0) / 1000;
        assert.ok(slept >= SLOWEST[i]! - 1 - awake, `${slept} of ${SLOWEST[i]}: ${JSON.stringify(row.steps)}`);
      }
      const quick = rows.filter(({ query }) => query?.includes('c_quick'));
      assert.equal(quick.length, SLOWEST.length);
      for (const row of quick) assertTimeIdentity(row);
      assert.ok(rows.every(({ coverage, dropped }) => coverage === 'exact' && dropped === 0));
    });

    test('without query ids, the slowest of all texts that differ in literals', {
      skip: server.major < 14 && 'this server has none anyway',
    }, async () => {
      await session.query('SET compute_query_id = off');
      const rows = await executionsOf(cluster, async () => {
        for (const ms of NAPS) await session.query(`SELECT pg_sleep(${ms / 1000}) AS c_literal`);
      });
      await session.query('RESET compute_query_id');
      const own = rows.filter(({ query }) => query?.includes('c_literal'));
      assert.deepEqual([own.length, new Set(own.map(({ query_id }) => query_id)).size], [SLOWEST.length, 1]);
      for (const [i, row] of own.entries()) assert.ok(row.latency_us / 1000 >= SLOWEST[i]!, `${row.latency_us} µs`);
    });

    test('calls and errors of a request are those of all its statements', async () => {
      const sql = 'SELECT pg_sleep(0.03) AS c_one; SELECT 2 AS c_two; SELECT 1 / 0 AS c_three';
      const rows = await executionsOf(cluster, async () => {
        await session.query(sql).catch(() => undefined);
      });
      const own = rows.filter(({ query, latency_us }) => query?.includes('c_three') && latency_us > 30_000);
      assert.deepEqual(
        own.map(({ calls, errors, inexact }) => [calls, errors, inexact]),
        [[3, 1, ['query']]],
      );
    });

    test('waits in order, and who held the lock', async () => {
      const rows = await executionsOf(cluster, () =>
        withConnection(cluster, async (holder) => {
          await holder.query('BEGIN');
          await holder.query('UPDATE c_rows SET i = 2');
          const waiting = session.query('UPDATE c_rows SET i = (SELECT 3 FROM pg_sleep(0.1))');
          await sleep(400);
          await holder.query('COMMIT');
          await waiting;
          const [row] = (await session.query(`SELECT ${holder.backendPid}`))[0]!.rows;
          assert.equal(Number(row![0]), holder.backendPid);
        }),
      );
      const [two] = rows.filter(
        ({ query, steps }) =>
          /^UPDATE c_rows/.test(query ?? '') && steps.some(({ wait_event }) => wait_event === 'PgSleep'),
      );
      assert.ok(two, JSON.stringify(rows.map(({ query, steps }) => [query, steps])));
      const waits = two.steps.filter(({ us, wait_event_type }) => us > 10_000 && wait_event_type !== null);
      assert.deepEqual(
        [...new Set(waits.map(({ wait_event }) => wait_event))].filter((event) => !isWal(event!)),
        ['PgSleep', 'transactionid'],
      );
      const locked = waits.filter(({ wait_event_type }) => wait_event_type === 'Lock');
      assert.ok(locked[0]!.blocker_pid !== null && locked[0]!.blocker_pid !== session.backendPid);
      const slept = locked.reduce((sum, { us }) => sum + us, 0);
      assert.ok(slept > 200_000 && slept < 2_000_000, `${slept} µs`);
      assert.ok(two.wal_bytes > 0 && two.calls === 1);
      for (const { phase } of waits.filter(({ wait_event }) => !isWal(wait_event!))) assert.equal(phase, 'execute');
      assert.equal(two.rows, 1);
    });

    test('what it took besides time, and what it was at when it slept', async () => {
      const sql = "SELECT repeat('x', 10007) AS c_taken FROM generate_series(1, 13), pg_sleep(0.05)";
      const rows = await executionsOf(cluster, () =>
        withConnection(cluster, async (holder) => {
          await session.query(sql);
          await holder.query('BEGIN; LOCK TABLE c_rows IN ACCESS EXCLUSIVE MODE');
          const waiting = session.query('SELECT i AS c_analyzed FROM c_rows');
          await sleep(100);
          await holder.query('COMMIT');
          await waiting;
          await session.query('CREATE TABLE IF NOT EXISTS c_committed (i int)');
          for (let i = 0; i < 11; i++) await session.query('INSERT INTO c_committed VALUES (1)');
        }),
      );
      const of = (word: string): ExecutionRow => rows.find(({ query }) => query?.includes(word))!;
      const taken = of('repeat');
      assert.equal(taken.rows, 13);
      assert.equal(taken.received_bytes, sql.length + 6);
      assert.ok(taken.sent_bytes! > 13 * 10_007 && taken.sent_bytes! < 13 * 10_007 + 1000, `${taken.sent_bytes}`);
      assert.equal(taken.temp_files, 0);
      const phasesOf = (row: ExecutionRow, event: string) =>
        row.steps.filter(({ wait_event }) => wait_event === event).map(({ phase }) => phase);
      assert.deepEqual([...new Set(phasesOf(taken, 'PgSleep'))], ['execute']);
      assert.deepEqual([...new Set(phasesOf(of('SELECT i '), 'relation'))], ['prepare']);
      // Somebody else may have synced for one of them.
      const commits = rows.filter(({ query }) => query?.startsWith('INSERT INTO c_committed'));
      const wal = commits.flatMap(({ steps }) => steps.filter(({ wait_event }) => /^wal/i.test(wait_event ?? '')));
      assert.deepEqual([...new Set(wal.map(({ phase }) => phase))], ['commit']);
    });
  });
}

function assertTimeIdentity(row: ExecutionRow): void {
  const spent = row.on_cpu_us + row.off_cpu_us + row.run_queue_us;
  assert.ok(Math.abs(spent - row.latency_us) < 1, `${spent} of ${row.latency_us}`);
  assert.ok(row.on_cpu_us >= 0, JSON.stringify(row));
  for (const [i, { at_us }] of row.steps.entries()) {
    const before = row.steps[i - 1];
    assert.ok(!before || at_us >= before.at_us + before.us - 0.01, JSON.stringify(row.steps));
  }
}

async function executionsOf(cluster: Cluster, load: () => Promise<void>): Promise<ExecutionRow[]> {
  const attribution = await Attribution.start({
    pgdata: cluster.pgdata,
    signals: ['executions', 'locks', 'resources', 'phases'],
  });
  try {
    const first = attribution.read();
    await load();
    await sleep(100);
    return attribution.takeExecutions(windowBetween(first, attribution.read()));
  } finally {
    attribution.close();
  }
}
