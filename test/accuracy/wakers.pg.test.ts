/** Waits for LWLocks: each is ended by somebody, and that is one of those who hold it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCluster } from '../../src/cluster/index.ts';
import { Attribution, WaitRows } from '../../src/collect/attribution/index.ts';
import { SERVERS, UNABLE, withConnection } from './servers.ts';
import { total } from './watch.ts';

const SESSIONS = 6;
const COMMITS = 150;

test('who lets go of WALWrite is one of those who commit', { skip: UNABLE }, async () => {
  const cluster = await startCluster({ ...SERVERS[0]!, settings: { fsync: 'on', synchronous_commit: 'on' } });
  await withConnection(cluster, (connection) =>
    connection.query('CREATE TABLE held_a (i int); CREATE TABLE held_b (i int)'),
  );
  const attribution = await Attribution.start({ pgdata: cluster.pgdata, signals: ['wakers'] });
  try {
    const rows = new WaitRows(attribution.read());
    await Promise.all(
      Array.from({ length: SESSIONS }, (_, n) =>
        withConnection(cluster, async (connection) => {
          for (let i = 0; i < COMMITS; i++) await connection.query(`INSERT INTO held_${n % 2 ? 'a' : 'b'} VALUES (1)`);
        }),
      ),
    );
    const locks = rows
      .advance(attribution.read())
      .filter((row) => row.wait_event_type === 'LWLock' && row.query?.includes('held'));
    const waits = total(locks, ({ count }) => count);
    const wakers = locks.flatMap(({ woken_by }) => woken_by ?? []);
    const woken = total(wakers, ({ count }) => count);
    assert.ok(waits > 20, `${waits} waits`);
    assert.ok(woken >= 0.9 * waits && woken <= waits, `${woken} of ${waits} waits have a waker`);
    const known = wakers.filter(
      ({ query, backend_type }) => /INSERT INTO held_/.test(query ?? '') || backend_type === 'walwriter',
    );
    assert.ok(total(known, ({ count }) => count) >= 0.9 * woken, JSON.stringify(wakers));
  } finally {
    attribution.close();
    await cluster.stop();
  }
});
