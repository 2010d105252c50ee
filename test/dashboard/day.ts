/** A day of many statements in a store, as an agent would have written it; two texts among them that nobody expects. */
import { Histogram } from '../../src/aggregate/index.ts';
import { counterAt, type Interval, identityAt, type Sample, type Store } from '../../src/store/index.ts';
import { Generator } from '../../src/store/testing/generate.ts';

export const HOSTILE = `SELECT '<img src=x onerror="document.title=1">', '\u001b]0;x\u0007\u001b[2J', E'\\000\u0000', '\u202etxt.exe' --</script>`;
/** 7 MB, as an ORM writes them. */
export const HUGE = `SELECT * FROM t WHERE id IN (${Array.from({ length: 900_000 }, (_, n) => 1_000_000 + n).join(',')})`;
/** Of statements besides those of the generator. */
export const ODD = { hostile: HOSTILE, huge: HUGE } as const;

const DAY_MS = 86_400_000;
const DEVICE_NS = 300_000;
const FILES = 200;

export interface DayOptions {
  readonly queries: number;
  /** Of one interval. */
  readonly stepMs: number;
  readonly endMs: number;
}

export async function fillDay(store: Store, { queries, stepMs, endMs }: DayOptions): Promise<void> {
  const generator = new Generator({ host: 'db1', queries, durationMs: stepMs });
  const first = Math.floor((endMs - DAY_MS) / stepMs) * stepMs;
  for (let at = first; at + stepMs <= endMs; at += stepMs) await store.append(withOdd(generator.interval(at)));
}

function withOdd(interval: Interval): Interval {
  const queries = interval.samples.queries!;
  const odd = Object.keys(ODD).map((name) => named(queries[0]!, name));
  const texts = new Map(interval.texts);
  for (const [name, text] of Object.entries(ODD)) texts.set(name, { text, truncated: false });
  const devices = queries.map((query, at) => device(query, at % 2 === 0 ? 'read' : 'write'));
  const files = devices.slice(0, FILES).map((sample, at) => file(sample, at));
  return {
    ...interval,
    texts,
    samples: { ...interval.samples, queries: [...queries, ...odd], io: devices, io_files: files },
  };
}

const named = (sample: Sample, fingerprint: string): Sample => ({
  ...sample,
  series: sample.series.map((part, at) => (at === identityAt('queries', 'fingerprint') ? fingerprint : part)),
});

/** As many requests as it has executions, all of about one length. */
function device({ series, values }: Sample, operation: string): Sample {
  const count = values[counterAt('queries', 'calls')]!;
  const histogram = new Histogram();
  histogram.add(DEVICE_NS, count);
  const us = (count * DEVICE_NS) / 1000;
  return {
    series: [...series.slice(0, 5), 'client backend', ...series.slice(5, 7), 'vda', operation],
    values: Float64Array.of(count, count * 8192, 0, us, DEVICE_NS / 1000, 0),
    histogram,
  };
}

const file = ({ series, values }: Sample, at: number): Sample => ({
  series: [...series.slice(0, 8), `base/5/${16_384 + at}`, ...series.slice(8)],
  values: values.slice(0, 2),
});
