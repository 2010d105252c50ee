/** What people see of query rows: columns, header and detail, the same for `queries`, `top` and `demo`. */
import type { QueryRow } from '../../api/index.ts';
import { formatMicroseconds, formatRate } from '../../base/units.ts';
import type { Attribution, Refused, WatchedCluster } from '../../collect/attribution/index.ts';
import {
  type Column,
  type Frame,
  rateColumn,
  sanitize,
  shareColumn,
  textColumn,
  timeColumn,
  type ViewSpec,
} from '../../terminal/index.ts';

const perSecond = (row: QueryRow, count: number): number => (count * 1e6) / row.window_us;
/** Average number of sessions at it: time per time. */
const sessions = (row: QueryRow, time: number): number => time / row.window_us;
const oneLine = (text: string | null): string => (text ?? '(text not seen)').replace(/\s+/g, ' ');

export const QUERY_COLUMNS: readonly Column<QueryRow>[] = [
  {
    ...rateColumn<QueryRow>('load', (row) => sessions(row, busy(row))),
    style: (row) => (sessions(row, busy(row)) >= 1 ? 'red' : 'plain'),
  },
  rateColumn('calls/s', (row) => perSecond(row, row.calls)),
  {
    ...rateColumn<QueryRow>('err/s', (row) => perSecond(row, row.errors)),
    style: (row) => (row.errors > 0 ? 'red' : 'dim'),
  },
  timeColumn('p50', (row) => row.latency_us.p50 ?? undefined),
  timeColumn('p95', (row) => row.latency_us.p95 ?? undefined),
  timeColumn('p99', (row) => row.latency_us.p99 ?? undefined),
  shareColumn('on cpu', (row) => share(row, row.on_cpu_us)),
  shareColumn('waiting', (row) => share(row, row.off_cpu_us)),
  shareColumn('run queue', (row) => share(row, row.run_queue_us)),
  textColumn('database', (row) => row.database ?? undefined),
  textColumn('query', (row) => oneLine(row.query), { flexible: true }),
];

/** Time that its sessions spent, finished requests or not. */
const busy = (row: QueryRow): number => row.on_cpu_us + row.off_cpu_us + row.run_queue_us;

function share(row: QueryRow, time: number): number | undefined {
  const total = busy(row);
  return total > 0 ? time / total : undefined;
}

export const QUERY_VIEW: ViewSpec<QueryRow> = {
  columns: QUERY_COLUMNS,
  sorted: 'load',
  identity: (row) => JSON.stringify([row.cluster, row.database, row.user, row.query_id ?? row.fingerprint]),
  searchable: (row) => `${row.query} ${row.database} ${row.user} ${row.query_id}`,
  detail,
};

function detail(row: QueryRow): readonly string[] {
  const { latency_us: latency } = row;
  const time = (value: number | null): string => (value === null ? '-' : formatMicroseconds(value));
  return [
    ...sanitize(row.query ?? '(text not seen)').split('\n'),
    ...(row.query_truncated ? ['(cut by the server at track_activity_query_size)'] : []),
    '',
    `query id      ${row.query_id ?? 'none: this cluster computes no query ids'}`,
    `fingerprint   ${row.fingerprint}`,
    `cluster       ${row.cluster}`,
    `database      ${row.database ?? '-'}     user  ${row.user ?? '-'}`,
    '',
    `window        ${formatMicroseconds(row.window_us)} from ${row.window_start}`,
    `requests      ${row.requests}     calls  ${row.calls}     errors  ${row.errors}`,
    `latency       p50 ${time(latency.p50)}   p95 ${time(latency.p95)}   p99 ${time(latency.p99)}   max ${time(latency.max)}   total ${time(latency.total)}`,
    `on cpu        ${time(row.on_cpu_us)}`,
    `waiting       ${time(row.off_cpu_us)}`,
    `run queue     ${time(row.run_queue_us)}     of it before the request was seen  ${time(row.start_delay_us)}`,
    ...(row.inexact.length > 0 ? ['', `inexact       ${row.inexact.join(', ')}`] : []),
  ];
}

/** What is watched, how much went through, and what was not seen. */
export function frameOf(
  rows: readonly QueryRow[],
  { clusters, refused }: Pick<Attribution, 'clusters' | 'refused'>,
  note?: string,
): Frame<QueryRow> {
  const header = [...headerLines(rows, clusters), ...(note ? [note] : []), ...refused.map(refusalLine), ''];
  return { header, rows };
}

function headerLines(rows: readonly QueryRow[], clusters: readonly WatchedCluster[]): string[] {
  const names = clusters.map(({ major, pgdata }) => `PostgreSQL ${major} in ${pgdata}`).join(', ');
  const [first] = rows;
  if (!first) return [`pebble: ${names}`, 'no query has been executed in this window'];
  const total = (of: (row: QueryRow) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const load = total((row) => sessions(row, busy(row)));
  const cpu = total((row) => sessions(row, row.on_cpu_us));
  return [
    `pebble: ${names}`,
    [
      `last ${formatMicroseconds(first.window_us)}`,
      `${formatRate(total((row) => perSecond(row, row.calls)))} calls/s`,
      `${formatRate(total((row) => perSecond(row, row.errors)))} errors/s`,
      `${formatRate(load)} active sessions, ${formatRate(cpu)} of them on a cpu`,
      first.coverage === 'exact' ? 'every event counted' : `${first.coverage}: ${first.dropped} events lost`,
    ].join('   '),
  ];
}

const refusalLine = ({ pgdata, reason }: Refused): string => `not watched: ${pgdata}: ${reason.what}`;
