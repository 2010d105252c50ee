/** Known waits, read from memory while they last, against pg_stat_activity; and all names against pg_wait_events. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, findDebianMajors, requestedMajors, startCluster } from '../../cluster/index.ts';
import { Connection } from '../client/index.ts';
import { discoverClusters, ProcessMemory, profileOf } from '../discover/index.ts';
import type { Profile } from '../layout/index.ts';
import { readPointer, readU32 } from '../memory/index.ts';
import { waitName, waitTableOf } from './index.ts';

const SERVERS = [
  ...requestedMajors().map((major) => ({ flavour: 'embedded' as const, major })),
  ...findDebianMajors().map((major) => ({ flavour: 'debian' as const, major })),
];

/** What a session must run to wait, and for what; `meanwhile` is run by another session in a transaction before. */
const WAITS = [
  { sql: 'SELECT pg_sleep(30)', expected: 'Timeout:PgSleep' },
  { sql: 'UPDATE t SET n = 2', meanwhile: 'UPDATE t SET n = 1', expected: 'Lock:transactionid' },
  { sql: 'SELECT * FROM t', meanwhile: 'LOCK TABLE t', expected: 'Lock:relation' },
  { sql: 'SELECT pg_advisory_lock(7)', meanwhile: 'SELECT pg_advisory_xact_lock(7)', expected: 'Lock:advisory' },
];

for (const server of SERVERS) {
  describe(`${server.flavour} ${server.major}`, () => {
    let cluster: Cluster;
    let observer: Connection;
    let profile: Profile;
    before(async () => {
      cluster = await startCluster(server);
      observer = await Connection.open(cluster);
      await observer.query('CREATE TABLE t (n int); INSERT INTO t VALUES (0)');
      profile = profileOf(discoverClusters().clusters.find((found) => found.pid === cluster.postmasterPid)!);
    });
    after(async () => {
      await observer.close();
      await cluster.stop();
    });

    const waitInMemory = (pid: number): string => {
      using memory = ProcessMemory.open(pid);
      const proc = readPointer(memory, profile.addresses.MyProc)!;
      const info = readU32(memory, proc + profile.layout.offsets.PGPROC.wait_event_info)!;
      return waitName(waitTableOf(server.major), info);
    };
    const waitInView = async (pid: number): Promise<string> => {
      const sql = `SELECT wait_event_type || ':' || wait_event FROM pg_stat_activity WHERE pid = ${pid}`;
      return (await observer.query(sql))[0]!.rows[0]![0] ?? 'CPU';
    };

    for (const { sql, meanwhile, expected } of WAITS) {
      test(`${sql} waits for ${expected}`, async () => {
        const [holder, waiter] = [await Connection.open(cluster), await Connection.open(cluster)];
        await holder.query(`BEGIN; ${meanwhile ?? 'SELECT 1'}`);
        const waiting = assert.rejects(waiter.query(sql), /canceling statement/);
        for (let round = 0; round < 1_000 && (await waitInView(waiter.backendPid)) !== expected; round++)
          await sleep(10);
        assert.equal(await waitInView(waiter.backendPid), expected);
        assert.equal(waitInMemory(waiter.backendPid), expected);
        // It has answered; on a busy machine it may not have gone to wait for us yet.
        for (let round = 0; round < 1_000 && waitInMemory(holder.backendPid) === 'CPU'; round++) await sleep(10);
        assert.equal(waitInMemory(holder.backendPid), 'Client:ClientRead');
        await Promise.all([waiter.cancel(), waiting]);
        await Promise.all([holder.close(), waiter.close()]);
      });
    }

    test('background processes wait for what the view says', async () => {
      const [activity] = await observer.query(
        "SELECT pid FROM pg_stat_activity WHERE backend_type <> 'client backend'",
      );
      assert.ok(activity!.rows.length >= 3);
      for (const [pid] of activity!.rows) assert.equal(waitInMemory(Number(pid)), await waitInView(Number(pid)));
    });

    test('every event of pg_wait_events is known', {
      skip: server.major < 17 && 'pg_wait_events came with 17',
    }, async () => {
      const [events] = await observer.query('SELECT type, name FROM pg_wait_events ORDER BY 1, 2');
      const known = new Set(
        Object.values(waitTableOf(server.major)).flatMap(({ type, names }) => names.map((name) => `${type}:${name}`)),
      );
      const missing = events!.rows.map(([type, name]) => `${type}:${name}`).filter((event) => !known.has(event));
      assert.deepEqual(missing, []);
    });
  });
}
