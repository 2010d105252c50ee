/** View 8: devices, files and the page cache: who reads and writes, how fast, and what never reached a disk. */
import { type ComponentChild, h } from 'preact';
import type { IoCacheRow, IoDeviceRow, IoFileRow, IoOtherRow, IoRow } from '../../../api/index.ts';
import { formatBytes, formatCount, formatMicroseconds, formatRate, formatShare } from '../../../base/units.ts';
import { earlierOf, useEarlierRows, useRows } from '../../data/rows.ts';
import { Bar } from '../../ui/bar.ts';
import { Figure } from '../../ui/coverage.ts';
import { LoadChart } from '../../ui/load-chart.ts';
import { openQuery, QueryCell } from '../../ui/query-cell.ts';
import type { Column } from '../../ui/table.ts';
import { TablePanel } from '../../ui/table-panel.ts';
import { DeviceMap } from './device-map.ts';

export function IoView(): ComponentChild {
  const io = useRows('io');
  const earlier = useEarlierRows('io');
  const of = <K extends IoRow['kind']>(kind: K) => ofKind(io.rows, kind);
  const partOf = <K extends IoRow['kind']>(kind: K, title: string) => ({
    title,
    of: io,
    name: TABLES[kind],
    rows: of(kind),
    earlier: earlierOf(earlier, (rows) => ofKind(rows, kind)),
  });
  return h('div', {}, [
    h(LoadChart, {
      title: 'Sessions that wait for I/O',
      by: 'wait_event',
      params: { wait_event_type: 'IO' },
      height: 150,
    }),
    h(DeviceMap, { devices: of('device'), io }),
    h(TablePanel<IoCacheRow>, {
      ...partOf('cache', 'Page cache against disk'),
      note: 'what was read, and where it came from',
      columns: CACHE,
      keyOf,
      sort: 'read/s',
      onOpen: openQuery,
      empty: 'Nothing was read.',
    }),
    h(TablePanel<IoDeviceRow>, {
      ...partOf('device', 'Devices by statement'),
      columns: DEVICES,
      keyOf,
      sort: 'time/s',
      onOpen: openQuery,
      empty: 'No request reached a device.',
    }),
    h(TablePanel<IoFileRow>, {
      ...partOf('file', 'Files'),
      note: noteOfFiles(of('file')),
      columns: FILES,
      keyOf,
      sort: 'bytes/s',
      onOpen: openQuery,
      empty: 'No file of PostgreSQL reached a device.',
    }),
    h(TablePanel<IoOtherRow>, {
      ...partOf('other', 'Everybody else on this host'),
      columns: OTHERS,
      keyOf: otherKey,
      sort: 'bytes/s',
      empty: 'Nobody else used a device.',
    }),
  ]);
}

/** Names of their orders in the address. */
const TABLES = { cache: 'cache', device: 'devices', file: 'files', other: 'others' } as const;

const ofKind = <K extends IoRow['kind']>(rows: readonly IoRow[], kind: K) =>
  rows.filter((row): row is Extract<IoRow, { kind: K }> => row.kind === kind);

type Mine = IoCacheRow | IoDeviceRow | IoFileRow;

function keyOf(row: Mine): string {
  const what = row.kind === 'cache' ? [] : [row.device, row.operation, row.kind === 'file' ? row.path : ''];
  return JSON.stringify([
    row.cluster,
    row.database,
    row.user,
    row.query_id ?? row.fingerprint,
    row.backend_type,
    ...what,
  ]);
}

const otherKey = ({ process, device, operation, deferred }: IoOtherRow): string =>
  JSON.stringify([process, device, operation, deferred]);

const perSecond = (row: { readonly window_us: number }, amount: number): number => (amount * 1e6) / row.window_us;
const time = (us: number | null): string => (us === null ? '-' : formatMicroseconds(us));

const query = <Row extends Mine>(): Column<Row>[] => [
  { title: 'process', value: (row) => row.backend_type, cell: (row) => row.backend_type, kind: 'text', wide: true },
  { title: 'query', value: (row) => row.query, cell: (row) => h(QueryCell, row), kind: 'query' },
];

const bytesPerSecond = <Row extends { readonly window_us: number; readonly bytes: number }>(): Column<Row> => ({
  title: 'bytes/s',
  value: (row) => perSecond(row, row.bytes),
  cell: (row) => formatBytes(perSecond(row, row.bytes)),
});

/** Where the reader compares it: not where time is what counts, and the query needs the room. */
const comparedBytes = <Row extends { readonly window_us: number; readonly bytes: number }>(): Column<Row> => ({
  ...bytesPerSecond<Row>(),
  change: formatBytes,
});

const where = <Row extends { readonly device: string; readonly operation: string }>(): Column<Row>[] => [
  { title: 'device', value: (row) => row.device, cell: (row) => row.device, kind: 'text', wide: true },
  { title: 'operation', value: (row) => row.operation, cell: (row) => row.operation, kind: 'text' },
];

const CACHE: readonly Column<IoCacheRow>[] = [
  {
    title: 'read/s',
    means: 'by PostgreSQL, into shared buffers',
    value: (row) => perSecond(row, row.read_bytes),
    cell: (row) => formatBytes(perSecond(row, row.read_bytes)),
    change: formatBytes,
  },
  {
    title: 'disk/s',
    means: 'of it, from a device',
    value: (row) => perSecond(row, row.disk_bytes),
    cell: (row) => formatBytes(perSecond(row, row.disk_bytes)),
    wide: true,
  },
  {
    title: 'from the page cache',
    value: (row) => row.cached_bytes,
    cell: (row) =>
      row.cached_bytes === null
        ? h('span', { title: 'more came from the device than was asked for: the kernel read ahead' }, 'read ahead')
        : h(Figure, {
            text: formatShare(row.cached_bytes / (row.read_bytes || 1)),
            approximate: row.inexact.includes('cached_bytes'),
          }),
  },
  {
    title: 'disk | cache',
    value: (row) => row.disk_bytes,
    cell: (row) =>
      h(Bar, {
        parts: [
          { key: 'IO', value: row.disk_bytes },
          { key: 'CPU', value: row.cached_bytes ?? 0 },
        ],
      }),
    kind: 'bar',
    wide: true,
  },
  ...query<IoCacheRow>(),
];

const DEVICES: readonly Column<IoDeviceRow>[] = [
  {
    title: 'time/s',
    means: 'requests under way at a moment, in a second',
    value: (row) => perSecond(row, row.latency_us.total),
    cell: (row) => formatMicroseconds(perSecond(row, row.latency_us.total)),
    change: formatMicroseconds,
  },
  ...where<IoDeviceRow>(),
  {
    title: 'requests/s',
    value: (row) => perSecond(row, row.count),
    cell: (row) => formatRate(perSecond(row, row.count)),
    wide: true,
  },
  bytesPerSecond<IoDeviceRow>(),
  { title: 'p50', value: (row) => row.latency_us.p50, cell: (row) => time(row.latency_us.p50), wide: true },
  { title: 'p99', value: (row) => row.latency_us.p99, cell: (row) => time(row.latency_us.p99) },
  {
    title: 'by workers',
    means: "done by PostgreSQL's I/O workers for it",
    value: (row) => row.by_workers,
    cell: (row) => formatCount(row.by_workers),
    wide: true,
  },
  ...query<IoDeviceRow>(),
];

/** Names are in the catalogs of each database. */
const noteOfFiles = (rows: readonly IoFileRow[]): string =>
  rows.some(({ relation, relation_name }) => relation !== null && relation_name === null)
    ? 'what a number is called: SELECT pg_filenode_relation(0, NUMBER)'
    : '';

const FILES: readonly Column<IoFileRow>[] = [
  comparedBytes<IoFileRow>(),
  { title: 'operation', value: (row) => row.operation, cell: (row) => row.operation, kind: 'text' },
  {
    title: 'file',
    value: (row) => row.path,
    cell: (row) => h('span', { title: row.path ?? 'gone, or outside of the data directory' }, fileText(row)),
    kind: 'text',
  },
  {
    title: 'requests/s',
    value: (row) => perSecond(row, row.count),
    cell: (row) => formatRate(perSecond(row, row.count)),
    wide: true,
  },
  ...query<IoFileRow>(),
];

/** What it holds, where that is known; the end tells files of the log apart. */
function fileText({ path, relation, relation_name }: IoFileRow): string {
  if (path === null) return 'not known';
  if (relation_name === null) return path.replace(/^pg_wal\/[0-9A-F]{16}/, 'pg_wal/…');
  return relation === null || relation.fork === 'main' ? relation_name : `${relation_name} (${relation.fork})`;
}

const OTHERS: readonly Column<IoOtherRow>[] = [
  comparedBytes<IoOtherRow>(),
  ...where<IoOtherRow>(),
  {
    title: 'requests/s',
    value: (row) => perSecond(row, row.count),
    cell: (row) => formatRate(perSecond(row, row.count)),
    wide: true,
  },
  {
    title: 'average',
    value: (row) => row.total_us / Math.max(1, row.count),
    cell: (row) => formatMicroseconds(row.total_us / Math.max(1, row.count)),
  },
  {
    title: 'process',
    value: (row) => row.process,
    cell: (row) => [row.process, row.deferred && ' (writes what others changed before)'],
    kind: 'query',
  },
];
