/** What is deleted is still known by its sums, and long intervals are what long ranges are read from. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import type { Sample, Summed } from '../store.ts';
import { Generator } from '../testing/generate.ts';
import { SqliteStore } from './index.ts';

const DAY = Date.UTC(2026, 0, 31);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const folder = mkdtempSync(join(tmpdir(), 'pebble-retention-'));
after(() => rmSync(folder, { recursive: true }));

async function fill(path: string, keepMs: number[], maxBytes = 2 ** 40): Promise<SqliteStore> {
  const store = SqliteStore.open(path, { retention: { keepMs, maxBytes } });
  const generator = new Generator({ queries: 4, durationMs: 2 * MINUTE });
  for (let at = 0; at < 27 * HOUR; at += 2 * MINUTE) await store.append(generator.interval(DAY + at));
  return store;
}

const callsOf = ({ samples }: Summed): number =>
  samples.reduce((sum: number, { values }: Sample) => sum + values[1]!, 0);
const counts = (path: string): number[] => {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare('SELECT count(*) AS n FROM intervals GROUP BY level ORDER BY level').all();
  database.close();
  return rows.map(({ n }) => n as number);
};

test('age: minutes, hours and days remain, and every answer is on their grid', async () => {
  const path = join(folder, 'age.db');
  const store = await fill(path, [2 * HOUR, 10 * HOUR, 1000 * HOUR, 1000 * HOUR]);
  const whole = { fromMs: DAY, toMs: DAY + 27 * HOUR };
  const before = callsOf(await store.sum({ kind: 'queries', range: whole }));
  for (let call = 0; call < 100; call++) await store.maintain(DAY + 27 * HOUR);
  assert.deepEqual(counts(path), [2 * 30, 10 * 30, 27, 1]);
  assert.equal(callsOf(await store.sum({ kind: 'queries', range: whole })), before);
  const steps = await store.steps({ kind: 'queries', range: whole, stepMs: MINUTE });
  assert.equal(steps.length, 27, 'minutes of then are not known any more');
  assert.equal(
    steps.reduce((sum, step) => sum + callsOf(step), 0),
    before,
  );
  const old = { fromMs: DAY + 5 * MINUTE, toMs: DAY + HOUR + 7 * MINUTE };
  const { range } = await store.sum({ kind: 'queries', range: old });
  assert.deepEqual(range, { fromMs: DAY, toMs: DAY + 2 * HOUR });
  await store.close();
});

test('history begins when it was begun, though hours and days are sums on their grids', async () => {
  const path = join(folder, 'beginning.db');
  const store = SqliteStore.open(path, {
    retention: { keepMs: [2 * HOUR, 10 * HOUR, 30 * HOUR, 1000 * HOUR], maxBytes: 2 ** 40 },
  });
  assert.equal((await store.state()).oldestMs, null);
  const generator = new Generator({ queries: 1 });
  const begun = DAY + 57 * MINUTE + 30_000;
  for (let at = begun; at < DAY + 26 * HOUR; at += 10 * MINUTE) await store.append(generator.interval(at));
  const beginsAt = async (nowMs: number): Promise<number> => {
    for (let call = 0; call < 20; call++) await store.maintain(nowMs);
    return (await store.state()).oldestMs! - DAY;
  };
  assert.equal(await beginsAt(DAY + 61 * MINUTE), begun - DAY);
  assert.equal(await beginsAt(DAY + 26 * HOUR), 0, 'of then only the hour is known any more');
  await store.close();
});

test('size: the finest goes first, and the sums stay', async () => {
  const path = join(folder, 'size.db');
  const always = 10_000 * HOUR;
  const store = await fill(path, [always, always, always, always], 400_000);
  const whole = { fromMs: DAY, toMs: DAY + 27 * HOUR };
  const before = callsOf(await store.sum({ kind: 'queries', range: whole }));
  for (let call = 0; call < 300; call++) await store.maintain(DAY + 27 * HOUR);
  const [days, hours] = counts(path).toReversed();
  assert.ok(hours === 27 && days === 1, counts(path).join(' '));
  assert.equal(callsOf(await store.sum({ kind: 'queries', range: whole })), before);
  assert.ok((await store.state()).bytes < 20_000_000);
  await store.close();
});
