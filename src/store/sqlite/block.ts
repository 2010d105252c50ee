/**
 * Blocks: all samples of one kind in one interval, column by column.
 *
 *     how many samples
 *     ids          ascending, as differences
 *     a counter    0 where all are 0; else 1, then a number for each sample: signed and without its `near` counters, if it has any
 *     histograms   zeros of each sample; first bucket of each, as differences; how many from there to the last one;
 *                  then the counts, those of 0 between them included
 *
 * All numbers are varints. The whole is compressed with zstd: small numbers of one sort side by side are easy for it.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Histogram } from '../../aggregate/index.ts';
import { VarintReader, VarintWriter } from './varint.ts';

/** A thousand queries take 6 % less than by the usual level 3, for 5 ms more of CPU at each flush; reading is as quick. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 15 } };

/** A sample whose series is known by number. */
export interface BlockSample {
  readonly id: number;
  readonly values: Float64Array;
  readonly histogram?: Histogram | undefined;
}

/** A counter of a block. */
export interface Column {
  readonly isMax: boolean;
  /** Places of counters whose sum it is close to; empty for most. */
  readonly near: readonly number[];
}

export interface Layout {
  readonly columns: readonly Column[];
  readonly hasHistogram: boolean;
}

export function encodeBlock(samples: readonly BlockSample[], { columns, hasHistogram }: Layout): Uint8Array {
  const sorted = samples.toSorted((a, b) => a.id - b.id);
  const block = new VarintWriter();
  block.unsigned(sorted.length);
  let last = 0;
  for (const { id } of sorted) {
    block.unsigned(id - last);
    last = id;
  }
  for (const [at, column] of columns.entries()) writeColumn(block, sorted, column, at);
  if (hasHistogram) writeHistograms(block, sorted);
  return zstdCompressSync(block.finish(), COMPRESSION);
}

/** What was subtracted from a reading that was taken later can be a little below 0. */
const whole = (value: number): number => Math.max(0, Math.round(value));

function writeColumn(to: VarintWriter, samples: readonly BlockSample[], { near }: Column, at: number): void {
  const isUsed = samples.some(({ values }) => values[at] !== 0);
  to.unsigned(isUsed ? 1 : 0);
  if (!isUsed) return;
  for (const { values } of samples) {
    if (near.length === 0) to.unsigned(whole(values[at]!));
    else to.signed(near.reduce((rest, other) => rest - whole(values[other]!), whole(values[at]!)));
  }
}

function writeHistograms(to: VarintWriter, samples: readonly BlockSample[]): void {
  const spans = samples.map(({ histogram }) => spanOf(histogram));
  for (const { histogram } of samples) to.unsigned(whole(histogram?.zeros ?? 0));
  let last = 0;
  for (const { first } of spans) {
    to.signed(first - last);
    last = first;
  }
  for (const { counts } of spans) to.unsigned(counts.length);
  for (const { counts } of spans) for (const count of counts) to.unsigned(whole(count));
}

/** From the first used bucket to the last one. */
function spanOf(histogram: Histogram | undefined): { readonly first: number; readonly counts: Float64Array } {
  const counts = histogram?.counts ?? NO_COUNTS;
  const start = counts.findIndex((count) => count > 0);
  if (start < 0) return { first: 0, counts: NO_COUNTS };
  const end = counts.findLastIndex((count) => count > 0) + 1;
  return { first: histogram!.offset + start, counts: counts.subarray(start, end) };
}

const NO_COUNTS = new Float64Array(0);

/** What samples are added to. */
export interface Row {
  readonly values: Float64Array;
  readonly histogram?: Histogram | undefined;
}

/** The row that a series belongs to; nothing where it is not wanted. */
export type RowOf = (id: number) => Row | undefined;

/** Adds a block's samples to the rows of their series. `places` says where each of its columns stands in a row; those at -1 are left out. */
export function addBlock(bytes: Uint8Array, layout: Layout, places: readonly number[], rowOf: RowOf): void {
  const reader = new VarintReader(zstdDecompressSync(bytes));
  const rows: (Row | undefined)[] = new Array(reader.unsigned());
  let id = 0;
  for (let at = 0; at < rows.length; at++) {
    id += reader.unsigned();
    rows[at] = rowOf(id);
  }
  if (rows.every((row) => row === undefined)) return;
  const columns = readColumns(reader, layout, rows.length, neededFor(layout, places));
  const values = rows.map((row) => row?.values);
  columns.forEach((column, at) => {
    if (column && places[at]! >= 0) addColumn(values, column, places[at]!, layout.columns[at]!.isMax);
  });
  if (layout.hasHistogram && rows.some((row) => row?.histogram)) addHistograms(reader, rows);
}

/** Columns that have a place, and those that they are close to. */
function neededFor({ columns }: Layout, places: readonly number[]): boolean[] {
  const needed = columns.map((_, at) => places[at]! >= 0);
  columns.forEach(({ near }, at) => {
    if (places[at]! >= 0) for (const other of near) needed[other] = true;
  });
  return needed;
}

/** Nothing for a column of zeros, and for those that are not needed. */
function readColumns(
  reader: VarintReader,
  { columns }: Layout,
  count: number,
  needed: readonly boolean[],
): (Float64Array | undefined)[] {
  const read = columns.map(({ near }, column) => {
    if (reader.unsigned() === 0) return undefined;
    if (!needed[column]) {
      reader.skip(count);
      return undefined;
    }
    const values = new Float64Array(count);
    for (let at = 0; at < count; at++) values[at] = near.length === 0 ? reader.unsigned() : reader.signed();
    return values;
  });
  columns.forEach(({ near }, at) => {
    const values = read[at];
    if (values) for (const other of near) addTo(values, read[other]);
  });
  return read;
}

function addTo(values: Float64Array, others: Float64Array | undefined): void {
  if (!others) return;
  for (let at = 0; at < values.length; at++) values[at]! += others[at]!;
}

function addColumn(
  rows: readonly (Float64Array | undefined)[],
  column: Float64Array,
  to: number,
  isMax: boolean,
): void {
  for (let at = 0; at < column.length; at++) {
    const row = rows[at];
    if (!row) continue;
    if (!isMax) row[to]! += column[at]!;
    else if (column[at]! > row[to]!) row[to] = column[at]!;
  }
}

function addHistograms(reader: VarintReader, rows: readonly (Row | undefined)[]): void {
  for (const row of rows) {
    const zeros = reader.unsigned();
    if (row?.histogram) row.histogram.zeros += zeros;
  }
  let first = 0;
  const firsts = rows.map(() => {
    first += reader.signed();
    return first;
  });
  const lengths = rows.map(() => reader.unsigned());
  let run = new Float64Array(64);
  for (let at = 0; at < rows.length; at++) {
    const length = lengths[at]!;
    if (length > run.length) run = new Float64Array(2 * length);
    for (let bucket = 0; bucket < length; bucket++) run[bucket] = reader.unsigned();
    rows[at]?.histogram?.addRun(firsts[at]!, run, length);
  }
}
