/** More statements than the kernel has room for: none is lost, and the memory is what was allowed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Histogram, LATENCY_SCALE } from '../../src/aggregate/index.ts';
import { lowerBound } from '../../src/base/exponential.ts';
import { startCluster } from '../../src/cluster/index.ts';
import { Attribution, QueryRows, WaitRows } from '../../src/collect/attribution/index.ts';
import { QUERY_COUNTERS, type QueryTotals } from '../../src/collect/attribution/totals.ts';
import { assertTimeIdentity } from './check.ts';
import { SERVERS, UNABLE, withConnection } from './servers.ts';
import { total } from './watch.ts';

const STATEMENTS = 1009;
const BUDGET = 1.8 * 2 ** 20;

test('what finds no room is counted among the others', { skip: UNABLE }, async () => {
  const cluster = await startCluster(SERVERS[0]!);
  const attribution = await Attribution.start({ pgdata: cluster.pgdata, memoryBytes: BUDGET });
  const windows = new QueryRows(attribution.read());
  try {
    await withConnection(cluster, async (connection) => {
      for (let n = 0; n < STATEMENTS; n++) await connection.query(`SELECT 1 AS one_of_many_${n}`);
    });
    const rows = windows.advance(attribution.read());
    const [others] = rows.filter(({ query }) => query === '<others>');
    assert.ok(others && others.calls > 100 && others.calls < STATEMENTS, `${others?.calls} among others`);
    assert.ok(others.latency_us.total > 0);
    assert.deepEqual(
      [total(rows, ({ calls }) => calls), total(rows, ({ requests }) => requests)],
      [STATEMENTS, STATEMENTS],
    );
    assert.ok(attribution.memoryBytes() <= BUDGET, `${attribution.memoryBytes()} bytes`);
  } finally {
    attribution.close();
    await cluster.stop();
  }
});

/** Each statement waits inside of as many others. */
const [OUTER, INNER] = [251, 13];
const NAPS = `CREATE FUNCTION naps() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  FOR i IN 1..${INNER} LOOP EXECUTE format('SELECT pg_sleep(0.0002) AS nap_%s', i); END LOOP; END $$`;

test('waits that find no room are counted among the others', { skip: UNABLE }, async () => {
  const cluster = await startCluster(SERVERS[0]!);
  await withConnection(cluster, (connection) => connection.query(NAPS));
  const attribution = await Attribution.start({ pgdata: cluster.pgdata, memoryBytes: BUDGET, signals: ['inner'] });
  try {
    const windows = new WaitRows(attribution.read());
    await withConnection(cluster, async (connection) => {
      for (let n = 0; n < OUTER; n++) await connection.query(`SELECT naps() AS outer_${n}`);
    });
    const now = attribution.read();
    const rows = windows.advance(now);
    const naps = total(rows, ({ wait_event, count }) => (wait_event === 'PgSleep' ? count : 0));
    const others = total(rows, ({ wait_event, count }) => (wait_event === '<others>' ? count : 0));
    // A session that is pushed off before it looks at the clock finds its nap over, and sleeps no more (misc.c, pg_sleep).
    assert.ok(naps < OUTER * INNER && naps + others >= 0.99 * OUTER * INNER, `${naps} naps, ${others} others`);
    assert.ok(naps + others < OUTER * INNER * 1.2, 'few of the others slept for something else');
    assert.equal(now.dropped, 0);
  } finally {
    attribution.close();
    await cluster.stop();
  }
});

/** Each request has its latency, and in the right bucket: all together they are what was added up. */
function assertLatenciesSum({ latency, counters }: QueryTotals): void {
  const [requests, sum] = [counters[QUERY_COUNTERS.indexOf('requests')]!, counters[QUERY_COUNTERS.indexOf('latency')]!];
  assert.equal(latency.total, requests);
  const within = (end: 0 | 1): number =>
    [...latency.buckets()].reduce((all, { index, count }) => all + count * lowerBound(index + end, LATENCY_SCALE), 0);
  assert.ok(within(0) <= sum && sum <= within(1), `${sum} ns in buckets of ${within(0)} to ${within(1)}`);
}

const IDLE_MS = 200;
/** Of one statement, in ms: more octaves than a statement's own entry holds. */
const NAP_MS = [0, 2, 9, 37];
const SOME = 3;

/** How many took at least so long, as far as buckets tell. */
const asLongAs = (latency: Histogram, ms: number): number =>
  [...latency.buckets()].reduce(
    (sum, { index, count }) => sum + (lowerBound(index + 1, LATENCY_SCALE) > ms * 1e6 ? count : 0),
    0,
  );

test('statements that nobody executes make room for others, and keep their sums', { skip: UNABLE }, async () => {
  const cluster = await startCluster(SERVERS[0]!);
  const idle = { idleMs: IDLE_MS, fill: 0.3 };
  const attribution = await Attribution.start({ pgdata: cluster.pgdata, memoryBytes: BUDGET, idle });
  const windows = new QueryRows(attribution.read());
  try {
    await withConnection(cluster, async (connection) => {
      const execute = async (from: number, to: number): Promise<void> => {
        for (let n = from; n < to; n++) await connection.query(`SELECT 1 AS one_of_many_${n}`);
      };
      for (const ms of NAP_MS) for (let n = 0; n < SOME; n++) await connection.query(`SELECT pg_sleep(${ms / 1000})`);
      for (let n = 0; n < STATEMENTS; n += 300) {
        await execute(n, Math.min(n + 300, STATEMENTS));
        for (let look = 0; look < 3; look++) {
          await sleep(IDLE_MS + 10);
          attribution.read();
        }
      }
      await execute(0, 101);
    });
    const now = attribution.read();
    const rows = windows.advance(now);
    const [own] = rows.filter(({ query }) => query?.includes('one_of_many'));
    const [naps] = [...now.queries.values()].filter(({ identity }) => identity.query?.includes('pg_sleep'));
    assert.equal(naps!.latency.total, NAP_MS.length * SOME);
    for (const [at, ms] of NAP_MS.entries())
      assert.ok(asLongAs(naps!.latency, ms) >= (NAP_MS.length - at) * SOME, `${ms} ms and more`);
    for (const one of now.queries.values()) if (one.identity.executes) assertLatenciesSum(one);
    assert.ok(!rows.some(({ query }) => query === '<others>'), 'there was room for all of them');
    // They differ in an alias, which a fingerprint does not see: one row of all.
    assert.deepEqual([own!.calls, own!.requests, own!.errors], [STATEMENTS + 101, STATEMENTS + 101, 0]);
    assertTimeIdentity([own!]);
  } finally {
    attribution.close();
    await cluster.stop();
  }
});

const COLUMNS = 'oid relname relnamespace reltype reloftype relowner relam relfilenode reltablespace'.split(' ');
/** A subset of the columns for each number: no two are the same statement. */
const distinct = (n: number): string =>
  `SELECT ${COLUMNS.filter((_, bit) => (n >> bit) & 1).join(', ')} FROM pg_class WHERE false`;
/** Kept outside of the kernel, and executed. */
const [MOST, EXECUTED, AGAIN] = [40, 307, 53];

test('statements without end: those that rest the longest are forgotten, and no execution with them', {
  skip: UNABLE,
}, async () => {
  const cluster = await startCluster(SERVERS[0]!);
  const idle = { idleMs: IDLE_MS, fill: 0, most: MOST };
  const attribution = await Attribution.start({ pgdata: cluster.pgdata, idle });
  const windows = new QueryRows(attribution.read());
  const calls = new Map<string, number>();
  const look = (): void => {
    for (const { query, calls: count } of windows.advance(attribution.read()))
      if (query?.includes('FROM pg_class')) calls.set(query, (calls.get(query) ?? 0) + count);
  };
  const rest = async (): Promise<void> => {
    for (let times = 0; times < 4; times++) {
      await sleep(IDLE_MS + 10);
      look();
    }
  };
  try {
    await withConnection(cluster, async (connection) => {
      const execute = async (from: number, to: number): Promise<void> => {
        for (let n = from; n < to; n++) await connection.query(distinct(n));
      };
      await execute(1, 1 + EXECUTED);
      await rest();
      assert.ok(attribution.forgotten >= EXECUTED - MOST - 10, `${attribution.forgotten} forgotten`);
      const kept = [...attribution.read().queries.values()].filter(({ identity }) => identity.executes).length;
      assert.ok(kept <= MOST + 10, `${kept} kept`);
      await execute(1, 1 + AGAIN);
      await rest();
    });
    assert.equal(calls.size, EXECUTED);
    const wrong = [...calls].filter(([query, count]) => count !== (isAgain(query) ? 2 : 1));
    assert.deepEqual(wrong, []);
  } finally {
    attribution.close();
    await cluster.stop();
  }
});

const isAgain = (query: string): boolean => Array.from({ length: AGAIN }, (_, n) => distinct(n + 1)).includes(query);
