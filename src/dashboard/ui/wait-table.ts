/** Waits added up by event, each a way to the statements that wait so. */
import { type ComponentChild, h } from 'preact';
import type { AnyWaitRow } from '../../api/index.ts';
import { longer } from '../../base/time.ts';
import { formatCount, formatLoad, formatMicroseconds } from '../../base/units.ts';
import { earlierOf, type Rows } from '../data/rows.ts';
import { withFacet } from '../state/place.ts';
import { store } from '../state/store.ts';
import { Bar } from './bar.ts';
import { Figure } from './coverage.ts';
import { QueryCell } from './query-cell.ts';
import { swatch } from './stack-chart.ts';
import type { Column } from './table.ts';
import { TablePanel } from './table-panel.ts';

/** One wait event of whatever a view groups by. */
export interface WaitSum {
  readonly type: string;
  readonly event: string;
  readonly process: string;
  /** Null where samples alone tell of it, as the longest. */
  readonly count: number | null;
  readonly totalUs: number;
  readonly maxUs: number | null;
  readonly isMaxExact: boolean;
  readonly windowUs: number;
  /** Who waited longest. */
  readonly worst: AnyWaitRow;
}

/** `by`: what keeps sums apart besides the event. */
export function sumWaits(rows: readonly AnyWaitRow[], by: (row: AnyWaitRow) => string = () => ''): WaitSum[] {
  const sums = new Map<string, WaitSum>();
  for (const row of rows) {
    const key = `${by(row)} ${row.wait_event_type} ${row.wait_event}`;
    const known = sums.get(key);
    const isLonger = !known || row.total_us > known.worst.total_us;
    sums.set(key, {
      type: row.wait_event_type,
      event: row.wait_event,
      process: row.backend_type,
      count: row.count === null ? null : (known?.count ?? 0) + row.count,
      totalUs: (known?.totalUs ?? 0) + row.total_us,
      maxUs: longer(known?.maxUs ?? null, row.max_us),
      // The longest of those that are known is no less than it seems.
      isMaxExact: (known?.isMaxExact ?? true) && row.max_us !== null && !row.inexact.includes('max_us'),
      windowUs: row.window_us,
      worst: isLonger ? row : known.worst,
    });
  }
  return [...sums.values()];
}

interface WaitTableProps {
  readonly title: string;
  readonly waits: Rows<AnyWaitRow>;
  /** Those of the earlier window, while the reader compares. */
  readonly earlier?: Rows<AnyWaitRow> | undefined;
  readonly isWanted: (row: AnyWaitRow) => boolean;
  readonly showsProcess?: boolean;
  /** Of sessions: background processes execute none. */
  readonly hasStatements?: boolean;
  readonly name?: string;
}

export function WaitTable(props: WaitTableProps): ComponentChild {
  const { title, waits, earlier, isWanted, showsProcess, hasStatements = true, name = 'waits' } = props;
  const sumsOf = (rows: readonly AnyWaitRow[]): WaitSum[] =>
    sumWaits(rows.filter(isWanted), (row) => (showsProcess ? row.backend_type : ''));
  const sums = sumsOf(waits.rows);
  const most = Math.max(0, ...sums.map(({ totalUs }) => totalUs));
  return h(TablePanel<WaitSum>, {
    title,
    of: waits,
    name,
    columns: columnsOf(most, showsProcess ?? false).filter(({ kind }) => hasStatements || kind !== 'query'),
    rows: sums,
    earlier: earlierOf(earlier, sumsOf),
    keyOf: ({ process, type, event }: WaitSum) => `${process} ${type} ${event}`,
    sort: 'sessions',
    data: ({ type, event }: WaitSum) => ({ wait: `${type}:${event}` }),
    onOpen: ({ type, event }: WaitSum) => {
      const place = withFacet(withFacet(store.state.place, 'wait_event_type', type), 'wait_event', event);
      store.go({ ...place, view: showsProcess ? place.view : 'queries' });
    },
    empty: 'Nothing waited in this window.',
  });
}

function columnsOf(most: number, showsProcess: boolean): Column<WaitSum>[] {
  const sessions = ({ totalUs, windowUs }: WaitSum): number => totalUs / windowUs;
  const average = ({ totalUs, count }: WaitSum): number | null =>
    count === null ? null : totalUs / Math.max(1, count);
  const time = (us: number | null): string => (us === null ? '-' : formatMicroseconds(us));
  const process: Column<WaitSum> = {
    title: 'process',
    value: (sum) => sum.process,
    cell: (sum) => sum.process,
    kind: 'text',
  };
  const event: Column<WaitSum> = {
    title: 'event',
    value: ({ type, event: name }) => `${type} ${name}`,
    cell: ({ type, event: name }) => [swatch(type), `${type} · ${name}`],
    text: ({ type, event: name }) => `${type}:${name}`,
    kind: 'text',
  };
  const load: readonly Column<WaitSum>[] = [
    {
      title: 'sessions',
      means: 'waiting at a moment, on average',
      value: sessions,
      cell: (sum) => formatLoad(sessions(sum)),
      change: formatLoad,
    },
    {
      title: 'share',
      value: ({ totalUs }) => totalUs,
      cell: ({ type, totalUs }) => h(Bar, { parts: [{ key: type, value: totalUs }], most }),
      kind: 'bar',
      wide: true,
    },
  ];
  return [
    // A narrow screen ends behind two columns of words.
    ...(showsProcess ? [...load, event, process] : [event, ...load]),
    {
      title: 'waits',
      means: 'how often',
      value: ({ count }) => count,
      cell: ({ count }) => (count === null ? '-' : formatCount(count)),
    },
    { title: 'average', value: average, cell: (sum) => time(average(sum)) },
    {
      title: 'longest',
      means: '-: not known, no wait was longer than one before this window',
      value: ({ maxUs }) => maxUs,
      cell: ({ maxUs, isMaxExact }) => h(Figure, { text: time(maxUs), approximate: !isMaxExact && maxUs !== null }),
    },
    {
      title: 'most of it by',
      value: ({ worst }) => worst.query,
      cell: ({ worst }) => h(QueryCell, worst),
      kind: 'query',
    },
  ];
}
