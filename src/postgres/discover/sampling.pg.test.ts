/** Samples from memory against pg_stat_activity of the same moment. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, findDebianMajors, requestedMajors, startCluster } from '../../cluster/index.ts';
import { Connection } from '../client/index.ts';
import { locateBackends, readSessionNames } from '../memory/index.ts';
import { waitName, waitTableOf } from '../waits/index.ts';
import { discoverClusters, type OpenSampler, openSampler, ProcessMemory } from './index.ts';
import { withServerImage } from './server-image.ts';

const SERVERS = [
  ...requestedMajors().map((major) => ({ flavour: 'embedded' as const, major })),
  ...findDebianMajors().map((major) => ({ flavour: 'debian' as const, major })),
];

for (const server of SERVERS) {
  describe(`${server.flavour} ${server.major}`, () => {
    let cluster: Cluster;
    let observer: Connection;
    let open: OpenSampler;
    before(async () => {
      const settings = { ...(server.major >= 14 ? { compute_query_id: 'on' } : {}), track_activity_query_size: '200' };
      cluster = await startCluster({ ...server, settings });
      observer = await Connection.open(cluster);
      open = openSampler(discoverClusters().clusters.find((found) => found.pid === cluster.postmasterPid)!);
    });
    after(async () => {
      open[Symbol.dispose]();
      await observer.close();
      await cluster.stop();
    });

    test('each process leads to the same arrays', () => {
      const found = discoverClusters().clusters.find(({ pid }) => pid === cluster.postmasterPid)!;
      const arrays = withServerImage(found, (image) =>
        image.children.flatMap((child) => locateBackends({ ...image, children: [child] }, open.profile) ?? []),
      );
      // All but the statistics collector, which 13 and 14 have, and which is in none of them.
      assert.ok(arrays.length >= 5, `${arrays.length}`);
      assert.deepEqual(
        arrays,
        arrays.map(() => open.arrays),
      );
    });

    const sampleOf = (pid: number) => open.sampler.sample()!.find((sample) => sample.pid === pid);

    const waitIn = (pid: number) => waitName(waitTableOf(server.major), sampleOf(pid)?.waitInfo ?? 0);

    test('every process of the view, with all that the view says', async () => {
      const tcp = await Connection.open({
        host: '127.0.0.1',
        port: cluster.port,
        user: cluster.user,
        applicationName: 'über',
      });
      await tcp.query('BEGIN; SELECT 1');
      const sleeper = await Connection.open({ ...cluster, database: 'template1' });
      const sleeping = assert.rejects(sleeper.query("SELECT pg_sleep(30), 'ü'"), /canceling/);
      for (let round = 0; round < 1_000 && waitIn(sleeper.backendPid) !== 'Timeout:PgSleep'; round++) await sleep(10);
      const id = server.major >= 14 ? 'query_id' : 'NULL';
      const micros = (column: string) =>
        `extract(epoch FROM date_trunc('second', ${column}))::bigint * 1000000 + extract(microseconds FROM ${column})::bigint % 1000000`;
      const [view] = await observer.query(
        `SELECT pid, backend_type, coalesce(datid, 0), coalesce(usesysid, 0), state, ${id}, ${micros('backend_start')},
           ${micros('xact_start')}, ${micros('query_start')}, ${micros('state_change')},
           CASE WHEN client_port = -1 THEN 'local' ELSE host(client_addr) END,
           coalesce(application_name, ''), coalesce(query, ''), coalesce(wait_event_type || ':' || wait_event, 'CPU')
         FROM pg_stat_activity WHERE pid <> pg_backend_pid() ORDER BY pid`,
      );
      const samples = open.sampler.sample()!.filter((sample) => sample.pid !== observer.backendPid);
      const rows = samples.map((sample) => [
        sample.pid,
        sample.backendType === 'background worker' ? 'logical replication launcher' : sample.backendType,
        sample.databaseId,
        sample.userId,
        sample.state,
        sample.queryId,
        sample.backendStart,
        sample.transactionStart,
        sample.statementStart,
        sample.stateStart,
        sample.client,
        open.sampler.readApplicationName(sample),
        open.sampler.readText(sample).text,
        waitIn(sample.pid),
      ]);
      const asText = (row: readonly unknown[]) => row.map((value) => (value === null ? null : String(value)));
      const inMemory = rows.sort((a, b) => Number(a[0]) - Number(b[0])).map(asText);
      const clients = view!.rows.filter((row) => row[1] === 'client backend');
      assert.equal(clients.length, 2);
      assert.deepEqual(
        inMemory.filter((row) => row[1] === 'client backend'),
        clients,
      );
      const identity = (row: readonly unknown[]) => `${row[0]} ${row[1]}`;
      assert.deepEqual(new Set(inMemory.map(identity)), new Set(view!.rows.map(identity)));
      await Promise.all([sleeper.cancel(), sleeping]);
      await Promise.all([tcp.close(), sleeper.close()]);
    });

    test('text that does not fit is marked', async () => {
      await observer.query(`SELECT '${'ü'.repeat(150)}'`);
      const long = open.sampler.readText(sampleOf(observer.backendPid)!);
      assert.equal(long.truncated, true);
      assert.match(long.text, /^SELECT 'ü+$/);
      await observer.query("SELECT 'short'");
      assert.deepEqual(open.sampler.readText(sampleOf(observer.backendPid)!), {
        text: "SELECT 'short'",
        truncated: false,
      });
    });

    test('names of database, user and client', async () => {
      await observer.query('CREATE ROLE "Älteste" LOGIN');
      await observer.query('CREATE DATABASE shop');
      const options = { host: '127.0.0.1', port: cluster.port, user: 'Älteste', database: 'shop' };
      const session = await Connection.open(options);
      using memory = ProcessMemory.open(session.backendPid);
      const names = { database: 'shop', user: 'Älteste', remoteHost: '127.0.0.1' };
      assert.deepEqual(readSessionNames(memory, open.profile), names);
      const background = open.sampler.sample()!.find((sample) => sample.backendType === 'checkpointer')!;
      using other = ProcessMemory.open(background.pid);
      assert.equal(readSessionNames(other, open.profile), undefined);
      await session.close();
    });

    test('a sample of 100 connections takes less than 2 ms', () => {
      const times = Array.from({ length: 50 }, () => {
        const start = performance.now();
        open.sampler.sample();
        return performance.now() - start;
      });
      assert.ok(Math.min(...times) < 2, `${Math.min(...times).toFixed(2)} ms`);
    });

    test('a server that is gone gives no sample', async () => {
      const before = discoverClusters().clusters.find((found) => found.pid === cluster.postmasterPid)!;
      await cluster.restart({ signal: 'QUIT' });
      assert.throws(() => openSampler(before), { code: 'no-target', what: 'the server has ended' });
      assert.equal(open.sampler.sample(), undefined);
      observer = await Connection.open(cluster);
      open[Symbol.dispose]();
      open = openSampler(discoverClusters().clusters.find((found) => found.pid === cluster.postmasterPid)!);
      assert.ok(sampleOf(observer.backendPid));
    });
  });
}
