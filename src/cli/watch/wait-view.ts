/** What people see of waits: columns and header of `pebble waits`. */
import type { AnyWaitRow } from '../../api/index.ts';
import { formatMicroseconds, formatRate } from '../../base/units.ts';
import { rateColumn, sanitize, textColumn, timeColumn, type ViewSpec } from '../../terminal/index.ts';
import { nested, oneLine, perSecond, sessions, time } from './format.ts';

export const WAIT_VIEW: ViewSpec<AnyWaitRow> = {
  columns: [
    rateColumn('load', (row) => sessions(row, row.total_us)),
    textColumn('type', (row) => row.wait_event_type),
    textColumn('wait event', (row) => (row.wait_on === null ? row.wait_event : `${row.wait_event}: ${row.wait_on}`)),
    rateColumn('waits/s', (row) => (row.count === null ? undefined : perSecond(row, row.count))),
    timeColumn('average', (row) => (row.count ? row.total_us / row.count : undefined)),
    timeColumn('longest', (row) => row.max_us ?? undefined),
    textColumn('process', (row) => row.backend_type),
    textColumn('database', (row) => row.database ?? undefined),
    textColumn('query', (row) => (row.fingerprint === null ? undefined : oneLine(nested(row))), { flexible: true }),
  ],
  sorted: 'load',
  identity: (row) =>
    JSON.stringify([
      row.cluster,
      row.database,
      row.user,
      row.backend_type,
      row.query_id ?? row.fingerprint,
      row.wait_event,
      row.inner_fingerprint,
    ]),
  searchable: (row) => `${row.wait_event_type}:${row.wait_event} ${row.backend_type} ${row.database} ${nested(row)}`,
  detail: (row) => [
    sanitize(row.query ?? row.backend_type),
    ...(row.inner_fingerprint === null ? [] : ['', 'executes inside', sanitize(row.inner_query ?? '(not known)')]),
    '',
    ...(row.woken_by ?? []).map(
      (waker) => `let go by     ${time(waker.total_us).padStart(8)}  ${sanitize(waker.query ?? waker.backend_type)}`,
    ),
    `wait event    ${row.wait_event_type}:${row.wait_event}`,
    `query id      ${row.query_id ?? '-'}     fingerprint  ${row.fingerprint ?? '-'}`,
    `cluster       ${row.cluster}     database  ${row.database ?? '-'}     user  ${row.user ?? '-'}`,
    `waits         ${row.count ?? '-'}     total  ${time(row.total_us)}     longest  ${time(row.max_us)}`,
  ],
};

/** Waiting for work is what background processes do when there is none. */
export const isIdle = (row: AnyWaitRow): boolean => row.wait_event_type === 'Activity';

export function waitHeader(rows: readonly AnyWaitRow[]): string {
  const [first] = rows;
  if (!first) return 'nothing has waited in this window';
  const load = rows.reduce((sum, row) => sum + sessions(row, row.total_us), 0);
  return `last ${formatMicroseconds(first.window_us)}   ${formatRate(load)} processes waiting on average`;
}
