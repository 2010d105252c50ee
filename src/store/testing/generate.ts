/** Intervals like those of an agent, the same in every run: for the conformance suite and for measurements. */
import { Histogram } from '../../aggregate/index.ts';
import { counterAt, countersOf } from '../kinds.ts';
import type { Interval, QueryText, Sample, Series } from '../store.ts';

/** Park and Miller's generator. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

export interface GenerateOptions {
  readonly host?: string;
  readonly queries?: number;
  readonly durationMs?: number;
  readonly seed?: number;
}

const CLUSTER = ['/var/lib/postgresql/18/main', '7300000000000000001'] as const;

/** Each query has a typical rate, latency and appetite; popular ones are executed a thousand times as often as rare ones. */
export class Generator {
  readonly #host: string;
  readonly #queries: number;
  readonly #durationMs: number;
  readonly #random: () => number;

  constructor({ host = 'db1', queries = 10, durationMs = 10_000, seed = 7 }: GenerateOptions = {}) {
    this.#host = host;
    this.#queries = queries;
    this.#durationMs = durationMs;
    this.#random = randomNumbers(seed);
  }

  interval(startMs: number): Interval {
    const queries = Array.from({ length: this.#queries }, (_, query) => this.#query(query));
    const waits = queries.flatMap((sample, query) => (query % 2 === 0 ? [this.#wait(sample, query)] : []));
    const load = ['CPU', 'Run queue', 'IO', 'Lock'].map((name) => this.#load(name));
    return {
      host: this.#host,
      startMs,
      durationUs: this.#durationMs * 1000,
      coverage: 'exact',
      dropped: 0,
      samples: { queries, waits, load },
      texts: new Map(queries.map((_, query) => [String(query + 1), textOf(query)])),
      records: [],
    };
  }

  #query(query: number): Sample {
    const values = new Float64Array(countersOf('queries').length);
    const set = (name: Parameters<typeof counterAt<'queries'>>[1], value: number): void => {
      values[counterAt('queries', name)] = Math.round(value);
    };
    const random = this.#random;
    const calls = Math.max(1, Math.round((1000 / (1 + query ** 0.7)) * (0.8 + 0.4 * random())));
    const { histogram, total, longest } = this.#latencies(calls, 1e5 * (1 + ((query * 7919) % 1000)));
    const onCpu = Math.round(total * (0.3 + 0.3 * random()));
    const runQueue = Math.round(total * 0.02 * random());
    set('requests', calls);
    set('calls', calls);
    set('latency', total);
    set('latency_max', longest);
    set('on_cpu', onCpu);
    set('run_queue', runQueue);
    set('off_cpu', total - onCpu - runQueue);
    set('start_delay', calls * 5 * (1 + random()));
    set('shared_hit', calls * (query % 20) + random() * 10);
    if (query % 5 === 0) set('shared_read', calls * random() * 3);
    if (query % 4 === 0) this.#writes(calls, set);
    const parts = ['app', 'alice', String(1000 + query), String(query + 1)];
    return { series: [this.#host, ...CLUSTER, ...parts], values, histogram };
  }

  #writes(calls: number, set: (name: 'wal_records' | 'wal_bytes' | 'shared_dirtied', value: number) => void): void {
    set('wal_records', calls * 3);
    set('wal_bytes', calls * (200 + this.#random() * 60));
    set('shared_dirtied', calls * 0.3 * this.#random());
  }

  /** Log-normal around `mean` ns; the sums in µs. */
  #latencies(calls: number, mean: number) {
    const histogram = new Histogram();
    let total = 0;
    let longest = 0;
    for (let call = 0; call < calls; call++) {
      const normal = Math.sqrt(-2 * Math.log(this.#random())) * Math.cos(2 * Math.PI * this.#random());
      const ns = Math.round(mean * Math.exp(0.5 * normal));
      histogram.add(ns);
      total += ns;
      longest = Math.max(longest, ns);
    }
    return { histogram, total: Math.round(total / 1000), longest: Math.round(longest / 1000) };
  }

  #wait(sample: Sample, query: number): Sample {
    const offCpu = sample.values[counterAt('queries', 'off_cpu')]!;
    const series: Series = [
      ...sample.series.slice(0, 5),
      'client backend',
      ...sample.series.slice(5, 7),
      ...(query % 4 === 0 ? ['IO', 'DataFileRead', null] : ['Lock', 'transactionid', `${query + 1}`]),
    ];
    const histogram = new Histogram();
    histogram.add(offCpu * 1000, 1);
    return { series, values: Float64Array.of(offCpu, 1, offCpu, 0), histogram };
  }

  #load(name: string): Sample {
    const total = Math.round(this.#random() * this.#durationMs * 2000);
    return { series: [this.#host, CLUSTER[0], name], values: Float64Array.of(total) };
  }
}

const textOf = (query: number): QueryText => ({
  text: `SELECT ${'x'.repeat(query % 50)} FROM t${query} WHERE id = $1`,
  truncated: false,
});
