/** A time series as a graph, one line an interval. */
import { type ByteText, type PrintableInt, toBytes } from './printable.ts';
import { strftime } from './strftime.ts';
import type { TimeSeries } from './time-series.ts';

const WIDTH = 53;
const LEFT = 21;

interface Unit {
  readonly name: ByteText;
  /** Digits of the second's fraction, and nanoseconds of the last one. */
  readonly digits: number;
  readonly scale: bigint;
}
const UNITS: readonly Unit[] = [
  { name: 's', digits: 0, scale: 1_000_000_000n },
  { name: 'ms', digits: 3, scale: 1_000_000n },
  { name: toBytes('μs'), digits: 6, scale: 1000n },
  { name: 'ns', digits: 9, scale: 1n },
];

const unitOf = (nanoseconds: bigint): Unit => UNITS.find(({ scale }) => nanoseconds >= scale) ?? UNITS.at(-1)!;

export function timeSeriesText({ points }: TimeSeries): ByteText {
  if (points.length === 0) return '<no data>';
  const [low, high] = bounds(points.flatMap(({ value }) => value ?? []));
  const span = points.at(-1)!.epochNanoseconds - points[0]!.epochNanoseconds;
  const unit = unitOf(span / BigInt(Math.max(1, points.length - 1)));
  const clock = unit.digits > 0 ? `hh:mm:ss.${unit.name}` : 'hh:mm:ss';
  const indent = ' '.repeat(8 + (unit.digits > 0 ? 1 + unit.digits : 0));
  const scale = low.toString().padEnd(LEFT) + high.toString().padStart(WIDTH - LEFT);
  const zero = zeroColumn(low, high);
  return [
    `${indent} ${scale}`,
    `${clock.padEnd(indent.length + 1)}|${'_'.repeat(WIDTH - 2)}|`,
    ...points.map(
      ({ epochNanoseconds, value }) => `${timeOfDay(epochNanoseconds, unit)} ${row(value, low, high, zero)}`,
    ),
    `${indent} v${'_'.repeat(WIDTH - 2)}v`,
    `${indent} ${scale}`,
    '',
  ].join('\n');
}

/** Smallest and largest value; where they are one, a step to both sides as far as the type allows. */
function bounds(values: readonly PrintableInt[]): [low: bigint, high: bigint] {
  if (values.length === 0) return [0n, 0n];
  const signed = values[0]!.signed;
  let low = values[0]!.value;
  let high = low;
  for (const { value } of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low !== high) return [low, high];
  const least = signed ? -(1n << 63n) : 0n;
  const most = signed ? (1n << 63n) - 1n : (1n << 64n) - 1n;
  return [low > least ? low - 1n : low, high < most ? high + 1n : high];
}

function row(value: PrintableInt | null, low: bigint, high: bigint, zero: number): ByteText {
  const line = Array.from('|'.padEnd(WIDTH - 1).concat('|'));
  if (zero > 0) line[zero] = '.';
  if (value === null) return `${line.join('')} -`;
  line[column(value.value, low, high)] = '*';
  return `${line.join('')} ${value.value}`;
}

/** Distances in single precision, as bpftrace computes them. */
const distance = (from: bigint, to: bigint): number => Math.fround(Number(from - to));

function column(value: bigint, low: bigint, high: bigint): number {
  if (low === high) return Math.trunc(WIDTH / 2);
  const at = Math.fround(Math.fround((WIDTH - 1) * distance(low, value)) / distance(low, high));
  return Math.max(0, Math.min(WIDTH - 1, Math.trunc(at)));
}

/** Where zero lies between a negative and a positive bound; 0 when it does not. */
function zeroColumn(low: bigint, high: bigint): number {
  if (low >= 0n || high <= 0n) return 0;
  return Math.trunc(Math.fround(Math.fround(WIDTH * distance(low, 0n)) / distance(low, high)));
}

function timeOfDay(epochNanoseconds: bigint, unit: Unit): ByteText {
  const seconds = strftime('%H:%M:%S', new Date(Number(epochNanoseconds / 1_000_000_000n) * 1000));
  if (unit.digits === 0) return seconds;
  const fraction = (epochNanoseconds % 1_000_000_000n) / unit.scale;
  return `${seconds}.${fraction.toString().padStart(unit.digits, '0')}`;
}
