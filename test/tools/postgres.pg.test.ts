/** Tools for PostgreSQL: each provokes its event a known number of times and finds exactly that, on npm's build and Debian's. */
import { after, before, describe, it } from 'node:test';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { SERVERS, UNABLE, withConnection } from '../accuracy/servers.ts';
import { POSTGRES_CASES } from './cases/postgres.ts';
import { VIEW_CASES } from './cases/views.ts';
import { rowsOf, rowsOfView } from './harness.ts';

for (const server of SERVERS) {
  describe(`tools for PostgreSQL: ${server.flavour} ${server.major}`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster({
        ...server,
        settings: { compute_query_id: 'on', autovacuum: 'off', deadlock_timeout: '50ms' },
      });
      await withConnection(cluster, async (connection) => {
        await connection.query('CREATE TABLE accounts (id int PRIMARY KEY, n int)');
        await connection.query('INSERT INTO accounts SELECT i, 0 FROM generate_series(1, 500) i');
        await connection.query('CHECKPOINT');
      });
    });
    after(() => cluster.stop());
    for (const { tool, arguments: args = [], load, check, only } of POSTGRES_CASES) {
      const stripped =
        only !== undefined &&
        only !== server.flavour &&
        `${tool} needs names of static functions, which this build has not`;
      it(tool, { skip: stripped }, () =>
        withConnection(cluster, async (connection) => {
          check(await rowsOf(tool, [...args, '--pgdata', cluster.pgdata], () => load(connection, cluster)));
        }),
      );
    }
    for (const { tool, load, check } of VIEW_CASES) {
      it(tool, () =>
        withConnection(cluster, async (connection) => {
          check(await rowsOfView(tool, ['--pgdata', cluster.pgdata], () => load(connection, cluster)));
        }),
      );
    }
  });
}
