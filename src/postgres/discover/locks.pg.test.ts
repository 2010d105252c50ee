/** Lock waits read from memory against pg_blocking_pids and pg_locks of the same moment. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, findDebianMajors, requestedMajors, startCluster } from '../../cluster/index.ts';
import { Connection } from '../client/index.ts';
import { discoverClusters, type OpenSampler, openSampler } from './index.ts';

const SERVERS = [
  ...requestedMajors().map((major) => ({ flavour: 'embedded' as const, major })),
  ...findDebianMajors().map((major) => ({ flavour: 'debian' as const, major })),
];

/** Sessions in order: each begins a transaction and runs its statements, the last of which may wait. */
const SITUATIONS: readonly {
  readonly name: string;
  readonly sessions: readonly string[][];
  readonly waiters: number;
}[] = [
  { name: 'a row', sessions: [['UPDATE t SET n = 1'], ['UPDATE t SET n = 2'], ['UPDATE t SET n = 3']], waiters: 2 },
  {
    name: 'soft blocks: a SELECT behind a waiting ALTER behind a report',
    sessions: [['SELECT * FROM t'], ['ALTER TABLE t ADD c int'], ['SELECT * FROM t'], ['SELECT * FROM t']],
    waiters: 3,
  },
  {
    name: 'ten holders of one lock',
    sessions: [...Array.from({ length: 10 }, () => ['LOCK TABLE t IN SHARE MODE']), ['UPDATE t SET n = 1']],
    waiters: 1,
  },
  {
    name: 'a prepared transaction',
    sessions: [['UPDATE t SET n = 1', "PREPARE TRANSACTION 'p'"], ['UPDATE t SET n = 2']],
    waiters: 1,
  },
  {
    name: 'advisory locks, shared ones that wait behind an exclusive one',
    sessions: [
      ['SELECT pg_advisory_xact_lock_shared(1, 2)'],
      ['SELECT pg_advisory_xact_lock(1, 2)'],
      ['SELECT pg_advisory_xact_lock_shared(1, 2)'],
    ],
    waiters: 2,
  },
  {
    name: 'several locks at once',
    sessions: [
      ['LOCK TABLE t IN ROW EXCLUSIVE MODE'],
      ['LOCK TABLE u'],
      ['LOCK TABLE t IN SHARE MODE'],
      ['SELECT * FROM u'],
      ['LOCK TABLE t IN ROW EXCLUSIVE MODE'],
    ],
    waiters: 3,
  },
];

for (const server of SERVERS) {
  describe(`${server.flavour} ${server.major}`, () => {
    let cluster: Cluster;
    let observer: Connection;
    let open: OpenSampler;
    before(async () => {
      cluster = await startCluster({
        ...server,
        settings: { max_prepared_transactions: '5', deadlock_timeout: '10s' },
      });
      observer = await Connection.open(cluster);
      await observer.query('CREATE TABLE t (n int); INSERT INTO t VALUES (0); CREATE TABLE u (n int)');
      open = openSampler(discoverClusters().clusters.find((found) => found.pid === cluster.postmasterPid)!);
    });
    after(async () => {
      open[Symbol.dispose]();
      await observer.close();
      await cluster.stop();
    });

    for (const { name, sessions, waiters } of SITUATIONS) {
      test(`blockers as pg_blocking_pids says: ${name}`, async () => {
        const connections = await Promise.all(sessions.map(() => Connection.open(cluster)));
        for (const [index, statements] of sessions.entries()) {
          await connections[index]!.query('BEGIN');
          for (const statement of statements) {
            const done = connections[index]!.query(statement).catch(() => {});
            await Promise.race([done, untilWaiting(observer, connections[index]!.backendPid)]);
          }
        }
        const inView = await blockersInView(observer);
        assert.equal(inView.size, waiters);
        for (let round = 0; round < 20; round++) assert.deepEqual(blockersInMemory(open), inView);
        assert.deepEqual(tagsInMemory(open), await tagsInView(observer));
        await Promise.all(connections.map((connection) => endSession(observer, connection)));
        await observer.query("ROLLBACK PREPARED 'p'").catch(() => {});
      });
    }

    test('nobody waits', () => assert.deepEqual(open.locks.read(), []));
  });
}

/** The next session must queue behind this one. */
async function untilWaiting(observer: Connection, pid: number): Promise<void> {
  for (let round = 0; round < 1_000; round++) {
    const [waiting] = await observer.query(`SELECT FROM pg_locks WHERE NOT granted AND pid = ${pid}`);
    if (waiting!.rows.length > 0) return;
    await sleep(10);
  }
}

const byPid = <Value>(pairs: Iterable<readonly [number, Value]>) => new Map([...pairs].sort(([a], [b]) => a - b));
const ascending = (pids: readonly number[]) => [...pids].sort((a, b) => a - b);

async function blockersInView(observer: Connection): Promise<Map<number, number[]>> {
  const sql = `SELECT pid, array_to_string(pg_blocking_pids(pid), ',') FROM pg_stat_activity
    WHERE cardinality(pg_blocking_pids(pid)) > 0`;
  const [result] = await observer.query(sql);
  const unique = (pids: string) => ascending([...new Set(pids.split(',').map(Number))]);
  return byPid(result!.rows.map(([pid, pids]) => [Number(pid), unique(pids!)] as const));
}

function blockersInMemory({ locks }: OpenSampler): Map<number, number[]> {
  return byPid(
    locks.read().map(({ pid, blockers }) => [pid, ascending(blockers.map((blocker) => blocker.pid))] as const),
  );
}

async function tagsInView(observer: Connection): Promise<Map<number, unknown>> {
  const sql = `SELECT pid, mode, locktype, coalesce(database, 0), relation, page, tuple, transactionid, classid, objid, objsubid
    FROM pg_locks WHERE NOT granted`;
  const [result] = await observer.query(sql);
  return byPid(
    result!.rows.map(([pid, mode, type, ...numbers]) => {
      const values = numbers.map((value) => (value === null ? null : Number(value)));
      return [Number(pid), [mode, type, ...values]] as const;
    }),
  );
}

function tagsInMemory({ locks }: OpenSampler): Map<number, unknown> {
  return byPid(
    locks.read().map(({ pid, mode, tag }) => {
      const { type, database, relation, page, tuple, transaction, object } = tag;
      const { classId = null, id = null, subId = null } = object ?? {};
      return [pid, [mode, type, database, relation, page, tuple, transaction, classId, id, subId]] as const;
    }),
  );
}

async function endSession(observer: Connection, connection: Connection): Promise<void> {
  await observer.query(`SELECT pg_terminate_backend(${connection.backendPid})`);
  await connection.close();
}
