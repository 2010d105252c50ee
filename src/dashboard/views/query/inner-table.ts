/** What functions, triggers and foreign-key checks execute in a query, by the time that they wait in it. */
import { type ComponentChild, h } from 'preact';
import type { AnyWaitRow } from '../../../api/index.ts';
import { formatMicroseconds, formatRate } from '../../../base/units.ts';
import type { Rows } from '../../data/rows.ts';
import { Bar, type Part } from '../../ui/bar.ts';
import { Panel } from '../../ui/panel.ts';
import { QueryCell } from '../../ui/query-cell.ts';
import { type Column, Table } from '../../ui/table.ts';

interface InnerSum {
  readonly query: string | null;
  readonly fingerprint: string;
  readonly totalUs: number;
  readonly windowUs: number;
  /** By type of wait. */
  readonly parts: readonly Part[];
}

interface InnerTableProps {
  readonly waits: Rows<AnyWaitRow>;
  readonly fingerprint: string;
}

/** Nothing where all of it waits at top level. */
export function InnerTable({ waits, fingerprint }: InnerTableProps): ComponentChild {
  const sums = sumInner(waits.rows.filter((row) => row.fingerprint === fingerprint));
  if (sums.length === 0) return null;
  const title = 'Inside of it, functions, triggers and foreign-key checks wait in';
  const most = Math.max(...sums.map(({ totalUs }) => totalUs));
  return h(
    Panel,
    { title, of: waits },
    h(Table<InnerSum>, {
      name: 'inner',
      caption: title,
      columns: columnsOf(most),
      rows: sums,
      keyOf: (sum: InnerSum) => sum.fingerprint,
      sort: 'sessions',
      data: (sum: InnerSum) => ({ inner: sum.fingerprint }),
      empty: '',
    }),
  );
}

export function sumInner(rows: readonly AnyWaitRow[]): InnerSum[] {
  const inside = Map.groupBy(rows, (row) => row.inner_fingerprint);
  inside.delete(null);
  return Array.from(inside, ([fingerprint, own]) => ({
    query: own[0]!.inner_query,
    fingerprint: fingerprint!,
    totalUs: sum(own),
    windowUs: own[0]!.window_us,
    parts: Array.from(
      Map.groupBy(own, (row) => row.wait_event_type),
      ([key, some]) => ({ key, value: sum(some) }),
    ),
  }));
}

const sum = (rows: readonly AnyWaitRow[]): number => rows.reduce((total, row) => total + row.total_us, 0);

const columnsOf = (most: number): Column<InnerSum>[] => [
  {
    title: 'sessions',
    means: 'waiting at a moment, on average',
    value: ({ totalUs, windowUs }) => totalUs / windowUs,
    cell: ({ totalUs, windowUs }) => formatRate(totalUs / windowUs),
  },
  { title: 'waited', value: ({ totalUs }) => totalUs, cell: ({ totalUs }) => formatMicroseconds(totalUs) },
  {
    title: 'share',
    value: ({ totalUs }) => totalUs,
    cell: ({ parts }) => h(Bar, { parts, most }),
    kind: 'bar',
    wide: true,
  },
  { title: 'statement', value: ({ query }) => query, cell: (one) => h(QueryCell, one), kind: 'query' },
];
