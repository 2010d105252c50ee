/** Rows of `pebble queries`, as docs/json.md describes them: what happened between two readings. */
import { Windows } from '../../aggregate/index.ts';
import type { QueryRow } from '../../api/index.ts';
import { rfc3339 } from '../../base/time.ts';
import { type QueryCounter, type QueryTotals, rulesOf, type Totals } from './totals.ts';

type Window = Pick<QueryRow, 'window_start' | 'window_us' | 'coverage' | 'dropped'>;

const microseconds = (ns: number): number => Math.round(ns) / 1000;

/** Turns readings into windows: each row is what a query did since the reading before. */
export class QueryRows {
  readonly #windows: Windows;
  readonly #fields: readonly QueryCounter[];
  #last: Totals;

  constructor(first: Totals) {
    this.#fields = first.fields;
    this.#windows = new Windows(rulesOf(first.fields));
    this.#windows.advance(countersOf(first));
    this.#last = first;
  }

  /** Client backends' queries with activity since the last reading; those with the most time first. */
  advance(now: Totals): QueryRow[] {
    const growth = this.#windows.advance(countersOf(now));
    const window = this.#windowOf(now);
    const rows = [...growth].flatMap(([key, counters]) => {
      const totals = now.queries.get(key)!;
      const isClient = totals.identity.backendType === totals.cluster.clientBackend;
      return isClient ? [this.#row(totals, counters, this.#last.queries.get(key), window)] : [];
    });
    this.#last = now;
    return rows.sort((a, b) => b.latency_us.total - a.latency_us.total);
  }

  #windowOf(now: Totals): Window {
    const dropped = now.dropped - this.#last.dropped;
    return {
      window_start: rfc3339(this.#last.wallMs),
      window_us: Math.round((now.monotonicMs - this.#last.monotonicMs) * 1000),
      coverage: dropped > 0 ? 'partial' : 'exact',
      dropped,
    };
  }

  #row(
    { cluster, identity, latency, counters: now }: QueryTotals,
    growth: Float64Array,
    before: QueryTotals | undefined,
    window: Window,
  ): QueryRow {
    const of = (field: QueryCounter): number => growth[this.#fields.indexOf(field)]!;
    const histogram = latency.clone();
    if (before) histogram.subtract(before.latency);
    const highest = now[this.#fields.indexOf('latency_max')]!;
    const isNewMax = !before || highest > before.counters[this.#fields.indexOf('latency_max')]!;
    const percentile = (quantile: number): number | null => {
      const ns = histogram.percentile(quantile, isNewMax ? highest : undefined);
      return ns === undefined ? null : microseconds(ns);
    };
    return {
      cluster: cluster.pgdata,
      system_identifier: cluster.systemIdentifier,
      ...window,
      inexact: [
        ...(isNewMax ? [] : ['latency_us.max']),
        ...(of('unsplit') > 0 ? ['calls', 'errors', 'latency_us'] : []),
        ...(of('hidden') > 0 && of('unsplit') === 0 ? ['calls', 'errors'] : []),
      ],
      database: identity.database,
      user: identity.user,
      query_id: identity.queryId,
      fingerprint: identity.fingerprint,
      query: identity.query,
      query_truncated: identity.truncated,
      requests: of('requests'),
      calls: of('calls'),
      errors: of('errors'),
      latency_us: {
        p50: percentile(0.5),
        p95: percentile(0.95),
        p99: percentile(0.99),
        max: percentile(1),
        total: microseconds(of('latency')),
      },
      on_cpu_us: microseconds(of('on_cpu')),
      off_cpu_us: microseconds(of('off_cpu')),
      run_queue_us: microseconds(of('run_queue')),
      start_delay_us: microseconds(of('start_delay')),
    };
  }
}

const countersOf = (totals: Totals): Map<string, Float64Array> =>
  new Map([...totals.queries].map(([key, { counters }]) => [key, counters]));
