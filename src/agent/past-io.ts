/** Rows of I/O as those of now, from what a store keeps of requests, files and statements. */
import type { HistoryRows, IoOtherRow, IoRow } from '../api/index.ts';
import { cacheRow, deviceRow, fileRow } from '../collect/attribution/index.ts';
import { counterAt, type Filter, type Sample, type Store, type Summed, type TimeRange } from '../store/index.ts';
import { doerOf, headOf, longest, reader, type Texts, textsOf, windowOf } from './past-rows.ts';

/** What one of them is asked for: requests of others than PostgreSQL have no cluster and no statement. */
export interface IoFilters {
  readonly doers: Filter;
  readonly queries: Filter;
  readonly others: Filter;
}

export interface PastIo extends HistoryRows<IoRow> {
  /** On a host that runs somebody always uses a device: where nobody did, nobody looked. */
  readonly isCollected: boolean;
}

/** Each kind's largest first. */
export async function pastIo(store: Store, range: TimeRange, { doers, queries, others }: IoFilters): Promise<PastIo> {
  const requests = await store.sum({ kind: 'io', range, where: doers });
  const files = await store.sum({ kind: 'io_files', range, where: doers });
  const statements = await store.sum({ kind: 'queries', range, where: queries, counters: READ });
  const other = await store.sum({ kind: 'io_others', range, where: others });
  const texts: Texts = new Map([
    ...(await textsOf(store, 'io', requests.samples)),
    ...(await textsOf(store, 'queries', statements.samples)),
  ]);
  const rows = [
    ...requests.samples
      .map((sample) => deviceOf(sample, requests, texts))
      .sort(by(({ latency_us }) => latency_us.total)),
    ...cacheRows(statements, requests, texts),
    ...files.samples.map((sample) => fileOf(sample, files, texts)).sort(by(({ bytes }) => bytes)),
    ...other.samples.map((sample) => otherOf(sample, other)).sort(by(({ bytes }) => bytes)),
  ];
  return { ...windowOf(requests), rows, isCollected: requests.samples.length + other.samples.length > 0 };
}

/** What statements have read by PostgreSQL's count, in blocks. */
const READ = ['shared_read', 'temp_read'] as const;

const by =
  <Row>(size: (row: Row) => number) =>
  (a: Row, b: Row): number =>
    size(b) - size(a);

function deviceOf(sample: Sample, summed: Summed, texts: Texts) {
  const part = reader('io', sample);
  const value = (name: Parameters<typeof counterAt<'io'>>[1]): number => sample.values[counterAt('io', name)]!;
  const counts = {
    count: value('count'),
    bytes: value('bytes'),
    byWorkers: value('by_workers'),
    ns: value('total') * 1000,
    latency: sample.histogram!,
    ...longest(sample.histogram!, value('max') * 1000, value('max_unknown')),
  };
  return { host: part('host') ?? '', ...deviceRow(headsOf(part, summed, texts), whereOf(part), counts) };
}

function fileOf(sample: Sample, summed: Summed, texts: Texts) {
  const part = reader('io_files', sample);
  const [count = 0, bytes = 0] = sample.values;
  const row = fileRow(headsOf(part, summed, texts), whereOf(part), part('path'), { count, bytes });
  return { host: part('host') ?? '', ...row };
}

function otherOf(sample: Sample, summed: Summed): IoOtherRow & { readonly host: string } {
  const part = reader('io_others', sample);
  const host = part('host') ?? '';
  const [count = 0, bytes = 0, total_us = 0] = sample.values;
  const { window_start, window_us } = headOf(host, null, null, summed);
  const process = part('process') ?? '';
  const deferred = part('deferred') === 'yes';
  return { host, kind: 'other', window_start, window_us, process, deferred, ...whereOf(part), count, bytes, total_us };
}

/** What each statement has read by PostgreSQL's count, against what devices have read for it. */
function cacheRows(statements: Summed, requests: Summed, texts: Texts) {
  const fromDisk = new Map<string, number>();
  for (const sample of requests.samples) {
    const part = reader('io', sample);
    if (part('operation') !== 'read') continue;
    fromDisk.set(keyOf(part), (fromDisk.get(keyOf(part)) ?? 0) + sample.values[counterAt('io', 'bytes')]!);
  }
  const rows = statements.samples.map((sample) => {
    const part = reader('queries', sample);
    const blocks = READ.reduce((sum, name) => sum + sample.values[counterAt('queries', name)]!, 0);
    const heads = {
      ...headOf(part('host') ?? '', part('cluster'), part('system_identifier'), statements),
      ...doerOf(part, texts),
    };
    return { host: part('host') ?? '', ...cacheRow(heads, blocks, fromDisk.get(keyOf(part)) ?? 0) };
  });
  return rows.filter(({ read_bytes }) => read_bytes > 0).sort(by(({ read_bytes }) => read_bytes));
}

type DoerPart = Parameters<typeof doerOf>[0];
type IoPart = ReturnType<typeof reader<'io'>>;

const keyOf = (part: DoerPart): string =>
  JSON.stringify([
    part('host'),
    part('cluster'),
    part('database'),
    part('user'),
    part('query_id'),
    part('fingerprint'),
  ]);

const headsOf = (part: IoPart, summed: Summed, texts: Texts) => ({
  ...headOf(part('host') ?? '', part('cluster'), part('system_identifier'), summed),
  ...doerOf(part, texts, part('backend_type')),
});

const whereOf = (part: (name: 'device' | 'operation') => string | null) => ({
  device: part('device') ?? '',
  operation: (part('operation') ?? 'other') as IoOtherRow['operation'],
});
