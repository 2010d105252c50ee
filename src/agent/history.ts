/** The past, as the server and `pebble report` ask for it: rows as those of now, made from what a store keeps. */

import { Histogram } from '../aggregate/index.ts';
import type {
  ClientRow,
  CommitRow,
  HeatmapColumn,
  HistoryRows,
  HistoryWindow,
  Load,
  PastQueryRow,
  PastRow,
  PastWaitRow,
  QueryRow,
  RowHead,
  TimelineStep,
  WaitRow,
  WalRow,
} from '../api/index.ts';
import { lowerBound } from '../base/exponential.ts';
import { rfc3339 } from '../base/time.ts';
import {
  callsElsewhere,
  type IsElsewhere,
  inexactFields,
  QUERY_TIMES,
  type QueryCounts,
  queryRow,
} from '../collect/attribution/index.ts';
import {
  counterAt,
  countersOf,
  type Filter,
  type RecordKind,
  type Sample,
  type Store,
  type StoredRecord,
  type Summed,
  type TimeRange,
} from '../store/index.ts';
import { pastClients } from './past-clients.ts';
import { type CommitFilters, pastCommits } from './past-commits.ts';
import { type IoFilters, type PastIo, pastIo } from './past-io.ts';
import { doerOf, headOf, headsOf, longest, reader, type Texts, textsOf, windowOf } from './past-rows.ts';

/** Rows that have these: `host`, `cluster`, `database`, `user`, `query_id`, `fingerprint`; waits also `wait_event_type` … */
export type PastFilter = Filter;

export class History {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Those with the most time first. */
  async queries(range: TimeRange, where: PastFilter = {}): Promise<HistoryRows<QueryRow>> {
    const summed = await this.#store.sum({ kind: 'queries', range, where });
    const rows = await this.#rows(summed, range, where);
    return { ...windowOf(summed), rows: rows.sort((a, b) => b.latency_us.total - a.latency_us.total) };
  }

  /** The same in any order and without percentiles, which are most of the work: they are null. */
  async queryCounts(range: TimeRange, where: PastFilter = {}): Promise<PastQueryRow[]> {
    return this.#rows(await this.#store.sum({ kind: 'queries', range, where, counters: QUERY_COUNTS }), range, where);
  }

  /** The same for whoever needs few of them: rows are made of those samples that are asked for. */
  async sumQueries(range: TimeRange, where: PastFilter = {}): Promise<SummedQueries> {
    const summed = await this.#store.sum({ kind: 'queries', range, where, fewHistograms: true });
    const rowsOf: SummedQueries['rowsOf'] = async (chosen) => {
      const samples = summed.withHistograms?.(chosen) ?? chosen;
      return this.#rows({ ...summed, samples }, range, where, summed);
    };
    return { summed, rowsOf, window: windowOf(summed), heads: headsOf(summed) };
  }

  /** `all`: of all statements, what they may have of others. */
  async #rows(summed: Summed, range: TimeRange, where: PastFilter, all = summed): Promise<PastQueryRow[]> {
    const failures = failuresBy(await this.#store.sum({ kind: 'failures', range, where }));
    const isElsewhere = elsewhereIn(await this.#owners(range, where, all));
    const texts = await textsOf(this.#store, 'queries', summed.samples);
    return summed.samples.map((sample) => pastQueryRow(sample, summed, isElsewhere, texts, failures));
  }

  /** Those whose calls may be on rows that `where` leaves, by owner at least. */
  async #owners(range: TimeRange, where: PastFilter, summed: Summed): Promise<Summed> {
    const names = Object.keys(where).filter((name) => !OWNER.includes(name));
    if (names.length === 0) return summed;
    const ofOwner = Object.fromEntries(Object.entries(where).filter(([name]) => OWNER.includes(name)));
    return this.#store.sum({ kind: 'queries', range, where: ofOwner, by: OWNER, counters: ['unsplit'] });
  }

  /** The longest in sum first. */
  async waits(range: TimeRange, where: PastFilter = {}): Promise<HistoryRows<WaitRow>> {
    const summed = await this.#store.sum({ kind: 'waits', range, where, counters: WAIT_COUNTERS });
    const texts = await textsOf(this.#store, 'waits', summed.samples);
    const rows = summed.samples.map((sample) => pastWaitRow(sample, summed, texts));
    return { ...windowOf(summed), rows: rows.sort((a, b) => b.total_us - a.total_us) };
  }

  /** What statements waited for, whichever they were. Background processes wait for work most of the time: they are left out. */
  async waitEvents(range: TimeRange, where: PastFilter = {}): Promise<PastWaitRow[]> {
    const by = [...OWNER, 'system_identifier', 'backend_type', 'wait_event_type', 'wait_event'];
    const known = ['fingerprint'];
    const summed = await this.#store.sum({ kind: 'waits', range, where, by, known, counters: WAIT_COUNTERS });
    return summed.samples.map((sample) => pastWaitRow(sample, summed));
  }

  /** Average active sessions, one for each step that was observed; `where` knows `host` and `cluster`. */
  async load(range: TimeRange, stepMs: number, where: PastFilter = {}): Promise<Load[]> {
    const by = ['host', 'class'];
    const steps = await this.#store.steps({ kind: 'load', range, stepMs, where, by });
    return steps.map((step) => ({ at: rfc3339(step.range.toMs), sessions: sessionsOf(step) }));
  }

  /** One query in steps: `where` should leave one fingerprint, of whatever databases, users and clusters. */
  async timeline(range: TimeRange, stepMs: number, where: PastFilter): Promise<TimelineStep[]> {
    const by = ['host', 'fingerprint'];
    const steps = await this.#store.steps({ kind: 'queries', range, stepMs, where, by });
    const texts = await textsOf(this.#store, 'queries', steps[0]?.samples ?? []);
    return steps.flatMap((step) => {
      const isElsewhere = elsewhereIn(step);
      return step.samples.map((sample) => ({
        at: rfc3339(step.range.fromMs),
        step_us: (step.range.toMs - step.range.fromMs) * 1000,
        row: pastQueryRow(sample, step, isElsewhere, texts),
      }));
    });
  }

  /** Latencies of all requests that `where` leaves, in steps. */
  async heatmap(range: TimeRange, stepMs: number, where: PastFilter = {}): Promise<HeatmapColumn[]> {
    const steps = await this.#store.steps({ kind: 'queries', range, stepMs, where, by: [] });
    return columnsOf(steps);
  }

  /** Each kind's largest first. */
  io(range: TimeRange, where: IoFilters): Promise<PastIo> {
    return pastIo(this.#store, range, where);
  }

  /** Who asked, those with the most time first. */
  clients(range: TimeRange, where: PastFilter = {}): Promise<HistoryRows<ClientRow>> {
    return pastClients(this.#store, range, where);
  }

  /** Clusters first, then statements. */
  commits(range: TimeRange, where: CommitFilters): Promise<HistoryRows<CommitRow | WalRow>> {
    return pastCommits(this.#store, range, where);
  }

  /** Latencies of requests to devices, in steps. */
  async ioHeatmap(range: TimeRange, stepMs: number, where: PastFilter = {}): Promise<HeatmapColumn[]> {
    return columnsOf(await this.#store.steps({ kind: 'io', range, stepMs, where, by: [] }));
  }

  /** Documents that overlap the range, latest first: slow executions, lock waits, findings, events. */
  async records(kind: RecordKind, range: TimeRange, limit = 1000): Promise<readonly StoredRecord[]> {
    return this.#store.records({ kind, range, limit });
  }
}

export interface SummedQueries {
  readonly summed: Summed;
  readonly window: HistoryWindow;
  /** What the rows of each host say of their window. */
  readonly heads: readonly PastRow<RowHead>[];
  /** In the order of the samples. */
  readonly rowsOf: (samples: readonly Sample[]) => Promise<PastQueryRow[]>;
}

/** All of them; without this their histograms would be read, too. */
const WAIT_COUNTERS = countersOf('waits');
const QUERY_COUNTS = countersOf('queries');

/** Of statements, by the parts of their series. */
type Failures = ReadonlyMap<string, ReadonlyMap<string, number>>;

function failuresBy({ samples }: Summed): Failures {
  const failures = new Map<string, Map<string, number>>();
  for (const { series, values } of samples) {
    const statement = JSON.stringify(series.slice(0, -1));
    const known = failures.get(statement) ?? new Map<string, number>();
    failures.set(statement, known.set(series.at(-1) ?? '', values[0]!));
  }
  return failures;
}

/** The parts of a series that say whose sessions executed the statement. */
const OWNER: readonly string[] = ['host', 'cluster', 'database', 'user'];

function elsewhereIn({ samples }: Summed): IsElsewhere {
  return callsElsewhere(
    samples.map((sample) => ({ ...ownerOf(sample), unsplit: sample.values[counterAt('queries', 'unsplit')]! })),
  );
}

function ownerOf(sample: Sample) {
  const part = reader('queries', sample);
  return { cluster: JSON.stringify([part('host'), part('cluster')]), database: part('database'), user: part('user') };
}

export function pastQueryRow(
  sample: Sample,
  summed: Summed,
  isElsewhere: IsElsewhere,
  texts: Texts = new Map(),
  failures?: Failures,
): PastQueryRow {
  const part = reader('queries', sample);
  const host = part('host') ?? '';
  const fingerprint = part('fingerprint') ?? '0';
  const text = texts.get(fingerprint);
  const counts = countsOf(sample, failures && (failures.get(JSON.stringify(sample.series)) ?? new Map()));
  const head = headOf(host, part('cluster'), part('system_identifier'), summed);
  const identity = {
    database: part('database'),
    user: part('user'),
    queryId: part('query_id'),
    fingerprint,
    query: text?.text ?? null,
    truncated: text?.truncated ?? false,
  };
  return {
    host,
    ...queryRow({ ...head, inexact: inexactFields(counts, isElsewhere(ownerOf(sample))) }, identity, counts),
  };
}

function countsOf(sample: Sample, failures: QueryCounts['failures'] | undefined): QueryCounts {
  // Rows are made of ns.
  const count: QueryCounts['count'] = (name) =>
    sample.values[counterAt('queries', name)]! * (QUERY_TIMES.has(name) ? 1000 : 1);
  const latency = sample.histogram ?? new Histogram();
  const unknown = sample.values[counterAt('queries', 'max_unknown')]!;
  return { count, latency, ...longest(latency, count('latency_max'), unknown), running: 0, failures: failures ?? null };
}

export function pastWaitRow(sample: Sample, summed: Summed, texts: Texts = new Map()): PastWaitRow {
  const part = reader('waits', sample);
  const host = part('host') ?? '';
  const inner = part('inner_fingerprint');
  const [total, count, max, unknown] = sample.values as unknown as readonly [number, number, number, number];
  return {
    host,
    ...headOf(host, part('cluster'), part('system_identifier'), summed),
    inexact: [
      ...(unknown > 0 && max > 0 ? ['max_us'] : []),
      ...(inner === null || texts.has(inner) ? [] : ['inner_query']),
    ],
    ...doerOf(part, texts, part('backend_type')),
    inner_query: inner === null ? null : (texts.get(inner)?.text ?? null),
    inner_fingerprint: inner,
    wait_event_type: part('wait_event_type') ?? 'unknown',
    wait_event: part('wait_event') ?? 'unknown',
    wait_on: null,
    woken_by: null,
    count,
    total_us: total,
    max_us: longestWait(max, unknown, { count, total }),
  };
}

/** Where it was not known when it was written it is of a single wait only. */
function longestWait(
  max: number,
  unknown: number,
  { count, total }: { readonly count: number; readonly total: number },
): number | null {
  if (max > 0 || unknown === 0) return max;
  return count <= 1 ? total : null;
}

function sessionsOf(step: Summed): Record<string, number> {
  const sessions: Record<string, number> = {};
  for (const sample of step.samples) {
    const part = reader('load', sample);
    const observed = step.covered.get(part('host') ?? '')?.observedUs ?? 0;
    const name = part('class') ?? 'Wait';
    if (observed > 0) sessions[name] = (sessions[name] ?? 0) + sample.values[0]! / observed;
  }
  return sessions;
}

/** A reading that came late stands for the time until then, as far as nothing else does. */
function columnsOf(steps: readonly Summed[]): HeatmapColumn[] {
  return steps.map(({ range: { fromMs, toMs }, covered, samples }, at) => {
    const stepMs = toMs - fromMs;
    const observedMs = Math.max(0, ...[...covered.values()].map(({ observedUs }) => observedUs / 1000));
    const endMs = fromMs + stepMs * Math.max(1, Math.round(observedMs / stepMs));
    const nextMs = steps[at + 1]?.range.fromMs ?? toMs;
    return {
      at: rfc3339(fromMs),
      step_us: (Math.min(endMs, Math.max(nextMs, toMs)) - fromMs) * 1000,
      buckets: samples.flatMap(({ histogram }) => (histogram ? bucketsOf(histogram) : [])),
    };
  });
}

function bucketsOf(histogram: NonNullable<Sample['histogram']>): HeatmapColumn['buckets'] {
  const bound = (index: number): number => lowerBound(index, histogram.scale) / 1000;
  return [...histogram.buckets()].map(({ index, count }) => ({
    from_us: bound(index),
    to_us: bound(index + 1),
    count,
  }));
}
