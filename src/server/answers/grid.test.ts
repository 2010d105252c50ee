/** Stored steps on the steps of an answer: coarser than those, late, missing, and before the window. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStore } from '../../store/index.ts';
import { Generator } from '../../store/testing/generate.ts';
import { fleetAnswer } from './fleet.ts';
import { gridOf, placed, stepFor } from './grid.ts';
import { loadAnswer } from './load.ts';

const S = 1000;
const RANGE = { fromMs: 103 * S, toMs: 150 * S };

/** As `step:from-to` in seconds and places. */
function places(stepMs: number, storedMs: number, ...steps: readonly (readonly [at: number, observed: number])[]) {
  const summed = steps.map(([at, observed]) => ({
    range: { fromMs: at * S, toMs: at * S + storedMs },
    covered: new Map([['db1', { observedUs: observed * 1e6, coverage: 'exact' as const, dropped: 0 }]]),
  }));
  const found = [...placed(summed, gridOf(RANGE, stepMs))];
  return found.map(({ step, from, to }) => `${step.range.fromMs / S}:${from}-${to}`).join(' ');
}

test('a step fills what it was observed for; holes between neighbours are late readings', () => {
  assert.deepEqual(gridOf(RANGE, 5 * S), { firstMs: 100 * S, stepMs: 5 * S, count: 10 });
  assert.equal(places(5 * S, 10 * S, [100, 10], [110, 10], [120, 10]), '100:0-2 110:2-4 120:4-6');
  assert.equal(places(5 * S, 5 * S, [100, 5], [105, 5], [120, 15]), '100:0-1 105:1-2 120:4-7');
  assert.equal(places(2 * S, 2 * S, [102, 2], [104, 2]), '102:0-1 104:1-2');
});

test('a step that begins before the window counts in it; one that ends there or begins behind it does not', () => {
  assert.equal(places(5 * S, 10 * S, [90, 20], [110, 10]), '90:0-2 110:2-4');
  assert.equal(places(5 * S, 10 * S, [80, 10], [110, 10], [150, 10]), '110:2-4');
});

test('fleet and load say the same of one host, in steps finer than those that are stored', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-grid-'));
  const store = await openStore(`sqlite:${join(folder, 'history.db')}`);
  const start = Math.floor(Date.now() / (60 * S)) * 60 * S - 600 * S;
  const generator = new Generator();
  for (let n = 0; n < 40; n++) if (n < 20 || n > 23) await store.append(generator.interval(start + n * 10 * S));
  const range = { fromMs: start + 53 * S, toMs: start + 353 * S };
  assert.equal(stepFor(range, 60), 5 * S);
  const question = { range, facets: {}, params: new URLSearchParams('points=60') };
  const [member] = (await fleetAnswer(store, question)).members;
  const { series } = await loadAnswer(store, question);
  await store.close();
  rmSync(folder, { recursive: true });
  const loads = member!.sessions.map((_, at) =>
    series.some(({ sessions }) => sessions[at] === null)
      ? null
      : series.reduce((sum, { sessions }) => sum + sessions[at]!, 0),
  );
  const rounded = (values: readonly (number | null)[]) => values.map((value) => value && Number(value.toFixed(9)));
  assert.deepEqual(rounded(member!.sessions), rounded(loads));
  // Four readings of ten seconds are missing.
  assert.deepEqual([loads.length, loads.filter((value) => value === null).length], [61, 8]);
});
