/** Rows of `pebble io`, as docs/json.md describes them: what happened between two readings. */
import { type Histogram, Windows } from '../../aggregate/index.ts';
import type {
  DoerFields,
  IoCacheRow,
  IoDeviceRow,
  IoFileRow,
  IoOperation,
  IoOtherRow,
  IoRow,
  RowHead,
} from '../../api/index.ts';
import { DataFiles, relationOf } from './data-files.ts';
import { doerFields, doerKey } from './doer.ts';
import {
  FILE_RULES,
  IO_RULES,
  type IoFileTotals,
  type IoOtherTotals,
  type IoTotals,
  type IoTotalsRow,
} from './io-totals.ts';
import { longestOf, peakSince } from './peaks.ts';
import { type Doer, QUERY_COUNTERS, QUERY_RULES, type Totals } from './totals.ts';
import { countersOf, microseconds, rowHead, type Window, windowBetween } from './window.ts';

/** BLCKSZ, which hardly anybody changes; `SHOW block_size` says. */
const BLOCK_BYTES = 8192;
const READ = QUERY_COUNTERS.indexOf('shared_read');
const TEMP_READ = QUERY_COUNTERS.indexOf('temp_read');

export interface IoReading {
  readonly totals: Totals;
  readonly io: IoTotals;
}

export class IoRows {
  readonly #requests: Windows = new Windows(IO_RULES);
  readonly #files: Windows = new Windows(FILE_RULES);
  readonly #others: Windows = new Windows(IO_RULES);
  readonly #queries: Windows = new Windows(QUERY_RULES);
  readonly #paths = new Map<string, DataFiles>();
  #last: IoReading;

  constructor(first: IoReading) {
    this.#last = first;
    this.#advance(first);
  }

  /** Each kind's largest first. */
  advance(now: IoReading): IoRow[] {
    const last = this.#last;
    this.#last = now;
    const { requests, files, others, queries } = this.#advance(now);
    const between = windowBetween(last.totals, now.totals);
    const dropped = between.dropped + now.io.dropped - last.io.dropped;
    const window: Window = { ...between, dropped, coverage: dropped > 0 ? 'partial' : between.coverage };
    const devices = [...requests].map(([key, growth]) => {
      const totals = now.io.requests.get(key)!;
      return deviceRow(
        headsOf(totals.doer, window),
        totals,
        requestsIn(totals, growth, last.io.requests.get(key), last.io.reading),
      );
    });
    return [
      ...devices.sort((a, b) => b.latency_us.total - a.latency_us.total),
      ...cacheRows(queries, requests, now, window),
      ...[...files]
        .map(([key, growth]) => this.#fileRow(now.io.files.get(key)!, growth, window))
        .sort((a, b) => b.bytes - a.bytes),
      ...[...others]
        .map(([key, growth]) => otherRow(now.io.others.get(key)!, growth, window))
        .sort((a, b) => b.bytes - a.bytes),
    ];
  }

  #advance({ io, totals }: IoReading) {
    return {
      requests: this.#requests.advance(countersOf(io.requests)),
      files: this.#files.advance(countersOf(io.files)),
      others: this.#others.advance(countersOf(io.others)),
      queries: this.#queries.advance(countersOf(totals.queries)),
    };
  }

  #fileRow({ doer, inode, device, operation }: IoFileTotals, growth: Float64Array, window: Window): IoFileRow {
    const { pgdata } = doer.cluster;
    const files = this.#paths.get(pgdata) ?? new DataFiles(pgdata);
    this.#paths.set(pgdata, files);
    const [count = 0, bytes = 0] = growth;
    return fileRow(headsOf(doer, window), { device, operation }, files.pathOf(inode) ?? null, { count, bytes });
  }
}

type Heads = RowHead & DoerFields;
interface Where {
  readonly device: string;
  readonly operation: IoOperation;
}

const headsOf = (doer: Doer, window: Window): Heads => ({ ...rowHead(doer, window, []), ...doerFields(doer) });

/** Requests of one kind to one device, now or from history: times in ns. */
export interface IoCounts {
  readonly count: number;
  readonly bytes: number;
  readonly byWorkers: number;
  readonly ns: number;
  readonly latency: Histogram;
  /** The longest, where it is known. */
  readonly max: number | undefined;
  readonly isMaxExact: boolean;
}

function requestsIn(
  { latency, peaks }: IoTotalsRow,
  growth: Float64Array,
  before: IoTotalsRow | undefined,
  since: number,
): IoCounts {
  const [count = 0, bytes = 0, byWorkers = 0, ns = 0] = growth;
  const histogram = latency.clone();
  if (before) histogram.subtract(before.latency);
  const longest = longestOf(histogram, peakSince(peaks[0], since));
  return { count, bytes, byWorkers, ns, latency: histogram, ...longest };
}

export function deviceRow(head: Heads, { device, operation }: Where, counts: IoCounts): IoDeviceRow {
  const percentile = (quantile: number): number | null => {
    const value = counts.latency.percentile(quantile, counts.max);
    return value === undefined ? null : microseconds(value);
  };
  return {
    ...head,
    inexact: counts.isMaxExact ? [] : ['latency_us.max'],
    kind: 'device',
    device,
    operation,
    count: counts.count,
    bytes: counts.bytes,
    latency_us: {
      p50: percentile(0.5),
      p95: percentile(0.95),
      p99: percentile(0.99),
      max: percentile(1),
      total: microseconds(counts.ns),
    },
    by_workers: counts.byWorkers,
  };
}

export const fileRow = (
  head: Heads,
  { device, operation }: Where,
  path: string | null,
  { count, bytes }: { readonly count: number; readonly bytes: number },
): IoFileRow => ({
  ...head,
  kind: 'file',
  device,
  operation,
  count,
  bytes,
  path,
  relation: (path !== null && relationOf(path)) || null,
  relation_name: null,
});

/** What PostgreSQL counts as read, in blocks, and what came from a device for it. */
export function cacheRow(head: Heads, blocks: number, disk: number): IoCacheRow {
  const read = blocks * BLOCK_BYTES;
  const cached = disk <= read ? read - disk : null;
  return {
    ...head,
    inexact: ['cached_bytes'],
    kind: 'cache',
    read_bytes: read,
    disk_bytes: disk,
    cached_bytes: cached,
  };
}

/** What each statement has read by PostgreSQL's count, against what devices have read for it. */
function cacheRows(
  queries: ReadonlyMap<string, Float64Array>,
  requests: ReadonlyMap<string, Float64Array>,
  { totals, io }: IoReading,
  window: Window,
): IoCacheRow[] {
  const fromDisk = new Map<string, number>();
  for (const [key, growth] of requests) {
    const { doer, operation } = io.requests.get(key)!;
    if (operation === 'read') fromDisk.set(doerKey(doer), (fromDisk.get(doerKey(doer)) ?? 0) + growth[1]!);
  }
  const rows = Array.from(queries, ([key, growth]): IoCacheRow => {
    const query = totals.queries.get(key)!;
    return cacheRow(headsOf(query, window), growth[READ]! + growth[TEMP_READ]!, fromDisk.get(doerKey(query)) ?? 0);
  });
  return rows.filter((row) => row.read_bytes > 0).sort((a, b) => b.read_bytes - a.read_bytes);
}

function otherRow(
  { process, isKernel, device, operation }: IoOtherTotals,
  growth: Float64Array,
  window: Window,
): IoOtherRow {
  const [count = 0, bytes = 0, , ns = 0] = growth;
  const { window_start, window_us } = window;
  return {
    kind: 'other',
    window_start,
    window_us,
    process,
    deferred: isKernel,
    device,
    operation,
    count,
    bytes,
    total_us: microseconds(ns),
  };
}
