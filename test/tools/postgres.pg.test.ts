/** Tools for PostgreSQL: each provokes its event a known number of times and finds exactly that, on npm's build and Debian's. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { SERVERS, UNABLE, withConnection } from '../accuracy/servers.ts';
import { pebble } from '../cli/pebble.ts';
import { POSTGRES_CASES } from './cases/postgres.ts';
import { VIEW_CASES } from './cases/views.ts';
import { entries, rowsOf, rowsOfView, sum } from './harness.ts';

// Servers of their own do not meet.
describe('tools for PostgreSQL', { skip: UNABLE, concurrency: 2 }, () => {
  for (const server of SERVERS) {
    describe(`${server.flavour} ${server.major}`, { concurrency: 1 }, () => {
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
            let counted: unknown;
            const rows = await rowsOf(tool, [...args, '--pgdata', cluster.pgdata], async () => {
              counted = await load(connection, cluster);
            });
            check(rows, counted as readonly number[]);
          }),
        );
      }
      if (server.flavour === 'debian') {
        it('pgplan says that this build lacks the names it needs, and what shows as much', () => {
          const { status, stderr } = pebble('run', 'pgplan', '--pgdata', cluster.pgdata, '-d', '1');
          assert.equal(status, 1);
          assert.match(stderr, /needs the names of static functions.*; pgprofile shows phases and stacks without/);
        });
      }
      for (const { tool, load, check } of VIEW_CASES) {
        it(tool, () =>
          withConnection(cluster, async (connection) => {
            check(await rowsOfView(tool, ['--pgdata', cluster.pgdata], () => load(connection, cluster)));
          }),
        );
      }
      if (server !== SERVERS[0]) return;
      it('choices are made in the kernel, and said where nothing is left', () =>
        withConnection(cluster, async (connection) => {
          const load = async () => {
            for (let i = 0; i < 7; i++) await connection.query('SELECT 1 AS chosen');
            await withConnection(cluster, (other) => other.query('SELECT now()'));
          };
          const requests = async (...choice: string[]) =>
            sum(await rowsOf('pgrunq', ['--pgdata', cluster.pgdata, ...choice], load), 'requests');
          const rows = await rowsOf('pgrunq', ['--pgdata', cluster.pgdata], load);
          const [chosen] = rows.filter(({ query }) => query === 'SELECT 1 AS chosen');
          // Signed, and here negative or not.
          assert.equal(await requests('--query-id', String(chosen!.query_id)), 7);
          assert.equal(await requests('--pid', String(connection.backendPid)), 7);
          assert.equal(await requests('--database', 'postgres', '--user', cluster.user), 8);
          assert.equal(await requests('--query-id', '-7'), 0);
          const { status, stderr } = pebble('run', 'pgrunq', '--pgdata', cluster.pgdata, '--user', 'nobody', '-d', '1');
          assert.equal(status, 0);
          assert.match(
            stderr,
            /No event: pgrunq was attached to \d+ hooks and saw nothing that it shows\. Only: --user nobody/,
          );
        }));

      it('a view with --pid is of one process, which alone the kernel knows, and answers each interval', () =>
        withConnection(cluster, async (connection) => {
          const load = async () => {
            for (let i = 0; i < 13; i++) await connection.query('SELECT 1 AS alone');
            await withConnection(cluster, (other) => other.query('SELECT 1 AS alone'));
          };
          const choice = ['--pgdata', cluster.pgdata, '--pid', String(connection.backendPid)];
          const rows = await rowsOfView('pglat', choice, load);
          assert.deepEqual([sum(rows, 'requests'), sum(rows, 'calls')], [13, 13]);
          const quiet = pebble('run', 'pgcommit', ...choice, '--json', '--interval', '0.2s', '-d', '1');
          const words = [...quiet.stderr.matchAll(/no row: .* Only: --pid \d+; --pgdata /g)];
          assert.ok(quiet.stdout === '' && words.length > 1, quiet.stderr);
          const { status, stderr } = pebble('run', 'pgcommit', '--pgdata', cluster.pgdata, '--pid', '1', '-d', '1');
          assert.equal(status, 4);
          assert.match(stderr, /1 is no process of .* that runs here/);
        }));

      it('--interval gives windows that add up', () =>
        withConnection(cluster, async (connection) => {
          const rows = await rowsOf('pgphases', ['--pgdata', cluster.pgdata, '--interval', '0.2s'], async () => {
            for (let i = 0; i < 31; i++) {
              await connection.query(`SELECT ${i}`);
              await sleep(20);
            }
          });
          const parsed = rows.filter(({ key }) => key === 'parse');
          assert.equal(entries(parsed, 'ns'), 31);
          assert.ok(new Set(parsed.map(({ window_start }) => window_start)).size > 1);
        }));
    });
  }
});
