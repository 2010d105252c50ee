/** What people see of queries: columns, header and detail, the same for `queries`, `top` and `demo`. */
import type { AnyQueryRow, AnyWaitRow } from '../../api/index.ts';
import { longer } from '../../base/time.ts';
import { formatBytes, formatCount, formatMicroseconds, formatRate, formatShare } from '../../base/units.ts';
import {
  type Column,
  rateColumn,
  sanitize,
  shareColumn,
  textColumn,
  timeColumn,
  type ViewSpec,
} from '../../terminal/index.ts';
import { oneLine, perSecond, sessions, time } from './format.ts';
import type { Activity } from './observer.ts';

/** A query with what it waited for. */
export interface TopRow {
  readonly query: AnyQueryRow;
  /** The longest in sum first. */
  readonly waits: readonly AnyWaitRow[];
}

export function topRows({ queries, waits }: Activity): TopRow[] {
  const byQuery = Map.groupBy(waits, identify);
  return queries.map((query) => ({ query, waits: byQuery.get(identify(query)) ?? [] }));
}

const identify = ({ cluster, database, user, query_id, fingerprint }: AnyQueryRow | AnyWaitRow): string =>
  JSON.stringify([cluster, database, user, query_id ?? fingerprint]);

/** Time that its sessions spent, finished requests or not. */
const busy = ({ query }: TopRow): number => query.on_cpu_us + query.off_cpu_us + (query.run_queue_us ?? 0);
const load = (row: TopRow): number => sessions(row.query, busy(row));

function share(row: TopRow, part: number | null): number | undefined {
  const total = busy(row);
  return total > 0 && part !== null ? part / total : undefined;
}

const rate = ({ query }: TopRow, count: number | null): number | undefined =>
  count === null ? undefined : perSecond(query, count);

/** The wait that took most, with its part of all waiting. */
function dominant({ waits }: TopRow): string | undefined {
  const [first] = byEvent(waits);
  const total = waits.reduce((sum, wait) => sum + wait.total_us, 0);
  if (!first || total === 0) return undefined;
  const part = first.total_us / total;
  return part > 0.995 ? eventName(first) : `${eventName(first)} ${formatShare(part)}`;
}

/** Waits of one event, inside of whatever statement, together; the longest first. */
function byEvent(waits: readonly AnyWaitRow[]): AnyWaitRow[] {
  const sums = new Map<string, AnyWaitRow>();
  for (const wait of waits) {
    const key = `${eventName(wait)} ${wait.backend_type}`;
    const sum = sums.get(key);
    sums.set(key, sum ? added(sum, wait) : wait);
  }
  return [...sums.values()].sort((a, b) => b.total_us - a.total_us);
}

function added(a: AnyWaitRow, b: AnyWaitRow): AnyWaitRow {
  if (a.coverage === 'sampled' || b.coverage === 'sampled') return { ...a, total_us: a.total_us + b.total_us };
  return { ...a, count: a.count + b.count, total_us: a.total_us + b.total_us, max_us: longer(a.max_us, b.max_us) };
}

const eventName = ({ wait_event_type, wait_event }: AnyWaitRow): string => `${wait_event_type}:${wait_event}`;

export const QUERY_COLUMNS: readonly Column<TopRow>[] = [
  {
    ...rateColumn<TopRow>('load', load),
    style: (row) => (load(row) >= 1 ? 'red' : 'plain'),
  },
  rateColumn('calls/s', (row) => rate(row, row.query.calls)),
  {
    ...rateColumn<TopRow>('err/s', (row) => rate(row, row.query.errors)),
    style: (row) => ((row.query.errors ?? 0) > 0 ? 'red' : 'dim'),
  },
  timeColumn('p50', ({ query }) => query.latency_us.p50 ?? undefined),
  timeColumn('p95', ({ query }) => query.latency_us.p95 ?? undefined),
  timeColumn('p99', ({ query }) => query.latency_us.p99 ?? undefined),
  shareColumn('on cpu', (row) => share(row, row.query.on_cpu_us)),
  shareColumn('waiting', (row) => share(row, row.query.off_cpu_us)),
  shareColumn('run queue', (row) => share(row, row.query.run_queue_us)),
  textColumn('waits for', dominant),
  textColumn('database', ({ query }) => query.database ?? undefined),
  textColumn('query', ({ query }) => oneLine(query.query), { flexible: true }),
];

export const QUERY_VIEW: ViewSpec<TopRow> = {
  columns: QUERY_COLUMNS,
  sorted: 'load',
  identity: ({ query }) => identify(query),
  searchable: ({ query, waits }) =>
    `${query.query} ${query.database} ${query.user} ${query.query_id} ${waits.map(eventName).join(' ')}`,
  detail,
};

/** Waits that are shown of one query. */
const MOST_WAITS = 20;

function detail({ query: row, waits }: TopRow): readonly string[] {
  const { latency_us: latency } = row;
  const count = (value: number | null): string => (value === null ? '-' : String(value));
  return [
    ...sanitize(row.query ?? '(text not seen)').split('\n'),
    ...(row.query_truncated ? ['(cut by the server at track_activity_query_size)'] : []),
    '',
    `query id      ${row.query_id ?? 'none: this cluster computes no query ids'}`,
    `fingerprint   ${row.fingerprint}`,
    `cluster       ${row.cluster}`,
    `database      ${row.database ?? '-'}     user  ${row.user ?? '-'}`,
    '',
    `window        ${formatMicroseconds(row.window_us)} from ${row.window_start}     ${row.coverage}`,
    `requests      ${count(row.requests)}     calls  ${count(row.calls)}     errors  ${count(row.errors)}     running now  ${row.running}`,
    `latency       p50 ${time(latency.p50)}   p95 ${time(latency.p95)}   p99 ${time(latency.p99)}   max ${time(latency.max)}   total ${time(latency.total)}`,
    `on cpu        ${time(row.on_cpu_us)}${phasesOf(row)}`,
    `waiting       ${time(row.off_cpu_us)}`,
    `run queue     ${time(row.run_queue_us)}     of it before the request was seen  ${time(row.start_delay_us)}   throttled by cgroup  ${time(row.throttled_us)}`,
    ...resourceLines(row),
    ...(row.inexact.length > 0 ? ['', `inexact       ${row.inexact.join(', ')}`] : []),
    '',
    ...waitLines(waits),
    ...innerLines(waits),
  ];
}

/** By a clock: nothing where it was not met, or where that is not collected. */
function phasesOf({ phases_us: phases }: AnyQueryRow): string {
  const all = phases === null ? 0 : phases.prepare + phases.execute + phases.commit;
  if (phases === null || all === 0) return '';
  const { prepare, execute, commit } = phases;
  return `     parsing and planning  about ${formatShare(prepare / all)}     executing  ${formatShare(execute / all)}     committing  ${formatShare(commit / all)}`;
}

/** What its requests took besides time, where that is collected. */
function resourceLines(row: AnyQueryRow): string[] {
  if (row.coverage === 'sampled' || row.sqlstates === null) return [];
  const bytes = (value: number | null): string => (value === null ? '-' : formatBytes(value));
  const count = (value: number | null): string => (value === null ? '-' : formatCount(value));
  const codes = Object.entries(row.sqlstates).map(([code, n]) => `${code} ${formatCount(n)}`);
  return [
    '',
    `rows          ${count(row.rows)}     received  ${bytes(row.received_bytes)}     sent  ${bytes(row.sent_bytes)}`,
    `memory        grown by ${bytes(row.memory_grown_bytes)}, of it kept ${bytes(row.memory_kept_bytes)}     largest process  ${bytes(row.memory_max_bytes)}`,
    `temporary     ${count(row.temp_files)} files, ${bytes(row.temp_file_bytes)}     major faults  ${count(row.major_faults)}`,
    ...(codes.length > 0 ? [`sqlstates     ${codes.join(', ')}`] : []),
  ];
}

function waitLines(waits: readonly AnyWaitRow[]): string[] {
  if (waits.length === 0) return ['waits         none'];
  const total = waits.reduce((sum, wait) => sum + wait.total_us, 0);
  const shown = byEvent(waits)
    .slice(0, MOST_WAITS)
    .map((wait) => ({
      name: `${eventName(wait)}${wait.backend_type === 'client backend' ? '' : ` (${wait.backend_type})`}`,
      cells: [
        time(wait.total_us),
        formatShare(total > 0 ? wait.total_us / total : 0),
        wait.count === null ? '-' : formatCount(wait.count),
        time(wait.max_us),
      ],
    }));
  const widest = Math.max(...shown.map(({ name }) => name.length), 'waits'.length);
  const line = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(widest)}  ${cells.map((cell) => cell.padStart(8)).join('  ')}`;
  return [line('waits', ['total', 'share', 'count', 'longest']), ...shown.map(({ name, cells }) => line(name, cells))];
}

/** What functions, triggers and foreign-key checks executed in it while they waited. */
function innerLines(waits: readonly AnyWaitRow[]): string[] {
  const total = waits.reduce((sum, wait) => sum + wait.total_us, 0);
  const inside = Map.groupBy(waits, ({ inner_fingerprint }) => inner_fingerprint ?? '');
  inside.delete('');
  if (inside.size === 0) return [];
  const sums = [...inside.values()].map((rows) => ({
    query: rows[0]!.inner_query ?? '(not known)',
    us: rows.reduce((sum, row) => sum + row.total_us, 0),
  }));
  const lines = sums
    .sort((a, b) => b.us - a.us)
    .slice(0, MOST_WAITS)
    .map(
      ({ query, us }) =>
        `${time(us).padStart(8)}  ${formatShare(total > 0 ? us / total : 0).padStart(6)}  ${sanitize(oneLine(query))}`,
    );
  return ['', 'waits inside  total   share  of', ...lines];
}

/** How much went through, and what was not seen. */
export function queryHeader(rows: readonly TopRow[]): string {
  const [first] = rows;
  if (!first) return 'none of the queries that are watched was executed in this window';
  const total = (of: (row: TopRow) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const known = first.query.coverage !== 'sampled';
  const rates = [
    `${formatRate(total((row) => rate(row, row.query.calls) ?? 0))} calls/s`,
    `${formatRate(total((row) => rate(row, row.query.errors) ?? 0))} errors/s`,
  ];
  const cpu = total(({ query }) => sessions(query, query.on_cpu_us));
  return [
    `last ${formatMicroseconds(first.query.window_us)}`,
    ...(known ? rates : []),
    `${formatRate(total(load))} active sessions, ${formatRate(cpu)} on a cpu`,
  ].join('   ');
}
