/** What happened between two readings, as history keeps it: counts, and times in whole µs. */
import { type Histogram, Slab } from '../aggregate/index.ts';
import {
  type Doer,
  eventOf,
  failuresSince,
  peakSince,
  QUERY_COUNTERS,
  QUERY_MAXIMA,
  QUERY_TIMES,
  type QueryCounter,
  type QueryTotals,
  type Totals,
  type WaitTotals,
} from '../collect/attribution/index.ts';
import {
  counterAt,
  countersOf,
  type Interval,
  type QueryText,
  rulesOf,
  type Sample,
  type Series,
} from '../store/index.ts';
import { clientSamples } from './client-samples.ts';
import { type Grown, grownOf } from './grown.ts';

/** Of a session's time in a request and of its workers' time, what is no wait. */
const RUNNING: readonly (readonly [string, QueryCounter])[] = [
  ['CPU', 'on_cpu'],
  ['CPU', 'parallel_on_cpu'],
  ['Run queue', 'run_queue'],
  ['Run queue', 'parallel_run_queue'],
];

/** From a reading to the next one, and the latencies that had been told before. */
interface Step {
  readonly since: Totals;
  readonly told: ReadonlyMap<string, Histogram | undefined>;
  readonly interval: Interval;
}

export class Intervals {
  readonly #host: string;
  /** As they were when a sample last told of them: counts and latencies are read one after the other. */
  readonly #told = new Map<string, Histogram>();
  readonly #series = new WeakMap<Doer['identity'], Map<string, Series>>();
  #last: Totals;
  /** Of the interval that is being made: its samples are kept and let go together. */
  #slab = new Slab();
  /** The number of the reading that the interval begins with. */
  #since = 0;
  #step: Step | undefined;

  constructor(host: string, first: Totals) {
    this.#host = host;
    for (const [key, { latency }] of first.queries) this.#told.set(key, latency);
    this.#last = first;
  }

  /** The step that another has just made for others to follow, where it is the very one that `advance` would make; nothing otherwise. */
  follow(other: Intervals): Interval | undefined {
    const step = other.#step;
    other.#step = undefined;
    if (step?.since !== this.#last) return undefined;
    for (const [key, before] of step.told) if (this.#told.get(key) !== before) return undefined;
    for (const key of step.told.keys()) this.#told.set(key, other.#told.get(key)!);
    this.#last = other.#last;
    this.#forgetAllBut(this.#last.queries);
    return step.interval;
  }

  /** For whoever keeps other intervals of the same readings: `follow`. */
  lead(now: Totals): Interval {
    const since = this.#last;
    const told = new Map<string, Histogram | undefined>();
    const interval = this.advance(now, told);
    this.#step = { since, told, interval };
    return interval;
  }

  #forgetAllBut(queries: ReadonlyMap<string, QueryTotals>): void {
    for (const key of this.#told.keys()) if (!queries.has(key)) this.#told.delete(key);
  }

  /** `told`: is given what had been told of each statement before. */
  advance(now: Totals, told?: Map<string, Histogram | undefined>): Interval {
    const last = this.#last;
    this.#last = now;
    this.#since = last.reading;
    this.#slab = new Slab();
    const queries = grownOf(rulesOf('queries'), readQuery, now.queries, last.queries, this.#slab.take);
    const waits = grownOf(rulesOf('waits'), readWait, now.waits, last.waits, this.#slab.take);
    this.#forgetAllBut(now.queries);
    const executed = queries.filter(({ totals }) => totals.identity.executes);
    for (const { key } of executed) told?.set(key, this.#told.get(key));
    const dropped = now.dropped - last.dropped;
    return {
      host: this.#host,
      startMs: last.wallMs,
      durationUs: Math.round((now.monotonicMs - last.monotonicMs) * 1000),
      coverage: dropped > 0 || now.shortcoming !== undefined ? 'partial' : 'exact',
      dropped,
      samples: {
        queries: executed.map((grown) => this.#querySample(grown)),
        failures: [...now.queries].flatMap(([key, totals]) => this.#failureSamples(totals, last.queries.get(key))),
        waits: waits.map((grown) => this.#waitSample(grown)),
        load: this.#loadSamples(executed, waits),
        clients: clientSamples(this.#host, now, last, this.#slab.take),
      },
      texts: textsOf([...queries, ...waits], waits),
      records: [],
    };
  }

  #querySample({ key, totals, before, growth: values }: Grown<QueryTotals>): Sample {
    for (const [of, { stored, unit }] of QUERY_PEAKS.entries())
      values[stored] = Math.floor(peakSince(totals.peaks[of], this.#since) / unit);
    const { database, user, queryId, fingerprint } = totals.identity;
    const histogram = totals.latency.since(before && this.#told.get(key), this.#slab.take);
    this.#told.set(key, totals.latency);
    const make = (): Series => [...this.#where(totals), database, user, queryId, fingerprint];
    return { series: this.#seriesOf(totals, '', make), values, histogram };
  }

  /** Also of those that nothing else is new of: a failure's code may be counted a moment after it. */
  #failureSamples(totals: QueryTotals, before: QueryTotals | undefined): Sample[] {
    if (totals === before || totals.failures.size === 0 || !totals.identity.executes) return NO_SAMPLES;
    const { database, user, queryId, fingerprint } = totals.identity;
    const who = [...this.#where(totals), database, user, queryId, fingerprint];
    return [...failuresSince(totals, before)].map(([sqlstate, count]) => ({
      series: [...who, sqlstate || null],
      values: Float64Array.of(count),
    }));
  }

  #waitSample({ totals, growth: values }: Grown<WaitTotals>): Sample {
    values[WAIT_MAX] = Math.floor(peakSince(totals.peaks[0], this.#since) / 1000);
    const inner = totals.inner?.fingerprint ?? null;
    return {
      series: this.#seriesOf(totals, `${totals.event} ${inner}`, () => this.#waitSeries(totals, inner)),
      values,
    };
  }

  #waitSeries(totals: WaitTotals, inner: string | null): Series {
    const { cluster, identity } = totals;
    const { type, event } = eventOf(cluster.major, totals.event);
    return [
      ...this.#where(totals),
      identity.database,
      identity.user,
      cluster.backendTypes[identity.backendType] ?? 'unknown',
      identity.queryId,
      identity.executes ? identity.fingerprint : null,
      type,
      event,
      inner,
    ];
  }

  /** One object as long as nothing more becomes known of who it is: stores know it again without comparing its parts. */
  #seriesOf({ identity }: QueryTotals | WaitTotals, which: string, make: () => Series): Series {
    const own = this.#series.get(identity) ?? new Map<string, Series>();
    this.#series.set(identity, own);
    const series = own.get(which) ?? make();
    own.set(which, series);
    return series;
  }

  #where({ cluster }: QueryTotals | WaitTotals): Series {
    return [this.#host, cluster.pgdata, cluster.systemIdentifier];
  }

  /** Of sessions that execute something; background processes wait most of the time, and that is no load. */
  #loadSamples(queries: readonly Grown<QueryTotals>[], waits: readonly Grown<WaitTotals>[]): Sample[] {
    const sums = new Map<string, Map<string, Sample>>();
    const add = (cluster: string, name: string, us: number): void => {
      if (us <= 0) return;
      const own = sums.get(cluster) ?? new Map<string, Sample>();
      sums.set(cluster, own);
      const sample = own.get(name) ?? { series: [this.#host, cluster, name], values: Float64Array.of(0) };
      sample.values[0]! += us;
      own.set(name, sample);
    };
    for (const { totals, growth } of queries)
      for (const [name, counter] of RUNNING) add(totals.cluster.pgdata, name, growth[counterAt('queries', counter)]!);
    for (const { totals, growth } of waits) {
      if (!totals.identity.executes) continue;
      const { type } = eventOf(totals.cluster.major, totals.event);
      add(totals.cluster.pgdata, type, growth[counterAt('waits', 'total')]!);
    }
    return [...sums.values()].flatMap((own) => [...own.values()]);
  }
}

const NO_SAMPLES: Sample[] = [];

/** Where each stored counter comes from; -1 for `max_unknown`, which is worked out. */
const QUERY_COLUMNS = countersOf('queries').map((name) => ({
  at: QUERY_COUNTERS.indexOf(name as QueryCounter),
  unit: QUERY_TIMES.has(name as QueryCounter) ? 1000 : 1,
}));

/** Sums are rounded before they are subtracted: however many intervals are added, the sum is off by less than a µs. */
function readQuery({ counters }: QueryTotals, into: Float64Array): void {
  for (let column = 0; column < into.length; column++) {
    const { at, unit } = QUERY_COLUMNS[column]!;
    into[column] = Math.floor((counters[at] ?? 0) / unit);
  }
}

function readWait({ counters }: WaitTotals, into: Float64Array): void {
  into[0] = Math.floor(counters[0]! / 1000);
  into[1] = counters[1]!;
}

/** Where the largest of an interval goes, in the order of a row's peaks. */
const QUERY_PEAKS = QUERY_MAXIMA.map((at) => ({
  stored: QUERY_COLUMNS.findIndex((column) => column.at === at),
  unit: QUERY_TIMES.has(QUERY_COUNTERS[at]!) ? 1000 : 1,
}));
const WAIT_MAX = counterAt('waits', 'max');

function textsOf(
  grown: readonly Grown<QueryTotals | WaitTotals>[],
  waits: readonly Grown<WaitTotals>[],
): Map<string, QueryText> {
  const texts = new Map<string, QueryText>();
  const inner = waits.flatMap(({ totals }) => totals.inner ?? []);
  for (const { fingerprint, query, truncated } of [...grown.map(({ totals }) => totals.identity), ...inner]) {
    if (query !== null) texts.set(fingerprint, { text: query, truncated });
  }
  return texts;
}
