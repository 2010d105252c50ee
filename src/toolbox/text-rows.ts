/** What a tool finds, as text: tables of events and of map entries, histograms as bpftrace prints them. */

import type { Column } from '../terminal/column.ts';
import { layoutTable, sanitize, textColumn } from '../terminal/index.ts';
import type { OutputFormat } from '../tracer/format/output-format.ts';
import { type ByteText, type Printable, type PrintableRecord, toBytes } from '../tracer/format/printable.ts';
import { textOf } from '../tracer/format/printable-text.ts';
import type { MapSnapshot } from '../tracer/format/snapshot.ts';
import { textFormat } from '../tracer/format/text-output.ts';

export interface TextOptions {
  /** Entries of a table that are shown; the rest is counted. */
  readonly top: number;
  /** Columns of the terminal. */
  readonly width?: number;
}

export function textRows(options: TextOptions): OutputFormat {
  let shown: ByteText | undefined;
  return {
    ...textFormat,
    map: (snapshot) => (isTable(snapshot) ? table(snapshot, options) : textFormat.map(snapshot)),
    emit: (name, value) => {
      if (!isRecord(value)) return textFormat.emit(name, value);
      const title = shown === name ? '' : eventTitle(value);
      shown = name;
      return title + eventLine(value);
    },
    end: () => '',
  };
}

type Cells = readonly (readonly [name: ByteText, value: Printable])[];

const isRecord = (value: unknown): value is PrintableRecord =>
  value !== null && typeof value === 'object' && (value as { kind?: unknown }).kind === 'record';

/** Histograms are blocks of their own; everything else under named keys is a table. */
function isTable({ type, scalar, rows }: MapSnapshot): boolean {
  return type === 'map' && !scalar && rows.some(({ key, value }) => isRecord(key) || isRecord(value));
}

/** Largest first, by the first number that is not part of the key. */
function table({ name, rows }: MapSnapshot, { top, width }: TextOptions): ByteText {
  const cells = rows
    .toSorted((a, b) => compare(weight(b.value), weight(a.value)))
    .map(
      ({ key, value }): Cells => [
        ...(isRecord(key) ? key.fields : ([['key', key]] as const)),
        ...(isRecord(value) ? value.fields : ([[name.slice(1) || 'value', value as Printable]] as const)),
      ],
    );
  const columns = cells[0]!.map(([title, value], at) => columnOf(title, value, at, at === cells[0]!.length - 1));
  const lines = layoutTable(columns, cells.slice(0, top), width === undefined ? {} : { width });
  const rest = cells.length > top ? [`… ${cells.length - top} more`] : [];
  return toBytes(`${[...lines, ...rest].join('\n')}\n`);
}

function weight(value: MapSnapshot['rows'][number]['value']): bigint {
  const parts = isRecord(value) ? value.fields.map(([, part]) => part) : [value as Printable];
  const first = parts.find(isNumber);
  return first === undefined ? 0n : (first as { readonly value: bigint }).value;
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

function columnOf(title: ByteText, sample: Printable, at: number, last: boolean): Column<Cells> {
  const column = textColumn<Cells>(
    title.toUpperCase(),
    (cells) => readable(cells[at]![1]),
    last ? { flexible: true } : {},
  );
  return isNumber(sample) ? { ...column, align: 'right' } : column;
}

const isNumber = (value: Printable): boolean => value !== null && typeof value === 'object' && value.kind === 'int';

/** Bytes of the traced program as harmless text. */
const readable = (value: Printable): string => sanitize(Buffer.from(textOf(value), 'latin1').toString());

const WIDTHS = { number: 8, text: 16 };

/** Events come one by one: their columns are as wide as such values usually are. */
function eventTitle({ fields }: PrintableRecord): ByteText {
  return eventCells(fields.map(([name, value]) => ({ text: name.toUpperCase(), number: isNumber(value) })));
}

function eventLine({ fields }: PrintableRecord): ByteText {
  return eventCells(fields.map(([, value]) => ({ text: toBytes(readable(value)), number: isNumber(value) })));
}

function eventCells(cells: readonly { readonly text: ByteText; readonly number: boolean }[]): ByteText {
  const padded = cells.map(({ text, number }) => (number ? text.padStart(WIDTHS.number) : text.padEnd(WIDTHS.text)));
  return `${padded.join(' ').trimEnd()}\n`;
}
