/** Which memory answers: what an agent knows itself is finer, until history goes back further. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { StoreFeed } from '../agent/index.ts';
import type { HeatmapAnswer } from '../api/index.ts';
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
