/** View 9: the way of commits to the disk: who writes the log, how long each step takes, how many share a flush. */
import { type ComponentChild, h } from 'preact';
import type { CommitRow, WalRow } from '../../../api/index.ts';
import { formatBytes, formatCount, formatMicroseconds, formatRate, formatShare } from '../../../base/units.ts';
import { earlierOf, useEarlierRows, useRows } from '../../data/rows.ts';
import { Bar } from '../../ui/bar.ts';
import { LoadChart } from '../../ui/load-chart.ts';
import { Panel } from '../../ui/panel.ts';
import { openQuery, QueryCell } from '../../ui/query-cell.ts';
import { swatch } from '../../ui/stack-chart.ts';
import type { Column } from '../../ui/table.ts';
import { TablePanel } from '../../ui/table-panel.ts';

const STEPS = [
  ['insert_us', 'room in the buffers'],
  ['write_us', 'write'],
  ['sync_us', 'sync'],
  ['group_us', "another's flush"],
  ['replication_us', 'a standby'],
] as const;

export function WalView(): ComponentChild {
  const commits = useRows('commits');
  const earlier = useEarlierRows('commits');
  const clusters = commits.rows.filter((row) => row.kind === 'cluster');
  const statements = statementsOf(commits.rows);
  return h('div', {}, [
    h(LoadChart, {
      title: 'Sessions that wait for I/O',
      by: 'wait_event',
      params: { wait_event_type: 'IO' },
      height: 150,
    }),
    h(
      Panel,
      { title: 'Commits', of: commits },
      clusters.map((row) => h(Cluster, { key: row.cluster, row, isOneOfMany: clusters.length > 1 })),
    ),
    h(TablePanel<CommitRow>, {
      title: 'Statements that write the log',
      of: commits,
      note: h(Legend, {}),
      name: 'commits',
      columns: COLUMNS,
      rows: statements,
      earlier: earlierOf(earlier, statementsOf),
      keyOf: ({ cluster, database, user, query_id, fingerprint, backend_type }: CommitRow) =>
        JSON.stringify([cluster, database, user, query_id ?? fingerprint, backend_type]),
      sort: 'wait/s',
      onOpen: openQuery,
      empty: 'Nothing wrote the log in this window.',
    }),
  ]);
}

const statementsOf = (rows: readonly (CommitRow | WalRow)[]): CommitRow[] =>
  rows.filter((row) => row.kind === 'statement');

function Cluster({ row, isOneOfMany }: { readonly row: WalRow; readonly isOneOfMany: boolean }): ComponentChild {
  const waited = sumOf(row);
  const [longest, words] = STEPS.toSorted(([a], [b]) => row[b] - row[a])[0]!;
  const rate = formatRate((row.commits * 1e6) / row.window_us);
  return h('p', {}, [
    isOneOfMany && `${row.cluster}: `,
    row.commits === 0
      ? 'no commit wrote to the log'
      : `${rate} commits a second wait ${formatMicroseconds(waited / row.commits)} each for the log`,
    waited > 0 && `, ${formatShare(row[longest] / waited)} of it for ${words === 'sync' ? 'fsync' : words}`,
    row.inexact.includes('syncs')
      ? `; they slept ${formatCount(row.syncs)} times in fsync, which sleeps more than once on some devices`
      : `; fsync was called ${formatCount(row.syncs)} times`,
    row.commits > 0 && row.group_size !== null && `, ${row.group_size.toFixed(2)} commits share one`,
    row.attributed !== null && `; ${formatShare(row.attributed)} of the waiting is on a known statement`,
    '.',
  ]);
}

const sumOf = (row: CommitRow | WalRow): number => STEPS.reduce((sum, [field]) => sum + row[field], 0);
const perSecond = (row: CommitRow, amount: number): number => (amount * 1e6) / row.window_us;
/** Colours of the kinds of waiting that the steps are. */
const COLOURS: Readonly<Record<string, string>> = {
  insert_us: 'LWLock',
  write_us: 'IO',
  sync_us: 'Timeout',
  group_us: 'IPC',
  replication_us: 'Client',
};

const Legend = (): ComponentChild =>
  h(
    'span',
    { class: 'steps' },
    STEPS.map(([field, words]) => h('span', { key: field }, [swatch(COLOURS[field]!), words])),
  );

const COLUMNS: readonly Column<CommitRow>[] = [
  {
    title: 'wait/s',
    means: 'time waiting for the log, in a second',
    value: (row) => perSecond(row, sumOf(row)),
    cell: (row) => formatMicroseconds(perSecond(row, sumOf(row))),
    change: formatMicroseconds,
  },
  {
    title: 'steps',
    means: 'room in the buffers, write, sync, another process that flushes for both, a standby',
    value: sumOf,
    cell: (row) =>
      h(Bar, { parts: STEPS.map(([field, label]) => ({ key: COLOURS[field]!, label, value: row[field] })) }),
    kind: 'bar',
  },
  {
    title: 'sync',
    means: 'of each commit, on average',
    value: (row) => row.sync_us / Math.max(1, row.commits),
    cell: (row) => formatMicroseconds(row.sync_us / Math.max(1, row.commits)),
    wide: true,
  },
  {
    title: 'commits/s',
    value: (row) => perSecond(row, row.commits),
    cell: (row) => formatRate(perSecond(row, row.commits)),
    change: formatRate,
  },
  {
    title: 'WAL/s',
    value: (row) => perSecond(row, row.wal_bytes),
    cell: (row) => formatBytes(perSecond(row, row.wal_bytes)),
    wide: true,
  },
  { title: 'full pages', value: (row) => row.wal_fpi, cell: (row) => formatCount(row.wal_fpi), wide: true },
  { title: 'process', value: (row) => row.backend_type, cell: (row) => row.backend_type, kind: 'text', wide: true },
  { title: 'query', value: (row) => row.query, cell: (row) => h(QueryCell, row), kind: 'query' },
];
