/** A real ClickHouse, by the suite that every store passes; and that rows come once, whatever happens on the way. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClickHouseServer, WITHOUT_CLICKHOUSE } from '../testing/clickhouse-server.ts';
import { conformance } from '../testing/conformance.ts';
import { Generator } from '../testing/generate.ts';
import { ClickHouseStore } from './index.ts';

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
  let server: ClickHouseServer;
  const folder = mkdtempSync(join(tmpdir(), 'pebble-spool-'));
  /** The long form: PEBBLE_OUTAGE_S=600. */
  const outageMs = Number(process.env.PEBBLE_OUTAGE_S ?? 3) * SECOND;

  before(async () => {
    server = await ClickHouseServer.make();
    await server.start();
  });
  after(async () => {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = () => ClickHouseStore.open(server.url('outage'), { spool: { folder, maxBytes: 1e9 } });

  test('also those of the time in which the server was killed, and of an agent that was', async () => {
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
