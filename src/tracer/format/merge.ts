/** The CPUs' copies of a map's value, merged by its type. */
import { type RecordShape, sizeOf } from '../../base/record.ts';
import type { MergeRule, ScriptMap } from '../../lang/script.ts';
import { AVG, EXTREME, ehistBuckets, histBuckets, lhistBuckets, shapeOf } from '../../lang/types/layout.ts';
import { isAggregate, type RecordType, type Type } from '../../lang/types/type.ts';
import { exponentialHistogram, type Histogram, histogram, linearHistogram } from './histogram.ts';
import { integer, type Printable, toBytes, uint64 } from './printable.ts';
import { type ReadContext, readerOf, readInt } from './read-value.ts';
import type { TimeSeries } from './time-series.ts';

export type MapValue = Printable | Histogram | TimeSeries;

/** `rank` is what the map is sorted by; formatting waits until it is known which entries are printed. */
export interface Merged {
  readonly rank: bigint;
  readonly value: () => MapValue;
}
/** Merges the copies of one value that start at the given offsets. */
export type Merger = (values: DataView, copies: readonly number[], divisor: bigint) => Merged;

export function merger(type: Type, map: ScriptMap, context: ReadContext): Merger {
  switch (type.kind) {
    case 'count':
    case 'sum':
      return (values, copies, divisor) => {
        const total = sum(values, copies, 0, type.signed);
        return { rank: total, value: () => integer(total / divisor, type.signed) };
      };
    case 'min':
    case 'max': {
      const kind = type.kind;
      return (values, copies, divisor) => {
        const found = extreme(kind, values, copies, type.signed);
        return { rank: BigInt.asUintN(64, found), value: () => integer(found / divisor, type.signed) };
      };
    }
    case 'avg':
    case 'stats': {
      const kind = type.kind;
      return (values, copies, divisor) => average(kind, values, copies, type.signed, divisor);
    }
    case 'hist':
      return (values, copies, divisor) => {
        const counts = sumBuckets(values, copies, histBuckets(type.bits));
        return { rank: total(counts), value: () => histogram(type, counts, divisor) };
      };
    case 'ehist':
      return (values, copies) => {
        const counts = sumBuckets(values, copies, ehistBuckets(type.scale));
        return { rank: total(counts), value: () => exponentialHistogram(type, counts) };
      };
    case 'lhist':
      return (values, copies) => {
        const counts = sumBuckets(values, copies, lhistBuckets(type.min, type.max, type.step));
        return { rank: total(counts), value: () => linearHistogram(type, counts) };
      };
    case 'record':
      if (map.merge) return recordMerger(type, map.merge, map, context);
      break;
    case 'int':
    case 'enum':
      return (values, copies, divisor) => {
        const value = copies.reduce((all, copy) => all + readInt(values, copy, type.size, type.signed), 0n);
        if (type.kind === 'int') return { rank: value, value: () => integer(value / divisor, type.signed) };
        return { rank: value, value: () => readerOf(type, context)(values, copies[0]!) };
      };
  }
  const read = readerOf(type, context);
  return (values, copies, divisor) => {
    const each = () => copies.map((copy) => divided(read(values, copy), divisor));
    // Nothing says how they become one: they are shown side by side, in the order of the CPUs.
    return { rank: 0n, value: () => (copies.length === 1 ? each()[0]! : { kind: 'array', of: each() }) };
  };
}

/** print()'s divisor reaches the numbers inside arrays, tuples and structs. */
function divided(value: Printable, divisor: bigint): Printable {
  if (divisor === 1n || value === null || typeof value !== 'object') return value;
  switch (value.kind) {
    case 'int':
      return integer(value.value / divisor, value.signed);
    case 'array':
    case 'tuple':
      return { kind: value.kind, of: value.of.map((element) => divided(element, divisor)) };
    case 'record':
      return { kind: 'record', fields: value.fields.map(([name, field]) => [name, divided(field, divisor)] as const) };
    default:
      return value;
  }
}

const wrap = (value: bigint, signed: boolean): bigint =>
  signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);

function sum(values: DataView, copies: readonly number[], at: number, signed: boolean): bigint {
  let all = 0n;
  for (const copy of copies) all += values.getBigUint64(copy + at, true);
  return wrap(all, signed);
}

function extreme(kind: 'min' | 'max', values: DataView, copies: readonly number[], signed: boolean): bigint {
  let found: bigint | undefined;
  for (const copy of copies) {
    if (values.getBigUint64(copy + EXTREME.offsets.set, true) === 0n) continue;
    const value = readInt(values, copy + EXTREME.offsets.value, 8, signed);
    if (found === undefined || (kind === 'max' ? value > found : value < found)) found = value;
  }
  return found ?? 0n;
}

function average(
  kind: 'avg' | 'stats',
  values: DataView,
  copies: readonly number[],
  signed: boolean,
  divisor: bigint,
): Merged {
  const count = sum(values, copies, AVG.offsets.count, signed);
  const whole = sum(values, copies, AVG.offsets.total, signed);
  const mean = count > 0n ? whole / count : 0n;
  const shown = integer(mean / divisor, signed);
  if (kind === 'avg') return { rank: mean, value: () => shown };
  const fields = [
    ['count', integer(count, signed)],
    ['average', shown],
    ['total', integer(whole, signed)],
  ] as const;
  return { rank: mean, value: () => ({ kind: 'record', fields }) };
}

function sumBuckets(values: DataView, copies: readonly number[], buckets: number): bigint[] {
  return Array.from({ length: buckets }, (_, i) => sum(values, copies, i * 8, false));
}

const total = (counts: readonly bigint[]): bigint => counts.reduce((all, count) => all + count, 0n);

/** A record's fields merge each by its rule; sorted by the first. */
function recordMerger(
  type: RecordType,
  rules: Readonly<Record<string, MergeRule>>,
  map: ScriptMap,
  context: ReadContext,
): Merger {
  const { offsets } = shapeOf(type) as RecordShape;
  const fields = type.fields.map(({ name, type: of }) => ({
    name: toBytes(name),
    at: offsets[name]!,
    merge: isAggregate(of) ? merger(of, map, context) : plainMerger(of, rules[name] ?? 'any', context),
  }));
  return (values, copies, divisor) => {
    const merged = fields.map(({ name, at, merge }) => ({
      name,
      ...merge(
        values,
        copies.map((copy) => copy + at),
        divisor,
      ),
    }));
    const value = (): Printable => ({
      kind: 'record',
      fields: merged.map((field) => [field.name, flat(field.value())] as const),
    });
    return { rank: merged[0]?.rank ?? 0n, value };
  };
}

/** Inside a record a histogram is the list of its counts. */
function flat(value: MapValue): Printable {
  if (value === null || typeof value !== 'object') return value;
  if (value.kind === 'histogram') return { kind: 'array', of: value.counts.map(uint64) };
  if (value.kind === 'timeSeries') return { kind: 'array', of: value.points.map((point) => point.value) };
  return value;
}

function plainMerger(type: Type, rule: MergeRule, context: ReadContext): Merger {
  const read = readerOf(type, context);
  const size = sizeOf(shapeOf(type));
  if (type.kind !== 'int' || rule === 'any' || rule === 'last') {
    return (values, copies) => {
      const used = copies.find((copy) => !isZero(values, copy, size)) ?? copies[0]!;
      return { rank: 0n, value: () => read(values, used) };
    };
  }
  return (values, copies) => {
    const all = copies.map((copy) => readInt(values, copy, type.size, type.signed));
    const merged = all.reduce((a, b) => (rule === 'sum' ? a + b : (rule === 'max') === a > b ? a : b));
    return { rank: merged, value: () => integer(merged, type.signed) };
  };
}

function isZero(values: DataView, at: number, size: number): boolean {
  for (let i = 0; i < size; i++) if (values.getUint8(at + i) !== 0) return false;
  return true;
}
