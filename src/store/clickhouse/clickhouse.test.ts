/** A real ClickHouse, by the suite that every store passes; and that rows come once, whatever happens on the way. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { counterAt, identityAt } from '../kinds.ts';
import type { Interval } from '../store.ts';
import { ClickHouseServer, WITHOUT_CLICKHOUSE } from '../testing/clickhouse-server.ts';
import { conformance } from '../testing/conformance.ts';
import { Generator } from '../testing/generate.ts';
import { ClickHouseStore, schema } from './index.ts';

const YEARS = 20 * 365 * 86_400_000;
/** What the suite appends is of long ago. */
const RETENTION = { keepMs: [YEARS, YEARS, YEARS, YEARS], maxBytes: Infinity };
const SECOND = 1000;

conformance(
  'ClickHouse',
  async () => {
    const server = await ClickHouseServer.make();
    const folder = mkdtempSync(join(tmpdir(), 'pebble-spool-'));
    const open = () =>
      ClickHouseStore.open(server.url('conformance'), { retention: RETENTION, spool: { folder, maxBytes: 1e9 } });
    let store = await open();
    return {
      store,
      // Until then it all waits on this side, and comes in few requests.
      async ready() {
        await server.start();
        await store.maintain(0);
        assert.equal((await store.state()).pending, 0);
      },
      async reopen() {
        await store.close();
        store = await open();
        return store;
      },
      async close() {
        await store.close();
        await server.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
  WITHOUT_CLICKHOUSE,
);

describe('rows arrive once', { skip: WITHOUT_CLICKHOUSE }, () => {
  const given = givenServer();
  const open = () => given.open('outage');
  /** The long form: PEBBLE_OUTAGE_S=600. */
  const outageMs = Number(process.env.PEBBLE_OUTAGE_S ?? 3) * SECOND;

  test('also those of the time in which the server was killed, and of an agent that was', async () => {
    const { server } = given;
    const generator = new Generator({ queries: 53, durationMs: 100 });
    const start = Date.now() - 3600 * SECOND;
    let store = await open();
    let appended = 0;
    const appendSome = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) await store.append(generator.interval(start + appended++ * 100));
    };
    await appendSome(2);
    // In the middle of an append.
    const writing = appendSome(3);
    await server.stop('SIGKILL');
    await writing;
    for (const until = Date.now() + outageMs; Date.now() < until; await sleep(outageMs / 20)) await appendSome(1);
    assert.ok((await store.state()).pending > 10);
    assert.match((await store.state()).trouble!, /ECONNREFUSED|hang up|RESET/);
    // Another agent takes over what the first one could not deliver.
    await store.close();
    store = await open();
    await server.start();
    // Tried again at each flush, also in the middle of being restarted.
    await appendSome(1);
    await server.stop('SIGTERM');
    await appendSome(3);
    await server.start();
    await appendSome(1);
    assert.deepEqual([(await store.state()).pending, (await store.state()).lost], [0, 0]);
    for (const [table, each] of [
      ['queries', 53],
      ['waits', 27],
      ['load', 4],
      ['intervals', 1],
    ] as const) {
      const counted = await server.ask(`SELECT count(), uniqExact(flush_id) FROM outage.${table}`);
      assert.equal(counted, `${appended * each}\t${appended}`, table);
    }
    const sums = await store.sum({ kind: 'queries', range: { fromMs: start, toMs: start + appended * 100 }, by: [] });
    const calls = await server.ask('SELECT sum(calls) FROM outage.queries');
    assert.equal(String(sums.samples[0]!.values[1]), calls);
    await store.close();
  });

  test('what is beyond the bound is counted, the oldest first', async () => {
    const { server } = given;
    await server.stop();
    const small = mkdtempSync(join(tmpdir(), 'pebble-spool-'));
    const store = await ClickHouseStore.open(server.url('small'), { spool: { folder: small, maxBytes: 20_000 } });
    const generator = new Generator({ queries: 40 });
    for (let n = 0; n < 12; n++) await store.append(generator.interval(Date.now()));
    const { pending, lost } = await store.state();
    assert.ok(lost > 0 && pending > 0);
    assert.equal(pending + lost, 12);
    await store.close();
    rmSync(small, { recursive: true });
  });
});

describe('tables of an earlier Pebble', { skip: WITHOUT_CLICKHOUSE }, () => {
  const given = givenServer();

  test('get the columns that came since, and views that fill them; what is there stays', async () => {
    const { server } = given;
    for (const statement of earlierSchema('old')) await server.ask(statement);
    const startMs = Math.floor((Date.now() - 600_000) / 60_000) * 60_000;
    await server.ask(
      `INSERT INTO old.queries (flush_id, start_ms, host, cluster, calls) VALUES ('before', ${startMs}, 'web', '/pg', 7)`,
    );
    const store = await given.open('old');
    const generator = new Generator({ queries: 11 });
    const interval = withNews(generator.interval(startMs));
    await store.append(interval);
    const { pending, trouble } = await store.state();
    assert.deepEqual([pending, trouble], [0, null]);
    // As the views have summed them by the minute and the hour; what was there before has 0.
    const prepared = interval.samples.queries!.reduce((sum, { values }) => sum + values[PREPARE]!, 0);
    assert.ok(prepared > 0);
    for (const table of ['queries_1min', 'queries_1h'])
      assert.equal(await server.ask(`SELECT sumMerge(prepare) FROM old.${table}`), String(prepared));
    assert.equal(
      await server.ask("SELECT sumMerge(calls), sumMerge(prepare) FROM old.queries_1min WHERE host = 'web'"),
      '7\t0',
    );
    for (const table of ['waits', 'waits_1min', 'waits_1h'])
      assert.equal(
        await server.ask(`SELECT uniqExact(ifNull(inner_fingerprint, ''), series) FROM old.${table}`),
        '2',
        table,
      );
    await store.close();
    // Nothing is left to do.
    const again = await given.open('old');
    await again.append(generator.interval(startMs + 10_000));
    assert.equal((await again.state()).trouble, null);
    await again.close();
  });
});

/** For the tests of a suite: a server that runs, and stores that keep in one folder what it has not taken yet. */
function givenServer() {
  let server: ClickHouseServer;
  const folder = mkdtempSync(join(tmpdir(), 'pebble-spool-'));
  before(async () => {
    server = await ClickHouseServer.make();
    await server.start();
  });
  after(async () => {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get server() {
      return server;
    },
    open: (database: string) => ClickHouseStore.open(server.url(database), { spool: { folder, maxBytes: 1e9 } }),
  };
}

const PREPARE = counterAt('queries', 'prepare');
const INNER = identityAt('waits', 'inner_fingerprint');

/** Statements have been prepared, and the first wait was there with something inside of the statement, and without. */
function withNews(interval: Interval): Interval {
  const [wait] = interval.samples.waits!;
  const within = { ...wait!, series: wait!.series.with(INNER, '4711') };
  for (const { values } of interval.samples.queries!) values[PREPARE] = 13;
  return { ...interval, samples: { ...interval.samples, waits: [wait!, within] } };
}

/** Before statements had phases, and waits what was executed inside of the statement. */
function earlierSchema(database: string): string[] {
  const now = schema({ database, keepMs: RETENTION.keepMs, hasTtl: false });
  const came = ['phased', 'prepare', 'execute', 'commit'];
  return now.map((statement) =>
    came
      .reduce(
        (text, name) =>
          text
            .replace(new RegExp(`\\n  ${name} [^\\n]*,`), '')
            .replace(new RegExp(`,\\n  ${name} [^\\n]*(?=\\n)`), '')
            .replace(`, sumState(${name}) AS ${name}`, ''),
        statement,
      )
      .replace(/\n {2}inner_fingerprint [^\n]*/, '')
      .replaceAll(/, (ifNull\(inner_fingerprint, ''\)|inner_fingerprint)/g, ''),
  );
}
