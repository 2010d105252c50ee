/** Profiles on known loads: whose samples they are, which phase, whole stacks, and time asleep against the clock. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProfileRow, QueryRow } from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Attribution, QueryRows, type Signal, windowBetween } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { spend } from './cpu-time.ts';
import { SERVERS, UNABLE, withConnection } from './servers.ts';

/** CPU, and nothing but: each for a while. */
const LOADS: Readonly<Record<string, string>> = {
  c_select: 'SELECT sum(length(md5(i::text))) AS c_select FROM generate_series(1, 100000) i',
  c_sort: 'SELECT count(*) AS c_sort FROM (SELECT md5(i::text) AS h FROM generate_series(1, 50000) i ORDER BY h) AS s',
  c_join: 'SELECT count(*) AS c_join FROM numbers a JOIN numbers b ON a.i = b.j',
  c_copy: "COPY (SELECT i AS c_copy, md5(i::text) FROM generate_series(1, 100000) i) TO '/dev/null'",
};
const CPU_MS = 250;
const NAPS = 7;
const NAP_MS = 300;

for (const server of SERVERS) {
  describe(`profile, ${server.flavour} ${server.major}`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(server);
      await withConnection(cluster, (connection) =>
        connection.query(
          'CREATE TABLE numbers AS SELECT i, i * 7919 % 100003 AS j FROM generate_series(1, 100000) i; ANALYZE numbers',
        ),
      );
    });
    after(() => cluster.stop());

    test('on CPU: every load has its samples, and stacks reach the root', async () => {
      const rows = await profileOf(cluster, ['profile'], async (connection) => {
        for (const sql of Object.values(LOADS)) await spend(connection, () => connection.query(sql), 2 * CPU_MS);
      });
      for (const word of Object.keys(LOADS)) {
        const own = rows.filter(({ query }) => query?.includes(word));
        assert.ok(samplesOf(own) >= 20, `${word}: ${samplesOf(own)} samples`);
        const running = samplesOf(own.filter(({ phase }) => phase === 'run'));
        assert.ok(running >= 0.9 * samplesOf(own), `${word}: ${running} of ${samplesOf(own)} run`);
      }
      const sessions = rows.filter(({ fingerprint }) => fingerprint !== null);
      const whole = samplesOf(sessions.filter(({ complete }) => complete));
      assert.ok(whole >= 0.99 * samplesOf(sessions), `${whole} of ${samplesOf(sessions)} are whole`);
      const joins = rows.filter(({ query }) => query?.includes('c_join'));
      const inJoin = samplesOf(
        joins.filter(({ stack }) => stack.some((frame) => frame.function === 'standard_ExecutorRun')),
      );
      assert.ok(inJoin >= 0.9 * samplesOf(joins));
    });

    test('phases by the clock alone: what is planned is told from what is executed', async () => {
      const rows = await queriesOf(cluster, async (connection) => {
        const names = Array.from({ length: 8 }, (_, i) => `c_planned_${i}`);
        const tables = names.map((name) => `numbers ${name}`).join(', ');
        const conditions = names.slice(1).map((name, i) => `${names[i]}.i = ${name}.j`);
        const planned = `SELECT 1 FROM ${tables} WHERE ${conditions.join(' AND ')} LIMIT 0`;
        await spend(connection, () => connection.query(planned), CPU_MS);
        await spend(connection, () => connection.run(planned), CPU_MS);
        await spend(connection, () => connection.query(LOADS.c_select!), CPU_MS);
        await spend(connection, () => connection.run(LOADS.c_select!), CPU_MS);
      });
      const shareOf = (word: string): number => {
        const phases = rows.flatMap(({ query, phases_us }) => (query?.includes(word) && phases_us ? [phases_us] : []));
        const sum = (name: 'prepare' | 'execute' | 'commit'): number => phases.reduce((us, one) => us + one[name], 0);
        const all = sum('prepare') + sum('execute') + sum('commit');
        assert.ok(all >= 20 * 10_101, `${word}: ${all} µs`);
        return sum('prepare') / all;
      };
      // Some fifty ticks each: good for 4 points, and the start of the executor is execution.
      assert.ok(shareOf('c_planned') >= 0.75, `planned: ${shareOf('c_planned')}`);
      assert.ok(shareOf('generate_series') <= 0.25, `executed: ${shareOf('generate_series')}`);
    });

    test('off CPU: naps are as long as they were, one that lasts included', async () => {
      const rows = await profileOf(cluster, ['off_cpu'], async (connection) => {
        for (let i = 0; i < NAPS; i++) await connection.query(`SELECT pg_sleep(${NAP_MS / 1000}) AS c_nap`);
        void connection.query('SELECT pg_sleep(60) AS c_last').catch(() => undefined);
        await sleep(500);
      });
      const naps = rows.filter(({ query }) => query?.includes('c_nap'));
      const slept = naps.reduce((sum, { time_us }) => sum + time_us, 0) / 1000;
      assert.ok(slept > NAPS * NAP_MS - 30 && slept < NAPS * NAP_MS * 1.25, `${slept} ms`);
      for (const row of naps) {
        assert.deepEqual([row.kind, row.wait_event_type, row.wait_event], ['off_cpu', 'Timeout', 'PgSleep']);
        assert.ok(
          row.stack.some((frame) => frame.function === 'pg_sleep'),
          JSON.stringify(row.stack),
        );
        assert.equal(row.stack.at(-1)!.module, '[kernel]');
      }
      const last = rows.filter(
        ({ stack, query }) =>
          stack.some((one) => one.function === 'pg_sleep') && !naps.some((nap) => nap.query === query),
      );
      assert.ok(
        last.some(({ time_us }) => time_us > 350_000),
        JSON.stringify(last.map(({ time_us }) => time_us)),
      );
    });

    test('a session that is gone before anybody looks at it has its stacks, too', async () => {
      const short = 'SELECT pg_sleep(0.15) AS c_short, pg_terminate_backend(pg_backend_pid())';
      const rows = await profileOf(cluster, ['off_cpu'], async () => {
        for (let i = 0; i < 5; i++) {
          const session = await Connection.open(cluster);
          await session.query(short).catch(() => undefined);
          await session.close().catch(() => undefined);
        }
      });
      const own = rows.filter(({ query }) => query?.includes('c_short'));
      assert.ok(samplesOf(own) >= 5 * 13, `${samplesOf(own)} samples`);
      for (const { complete, stack } of own.filter(({ wait_event }) => wait_event === 'PgSleep'))
        assert.ok(complete && stack.some((frame) => frame.function === 'pg_sleep'), JSON.stringify(stack));
    });
  });
}

const samplesOf = (rows: readonly ProfileRow[]): number => rows.reduce((sum, { samples }) => sum + samples, 0);

async function profileOf(
  cluster: Cluster,
  signals: readonly Signal[],
  load: (connection: Connection) => Promise<void>,
): Promise<ProfileRow[]> {
  const attribution = await Attribution.start({ pgdata: cluster.pgdata, signals });
  const connection = await Connection.open(cluster);
  try {
    const first = attribution.read();
    await load(connection);
    return await attribution.endProfile(windowBetween(first, attribution.read()));
  } finally {
    attribution.close();
    await withConnection(cluster, (other) => other.query(`SELECT pg_terminate_backend(${connection.backendPid})`));
    await connection.close().catch(() => undefined);
  }
}

async function queriesOf(cluster: Cluster, load: (connection: Connection) => Promise<void>): Promise<QueryRow[]> {
  const connection = await Connection.open(cluster);
  const attribution = await Attribution.start({ pgdata: cluster.pgdata, signals: ['phases'] });
  try {
    const rows = new QueryRows(attribution.read());
    await load(connection);
    await sleep(100);
    return rows.advance(attribution.read());
  } finally {
    attribution.close();
    await connection.close();
  }
}
