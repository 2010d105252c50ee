/** Tools for PostgreSQL: each provokes its event a known number of times and finds exactly that, on npm's build and Debian's. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import type { KernelIdentity } from '../../src/collect/attribution/records.ts';
import { listTools, toolOptions } from '../../src/toolbox/index.ts';
import { SERVERS, UNABLE, withConnection } from '../accuracy/servers.ts';
import { pebble, Running } from '../cli/pebble.ts';
import { POSTGRES_CASES } from './cases/postgres.ts';
import { VIEW_CASES } from './cases/views.ts';
import { complete, rowsOf, rowsOfView, sum } from './harness.ts';
import { entriesIn } from './kernel-entries.ts';

const CHOICES = ['pid', 'database', 'user', 'query-id'];

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
      for (const { tool, arguments: args = () => [], load, check, only } of POSTGRES_CASES) {
        const stripped =
          only !== undefined &&
          only !== server.flavour &&
          `${tool} needs names of static functions, which this build has not`;
        const attempt = () =>
          withConnection(cluster, async (connection) => {
            let counted: unknown;
            const rows = await rowsOf(tool, [...args(connection), '--pgdata', cluster.pgdata], async () => {
              counted = await load(connection, cluster);
            });
            check(rows, counted as readonly number[]);
          });
        it(tool, { skip: stripped }, () => complete(attempt));
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
            let counted: unknown;
            const rows = await rowsOfView(tool, ['--pgdata', cluster.pgdata], async () => {
              counted = await load(connection, cluster);
            });
            check(rows, counted as readonly number[]);
          }),
        );
      }
      it('what is not chosen has no entry in the kernel', () =>
        withConnection(cluster, (connection) =>
          withConnection({ ...cluster, database: 'template1' }, async (elsewhere) => {
            const load = async () => {
              for (let i = 0; i < 7; i++) await connection.query('SELECT 1 AS chosen');
              for (let i = 0; i < 5; i++) await connection.query('SELECT 1 AS chosen, 2 AS or_not');
              for (let i = 0; i < 11; i++) await elsewhere.query('SELECT 1 AS chosen');
            };
            const [row] = (await elsewhere.query('SELECT oid FROM pg_database WHERE datname = current_database()'))[0]!
              .rows;
            const there = await entriesIn(cluster, { database: 'template1', user: cluster.user }, load);
            assert.deepEqual([there.requests, there.passed, there.strangers], [11, 0, []]);
            assert.deepEqual([...new Set(there.identities.map(({ database }) => database))], [Number(row![0])]);
            const [{ id }] = there.identities as [KernelIdentity];
            const one = await entriesIn(cluster, { queryId: String(id) }, load);
            assert.deepEqual([one.requests, one.passed, one.strangers], [18, 5, []]);
            assert.deepEqual([...new Set(one.identities.map((identity) => identity.id))], [id]);
          }),
        ));

      if (server !== SERVERS[0]) return;
      it('each takes all choices', () => {
        const scripts = listTools().flatMap((tool) => ('source' in tool && tool.name.startsWith('pg') ? [tool] : []));
        for (const tool of scripts) {
          const names = toolOptions(tool, cluster.pgdata).map(({ name }) => name);
          assert.deepEqual(
            CHOICES.filter((choice) => !names.includes(choice)),
            [],
            tool.name,
          );
        }
      });

      it('choices are made in the kernel, and said where nothing is left', () =>
        withConnection(cluster, async (connection) => {
          const load = async () => {
            for (let i = 0; i < 7; i++) await connection.query('SELECT 1 AS chosen');
            await withConnection(cluster, (other) => other.query('SELECT now()'));
          };
          const rowsWith = (...choice: string[]) =>
            complete(() => rowsOf('pgrunq', ['--pgdata', cluster.pgdata, ...choice], load));
          const requests = async (...choice: string[]) => sum(await rowsWith(...choice), 'requests');
          const [chosen] = (await rowsWith()).filter(({ query }) => query === 'SELECT $1 AS chosen');
          // Signed, and here negative or not.
          assert.equal(await requests('--query-id', String(chosen!.query_id)), 7);
          const whole = ['--pid', String(connection.backendPid), '--database', 'postgres', '--user', cluster.user];
          assert.equal(await requests(...whole), 7);
          // Whichever servers run.
          assert.match(pebble('run', 'pgrunq', '--help').stdout, / --database TEXT .*any/);
          const nothing = ['--query-id', '-7', '--user', 'nobody', '-d', '1'];
          const { status, stderr } = pebble('run', 'pgrunq', '--pgdata', cluster.pgdata, ...nothing);
          assert.equal(status, 0);
          assert.match(
            stderr,
            /No event: pgrunq was attached to \d+ hooks and saw nothing that it shows\. Only: --query-id -7; --user nobody/,
          );
        }));

      it('a view has the rows of whom it is asked for, with all that they did', () =>
        withConnection(cluster, async (connection) => {
          const load = async () => {
            for (let i = 0; i < 13; i++) await connection.query('SELECT 1 AS asked_for');
            for (let i = 0; i < 3; i++) await connection.query('SELECT 1 AS asked_for, 2 AS or_not');
            await withConnection({ ...cluster, database: 'template1' }, (other) =>
              other.query('SELECT 1 AS asked_for'),
            );
          };
          const counted = async (...choice: string[]) => {
            const rows = await rowsOfView('pglat', ['--pgdata', cluster.pgdata, ...choice], load);
            return rows.map(({ database, query_id, calls }) => [database, String(query_id), calls]).sort();
          };
          const there = await counted('--database', 'template1', '--user', cluster.user);
          const id = String(there[0]?.[1]);
          assert.deepEqual(there, [['template1', id, 1]]);
          assert.deepEqual(await counted('--query-id', id), [
            ['postgres', id, 13],
            ['template1', id, 1],
          ]);
          const commits = new Running(['run', 'pgcommit', '--pgdata', cluster.pgdata, '--database', 'postgres']);
          await commits.watching();
          await connection.query('UPDATE accounts SET n = n WHERE id = 13');
          commits.signal('SIGINT');
          const { stdout } = await commits.ended;
          assert.match(stdout, / {2}UPDATE accounts/, 'though the row of the whole cluster was not chosen');
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
          const load = async () => {
            for (let i = 0; i < 31; i++) {
              await connection.query(`SELECT ${i}`);
              await sleep(20);
            }
          };
          const windows = ['--pgdata', cluster.pgdata, '--interval', '0.2s'];
          const rows = await complete(() => rowsOf('pgphases', windows, load));
          assert.equal(sum(rows, 'runs'), 31);
          assert.ok(new Set(rows.map(({ window_start }) => window_start)).size > 1);
        }));
    });
  }
});
