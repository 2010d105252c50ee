/** The client against real servers: each way of the protocol, errors, cancels, lost connections. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, findDebianMajors, startCluster } from '../../cluster/index.ts';
import { Connection, frontend, type SqlError } from './index.ts';

const FLAVOURS = ['embedded' as const, ...(findDebianMajors().length > 0 ? ['debian' as const] : [])];

for (const flavour of FLAVOURS) {
  describe(flavour, () => {
    let cluster: Cluster;
    let session: Connection;
    before(async () => {
      cluster = await startCluster({ flavour });
      session = await Connection.open(cluster);
    });
    after(async () => {
      await session.close();
      await cluster.stop();
    });

    test('knows the backend and what the server reports', async () => {
      const [result] = await session.query(
        'SELECT pg_backend_pid(), current_database(), current_setting($$application_name$$)',
      );
      assert.deepEqual(result!.rows, [[String(session.backendPid), 'postgres', 'pebble']]);
      assert.match(session.parameters.get('server_version')!, new RegExp(`^${cluster.major}\\.`));
    });

    test('simple protocol: several statements, NULL, columns, an empty string', async () => {
      const results = await session.query("SELECT 1 AS one, NULL AS none; SELECT 'é' AS letter WHERE false; SELECT 2");
      assert.deepEqual(
        results.map((result) => result.tag),
        ['SELECT 1', 'SELECT 0', 'SELECT 1'],
      );
      assert.deepEqual(results[0], { tag: 'SELECT 1', columns: ['one', 'none'], rows: [['1', null]] });
      assert.deepEqual((await session.query(''))[0], { tag: '', columns: [], rows: [] });
    });

    test('extended protocol in one go, and prepared in two round trips', async () => {
      assert.deepEqual((await session.run('SELECT $1::int + 1, $2::text', [41, null])).rows, [['42', null]]);
      await session.prepare('twice', 'SELECT $1::int * 2');
      for (const n of [3, 5, 7]) assert.deepEqual((await session.execute('twice', [n])).rows, [[String(2 * n)]]);
    });

    test('requests sent without waiting are answered in order', async () => {
      const sums = await Promise.all([1, 2, 3, 4].map((n) => session.run('SELECT $1::int + 10', [n])));
      assert.deepEqual(
        sums.map((sum) => sum.rows[0]![0]),
        ['11', '12', '13', '14'],
      );
    });

    test('a pipeline under one Sync stops at its first error', async () => {
      await session.prepare('divide', 'SELECT 10 / $1::int');
      const reply = await session.pipeline([
        ['divide', [2]],
        ['divide', [0]],
        ['divide', [5]],
      ]);
      assert.deepEqual(
        reply.results.map((result) => result.rows[0]![0]),
        ['5'],
      );
      assert.equal(reply.error!.sqlstate, '22012');
      assert.equal(reply.transaction, 'idle');
    });

    test('an error leaves the session usable and says the transaction state', async () => {
      await assert.rejects(session.query('SELECT nothing'), (error: SqlError) => error.sqlstate === '42703');
      assert.equal((await session.exchange(frontend.query('BEGIN; SELECT 1/0'))).transaction, 'failed');
      assert.equal((await session.exchange(frontend.query('ROLLBACK'))).transaction, 'idle');
    });

    test('a reply longer than one read of the socket arrives whole', async () => {
      const [result] = await session.query("SELECT repeat('x', 100000) FROM generate_series(1, 20)");
      assert.equal(result!.rows.length, 20);
      assert.ok(result!.rows.every(([value]) => value!.length === 100_000));
    });

    test('cancel ends a running statement', async () => {
      const canceled = assert.rejects(
        session.query('SELECT pg_sleep(30)'),
        (error: SqlError) => error.sqlstate === '57014',
      );
      await sleep(100);
      await Promise.all([session.cancel(), canceled]);
    });

    test('a terminated session rejects what waits', async () => {
      const victim = await Connection.open({ host: '127.0.0.1', port: cluster.port, user: cluster.user });
      const sleeping = victim.query('SELECT pg_sleep(30)');
      await Promise.all([
        assert.rejects(sleeping, /terminating connection/),
        session.query(`SELECT pg_terminate_backend(${victim.backendPid})`),
      ]);
      await assert.rejects(victim.query('SELECT 1'), /the connection is closed/);
    });

    test("an unknown database is refused in the server's words", async () => {
      await assert.rejects(Connection.open({ ...cluster, database: 'nowhere' }), /database "nowhere" does not exist/);
    });
  });
}

test('nobody listens', async () => {
  await assert.rejects(
    Connection.open({ socketDir: '/nonexistent', port: 5432, user: 'postgres' }),
    /talking to PostgreSQL at \/nonexistent:5432/,
  );
});
