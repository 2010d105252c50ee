/** Rows of `queries` and `waits` from samples, as docs/json.md describes them. */
import { type FieldRule, Windows } from '../../aggregate/index.ts';
import type { RowHead, SampledQueryRow, SampledWaitRow } from '../../api/index.ts';
import { rfc3339 } from '../../base/time.ts';
import {
  executes,
  SAMPLED_QUERY_COUNTERS,
  SAMPLED_WAIT_COUNTERS,
  type SampledDoer,
  type SampledReading,
} from './sums.ts';

const microseconds = (ns: number): number => Math.round(ns) / 1000;
const sums = (names: readonly string[]): FieldRule[] => names.map(() => 'sum');

/** What queries did between two readings; those with the most time first. */
export function sampledQueries(first: SampledReading, now: SampledReading): SampledQueryRow[] {
  const rows = growth(first, now, 'queries', sums(SAMPLED_QUERY_COUNTERS)).map(([key, counters]) => {
    const { session, cluster, running } = now.queries.get(key)!;
    const [samples, onCpu, offCpu, parallelOnCpu, parallelOffCpu] = counters as unknown as number[];
    return {
      ...headOf({ session, cluster }, first, now),
      coverage: 'sampled' as const,
      samples: samples!,
      database: session.database,
      user: session.user,
      query_id: session.queryId,
      fingerprint: session.fingerprint ?? '0',
      query: session.query,
      query_truncated: session.truncated,
      ...UNKNOWN,
      running,
      on_cpu_us: microseconds(onCpu!),
      off_cpu_us: microseconds(offCpu!),
      parallel_on_cpu_us: microseconds(parallelOnCpu!),
      parallel_off_cpu_us: microseconds(parallelOffCpu!),
    };
  });
  return rows.sort((a, b) => b.on_cpu_us + b.off_cpu_us - (a.on_cpu_us + a.off_cpu_us));
}

/** What was waited for between two readings; the longest in sum first. */
export function sampledWaits(first: SampledReading, now: SampledReading): SampledWaitRow[] {
  const rows = growth(first, now, 'waits', sums(SAMPLED_WAIT_COUNTERS)).map(([key, counters]) => {
    const { session, cluster, event } = now.waits.get(key)!;
    const [samples, ns] = counters as unknown as number[];
    const isStatement = executes(session);
    return {
      ...headOf({ session, cluster }, first, now),
      coverage: 'sampled' as const,
      samples: samples!,
      backend_type: session.backendType,
      database: session.database,
      user: session.user,
      query_id: isStatement ? session.queryId : null,
      fingerprint: isStatement ? (session.fingerprint ?? '0') : null,
      query: isStatement ? session.query : null,
      query_truncated: isStatement && session.truncated,
      inner_query: null,
      inner_fingerprint: null,
      wait_event_type: event.type,
      wait_event: event.event,
      wait_on: null,
      woken_by: null,
      count: null,
      total_us: microseconds(ns!),
      max_us: null,
    };
  });
  return rows.sort((a, b) => b.total_us - a.total_us);
}

function growth<Kind extends 'queries' | 'waits'>(
  first: SampledReading,
  now: SampledReading,
  kind: Kind,
  rules: readonly FieldRule[],
): [string, Float64Array][] {
  const windows = new Windows(rules);
  const countersOf = (reading: SampledReading) =>
    new Map([...reading[kind]].map(([key, { counters }]) => [key, counters] as const));
  windows.advance(countersOf(first));
  return [...windows.advance(countersOf(now))];
}

function headOf({ cluster }: SampledDoer, first: SampledReading, now: SampledReading): Omit<RowHead, 'coverage'> {
  return {
    cluster: cluster.pgdata,
    system_identifier: cluster.systemIdentifier,
    window_start: rfc3339(first.wallMs),
    window_us: Math.round((now.monotonicMs - first.monotonicMs) * 1000),
    inexact: [],
    dropped: now.dropped - first.dropped,
  };
}

const UNKNOWN = {
  requests: null,
  calls: null,
  errors: null,
  latency_us: { p50: null, p95: null, p99: null, max: null, total: null },
  run_queue_us: null,
  start_delay_us: null,
  throttled_us: null,
  parallel_run_queue_us: null,
  shared_blks_hit: null,
  shared_blks_read: null,
  shared_blks_dirtied: null,
  shared_blks_written: null,
  temp_blks_read: null,
  temp_blks_written: null,
  wal_records: null,
  wal_fpi: null,
  wal_bytes: null,
  phases_us: null,
  rows: null,
  received_bytes: null,
  sent_bytes: null,
  temp_files: null,
  temp_file_bytes: null,
  major_faults: null,
  memory_grown_bytes: null,
  memory_kept_bytes: null,
  memory_max_bytes: null,
  sqlstates: null,
} as const;
