/** Profiles of real servers: resolved by symbols and by scanning alike, and refused where memory does not agree. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Cluster, findDebianMajors, requestedMajors, startCluster } from '../../cluster/index.ts';
import { Connection } from '../client/index.ts';
import { findAddresses, resolveProfile } from '../layout/index.ts';
import { type DiscoveredCluster, discoverClusters, profileOf, withServerImage } from './index.ts';

const SERVERS = [
  ...requestedMajors().map((major) => ({ flavour: 'embedded' as const, major })),
  ...findDebianMajors().map((major) => ({ flavour: 'debian' as const, major })),
];

for (const server of SERVERS) {
  describe(`${server.flavour} ${server.major}`, () => {
    let cluster: Cluster;
    let session: Connection;
    before(async () => {
      cluster = await startCluster(server);
      session = await Connection.open(cluster);
      await session.query('SELECT 1');
    });
    after(async () => {
      await session.close();
      await cluster.stop();
    });
    const discovered = (): DiscoveredCluster =>
      discoverClusters().clusters.find((candidate) => candidate.pid === cluster.postmasterPid)!;

    test('resolves, and within 100 ms', () => {
      const profile = profileOf(discovered());
      assert.equal(profile.major, server.major);
      assert.equal(profile.addresses.my_wait_event_info === undefined, server.major === 13);
      assert.ok(
        profile.addresses.pgBufferUsage && profile.addresses.pgWalUsage && profile.addresses.debug_query_string,
      );
      const times = Array.from({ length: 5 }, () => {
        // Of a CPU: a busy machine gives it when it likes.
        const start = process.cpuUsage();
        profileOf(discovered());
        const { user, system } = process.cpuUsage(start);
        return (user + system) / 1000;
      });
      assert.ok(Math.min(...times) < 100, `${times.map(Math.round)} ms`);
    });

    test('a scan finds the same places as the symbols', () => {
      withServerImage(discovered(), (image) => {
        const { layout, addresses } = resolveProfile(image);
        const scanned = findAddresses({ ...image, symbol: () => undefined }, layout);
        assert.deepEqual([scanned.MyProc, scanned.MyBEEntry], [addresses.MyProc, addresses.MyBEEntry]);
      });
    });

    test('is refused when taken for another major', () => {
      const wrong = server.major === 13 ? 18 : 13;
      assert.throws(() => profileOf({ ...discovered(), major: wrong }), { code: 'layout' });
    });

    test('is refused when a symbol leads elsewhere', () => {
      withServerImage(discovered(), (image) => {
        const shifted = (name: string) => (name === 'MyProc' ? image.symbol('ProcGlobal') : image.symbol(name));
        assert.throws(() => resolveProfile({ ...image, symbol: shifted }), /its memory says pid/);
      });
    });
  });
}

test('an unknown major is refused with what is known', () => {
  const cluster = { major: 12 } as DiscoveredCluster;
  assert.throws(
    () => resolveProfile({ ...cluster, children: [] } as never),
    /PostgreSQL 12: .*13, 14, 15, 16, 17, 18 are/,
  );
});
