/** The queries of one cluster that have series of their own, and all others together: counters and latencies. */
import { Histogram } from '../../aggregate/index.ts';
import { QUERY_COUNTERS, type QueryCounter, type QueryTotals } from '../../collect/attribution/index.ts';
import { type HistogramSample, type Labels, TopTracker } from '../../export/index.ts';

const NANOSECONDS = 1e9;

export const at = (name: QueryCounter): number => QUERY_COUNTERS.indexOf(name);
const busy = (values: Float64Array): number =>
  values[at('on_cpu')]! + values[at('off_cpu')]! + values[at('run_queue')]!;

interface Named {
  readonly labels: Labels;
  readonly query: string | null;
}

export interface SeriesRow {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly sinceMs: number | undefined;
  /** Of `other` there is none. */
  readonly query: string | null | undefined;
}

export class ClusterSeries {
  readonly #cluster: string;
  readonly #top: TopTracker<Named>;
  /** Latencies of a query when it got its series. */
  readonly #bases = new Map<string, Histogram>();
  /** Of queries that are there no more. */
  readonly #gone: Histogram = new Histogram();
  #last: ReadonlyMap<string, Histogram> | undefined;
  rows: readonly SeriesRow[] = [];
  latencies: readonly HistogramSample[] = [];

  constructor(cluster: string, most: number) {
    this.#cluster = cluster;
    this.#top = new TopTracker(most, busy);
  }

  advance(queries: ReadonlyMap<string, QueryTotals>, atMs: number): void {
    const named = [...queries].map(([key, one]) => [key, { name: nameOf(one), values: one.counters }] as const);
    const series = this.#top.advance(new Map(named), atMs);
    const labels = { cluster: this.#cluster, datname: 'other', usename: 'other', queryid: 'other' };
    const other = { labels, values: this.#top.other, sinceMs: undefined, query: undefined };
    this.rows = [...series.map(({ name, values, sinceMs }) => ({ ...name, values, sinceMs })), other];
    const histograms = this.#histograms(
      series.map(({ key }) => key),
      queries,
    );
    this.latencies = this.rows.map(({ values, ...row }, index) => ({
      labels: row.labels,
      sinceMs: row.sinceMs,
      histogram: histograms[index]!,
      sumSeconds: (values[at('latency')] ?? 0) / NANOSECONDS,
    }));
  }

  /** Of those that have series, in order; the last one is of all others. */
  #histograms(shown: readonly string[], queries: ReadonlyMap<string, QueryTotals>): Histogram[] {
    for (const [key, latency] of this.#last ?? []) if (!queries.has(key)) this.#gone.merge(latency);
    const other = this.#gone.clone();
    for (const { latency } of queries.values()) other.merge(latency);
    for (const key of this.#bases.keys()) if (!shown.includes(key)) this.#bases.delete(key);
    const own = shown.map((key) => {
      const base = this.#bases.get(key) ?? this.#last?.get(key) ?? new Histogram();
      this.#bases.set(key, base);
      const histogram = queries.get(key)!.latency.clone();
      histogram.subtract(base);
      other.subtract(histogram);
      return histogram;
    });
    this.#last = new Map([...queries].map(([key, { latency }]) => [key, latency]));
    return [...own, other];
  }
}

/** Clusters without query ids have the fingerprint, marked as such; whose names nobody has told yet, the OID. */
function nameOf({ cluster, identity }: QueryTotals): Named {
  const { database, databaseOid, user, userOid, queryId, fingerprint } = identity;
  const named = (name: string | null, oid: number): string => name ?? (oid === 0 ? '' : `oid:${oid}`);
  return {
    labels: {
      cluster: cluster.pgdata,
      datname: named(database, databaseOid),
      usename: named(user, userOid),
      queryid: queryId ?? `fingerprint:${fingerprint}`,
    },
    query: identity.query,
  };
}
