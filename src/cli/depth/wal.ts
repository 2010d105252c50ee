/** What people see of commit rows: a line a cluster, then the statements that waited. */
import type { CommitRow, CommitWaits, WalRow } from '../../api/index.ts';
import { formatCount, formatShare } from '../../base/units.ts';
import { bytesColumn, type Column, countColumn, textColumn, timeColumn } from '../../terminal/index.ts';
import type { Context } from '../command.ts';
import { oneLine, printTable } from './print.ts';

const waitColumns = <Row extends CommitWaits>(): readonly Column<Row>[] => [
  timeColumn('insert', ({ insert_us }) => insert_us),
  timeColumn('write', ({ write_us }) => write_us),
  timeColumn('sync', ({ sync_us }) => sync_us),
  timeColumn('group', ({ group_us }) => group_us),
  timeColumn('standby', ({ replication_us }) => replication_us),
];

const STATEMENTS: readonly Column<CommitRow>[] = [
  countColumn('commits', ({ commits }) => commits),
  bytesColumn('wal', ({ wal_bytes }) => wal_bytes),
  ...waitColumns<CommitRow>(),
  textColumn(
    'query',
    ({ fingerprint, query, backend_type }) => (fingerprint === null ? `(${backend_type})` : oneLine(query)),
    {
      flexible: true,
    },
  ),
];

export function printWal(rows: readonly (WalRow | CommitRow)[], context: Context): void {
  if (rows.length === 0) printTable(['nothing happened in this window'], [], [], context);
  // Who chooses statements sees no row of the cluster: it is about all of them.
  for (const [cluster, own] of Map.groupBy(rows, (row) => row.cluster)) {
    const whole = own.find((row): row is WalRow => row.kind === 'cluster');
    const statements = own.filter((row): row is CommitRow => row.kind === 'statement');
    printTable([cluster, ...(whole ? summary(whole) : [])], STATEMENTS, statements, context);
  }
}

/** Waits are times asleep: a write that the page cache takes at once has none. */
function summary({ commits, syncs, group_size, inexact, attributed }: WalRow): string[] {
  const calls = inexact.includes('syncs') ? 'sleeps in fsync' : 'calls of fsync';
  const group = group_size === null || commits === 0 ? '' : ` (${group_size.toFixed(2)} commits share one)`;
  const slept = `${syncs === 0 ? 'no' : formatCount(syncs)} ${calls}${group}`;
  const known = attributed === null ? '' : `${formatShare(attributed)} of the waits on a known statement; `;
  return [`${formatCount(commits)} commits that wrote WAL, ${slept}`, `${known}times are those asleep`];
}
