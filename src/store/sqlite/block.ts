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

/** A thousand queries take 3 % less than by the usual level 3; by 15 another 3 %, for eight times the CPU. Reading is as quick. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 6 } };

/** Most blocks are a half of what they were, or more: Node gives room in pieces, and puts together what takes several. */
const ROOM = 3;
const LEAST_ROOM = 1024;

const decompress = (bytes: Uint8Array): Uint8Array =>
  zstdDecompressSync(bytes, { chunkSize: Math.max(LEAST_ROOM, ROOM * bytes.length) });

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

/** What blocks are added to, column by column as they have them: each column's sums lie side by side. */
export interface Target {
  /** Where the sum of a series stands; -1 where it is not wanted. */
  readonly slotOf: (id: number) => number;
  /** The sums of a counter, by slot; as long as there are slots. */
  readonly column: (place: number) => Float64Array;
  /** By slot; nothing where none are wanted, or later. */
  readonly histograms: readonly Histogram[] | undefined;
  /** Where they may be wanted later: is given where those of each block are. */
  readonly leave?: (tail: Tail) => void;
}

/** The histograms of a block's samples, as they lie there. */
export interface Tail {
  readonly reader: VarintReader;
  readonly slots: Int32Array;
}

/** Adds to the histograms of some slots. */
export function addTail({ reader, slots }: Tail, histograms: readonly (Histogram | undefined)[]): void {
  const { at } = reader;
  addHistograms(reader, slots, histograms);
  reader.at = at;
}

/** Adds a block's samples to the sums of their series. `places` says where each of its columns stands; those at -1 are left out. */
export function addBlock(bytes: Uint8Array, layout: Layout, places: readonly number[], target: Target): void {
  const reader = new VarintReader(decompress(bytes));
  const slots = new Int32Array(reader.unsigned());
  let id = 0;
  let isWanted = false;
  for (let at = 0; at < slots.length; at++) {
    id += reader.unsigned();
    slots[at] = target.slotOf(id);
    if (slots[at]! >= 0) isWanted = true;
  }
  if (!isWanted) return;
  addColumns(reader, { layout, places, slots }, target);
  if (!layout.hasHistogram) return;
  if (target.histograms) addHistograms(reader, slots, target.histograms);
  else target.leave?.({ reader, slots });
}

interface Columns {
  readonly layout: Layout;
  readonly places: readonly number[];
  readonly slots: Int32Array;
}

/** Those that are close to others wait for them; every other is added as it is read, by way of the same memory. */
function addColumns(reader: VarintReader, { layout, places, slots }: Columns, target: Target): void {
  const { columns } = layout;
  const needed = neededFor(layout, places);
  const isOthers = columns.map((_, at) => columns.some(({ near }) => near.includes(at)));
  const kept: (Float64Array | undefined)[] = columns.map(() => undefined);
  const passing = new Float64Array(slots.length);
  for (const [at, { near, isMax }] of columns.entries()) {
    if (reader.unsigned() === 0) continue;
    if (!needed[at]) {
      reader.skip(slots.length);
      continue;
    }
    const isKept = near.length > 0 || isOthers[at]!;
    const values = isKept ? new Float64Array(slots.length) : passing;
    reader.fill(values, near.length > 0);
    if (isKept) kept[at] = values;
    else addColumn(slots, values, target.column(places[at]!), isMax);
  }
  for (const [at, { near, isMax }] of columns.entries()) {
    const values = kept[at];
    if (!values) continue;
    for (const other of near) addTo(values, kept[other]);
    if (places[at]! >= 0) addColumn(slots, values, target.column(places[at]!), isMax);
  }
}

/** Columns that have a place, and those that they are close to. */
function neededFor({ columns }: Layout, places: readonly number[]): boolean[] {
  const needed = columns.map((_, at) => places[at]! >= 0);
  columns.forEach(({ near }, at) => {
    if (places[at]! >= 0) for (const other of near) needed[other] = true;
  });
  return needed;
}

function addTo(values: Float64Array, others: Float64Array | undefined): void {
  if (!others) return;
  for (let at = 0; at < values.length; at++) values[at]! += others[at]!;
}

function addColumn(slots: Int32Array, column: Float64Array, to: Float64Array, isMax: boolean): void {
  for (let at = 0; at < column.length; at++) {
    const slot = slots[at]!;
    if (slot < 0) continue;
    if (!isMax) to[slot]! += column[at]!;
    else if (column[at]! > to[slot]!) to[slot] = column[at]!;
  }
}

function addHistograms(reader: VarintReader, slots: Int32Array, histograms: readonly (Histogram | undefined)[]): void {
  for (const slot of slots) {
    const zeros = reader.unsigned();
    const histogram = histograms[slot];
    if (histogram) histogram.zeros += zeros;
  }
  const firsts = new Int32Array(slots.length);
  let first = 0;
  for (let at = 0; at < slots.length; at++) {
    first += reader.signed();
    firsts[at] = first;
  }
  const lengths = new Float64Array(slots.length);
  reader.fill(lengths);
  for (let at = 0; at < slots.length; at++) {
    const length = lengths[at]!;
    const histogram = histograms[slots[at]!];
    if (!histogram) reader.skip(length);
    else if (length > 0) addRun(reader, histogram, firsts[at]!, length);
  }
}

function addRun(reader: VarintReader, histogram: Histogram, first: number, length: number): void {
  const start = histogram.placeFor(first, length);
  reader.addTo(histogram.counts, start, length);
}
