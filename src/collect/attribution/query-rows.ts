/** Rows of `pebble queries`, as docs/json.md describes them: what happened between two readings. */

import { Windows } from '../../aggregate/index.ts';
import type { QueryRow } from '../../api/index.ts';
import { QUERY_COUNTERS, QUERY_RULES, type QueryCounter, type QueryTotals, type Totals } from './totals.ts';
import { countersOf, microseconds, rowHead, type Window, windowBetween } from './window.ts';

const column = (name: QueryCounter): number => QUERY_COUNTERS.indexOf(name);
const [MAX, UNSPLIT, HIDDEN] = [column('latency_max'), column('unsplit'), column('hidden')];

/** Fields that one request of several statements leaves on the last of them. */
const OF_REQUESTS = ['calls', 'errors', 'latency_us', 'on_cpu_us', 'off_cpu_us', 'run_queue_us'];
const USAGE = ['shared_blks_hit', 'shared_blks_read', 'shared_blks_dirtied', 'shared_blks_written'];
const UNSPLIT_FIELDS = [
  ...OF_REQUESTS,
  ...USAGE,
  'temp_blks_read',
  'temp_blks_written',
  'wal_records',
  'wal_fpi',
  'wal_bytes',
];

/** Turns readings into windows: each row is what a query did since the reading before. */
export class QueryRows {
  readonly #windows: Windows = new Windows(QUERY_RULES);
  #last: Totals;

  constructor(first: Totals) {
    this.#windows.advance(countersOf(first.queries));
    this.#last = first;
  }

  /** Client backends' queries with activity since the last reading; those with the most time first. */
  advance(now: Totals): QueryRow[] {
    const growth = this.#windows.advance(countersOf(now.queries));
    const window = windowBetween(this.#last, now);
    const rows = [...growth].flatMap(([key, counters]) => {
      const totals = now.queries.get(key)!;
      return totals.identity.executes ? [toRow(totals, counters, this.#last.queries.get(key), window)] : [];
    });
    this.#last = now;
    return rows.sort((a, b) => b.latency_us.total - a.latency_us.total);
  }
}

function toRow(totals: QueryTotals, growth: Float64Array, before: QueryTotals | undefined, window: Window): QueryRow {
  const { database, user, queryId, fingerprint, query, truncated } = totals.identity;
  const count = (name: QueryCounter): number => growth[column(name)]!;
  const time = (name: QueryCounter): number => microseconds(count(name));
  return {
    ...rowHead(totals, window, inexactFields(totals, growth, before)),
    database,
    user,
    query_id: queryId,
    fingerprint,
    query,
    query_truncated: truncated,
    requests: count('requests'),
    running: totals.running,
    calls: count('calls'),
    errors: count('errors'),
    latency_us: { ...percentiles(totals, before), total: time('latency') },
    on_cpu_us: time('on_cpu'),
    off_cpu_us: time('off_cpu'),
    run_queue_us: time('run_queue'),
    start_delay_us: time('start_delay'),
    parallel_on_cpu_us: time('parallel_on_cpu'),
    parallel_off_cpu_us: time('parallel_off_cpu'),
    parallel_run_queue_us: time('parallel_run_queue'),
    shared_blks_hit: count('shared_hit'),
    shared_blks_read: count('shared_read'),
    shared_blks_dirtied: count('shared_dirtied'),
    shared_blks_written: count('shared_written'),
    temp_blks_read: count('temp_read'),
    temp_blks_written: count('temp_written'),
    wal_records: count('wal_records'),
    wal_fpi: count('wal_fpi'),
    wal_bytes: count('wal_bytes'),
  };
}

/** The longest request so far is known; whether it was in this window only if it is longer than all before. */
const isNewMax = ({ counters }: QueryTotals, before: QueryTotals | undefined): boolean =>
  !before || counters[MAX]! > before.counters[MAX]!;

function percentiles(totals: QueryTotals, before: QueryTotals | undefined): Omit<QueryRow['latency_us'], 'total'> {
  const histogram = totals.latency.clone();
  if (before) histogram.subtract(before.latency);
  const max = isNewMax(totals, before) ? totals.counters[MAX]! : undefined;
  const percentile = (quantile: number): number | null => {
    const ns = histogram.percentile(quantile, max);
    return ns === undefined ? null : microseconds(ns);
  };
  return { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99), max: percentile(1) };
}

function inexactFields(totals: QueryTotals, growth: Float64Array, before: QueryTotals | undefined): string[] {
  const fields = new Set<string>();
  if (!isNewMax(totals, before)) fields.add('latency_us.max');
  if (growth[UNSPLIT]! > 0) for (const field of UNSPLIT_FIELDS) fields.add(field);
  if (growth[HIDDEN]! > 0) for (const field of ['calls', 'errors']) fields.add(field);
  return [...fields];
}
