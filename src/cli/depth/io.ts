/** What people see of I/O rows: by query and device, by file, what the page cache spared, and everybody else. */
import type { DoerFields, IoCacheRow, IoDeviceRow, IoFileRow, IoOtherRow, IoRow } from '../../api/index.ts';
import { bytesColumn, type Column, countColumn, shareColumn, textColumn, timeColumn } from '../../terminal/index.ts';
import type { Context } from '../command.ts';
import { oneLine, printTable } from './print.ts';

const who = ({ fingerprint, query, backend_type }: DoerFields): string =>
  fingerprint === null ? `(${backend_type})` : oneLine(query);

const whoColumn: Column<DoerFields> = textColumn('query', who, { flexible: true });

const DEVICE: readonly Column<IoDeviceRow>[] = [
  textColumn('device', ({ device }) => device),
  textColumn('operation', ({ operation }) => operation),
  countColumn('requests', ({ count }) => count),
  bytesColumn('bytes', ({ bytes }) => bytes),
  timeColumn('p50', ({ latency_us }) => latency_us.p50 ?? undefined),
  timeColumn('p99', ({ latency_us }) => latency_us.p99 ?? undefined),
  timeColumn('in all', ({ latency_us }) => latency_us.total),
  whoColumn,
];

const CACHE: readonly Column<IoCacheRow>[] = [
  bytesColumn('read', ({ read_bytes }) => read_bytes),
  bytesColumn('from disk', ({ disk_bytes }) => disk_bytes),
  shareColumn('page cache', ({ read_bytes, cached_bytes }) =>
    cached_bytes === null ? undefined : cached_bytes / read_bytes,
  ),
  whoColumn,
];

type ClusterRow = Exclude<IoRow, IoOtherRow>;
type FileSum = IoFileRow & { readonly files: number };

const FILE: readonly Column<FileSum>[] = [
  textColumn('operation', ({ operation }) => operation),
  bytesColumn('bytes', ({ bytes }) => bytes),
  textColumn('file', fileName),
  whoColumn,
];

const OTHER: readonly Column<IoOtherRow>[] = [
  textColumn('device', ({ device }) => device),
  textColumn('operation', ({ operation }) => operation),
  countColumn('requests', ({ count }) => count),
  bytesColumn('bytes', ({ bytes }) => bytes),
  textColumn('process', (row) => (row.deferred ? `${row.process} (deferred: of whom is not known)` : row.process)),
];

export function printIo(rows: readonly IoRow[], context: Context): void {
  const others = rows.filter((row) => row.kind === 'other');
  const clusters = Map.groupBy(
    rows.filter((row) => row.kind !== 'other'),
    ({ cluster }) => cluster,
  );
  for (const [cluster, own] of clusters) printCluster(clusters.size > 1 ? cluster : 'PostgreSQL', own, context);
  if (clusters.size === 0) printTable(['PostgreSQL asked nothing of any device'], [], [], context);
  if (others.length > 0) printTable(['everybody else:'], OTHER, others, context);
}

function printCluster(name: string, rows: readonly ClusterRow[], context: Context): void {
  const of = <Kind extends ClusterRow['kind']>(kind: Kind) =>
    rows.filter((row): row is Extract<ClusterRow, { kind: Kind }> => row.kind === kind);
  const [devices, caches, files] = [of('device'), of('cache'), of('file')];
  printTable([devices.length > 0 ? `${name}:` : `${name} asked nothing of any device`], DEVICE, devices, context);
  if (caches.length > 0) printTable(['read by queries, and where it came from:'], CACHE, caches, context);
  if (files.length > 0) printTable(['by file:'], FILE, byFile(files), context);
}

/** One row an operation and doer for all files that no path is known of: programs, files that are gone. */
function byFile(rows: readonly IoFileRow[]): readonly FileSum[] {
  const sums = Map.groupBy(rows, (row) => `${row.operation}\n${row.path ?? ''}\n${who(row)}`);
  return [...sums.values()]
    .map((own) => ({ ...own[0]!, bytes: own.reduce((sum, { bytes }) => sum + bytes, 0), files: own.length }))
    .sort((a, b) => b.bytes - a.bytes);
}

function fileName({ path, relation_name, files }: FileSum): string {
  if (path !== null) return relation_name === null ? path : `${path} (${relation_name})`;
  return files === 1 ? '(another file)' : `(${files} other files)`;
}
