/** `pebble queries` on several clusters at once, against a load that knows itself and against pg_stat_statements. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { QueryRow } from '../../src/api/index.ts';
import { type Cluster, findDebianMajors, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { type CountedReport, runCounted } from '../../src/workload/index.ts';
import { assertCountedAlike } from '../accuracy/check.ts';
import { countedStatements } from '../accuracy/servers.ts';
import { assertDocumented, queryRows } from './contract.ts';
import { pebble, Running, UNABLE } from './pebble.ts';

/** Times are read one after the other, at about the same moment: parts may differ by rounding. */
const ROUNDING_US = 5;

describe('pebble queries', { skip: UNABLE }, () => {
  let counting: Cluster[] = [];
  let stock: Cluster;
  before(async () => {
    stock = await startCluster({ flavour: 'embedded' });
    const settings = { shared_preload_libraries: 'pg_stat_statements' };
    const debian = findDebianMajors().map((major) => ({ flavour: 'debian' as const, major }));
    for (const server of [{ flavour: 'embedded' as const }, ...debian]) {
      counting.push(await startCluster({ ...server, settings }));
    }
    for (const cluster of counting) await select(cluster, 'CREATE EXTENSION pg_stat_statements');
  });
  after(async () => {
    await Promise.all([stock, ...counting].map((cluster) => cluster?.stop()));
    counting = [];
  });

  test('every cluster, every statement, every execution', async () => {
    const run = new Running(['queries', '--json', '--duration', '10m']);
    await run.watching();
    const clusters = [stock, ...counting];
    const reports = await Promise.all(clusters.map((cluster) => runCounted(cluster)));
    // A signal ends the window.
    run.signal('SIGINT');
    const { status, stdout } = await run.ended;
    assert.equal(status, 130);
    const rows = queryRows(stdout);
    assertDocumented(rows[0]!);
    for (const [at, cluster] of clusters.entries()) {
      const own = rows.filter((row) => row.cluster === cluster.pgdata);
      assertCounts(own, reports[at]!);
      assertTimes(own);
      for (const row of own) {
        assert.deepEqual([row.coverage, row.dropped, row.database, row.user], ['exact', 0, 'postgres', 'postgres']);
      }
    }
    assert.equal(new Set(rows.map(({ window_start, window_us }) => `${window_start} ${window_us}`)).size, 1);
    assertOnlyFingerprints(rows.filter(({ cluster }) => cluster === stock.pgdata));
    for (const cluster of counting) {
      await assertAsCounted(
        cluster,
        rows.filter((row) => row.cluster === cluster.pgdata),
      );
    }
  });

  test('one cluster, for a while', async () => {
    const [only, other] = [stock, counting[0]!];
    const run = new Running(['queries', '--json', '--duration', '6', '--pgdata', only.pgdata]);
    await run.watching();
    for (const cluster of [only, other]) await select(cluster, 'SELECT 3 AS seen');
    const { status, stdout } = await run.ended;
    assert.equal(status, 0);
    const rows = queryRows(stdout);
    assert.deepEqual(new Set(rows.map(({ cluster }) => cluster)), new Set([only.pgdata]));
    assert.deepEqual(
      rows.map(({ query, calls }) => [query, calls]),
      [['SELECT $1 AS seen', 1]],
    );
    const [{ window_us }] = rows as [QueryRow];
    assert.ok(window_us >= 6e6 && window_us < 9e6, String(window_us));
  });

  test('wal, io, for people: which servers, how long, what was not seen, and what is of which server', async () => {
    const runs = ['wal', 'io'].map((name) => new Running([name, '--duration', '10m']));
    await Promise.all(runs.map((run) => run.watching()));
    for (let round = 0; round < 7; round++) await select(stock, `CREATE TABLE told_${round} (i int)`);
    for (const run of runs) run.signal('SIGINT');
    const [wal, io] = await Promise.all(runs.map(async (run) => (await run.ended).stdout));
    for (const text of [wal!, io!]) {
      for (const { major, pgdata } of [stock, ...counting])
        assert.ok(text.includes(`PostgreSQL ${major} in ${pgdata}`), text);
      assert.match(text, /^every event counted( {3}|\n)last [\d.]+m?s$/m);
    }
    const own = wal!.split('\n\n').find((part) => part.startsWith(`${stock.pgdata}\n`));
    assert.match(
      own ?? wal!,
      /^[7-9] commits that wrote WAL, \d+ (calls of|sleeps in) fsync \(\d\.\d\d commits share one\)/m,
    );
    assert.match(own ?? wal!, /^ +1 .* CREATE TABLE told_6/m);
    assert.match(io!, /^(\/.*|PostgreSQL):\ndevice +operation +requests/m);
  });

  test('for people: a table', () => {
    const { status, stdout } = pebble('queries', '--duration', '1', '--pgdata', stock.pgdata);
    assert.equal(status, 0);
    assert.ok(stdout.startsWith(`pebble: PostgreSQL 18 in ${stock.pgdata}\n`), stdout);
  });
});

function assertCounts(rows: readonly QueryRow[], report: CountedReport): void {
  assert.equal(
    sum(rows, ({ requests }) => requests),
    report.requests,
  );
  for (const { marker, succeeded, failed } of report.statements) {
    const own = rows.filter(({ query }) => isAbout(query, marker));
    const counts = [sum(own, ({ calls }) => calls), sum(own, ({ errors }) => errors)];
    assert.deepEqual([marker, ...counts], [marker, succeeded + failed, failed]);
  }
}

/** Every nanosecond of a finished request is on a CPU, off it, or waiting for it. */
function assertTimes(rows: readonly QueryRow[]): void {
  for (const { query, latency_us, on_cpu_us, off_cpu_us, run_queue_us, start_delay_us } of rows) {
    const spent = on_cpu_us + off_cpu_us + run_queue_us;
    assert.ok(
      Math.abs(spent - latency_us.total) < ROUNDING_US,
      `${query}: ${spent} µs spent of ${latency_us.total} µs`,
    );
    assert.ok(start_delay_us <= run_queue_us, `${query}: ${start_delay_us} of ${run_queue_us}`);
    const { p50, p95, p99, max } = latency_us;
    assert.ok(p50! <= p95! && p95! <= p99! && p99! <= max! && max! <= latency_us.total, JSON.stringify(latency_us));
  }
}

/** A stock cluster computes no query ids, and its rows have one fingerprint a statement. */
function assertOnlyFingerprints(rows: readonly QueryRow[]): void {
  assert.ok(rows.length > 0);
  for (const { query_id, query, calls } of rows) assert.equal(query_id, null, `${query} ${calls}`);
  const prepared = rows.filter(({ query }) => isAbout(query, 'c_simple'));
  assert.equal(prepared.length, 1);
  assert.equal(prepared[0]!.query, 'SELECT count(*) FROM counted.c_simple WHERE n < $1');
}

/** pg_stat_statements counts what succeeded. */
async function assertAsCounted(cluster: Cluster, rows: readonly QueryRow[]): Promise<void> {
  const statements = (await countedStatements(cluster)).filter(({ query }) => /counted\./.test(query));
  const loaded = statements.filter(({ query }) => !/CREATE/.test(query));
  assert.ok(loaded.length > 10, `${loaded.length} statements`);
  await assertCountedAlike(rows, loaded);
}

const isAbout = (query: string | null, marker: string): boolean =>
  query !== null && new RegExp(`\\b${marker}\\b`).test(query) && !/^CREATE|; /i.test(query);

const sum = (rows: readonly QueryRow[], of: (row: QueryRow) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);

async function select(cluster: Cluster, sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const connection = await Connection.open(cluster);
  try {
    return (await connection.query(sql)).at(-1)!.rows;
  } finally {
    await connection.close();
  }
}
