/** Rows of `pebble queries`, as docs/json.md describes them: what happened between two readings. */

import { type Histogram, Windows } from '../../aggregate/index.ts';
import type { QueryRow, Resources, RowHead } from '../../api/index.ts';
import { callsElsewhere } from './elsewhere.ts';
import { longestOf, peakSince } from './peaks.ts';
import type { SlotIdentity } from './statements.ts';
import {
  QUERY_COUNTERS,
  QUERY_MAXIMA,
  QUERY_RULES,
  type QueryCounter,
  type QueryTotals,
  type Totals,
} from './totals.ts';
import { countersOf, microseconds, rowHead, type Window, windowBetween } from './window.ts';

const column = (name: QueryCounter): number => QUERY_COUNTERS.indexOf(name);
const UNSPLIT = column('unsplit');

/** What the signal `resources` tells. */
const OF_RESOURCES = [
  'rows',
  'received_bytes',
  'sent_bytes',
  'temp_files',
  'temp_file_bytes',
  'major_faults',
  'memory_grown_bytes',
  'memory_kept_bytes',
] as const satisfies readonly (keyof Resources)[];

/** What requests that execute several statements leave on the last of them. */
const OF_REQUESTS = [
  'latency_us',
  'on_cpu_us',
  'off_cpu_us',
  'run_queue_us',
  'shared_blks_hit',
  'shared_blks_read',
  'shared_blks_dirtied',
  'shared_blks_written',
  'temp_blks_read',
  'temp_blks_written',
  'wal_records',
  'wal_fpi',
  'wal_bytes',
  ...OF_RESOURCES,
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
    const executed = [...growth]
      .map(([key, counters]) => ({
        totals: now.queries.get(key)!,
        growth: counters,
        before: this.#last.queries.get(key),
        since: this.#last.reading,
      }))
      .filter(({ totals }) => totals.identity.executes);
    const isElsewhere = callsElsewhere(
      executed.map(({ totals, growth: counters }) => ({ ...ownerOf(totals), unsplit: counters[UNSPLIT]! })),
    );
    const rows = executed.map((one) => toRow(one, isElsewhere(ownerOf(one.totals)), window));
    this.#last = now;
    return rows.sort((a, b) => b.latency_us.total - a.latency_us.total);
  }
}

const ownerOf = ({ cluster, identity: { database, user } }: QueryTotals) => ({
  cluster: cluster.pgdata,
  database,
  user,
});

interface Grown {
  readonly totals: QueryTotals;
  readonly growth: Float64Array;
  readonly before: QueryTotals | undefined;
  /** The number of the reading that the window begins with. */
  readonly since: number;
}

function toRow({ totals, growth, before, since }: Grown, mayLackCalls: boolean, window: Window): QueryRow {
  const latency = totals.latency.clone();
  if (before) latency.subtract(before.latency);
  for (const [of, at] of QUERY_MAXIMA.entries()) growth[at] = peakSince(totals.peaks[of], since);
  const count: QueryCounts['count'] = (name) => growth[column(name)]!;
  const counts: QueryCounts = {
    count,
    latency,
    ...longestOf(latency, count('latency_max')),
    running: totals.running,
    failures: failuresSince(totals, before),
  };
  return queryRow(rowHead(totals, window, inexactFields(counts, mayLackCalls)), totals.identity, counts);
}

/** What a row is made of, now or from history. */
export interface QueryCounts {
  /** Times in ns. */
  readonly count: (name: QueryCounter) => number;
  readonly latency: Histogram;
  /** The longest request, or one of its bucket; absent where only the bucket is known. */
  readonly max: number | undefined;
  readonly isMaxExact: boolean;
  readonly running: number;
  /** Failed executions by SQLSTATE; '' where it is not known. Null: not asked for. */
  readonly failures: ReadonlyMap<string, number> | null;
}

export type QueryIdentity = Pick<SlotIdentity, 'database' | 'user' | 'queryId' | 'fingerprint' | 'query' | 'truncated'>;

export function queryRow(head: RowHead, identity: QueryIdentity, counts: QueryCounts): QueryRow {
  const { database, user, queryId, fingerprint, query, truncated } = identity;
  const { count } = counts;
  const time = (name: QueryCounter): number => microseconds(count(name));
  return {
    ...head,
    database,
    user,
    query_id: queryId,
    fingerprint,
    query,
    query_truncated: truncated,
    requests: count('requests'),
    running: counts.running,
    calls: count('calls'),
    errors: count('errors'),
    latency_us: { ...percentiles(counts), total: time('latency') },
    on_cpu_us: time('on_cpu'),
    off_cpu_us: time('off_cpu'),
    run_queue_us: time('run_queue'),
    start_delay_us: time('start_delay'),
    throttled_us: count('throttle_unseen') > 0 ? null : time('throttled'),
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
    ...resources(counts),
    phases_us: phases(counts),
  };
}

function phases({ count }: QueryCounts): QueryRow['phases_us'] {
  if (count('phased') === 0) return null;
  const time = (name: QueryCounter): number => microseconds(count(name));
  return { prepare: time('prepare'), execute: time('execute'), commit: time('commit') };
}

/** Of the requests that were measured so; not known of windows without any. */
function resources({ count, failures }: QueryCounts): Resources {
  const [measured, hidden] = [count('measured'), count('hidden')];
  const known = (name: QueryCounter, isKnown = true): number | null => (measured > 0 && isKnown ? count(name) : null);
  const memory = count('memory_max') > 0;
  const files = count('temp_unseen') === 0;
  return {
    rows: known('rows', hidden === 0 || hidden < count('requests')),
    received_bytes: known('received'),
    sent_bytes: known('sent'),
    temp_files: known('temp_files', files),
    temp_file_bytes: known('temp_bytes', files),
    major_faults: known('major_faults'),
    memory_grown_bytes: known('memory_grown', memory),
    memory_kept_bytes: known('memory_kept', memory),
    memory_max_bytes: known('memory_max', memory),
    sqlstates: measured > 0 && failures ? byCode(failures) : null,
  };
}

const byCode = (failures: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...failures].map(([code, count]) => [code || 'unknown', count]));

/** Failed executions since an earlier reading, by SQLSTATE. */
export function failuresSince({ failures }: QueryTotals, before: QueryTotals | undefined): Map<string, number> {
  const grown = [...failures].map(([code, count]) => [code, count - (before?.failures.get(code) ?? 0)] as const);
  return new Map(grown.filter(([, count]) => count > 0));
}

function percentiles({ latency, max }: QueryCounts): Omit<QueryRow['latency_us'], 'total'> {
  const percentile = (quantile: number): number | null => {
    const ns = latency.percentile(quantile, max);
    return ns === undefined ? null : microseconds(ns);
  };
  return { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99), max: percentile(1) };
}

/** Names of the fields that are approximations. `mayLackCalls`: they may be on another row (elsewhere.ts). */
export function inexactFields({ count, isMaxExact }: QueryCounts, mayLackCalls: boolean): string[] {
  const fields = new Set<string>();
  if (!isMaxExact) fields.add('latency_us.max');
  if (count('joint') > 0) for (const field of OF_REQUESTS) fields.add(field);
  if (count('hidden') > 0) fields.add('rows');
  if (count('phased') > 0) fields.add('phases_us');
  if (count('measured') < count('requests')) for (const field of OF_RESOURCES) fields.add(field);
  if (mayLackCalls || count('hidden') > 0) for (const field of ['calls', 'errors']) fields.add(field);
  return [...fields];
}
