/** Which memory answers: what an agent knows itself is finer, until history goes back further. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { StoreFeed } from '../agent/index.ts';
import type { HeatmapAnswer, LockRow, RowsAnswer } from '../api/index.ts';
import { openStore } from '../store/index.ts';
import { Generator } from '../store/testing/generate.ts';
import { Router } from './router.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Three minutes before a full hour. */
const BEGUN = Date.UTC(2026, 0, 31, 12, 57);

const folder = mkdtempSync(join(tmpdir(), 'pebble-router-'));
after(() => rmSync(folder, { recursive: true }));

/** In seconds, the finest that is drawn by an agent that runs for five minutes, and has stored what it saw. */
async function stepOfYoungAgent(name: string, before: readonly number[] = []): Promise<number> {
  const history = await openStore(`sqlite:${join(folder, name)}`);
  const generator = new Generator({ queries: 1 });
  for (const at of before) await history.append(generator.interval(at));
  const now = BEGUN + 5 * MINUTE;
  const feed = new StoreFeed(history, 'db1', { intervalMs: 0, clock: () => now });
  const readings = new Generator({ queries: 1, durationMs: 2000 });
  for (let at = BEGUN; at < now; at += 2000) await feed.recent.append(readings.interval(at));
  for (let at = BEGUN; at < now; at += 10_000) await history.append(generator.interval(at));
  for (let call = 0; call < 10; call++) await history.maintain(now);
  const url = new URL('http://pebble/api/heatmap?last=10m&points=300');
  const answer = await new Router({ feed, history }).answer(url, { name: 'alice', role: 'viewer' })!;
  feed.close();
  await history.close();
  const { columns } = JSON.parse(String(answer)) as HeatmapAnswer;
  assert.ok(columns.length > 0);
  return Math.min(...columns.map(({ step_us }) => step_us / 1e6));
}

test('an agent that is younger than the range answers from memory, after a full hour, too', async () => {
  assert.equal(await stepOfYoungAgent('young.db'), 2);
});

test('one whose history goes back further answers from that', async () => {
  assert.equal(await stepOfYoungAgent('old.db', [BEGUN - HOUR]), 10);
});

/** As agents store it. */
const wait = (wait_us: number): LockRow =>
  ({
    cluster: '/data',
    coverage: 'exact',
    inexact: [],
    dropped: 0,
    waiter_pid: 2,
    waiter_query: 'UPDATE t',
    blocker_pid: 1,
    lock_type: 'transactionid',
    waiting: true,
    count: 1,
    wait_us,
    max_us: wait_us,
  }) as unknown as LockRow;

test('what was lost is said of locks though no wait was seen, and hosts that look alike stay apart', async () => {
  const history = await openStore(`sqlite:${join(folder, 'fleet.db')}`);
  const now = BEGUN + 5 * MINUTE;
  const feed = new StoreFeed(history, 'elsewhere', { intervalMs: 0, clock: () => now });
  const locks = async (facet = ''): Promise<RowsAnswer<LockRow>> => {
    const url = new URL(`http://pebble/api/rows/locks?last=5m${facet}`);
    const answer = await new Router({ feed, history }).answer(url, { name: 'alice', role: 'viewer' })!;
    return JSON.parse(String(answer)) as RowsAnswer<LockRow>;
  };
  const append = (host: string, dropped: number, waits: readonly LockRow[], minute = 1): Promise<void> => {
    const records = waits.map((body, at) => ({
      kind: 'lock' as const,
      host,
      cluster: body.cluster,
      id: `${at}`,
      fromMs: BEGUN + minute * MINUTE,
      toMs: BEGUN + (minute + 1) * MINUTE,
      body,
    }));
    return history.append({
      ...new Generator({ host, queries: 1, durationMs: 5 * MINUTE }).interval(BEGUN),
      dropped,
      records,
    });
  };
  await append('db1', 13, []);
  assert.match((await locks()).missing!, /nobody waited, or its agent does not follow locks. 13 events were lost/);
  await append('db2', 0, [wait(7_000_000)]);
  await append('db3', 0, [wait(11_000_000)], 4);
  const found = await locks();
  assert.ok(found.missing === null);
  const rows = found.rows as readonly (LockRow & { readonly host: string })[];
  const waits = rows.map(({ host, wait_us, waiting }) => [host, wait_us, waiting]);
  // Of db2 nothing is known for the last three minutes.
  assert.deepEqual(waits, [
    ['db3', 11_000_000, true],
    ['db2', 7_000_000, false],
  ]);
  const none = await locks('&fingerprint=none');
  assert.ok(none.missing === null);
  assert.deepEqual([none.rows.length, none.window.dropped, none.window.coverage], [0, 13, 'partial']);
  feed.close();
  await history.close();
});
