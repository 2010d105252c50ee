/** The last minutes: sums and steps are those of the intervals, and memory is bounded whatever happens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeRow } from '../aggregate/index.ts';
import { counterAt, rulesOf } from './kinds.ts';
import { RecentStore } from './recent.ts';
import { Generator } from './testing/generate.ts';

const START = Date.UTC(2026, 0, 31);
const SECOND = 1000;
const WHOLE = { fromMs: START, toMs: START + 3_600_000 };

async function filled(seconds: number, options = {}, queries = 5) {
  const generator = new Generator({ queries, durationMs: SECOND });
  const store = new RecentStore(options);
  const intervals = Array.from({ length: seconds }, (_, second) => generator.interval(START + second * SECOND));
  for (const interval of intervals) await store.append(interval);
  return { store, intervals };
}

test('a sum is that of its intervals, by whatever parts', async () => {
  const { store, intervals } = await filled(61);
  const expected = new Map<string, Float64Array>();
  let requests = 0;
  for (const { samples } of intervals) {
    for (const { series, values, histogram } of samples.queries!) {
      const sum = expected.get(JSON.stringify(series)) ?? new Float64Array(values.length);
      mergeRow(rulesOf('queries'), sum, values);
      expected.set(JSON.stringify(series), sum);
      requests += histogram!.total;
    }
  }
  const summed = await store.sum({ kind: 'queries', range: WHOLE });
  const found = new Map(summed.samples.map(({ series, values }) => [JSON.stringify(series), values]));
  assert.deepEqual(found, expected);
  assert.deepEqual(summed.covered.get('db1'), { observedUs: 61e6, coverage: 'exact', dropped: 0 });
  const all = await store.sum({ kind: 'queries', range: WHOLE, by: ['host'] });
  assert.equal(all.samples.length, 1);
  assert.equal(all.samples[0]!.histogram!.total, requests);
  const one = await store.sum({ kind: 'queries', range: WHOLE, where: { fingerprint: '3' } });
  assert.deepEqual(
    one.samples.map(({ series }) => series[6]),
    ['3'],
  );
});

test('steps have no holes and add up to the sum', async () => {
  const { store } = await filled(60);
  const calls = counterAt('queries', 'calls');
  const steps = await store.steps({ kind: 'queries', range: WHOLE, stepMs: 2 * SECOND, by: [] });
  assert.deepEqual(
    steps.map(({ range }) => range.fromMs),
    Array.from({ length: 30 }, (_, step) => START + step * 2 * SECOND),
  );
  const [whole] = (await store.sum({ kind: 'queries', range: WHOLE, by: [] })).samples;
  assert.equal(
    steps.reduce((sum, { samples }) => sum + samples[0]!.values[calls]!, 0),
    whole!.values[calls],
  );
});

test('the oldest go when there are too many, and their texts with them', async () => {
  const store = new RecentStore({ mostSamples: 500 });
  for (let second = 0; second < 300; second++) {
    const interval = new Generator({ queries: 5, durationMs: SECOND, seed: 3 }).interval(START + second * SECOND);
    const renamed = interval.samples.queries!.map(({ series, ...sample }) => ({
      ...sample,
      series: [...series.slice(0, 6), `${second} ${series[6]}`],
    }));
    const texts = new Map([...interval.texts].map(([fingerprint, text]) => [`${second} ${fingerprint}`, text]));
    await store.append({ ...interval, texts, samples: { queries: renamed } });
  }
  const { samples, range } = await store.sum({ kind: 'queries', range: WHOLE });
  assert.ok(samples.length > 400 && samples.length <= 520, `${samples.length} samples`);
  assert.ok(range.fromMs > START + 190 * SECOND);
  assert.equal((await store.texts(['0 1'])).size, 0);
  assert.equal((await store.texts(['299 1'])).size, 1);
});
