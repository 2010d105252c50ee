/** What functions, triggers and foreign-key checks execute is named beside the client's statement. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LockRow, ProfileRow, WaitRow } from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Attribution, LockRows, type Signal, WaitRows, windowBetween } from '../../src/collect/attribution/index.ts';
import type { Connection } from '../../src/postgres/client/index.ts';
import { spend } from './cpu-time.ts';
import { untilSettled } from './lock-situations.ts';
import { SERVERS, UNABLE, withConnection } from './servers.ts';
import { total } from './watch.ts';

const SCHEMA = `
  CREATE TABLE numbers AS SELECT i FROM generate_series(1, 20000) i;
  CREATE TABLE parent (id int PRIMARY KEY);
  CREATE TABLE child (id int REFERENCES parent);
  INSERT INTO parent VALUES (1);
  CREATE TABLE watched (id int);
  CREATE FUNCTION nap_inside() RETURNS void LANGUAGE plpgsql AS
    $$ BEGIN FOR i IN 1..23 LOOP PERFORM pg_sleep(0.003) AS nap_inside; END LOOP; END $$;
  CREATE FUNCTION nap_in_sql() RETURNS void LANGUAGE sql AS $$ SELECT pg_sleep(0.003), pg_sleep(0.002) $$;
  CREATE FUNCTION nap_in_loop() RETURNS int LANGUAGE plpgsql AS
    $$ DECLARE r record; n int := 0; BEGIN
      FOR r IN SELECT i, pg_sleep(0.003) AS nap_in_loop FROM generate_series(1, 23) i LOOP n := n + 1; END LOOP;
      RETURN n; END $$;
  CREATE FUNCTION nap_in_trigger() RETURNS trigger LANGUAGE plpgsql AS
    $$ DECLARE n int; BEGIN n := (SELECT count(pg_sleep(0.003)) AS nap_in_trigger); RETURN NEW; END $$;
  CREATE TRIGGER naps AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION nap_in_trigger();
  CREATE FUNCTION hold_inside() RETURNS void LANGUAGE plpgsql AS
    $$ BEGIN UPDATE parent SET id = 1 WHERE id = 1; PERFORM pg_sleep(60) AS holding; END $$;
  CREATE FUNCTION update_inside() RETURNS void LANGUAGE plpgsql AS
    $$ BEGIN UPDATE parent SET id = 1 WHERE id = 1; END $$;
  CREATE FUNCTION compute_inside() RETURNS bigint LANGUAGE plpgsql AS
    $$ DECLARE s bigint := 0; BEGIN
      FOR i IN 1..20 LOOP SELECT s + count(*) INTO s FROM numbers compute_inside WHERE length(md5(compute_inside.i::text)) > 0; END LOOP;
      RETURN s; END $$;
  CREATE FUNCTION compute_alone() RETURNS bigint LANGUAGE plpgsql AS
    $$ DECLARE s bigint := 0; BEGIN FOR i IN 1..300000 LOOP s := s + i % 7; END LOOP; RETURN s; END $$;
`;
const LOCKED: readonly Signal[] = ['inner', 'locks', 'executions'];
/** On a CPU, however long that takes: some hundred samples, and on a busy machine no fewer. */
const LOAD_MS = 1000;
const MOST_LOAD_MS = 30_000;

for (const server of SERVERS) {
  describe(`inner statements, ${server.flavour} ${server.major}`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(server);
      await withConnection(cluster, (connection) => connection.query(SCHEMA));
    });
    after(() => cluster.stop());

    test('waits: in PL/pgSQL, in its loops, in SQL functions, in triggers, at top level', async () => {
      const waits = await watched(cluster, ['inner'], async ({ attribution }, connection) => {
        const rows = new WaitRows(attribution.read());
        await connection.query('SELECT nap_inside()');
        await connection.query('SELECT nap_in_loop()');
        for (let n = 0; n < 7; n++) await connection.query('SELECT nap_in_sql()');
        await connection.query('INSERT INTO watched SELECT generate_series(1, 13)');
        await connection.query('SELECT pg_sleep(0.003) AS at_top');
        return rows.advance(attribution.read());
      });
      const naps = waits.filter(({ wait_event }) => wait_event === 'PgSleep');
      const inside = (outer: string) =>
        naps.filter(({ query }) => query?.includes(outer)).map((row) => [row.inner_query, row.count, row.inexact]);
      assert.deepEqual(inside('nap_inside()'), [['SELECT pg_sleep($1) AS nap_inside', 23, []]]);
      const loop = 'SELECT i, pg_sleep($1) AS nap_in_loop FROM generate_series($2, $3) i';
      assert.deepEqual(inside('nap_in_loop()'), [[loop, 23, []]]);
      assert.deepEqual(inside('nap_in_sql()'), [['SELECT pg_sleep($1), pg_sleep($2)', 14, []]]);
      const trigger = 'SELECT (SELECT count(pg_sleep($1)) AS nap_in_trigger)';
      assert.deepEqual(inside('INSERT INTO watched'), [[trigger, 13, []]]);
      assert.deepEqual(inside('at_top'), [[null, 1, []]]);
    });

    test('a foreign-key check waits in its own statement: waits, locks and the steps of the execution', async (t) => {
      const { waits, locks, executions } = await watched(cluster, LOCKED, async ({ attribution }, connection) => {
        const rows = new WaitRows(attribution.read());
        const [first, lockRows] = [attribution.read(), new LockRows(attribution)];
        await withConnection(cluster, async (holder) => {
          await holder.query('BEGIN; UPDATE parent SET id = 2');
          const inserting = connection.query('INSERT INTO child VALUES (1)').catch(() => undefined);
          await sleep(200);
          await holder.query('ROLLBACK');
          await inserting;
        });
        const now = attribution.read();
        const [waits, locks] = [rows.advance(now), lockRows.advance()];
        return { waits, locks, executions: attribution.takeExecutions(windowBetween(first, now)) };
      });
      const check = /^SELECT \$\d FROM ONLY .*parent.* FOR KEY SHARE/;
      const own = waits.filter(({ query, wait_event_type: type }) => query?.includes('child') && type === 'Lock');
      const named = own.filter(({ inner_query }) => check.test(inner_query!));
      const time = (rows: readonly WaitRow[]): number => total(rows, (row) => row.total_us);
      t.diagnostic(`${time(named)} of ${time(own)} µs are named`);
      assert.ok(time(own) > 100_000 && time(named) >= 0.99 * time(own), JSON.stringify(own));
      const [lock] = locks.filter(({ waiter_query }) => waiter_query?.includes('child'));
      // Who is idle in its transaction executes nothing.
      assert.deepEqual(
        [check.test(lock!.waiter_inner_query!), lock!.waiter_inner_fingerprint, lock!.blocker_inner_fingerprint],
        [true, named[0]!.inner_fingerprint, null],
        JSON.stringify(lock),
      );
      assert.deepEqual(lock!.inexact, []);
      const inserted = executions.find(({ query }) => query?.includes('INTO child'))!;
      const locked = inserted.steps.filter(({ wait_event_type: type }) => type === 'Lock');
      assert.ok(
        locked.length > 0 && locked.every(({ inner_query }) => check.test(inner_query!)),
        JSON.stringify(locked),
      );
    });

    test('a function that waits for another: both say what they execute inside', async () => {
      const { first, second } = await watched(cluster, LOCKED, async ({ attribution }, connection) => {
        const lockRows = new LockRows(attribution);
        return withConnection(cluster, async (holder) => {
          const holding = holder.query('SELECT hold_inside()').catch(() => undefined);
          await untilSettled(connection, holder.backendPid, holding);
          const waiting = connection.query('SELECT update_inside()');
          const seen = {
            first: await rowOf(lockRows, connection),
            second: await watched(cluster, LOCKED, ({ attribution: other }) => rowOf(new LockRows(other), connection)),
          };
          await withConnection(cluster, (other) => other.query(`SELECT pg_cancel_backend(${holder.backendPid})`));
          await Promise.all([holding, waiting]);
          return seen;
        });
      });
      // Found by an event of the kernel, and by a look into memory: the wait had begun.
      for (const row of [first, second]) {
        assert.deepEqual(
          [row.waiter_query, row.waiter_inner_query, row.blocker_query, row.blocker_inner_query, row.inexact],
          [
            'SELECT update_inside()',
            'UPDATE parent SET id = $1 WHERE id = $2',
            'SELECT hold_inside()',
            'SELECT pg_sleep($1) AS holding',
            [],
          ],
          JSON.stringify(row),
        );
      }
    });

    test('samples: statements inside of functions, and computing without any', async (t) => {
      const rows = await watched(cluster, ['inner', 'profile'], async ({ attribution }, connection) => {
        const first = attribution.read();
        for (const sql of ['SELECT compute_inside()', 'SELECT compute_alone()']) {
          await spend(connection, () => connection.query(sql), LOAD_MS, MOST_LOAD_MS);
        }
        return attribution.endProfile(windowBetween(first, attribution.read()));
      });
      // At the begin and end of the statement nothing is inside.
      for (const [outer, inner] of [
        ['compute_inside', /^SELECT s \+ count/],
        ['compute_alone', /^<in function compute_alone\(\)>$/],
      ] as const) {
        const own = rows.filter(({ query, phase }) => query?.includes(outer) && phase === 'run');
        const inPlpgsql = own.filter(({ stack }) => stack.some(({ module }) => module.startsWith('plpgsql')));
        const named = inPlpgsql.filter(
          (row) => inner.test(row.inner_query ?? '') || row.inexact.includes('inner_query'),
        );
        const samples = (some: readonly ProfileRow[]): number => total(some, (row) => row.samples);
        const known = named.filter((row) => row.inner_query !== null);
        t.diagnostic(`${outer}: ${samples(named)} of ${samples(inPlpgsql)} samples are named or said to be unknown`);
        // One of a hundred, and whole samples: a call's first instructions are in the language's module, and nothing is inside.
        assert.ok(
          samples(inPlpgsql) >= 5 && samples(inPlpgsql) - samples(named) <= Math.ceil(samples(inPlpgsql) / 100),
          `${samples(named)} of ${samples(inPlpgsql)}`,
        );
        assert.ok(samples(known) >= 0.9 * samples(inPlpgsql), `${samples(known)} of ${samples(inPlpgsql)}`);
      }
    });
  });
}

async function rowOf(rows: LockRows, { backendPid }: Connection): Promise<LockRow> {
  for (;;) {
    const row = rows.advance().find(({ waiter_pid: pid }) => pid === backendPid);
    if (row) return row;
    await sleep(20);
  }
}

async function watched<T>(
  cluster: Cluster,
  signals: readonly Signal[],
  body: (watch: { readonly attribution: Attribution }, connection: Connection) => Promise<T>,
): Promise<T> {
  const attribution = await Attribution.start({ pgdata: cluster.pgdata, signals });
  try {
    return await withConnection(cluster, (connection) => body({ attribution }, connection));
  } finally {
    attribution.close();
  }
}
