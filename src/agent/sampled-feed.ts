/** What the pages live on where root or eBPF is missing: samples of the servers' memory. Times are estimates, the rest is unknown. */
import { hostname } from 'node:os';
import { Histogram } from '../aggregate/index.ts';
import type { SampledQueryRow, SampledWaitRow, Status } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import type { Signal } from '../collect/attribution/index.ts';
import {
  type Sampled,
  SampledLocks,
  type SampledReading,
  sampledQueries,
  sampledWaits,
} from '../collect/sampled/index.ts';
import { counterAt, countersOf, type Interval, RecentStore, type Sample, type TimeRange } from '../store/index.ts';
import type { Feed } from './feed.ts';
import { LockHistory } from './lock-history.ts';
import { ProcessCost } from './process-cost.ts';
import { Readings } from './readings.ts';
import { SessionsNow } from './sessions-now.ts';
import { type Listener, Listeners, statusOf } from './status.ts';

const INTERVAL_MS = 1000;

export class SampledFeed implements Feed {
  readonly host: string = hostname();
  readonly recent: RecentStore = new RecentStore();
  readonly readings = undefined;
  readonly locks: LockHistory;
  readonly executions = undefined;
  readonly profiler = undefined;
  readonly catalogs = undefined;
  readonly machine = undefined;
  readonly sessions: SessionsNow;
  readonly signals: ReadonlySet<Signal> = new Set();
  readonly refusedSignals: ReadonlyMap<Signal, string> = new Map();
  readonly #sampled: Sampled;
  readonly #lockLooks: SampledLocks;
  readonly #shortcoming: string;
  readonly #kept: Readings<SampledReading> = new Readings();
  readonly #listeners: Listeners = new Listeners();
  readonly #cost = new ProcessCost();
  readonly #started: string = rfc3339(Date.now());
  readonly #timer: NodeJS.Timeout;
  #last: SampledReading;
  #status: Status;

  /** Whoever takes the samples looks for new servers, too. `shortcoming`: what samples do not tell, and why there is nothing better. */
  constructor(sampled: Sampled, shortcoming: string) {
    this.#sampled = sampled;
    this.#shortcoming = shortcoming;
    this.sessions = new SessionsNow(sampled);
    this.#lockLooks = new SampledLocks(sampled);
    this.locks = new LockHistory(this.#lockLooks);
    this.#last = sampled.read();
    this.#kept.add(this.#last.wallMs, this.#last);
    this.#status = this.#statusOf({});
    this.#timer = setInterval(() => void this.#tick(), INTERVAL_MS);
  }

  status(): Status {
    return this.#status;
  }

  queries(range: TimeRange): SampledQueryRow[] | undefined {
    const between = this.#kept.between(range);
    return between && sampledQueries(...between);
  }

  waits(range: TimeRange): SampledWaitRow[] | undefined {
    const between = this.#kept.between(range);
    return between && sampledWaits(...between);
  }

  subscribe(listener: Listener): () => void {
    return this.#listeners.add(listener);
  }

  /** Samples are taken whether somebody looks or not. */
  async look(): Promise<void> {}

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
    this.#lockLooks.close();
    this.sessions.close();
  }

  async #tick(): Promise<void> {
    const [last, now] = [this.#last, this.#sampled.read()];
    this.#last = now;
    const interval = intervalOf(this.host, last, now);
    await this.recent.append(interval);
    this.locks.advance(now.wallMs);
    this.#kept.add(now.wallMs, now);
    const sessions = (interval.samples.load ?? []).map(({ series, values }): [string, number] => [
      series[2]!,
      values[0]! / interval.durationUs,
    ]);
    this.#status = this.#statusOf(Object.fromEntries(sessions));
    this.#listeners.tell(this.#status);
  }

  #statusOf(sessions: Readonly<Record<string, number>>): Status {
    return statusOf({
      atMs: this.#last.wallMs,
      host: this.host,
      started: this.#started,
      watched: this.#sampled,
      tier: 'sampled',
      shortcoming: this.#shortcoming,
      sessions,
      cost: { ...this.#cost.read(), dropped: this.#last.dropped },
      overhead: null,
      oldestMs: this.recent.oldestMs,
    });
  }
}

function intervalOf(host: string, last: SampledReading, now: SampledReading): Interval {
  const [queries, waits] = [sampledQueries(last, now), sampledWaits(last, now)];
  return {
    host,
    startMs: last.wallMs,
    durationUs: Math.round((now.monotonicMs - last.monotonicMs) * 1000),
    coverage: 'sampled',
    dropped: now.dropped - last.dropped,
    samples: {
      queries: queries.map((row) => querySample(host, row)),
      waits: waits.map((row) => waitSample(host, row)),
      load: loadSamples(host, queries, waits),
    },
    texts: new Map(
      queries.flatMap(({ fingerprint, query, query_truncated: truncated }) =>
        query === null ? [] : [[fingerprint, { text: query, truncated }] as const],
      ),
    ),
    records: [],
  };
}

function querySample(host: string, row: SampledQueryRow): Sample {
  const values = new Float64Array(countersOf('queries').length);
  values[counterAt('queries', 'on_cpu')] = Math.round(row.on_cpu_us);
  values[counterAt('queries', 'off_cpu')] = Math.round(row.off_cpu_us);
  values[counterAt('queries', 'parallel_on_cpu')] = Math.round(row.parallel_on_cpu_us);
  values[counterAt('queries', 'parallel_off_cpu')] = Math.round(row.parallel_off_cpu_us);
  const { cluster, system_identifier, database, user, query_id, fingerprint } = row;
  const series = [host, cluster, system_identifier, database, user, query_id, fingerprint];
  return { series, values, histogram: new Histogram() };
}

function waitSample(host: string, row: SampledWaitRow): Sample {
  const values = new Float64Array(countersOf('waits').length);
  values[counterAt('waits', 'total')] = Math.round(row.total_us);
  values[counterAt('waits', 'max_unknown')] = 1;
  const { cluster, system_identifier, database, user, backend_type, query_id, fingerprint } = row;
  const who = [host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint];
  return { series: [...who, row.wait_event_type, row.wait_event], values };
}

function loadSamples(host: string, queries: readonly SampledQueryRow[], waits: readonly SampledWaitRow[]): Sample[] {
  const sums = new Map<string, Sample>();
  const add = (cluster: string, name: string, us: number): void => {
    const sample = sums.get(`${name} ${cluster}`) ?? { series: [host, cluster, name], values: Float64Array.of(0) };
    sample.values[0]! += us;
    sums.set(`${name} ${cluster}`, sample);
  };
  for (const row of queries) add(row.cluster, 'CPU', row.on_cpu_us + row.parallel_on_cpu_us);
  for (const row of waits) if (row.fingerprint !== null) add(row.cluster, row.wait_event_type, row.total_us);
  return [...sums.values()];
}
