/** Statements, the costliest first: how much of the load each is, what its time consists of, how it changed. */
import { type ComponentChild, h } from 'preact';
import { useMemo } from 'preact/hooks';
import type { AnyQueryRow, LoadAnswer, MixAnswer } from '../../api/index.ts';
import { formatBytes, formatLoad, formatMicroseconds, formatRate } from '../../base/units.ts';
import { type Rows, TEXT_LENGTH, useEarlierRows, useRows } from '../data/rows.ts';
import { calmly, earlierParams, everyStepOf, placeParams, useAnswer } from '../data/use-answer.ts';
import { PlaceLink } from '../frame/navigation.ts';
import { movedTo } from '../state/place.ts';
import { store } from '../state/store.ts';
import { Bar, type Part, Sparkline } from './bar.ts';
import { inOrder } from './classes.ts';
import { Figure } from './coverage.ts';
import { Panel } from './panel.ts';
import { openQuery, QueryCell } from './query-cell.ts';
import { type Column, Table } from './table.ts';

type Mix = MixAnswer['mix'];

/** Facts about all rows that each row's cells need. */
interface Context {
  readonly mix: Mix;
  readonly mixBefore: Mix;
  readonly most: number;
  readonly lines: ReadonlyMap<string, readonly (number | null)[]>;
  readonly rows: readonly AnyQueryRow[];
}

interface TopQueriesProps {
  readonly title: string;
  /** Only those with the most load: thousands are for the view of all. */
  readonly most?: number;
}

const TREND_STEPS = 40;

export function TopQueries({ title, most }: TopQueriesProps): ComponentChild {
  const { place } = store.state;
  const params = placeParams(place);
  const queries = useRows('queries', most === undefined ? {} : { top: String(most) });
  const earlier = useEarlierRows('queries');
  const before = earlierParams(place);
  // Statements are not told apart by who asks: the rows say so, and the rest need not be asked.
  const isKnown = place.facets.application === undefined && place.facets.client === undefined;
  const mix = isKnown ? '/api/mix' : undefined;
  const { data: mixed } = useAnswer<MixAnswer>(mix, params, calmly(place));
  const { data: mixedBefore } = useAnswer<MixAnswer>(before && mix, before, calmly(place));
  const trend = { ...params, by: 'fingerprint', points: String(TREND_STEPS), top: '100' };
  const { data: lines } = useAnswer<LoadAnswer>(
    isKnown ? '/api/load' : undefined,
    trend,
    everyStepOf(place, TREND_STEPS),
  );
  const context = useMemo(
    (): Context => ({
      mix: mixed?.mix ?? {},
      mixBefore: mixedBefore?.mix ?? {},
      most: Math.max(0, ...queries.rows.map((row) => loadOf(row, mixed?.mix ?? {}))),
      lines: new Map((lines?.series ?? []).map(({ key, sessions }) => [key ?? '', sessions])),
      rows: queries.rows,
    }),
    [queries.rows, mixed, mixedBefore, lines, place.facets],
  );
  const columns = useMemo(() => columnsOf(context), [context]);
  const search = (place.own.search ?? '').toLowerCase();
  const rows = useMemo(
    () => (search === '' ? queries.rows : queries.rows.filter(({ query }) => query?.toLowerCase().includes(search))),
    [queries.rows, search],
  );
  return h(
    Panel,
    { title, of: queries, earlier, note: queries.window && noteOf(queries, rows, search) },
    h(Table<AnyQueryRow>, {
      name: 'queries',
      caption: title,
      columns,
      rows,
      keyOf,
      earlier,
      sort: 'load',
      data: ({ fingerprint }: AnyQueryRow) => ({ fingerprint }),
      onOpen: openQuery,
      empty: search === '' ? 'No statement was executed in this window.' : 'No text has this in it.',
    }),
  );
}

function noteOf({ total, window }: Rows<AnyQueryRow>, rows: readonly AnyQueryRow[], search: string): ComponentChild {
  const time = formatMicroseconds(window!.window_us);
  const isCut = search !== '' && rows.some(({ query }) => query?.length === TEXT_LENGTH);
  if (total === undefined)
    return `${rows.length} statements in ${time}${isCut ? `; of texts the first ${TEXT_LENGTH} characters are searched` : ''}`;
  return [
    `the ${rows.length} with the most load of ${total} statements in ${time}: `,
    h(PlaceLink, { to: movedTo(store.state.place, 'queries'), children: 'all' }),
  ];
}

const keyOf = ({ cluster, database, user, query_id, fingerprint }: AnyQueryRow): string =>
  JSON.stringify([cluster, database, user, query_id ?? fingerprint]);

/** Its own time; with a wait as facet, only that. */
function loadOf(row: AnyQueryRow, mix: Mix): number {
  const { wait_event_type: type, wait_event: event } = store.state.place.facets;
  if (type === undefined && event === undefined)
    return (row.on_cpu_us + row.off_cpu_us + (row.run_queue_us ?? 0)) / row.window_us;
  return Object.values(mix[row.fingerprint] ?? {}).reduce((sum, us) => sum + us, 0) / row.window_us;
}

function partsOf({ fingerprint }: AnyQueryRow, mix: Mix): Part[] {
  const own = mix[fingerprint] ?? {};
  return inOrder(Object.keys(own)).map((key) => ({ key, value: own[key]! }));
}

const perSecond = (row: AnyQueryRow, count: number | null): number | null =>
  count === null ? null : (count * 1e6) / row.window_us;
const time = (us: number | null): string => (us === null ? '-' : formatMicroseconds(us));

type Number = (row: AnyQueryRow) => number | null;

/** A column of numbers whose cell marks what the row says is inexact. */
function figure(
  title: string,
  means: string,
  value: Number,
  text: (value: number) => string,
  field: string,
  wide?: Column<AnyQueryRow>['wide'],
): Column<AnyQueryRow> {
  return {
    title,
    means,
    value,
    cell: (row) => {
      const number = value(row);
      return number === null ? '-' : h(Figure, { text: text(number), approximate: row.inexact.includes(field) });
    },
    ...(wide && { wide }),
  };
}

function columnsOf({ mix, mixBefore, most, lines, rows }: Context): Column<AnyQueryRow>[] {
  const load = (row: AnyQueryRow): number => loadOf(row, mix);
  const errors = figure(
    'errors/s',
    'failed executions a second',
    (row) => perSecond(row, row.errors),
    formatRate,
    'errors',
    true,
  );
  const database: Column<AnyQueryRow> = {
    title: 'database',
    value: (row) => row.database,
    cell: (row) => row.database ?? '-',
    kind: 'text',
    wide: true,
  };
  return [
    {
      title: 'load',
      means: 'active sessions, on average',
      value: load,
      valueBefore: (row) => loadOf(row, mixBefore),
      cell: (row) => formatLoad(load(row)),
      change: formatLoad,
    },
    {
      title: 'time',
      means: 'what its time consists of; full length is the costliest statement',
      value: load,
      cell: (row) => h(Bar, { parts: partsOf(row, mix), most: (most * sumOf(partsOf(row, mix))) / (load(row) || 1) }),
      kind: 'bar',
    },
    { title: 'query', value: (row) => row.query, cell: (row) => h(QueryCell, row), kind: 'query' },
    figure('calls/s', 'executions a second', (row) => perSecond(row, row.calls), formatRate, 'calls'),
    ...(rows.some((row) => (row.errors ?? 0) > 0) ? [errors] : []),
    figure('p50', 'half of the requests took no longer', (row) => row.latency_us.p50, time, 'latency_us', 'very'),
    figure('p95', 'of 100 requests 95 took no longer', (row) => row.latency_us.p95, time, 'latency_us'),
    figure('p99', 'of 100 requests 99 took no longer', (row) => row.latency_us.p99, time, 'latency_us', true),
    figure('CPU/s', 'time on a CPU in a second', (row) => perSecond(row, row.on_cpu_us), time, 'on_cpu_us', 'very'),
    figure(
      'read/s',
      'blocks read into shared buffers in a second',
      (row) => perSecond(row, row.shared_blks_read),
      formatRate,
      'shared_blks_read',
      true,
    ),
    figure(
      'WAL/s',
      'bytes of write-ahead log in a second',
      (row) => perSecond(row, row.wal_bytes),
      formatBytes,
      'wal_bytes',
      true,
    ),
    {
      title: 'trend',
      means: 'load over the window',
      value: load,
      cell: ({ fingerprint }) => lines.has(fingerprint) && h(Sparkline, { values: lines.get(fingerprint)! }),
      text: () => '',
      kind: 'bar',
      wide: true,
    },
    ...(new Set(rows.map((row) => row.database)).size > 1 ? [database] : []),
  ];
}

const sumOf = (parts: readonly Part[]): number => parts.reduce((sum, { value }) => sum + value, 0);
