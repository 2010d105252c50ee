/** What every store must do, checked against sums made here from the intervals that were appended. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Histogram, mergeRow } from '../../aggregate/index.ts';
import { counterAt, identityAt, KINDS, type KindName, rulesOf } from '../kinds.ts';
import type { Interval, Sample, Store, StoredRecord, Summed, TimeRange } from '../store.ts';
import { Generator } from './generate.ts';

export interface Subject {
  readonly store: Store;
  /** All that was appended may be asked for when this resolves; absent where it may at once. */
  ready?(): Promise<void>;
  /** The same history, opened again. */
  reopen(): Promise<Store>;
  close(): Promise<void>;
}

/** On the grid of a day, so that minutes, hours and days are all whole in it. */
const DAY = Date.UTC(2026, 0, 31);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Two hours and some minutes with a gap: ten seconds each, but one a minute after the first ten minutes, to be quick. */
function makeIntervals(): Interval[] {
  const generator = new Generator({ queries: 6 });
  const starts = Array.from({ length: 60 }, (_, n) => DAY + n * 10 * SECOND);
  for (let minute = 10; minute < 130; minute++) if (minute < 70 || minute > 80) starts.push(DAY + minute * MINUTE);
  const intervals = starts.map((startMs) => generator.interval(startMs));
  // Some that lost events, and a clock that was set back: the same ten seconds twice.
  return [...intervals, { ...generator.interval(DAY + 20 * SECOND), coverage: 'partial', dropped: 13 }];
}

/** Added up one by one, without any store. */
function sumOf(kind: KindName, intervals: readonly Interval[], { fromMs, toMs }: TimeRange): Map<string, Sample> {
  const sums = new Map<string, Sample>();
  for (const { startMs, samples } of intervals) {
    if (startMs < fromMs || startMs >= toMs) continue;
    for (const { series, values, histogram } of samples[kind] ?? []) {
      const key = JSON.stringify(series);
      const sum = sums.get(key) ?? { series, values: new Float64Array(values.length), histogram: new Histogram() };
      sums.set(key, sum);
      mergeRow(rulesOf(kind), sum.values, values);
      if (histogram) sum.histogram!.merge(histogram);
    }
  }
  return sums;
}

function assertSamples(kind: KindName, found: readonly Sample[], expected: Map<string, Sample>): void {
  const plain = ({ series, values, histogram }: Sample) => [
    JSON.stringify(series),
    [...values],
    KINDS[kind].histogram === null ? [] : [...(histogram?.buckets() ?? [])].map(({ index, count }) => [index, count]),
  ];
  const sorted = (samples: Iterable<Sample>) => [...samples].map(plain).sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
  assert.deepEqual(sorted(found), sorted(expected.values()));
}

export function conformance(name: string, open: () => Promise<Subject>, skip: string | false = false): void {
  describe(`${name} keeps history`, { skip }, () => {
    let subject: Subject;
    let store: Store;
    const intervals = makeIntervals();
    const whole: TimeRange = { fromMs: DAY, toMs: DAY + 3 * HOUR };

    before(async () => {
      subject = await open();
      store = subject.store;
      for (const interval of intervals) await store.append(interval);
      await subject.ready?.();
    });
    after(() => subject?.close());

    const ranges: readonly TimeRange[] = [
      whole,
      { fromMs: DAY + 20 * SECOND, toMs: DAY + 30 * SECOND },
      { fromMs: DAY + 50 * SECOND, toMs: DAY + 61 * MINUTE },
      { fromMs: DAY + 3 * MINUTE, toMs: DAY + 128 * MINUTE },
      { fromMs: DAY + 72 * MINUTE, toMs: DAY + 75 * MINUTE },
    ];
    const assertAllRanges = async (): Promise<void> => {
      for (const range of ranges) {
        for (const kind of Object.keys(KINDS) as KindName[]) {
          const summed = await store.sum({ kind, range });
          assert.deepEqual(summed.range, range);
          assertSamples(kind, summed.samples, sumOf(kind, intervals, range));
        }
      }
    };

    test('sums are those of the parts, before and after they are rolled up', async () => {
      await assertAllRanges();
      for (const moment of [129 * MINUTE, 24 * HOUR]) {
        // A bounded part of the work at each call.
        for (let call = 0; call < 10; call++) await store.maintain(DAY + moment);
        await assertAllRanges();
      }
    });

    test('says how much of a range was observed, and how well', async () => {
      const { covered } = await store.sum({ kind: 'load', range: { fromMs: DAY, toMs: DAY + MINUTE } });
      assert.deepEqual(covered.get('db1'), { observedUs: 70e6, coverage: 'partial', dropped: 13 });
      const gap = await store.sum({ kind: 'load', range: { fromMs: DAY + 72 * MINUTE, toMs: DAY + 75 * MINUTE } });
      assert.deepEqual([gap.covered.size, gap.samples.length], [0, 0]);
    });

    test('steps add up to the whole, each of them to its part', async () => {
      for (const stepMs of [10 * SECOND, 30 * SECOND, MINUTE, 7 * MINUTE, HOUR]) {
        const steps = await store.steps({ kind: 'queries', range: whole, stepMs });
        assert.ok(steps.length > 1);
        for (const step of steps) {
          assert.equal(step.range.toMs - step.range.fromMs, stepMs);
          assertSamples('queries', step.samples, sumOf('queries', intervals, step.range));
        }
        const observed = steps.reduce((sum, { covered }) => sum + covered.get('db1')!.observedUs, 0);
        assert.equal(observed, intervals.length * 10e6, `steps of ${stepMs}`);
      }
    });

    test('leaves out what is not asked for, and adds what is not told apart', async () => {
      const all = (await store.sum({ kind: 'queries', range: whole })).samples;
      const one = await store.sum({ kind: 'queries', range: whole, where: { fingerprint: '3' } });
      assert.deepEqual(
        one.samples.map(({ series }) => series),
        [all.find(({ series }) => series.at(-1) === '3')!.series],
      );
      const calls = (samples: readonly Sample[]): number => samples.reduce((sum, { values }) => sum + values[1]!, 0);
      const together = await store.sum({ kind: 'queries', range: whole, by: ['database'] });
      assert.deepEqual(
        together.samples.map(({ series }) => series),
        [[null, null, null, 'app', null, null, null]],
      );
      assert.equal(calls(together.samples), calls(all));
      const total = (samples: readonly Sample[]): number =>
        samples.reduce((sum, { histogram }) => sum + histogram!.total, 0);
      assert.equal(total(together.samples), total(all));
      assert.equal((await store.sum({ kind: 'queries', range: whole, where: { user: 'nobody' } })).samples.length, 0);
    });

    test('reads only the counters that are wanted, and then no histograms', async () => {
      // `latency` is kept as its difference to others.
      const wanted = { queries: ['wal_bytes', 'latency'], waits: ['count'] } as const;
      for (const kind of ['queries', 'waits'] as const) {
        const counters: readonly string[] = wanted[kind];
        const [all, some] = await Promise.all([
          store.sum({ kind, range: whole, by: ['host', 'fingerprint'] }),
          store.sum({ kind, range: whole, by: ['host', 'fingerprint'], counters }),
        ]);
        const values = ({ samples }: typeof all) =>
          samples.map((sample) => [
            sample.series,
            counters.map((name) => sample.values[counterAt(kind, name as never)]),
          ]);
        assert.ok(all.samples.every(({ histogram }) => histogram) && all.samples.length > 0);
        assert.ok(some.samples.every(({ histogram }) => !histogram));
        assert.deepEqual(new Map(values(some) as never), new Map(values(all) as never));
      }
    });

    test('tells chosen values of a part apart, and adds all others', async () => {
      const ask = { kind: 'queries', range: whole, by: ['host', 'fingerprint'] } as const;
      const all = await store.sum(ask);
      const some = await store.sum({ ...ask, apart: { part: 'fingerprint', values: ['1', '3'] } });
      const at = identityAt('queries', 'fingerprint');
      assert.deepEqual(some.samples.map(({ series }) => series[at]).toSorted(), ['1', '3', null]);
      const callsOf = (samples: readonly Sample[], name: string | null): number[] =>
        samples.filter(({ series }) => series[at] === name).map(({ values }) => values[counterAt('queries', 'calls')]!);
      for (const name of ['1', '3']) assert.deepEqual(callsOf(some.samples, name), callsOf(all.samples, name));
      const calls = ({ samples }: Summed): number => samples.reduce((sum, { values }) => sum + values[1]!, 0);
      assert.equal(calls(some), calls(all));
      const nothing = await store.sum({ ...ask, apart: { part: 'fingerprint', values: [] } });
      assert.equal(calls(nothing), calls(all));
      assert.equal(nothing.samples.length, 1);
    });

    test('has the same histograms where few are wanted', async () => {
      const ask = { kind: 'queries', range: whole } as const;
      const few = await store.sum({ ...ask, fewHistograms: true });
      const all = await store.sum(ask);
      const told = (samples: readonly Sample[]) =>
        samples.map(({ series, values, histogram }) => [
          series,
          [...values],
          histogram!.zeros,
          [...histogram!.buckets()],
        ]);
      // Some, and then others.
      for (const [from, to] of [
        [0, 2],
        [1, 4],
      ]) {
        const some = few.samples.slice(from, to);
        const asked = some.map(({ series }) => all.samples.find((one) => isDeepStrictEqual(one.series, series))!);
        assert.deepEqual(told(few.withHistograms?.(some) ?? some), told(asked));
      }
    });

    test('leaves out series in which a part is not known', async () => {
      const inner = identityAt('waits', 'inner_fingerprint');
      const ask = { kind: 'waits', range: whole } as const;
      const [all, known] = [await store.sum(ask), await store.sum({ ...ask, known: ['inner_fingerprint'] })];
      const count = all.samples.filter(({ series }) => series[inner] !== null).length;
      assert.ok(count > 0 && count < all.samples.length);
      assert.equal(known.samples.length, count);
      assert.ok(known.samples.every(({ series }) => series[inner] !== null));
    });

    test('keeps texts once, and prefers whole ones', async () => {
      const cut = { text: 'SELECT cu', truncated: true };
      const uncut = { text: 'SELECT cut FROM t', truncated: false };
      const appendText = (text: typeof cut): Promise<void> =>
        store.append({ ...intervals[0]!, startMs: DAY + 25 * HOUR, samples: {}, texts: new Map([['99', text]]) });
      for (const text of [cut, uncut, cut]) await appendText(text);
      const texts = await store.texts(['1', '99', 'unknown']);
      assert.deepEqual(texts.get('99'), uncut);
      assert.equal(texts.get('1')?.text, 'SELECT  FROM t0 WHERE id = $1');
      assert.equal(texts.has('unknown'), false);
    });

    test('keeps documents, the latest of each id', async () => {
      const record = (id: string, fromMs: number, toMs: number, body: object): StoredRecord => ({
        kind: 'finding',
        host: 'db1',
        cluster: '/data',
        id,
        fromMs,
        toMs,
        body,
      });
      const first = record('a', DAY, DAY + MINUTE, { severity: 'info' });
      const later = record('a', DAY, DAY + HOUR, { severity: 'warning', nested: ['ü', null] });
      const other = record('b', DAY + 2 * HOUR, DAY + 2 * HOUR, {});
      await store.append({
        ...intervals[0]!,
        startMs: DAY + 26 * HOUR,
        samples: {},
        texts: new Map(),
        records: [first],
      });
      await store.append({
        ...intervals[0]!,
        startMs: DAY + 26 * HOUR,
        samples: {},
        texts: new Map(),
        records: [later, other],
      });
      assert.deepEqual(await store.records({ kind: 'finding', range: whole }), [other, later]);
      const early = { fromMs: DAY, toMs: DAY + HOUR };
      assert.deepEqual(await store.records({ kind: 'finding', range: early }), [later]);
      assert.deepEqual(await store.records({ kind: 'finding', range: whole, limit: 1 }), [other]);
      assert.deepEqual(await store.records({ kind: 'lock', range: whole }), []);
    });

    test('is the same when it is opened again', async () => {
      const before = await store.sum({ kind: 'queries', range: whole });
      store = await subject.reopen();
      const again: Summed = await store.sum({ kind: 'queries', range: whole });
      assertSamples(
        'queries',
        again.samples,
        new Map(before.samples.map((sample) => [JSON.stringify(sample.series), sample])),
      );
      const state = await store.state();
      assert.deepEqual([state.trouble, state.pending, state.lost, state.oldestMs], [null, 0, 0, DAY]);
      assert.ok(state.bytes > 0);
    });
  });
}
