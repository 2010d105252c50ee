/** A map as it is printed: CPUs merged, entries sorted, values printable. */
import type { ScriptMap } from '../../lang/script.ts';
import type { Type } from '../../lang/types/type.ts';
import { type MapValue, merger } from './merge.ts';
import { type Ranked, sortEntries } from './order.ts';
import { type Printable, toBytes } from './printable.ts';
import { type ReadContext, readerOf } from './read-value.ts';
import { type Intervals, latestInterval, mergeBuckets, timeSeries } from './time-series.ts';

/** What a map holds, as read from the kernel. */
export interface RawEntries {
  readonly count: number;
  readonly keys: DataView;
  readonly keySize: number;
  readonly values: DataView;
  /** Bytes from one entry's values to the next entry's. */
  readonly valueSize: number;
  /** Where in an entry's values each CPU's copy starts. */
  readonly copies: readonly number[];
  /** Of top-k maps that had more keys than slots. */
  readonly inexact?: Inexact;
}

export interface Inexact {
  /** How much too high the values shown may be, at most. */
  readonly over: bigint;
  /** How much a key may have that is not shown, at most. */
  readonly hidden: bigint;
}

export interface MapSnapshot {
  readonly name: string;
  /** What JSON output calls it. */
  readonly type: 'map' | 'stats' | 'hist' | 'tseries';
  readonly scalar: boolean;
  readonly rows: readonly { readonly key: Printable; readonly value: MapValue }[];
  readonly inexact?: Inexact;
}

export interface SnapshotOptions {
  /** Only so many entries, the last of the order; 0 is all. */
  readonly top: number;
  readonly divisor: number;
}

interface Entry extends Ranked {
  readonly value: () => MapValue;
}

export function takeSnapshot(
  map: ScriptMap,
  raw: RawEntries,
  context: ReadContext,
  options: SnapshotOptions = { top: 0, divisor: 1 },
): MapSnapshot {
  const entries = sortEntries(map, raw.keys, readEntries(map, raw, context, BigInt(options.divisor || 1)));
  const kept = options.top > 0 && map.value.kind !== 'tseries' ? entries.slice(-options.top) : entries;
  const readKey = map.key ? readerOf(map.key, context, map.keyShape) : () => null;
  return {
    name: toBytes(map.name),
    type: snapshotType(map.value),
    scalar: map.key === undefined,
    rows: kept.map(({ keyAt, value }) => ({ key: readKey(raw.keys, keyAt), value: value() })),
    ...(raw.inexact && { inexact: raw.inexact }),
  };
}

function snapshotType(type: Type): MapSnapshot['type'] {
  switch (type.kind) {
    case 'avg':
    case 'stats':
      return 'stats';
    case 'hist':
    case 'ehist':
    case 'lhist':
      return 'hist';
    case 'tseries':
      return 'tseries';
    default:
      return 'map';
  }
}

function readEntries(map: ScriptMap, raw: RawEntries, context: ReadContext, divisor: bigint): Entry[] {
  const entries: Entry[] = [];
  if (map.value.kind === 'tseries') return readTimeSeries(map, raw, context);
  const merge = merger(map.value, map, context);
  for (let i = 0; i < raw.count; i++) {
    const copies = raw.copies.map((copy) => i * raw.valueSize + copy);
    if (wasAssigned(map, raw.values, copies)) {
      entries.push({ keyAt: i * raw.keySize, ...merge(raw.values, copies, divisor) });
    }
  }
  return entries;
}

function wasAssigned(map: ScriptMap, values: DataView, copies: readonly number[]): boolean {
  const { setOffset } = map;
  return setOffset === undefined || copies.some((copy) => values.getBigUint64(copy + setOffset, true) !== 0n);
}

function readTimeSeries(map: ScriptMap, raw: RawEntries, context: ReadContext): Entry[] {
  const type = map.value;
  if (type.kind !== 'tseries') return [];
  const all: { keyAt: number; intervals: Intervals }[] = [];
  for (let i = 0; i < raw.count; i++) {
    const copies = raw.copies.map((copy) => i * raw.valueSize + copy);
    if (!wasAssigned(map, raw.values, copies)) continue;
    all.push({ keyAt: i * raw.keySize, intervals: mergeBuckets(type, raw.values, copies) });
  }
  const latest = latestInterval(all.map(({ intervals }) => intervals));
  const toEpoch = (nanoseconds: bigint): bigint => context.resolver.epoch('tai', nanoseconds);
  return all.map(({ keyAt, intervals }) => ({
    keyAt,
    rank: 0n,
    value: () =>
      latest === undefined ? { kind: 'timeSeries', points: [] } : timeSeries(type, intervals, latest, toEpoch),
  }));
}
