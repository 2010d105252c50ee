/** What people see of lock waits: columns and header of `pebble locks`. */
import type { LockRow, WaitRow } from '../../api/index.ts';
import { formatMicroseconds } from '../../base/units.ts';
import { countColumn, sanitize, textColumn, timeColumn, type ViewSpec } from '../../terminal/index.ts';
import { nested, oneLine, time } from './format.ts';

export const LOCK_VIEW: ViewSpec<LockRow> = {
  columns: [
    timeColumn('waited', (row) => row.wait_us),
    countColumn('count', (row) => row.count),
    timeColumn('longest', (row) => row.max_us),
    textColumn('waiter', (row) => `${row.waiter_pid}${row.waiting ? '*' : ''}`),
    textColumn('blocker', blockerName),
    textColumn('lock', lockName),
    textColumn('mode', (row) => shortMode(row.mode)),
    textColumn('state', (row) => row.blocker_state ?? undefined),
    textColumn('holds', (row) => (row.blocker_mode ? shortMode(row.blocker_mode) : undefined)),
    textColumn('root', (row) => (row.root_pid === null ? undefined : String(row.root_pid))),
    textColumn('waiting query', (row) => oneLine(nested(waiterOf(row))), { flexible: true }),
    textColumn('blocking query', (row) => oneLine(nested(blockerOf(row))), { flexible: true }),
  ],
  sorted: 'waited',
  identity: (row) =>
    JSON.stringify([
      ...[row.cluster, row.waiter_pid, row.waiter_fingerprint, row.waiter_inner_fingerprint],
      ...[row.blocker_pid, row.blocker_fingerprint, row.blocker_inner_fingerprint, row.root_pid],
      ...[row.lock_type, row.relation, row.mode],
    ]),
  searchable: (row) =>
    `${row.waiter_pid} ${row.blocker_pid} ${row.lock_type} ${row.waiter_query} ${row.waiter_inner_query} ${row.blocker_query} ${row.blocker_inner_query} ${row.blocker_state}`,
  detail: (row) => [
    `waiter        pid ${row.waiter_pid}, ${row.waiter_user ?? '-'} in ${row.database ?? '-'}, application ${row.waiter_application ?? '-'}`,
    `              ${sanitize(waiterOf(row).query ?? '(text not seen)')}`,
    ...insideLine(waiterOf(row)),
    `blocker       pid ${blockerName(row)}, ${row.blocker_user ?? '-'}, ${row.blocker_state ?? '-'}, application ${row.blocker_application ?? '-'}`,
    `              ${sanitize(blockerOf(row).query ?? '(text not seen)')}`,
    ...insideLine(blockerOf(row)),
    `lock          ${lockName(row)} in ${row.mode}; the blocker ${row.blocker_mode ? `holds ${row.blocker_mode}` : 'waits ahead in the queue'}`,
    `waited        ${time(row.wait_us)} in ${row.count} waits, longest ${time(row.max_us)}`,
  ],
};

type Side = Pick<WaitRow, 'query' | 'inner_query' | 'inner_fingerprint'>;
const waiterOf = (row: LockRow): Side => ({
  query: row.waiter_query ?? background(row.waiter_backend_type),
  inner_query: row.waiter_inner_query,
  inner_fingerprint: row.waiter_inner_fingerprint,
});
const blockerOf = (row: LockRow): Side => ({
  query: row.blocker_query ?? background(row.blocker_backend_type),
  inner_query: row.blocker_inner_query,
  inner_fingerprint: row.blocker_inner_fingerprint,
});

/** Executes no statement: a standby's startup process, autovacuum. */
const background = (type: string | null): string | null =>
  type === null || type === 'client backend' ? null : `(${type})`;

const insideLine = ({ inner_query, inner_fingerprint }: Side): string[] =>
  inner_fingerprint === null ? [] : [`              inside: ${sanitize(inner_query ?? '(not known)')}`];

const shortMode = (mode: string): string => mode.replace(/Lock$/, '');

function lockName(row: LockRow): string {
  const what = row.relation_name ?? row.relation ?? row.transaction_id;
  return what === null ? row.lock_type : `${row.lock_type} ${what}`;
}

function blockerName({ blocker_pid, blocker_state }: LockRow): string {
  if (blocker_pid === null) return 'not seen';
  return blocker_state === 'prepared transaction' ? 'prepared' : String(blocker_pid);
}

export function lockHeader(rows: readonly LockRow[]): string {
  const [first] = rows;
  if (!first) return 'nobody has waited for a lock in this window';
  const waiting = new Set(rows.filter((row) => row.waiting).map(({ waiter_pid }) => waiter_pid)).size;
  return `last ${formatMicroseconds(first.window_us)}   ${waiting} waiting now (*)`;
}
