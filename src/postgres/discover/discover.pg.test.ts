/** Discovery against clusters that run: what is found must be what was started. */

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type Cluster, findDebianMajors, startCluster } from '../../cluster/index.ts';
import { Connection } from '../client/index.ts';
import { discoverClusters, Newcomers } from './index.ts';

const FLAVOURS = ['embedded' as const, ...(findDebianMajors().length > 0 ? ['debian' as const] : [])];

describe('discovery', () => {
  const clusters: Cluster[] = [];
  before(async () => {
    for (const flavour of FLAVOURS) clusters.push(await startCluster({ flavour }));
  });
  after(() => Promise.all(clusters.map((cluster) => cluster.stop())));

  const find = (cluster: Cluster) => discoverClusters().clusters.find((found) => found.pid === cluster.postmasterPid);

  test('finds each cluster with what its own SQL says of it', async () => {
    for (const cluster of clusters) {
      const session = await Connection.open(cluster);
      const [row] = (await session.query('SELECT system_identifier FROM pg_control_system()'))[0]!.rows;
      const pids = (await session.query('SELECT pid FROM pg_stat_activity'))[0]!.rows.map(([pid]) => Number(pid));
      const found = find(cluster)!;
      assert.equal(found.systemIdentifier, row![0]);
      assert.equal(found.major, cluster.major);
      assert.equal(found.pgdata, cluster.pgdata);
      assert.equal(found.port, cluster.port);
      assert.equal(found.socketDir, cluster.socketDir);
      const children = new Set(found.children.map((child) => child.pid));
      assert.deepEqual(
        pids.filter((pid) => !children.has(pid)),
        [],
      );
      await session.close();
    }
  });

  test('takes the postmaster only, not each backend that works in the same directory', () => {
    for (const { pgdata, postmasterPid } of clusters) {
      const found = discoverClusters().clusters.filter((cluster) => cluster.pgdata === pgdata);
      assert.deepEqual(
        found.map((cluster) => cluster.pid),
        [postmasterPid],
      );
    }
  });

  test('a look at newcomers tells of servers, and not of sessions of those that are known', async () => {
    const own = clusters.map(({ postmasterPid }) => postmasterPid);
    const known = new Set([...own, ...discoverClusters().clusters.map(({ pid }) => pid)]);
    const newcomers = new Newcomers();
    assert.equal(newcomers.look(known), true);
    const session = await Connection.open(clusters[0]!);
    // Others start servers on this machine, too.
    if (newcomers.look(known)) assert.ok(discoverClusters().clusters.some(({ pid }) => !known.has(pid)));
    await session.close();
    const another = await Connection.open(clusters[0]!);
    assert.equal(newcomers.look(new Set()), true);
    await another.close();
  });

  test('still finds a cluster whose program was deleted, as an upgrade in place does', () => {
    const embedded = clusters.find((cluster) => cluster.flavour === 'embedded')!;
    rmSync(`${embedded.binDir}/postgres`);
    assert.equal(find(embedded)!.pgdata, embedded.pgdata);
  });

  test('takes a few milliseconds', () => {
    discoverClusters();
    const times = Array.from({ length: 10 }, () => {
      // Of a CPU: a busy machine gives it when it likes.
      const start = process.cpuUsage();
      discoverClusters();
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    });
    assert.ok(Math.min(...times) < 20, `${times.map(Math.round)} ms`);
  });
});
